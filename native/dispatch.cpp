#include "dispatch.hpp"

#include <atomic>
#include <stdexcept>

namespace mixfold {

extern const InstructionSet x86_64_v2, x86_64_v3, x86_64_v4, portable;

namespace {

std::vector<const InstructionSet*> supported() {
  std::vector<const InstructionSet*> sets;
#if defined(__x86_64__)
  __builtin_cpu_init();
  // Feature by feature: compilers differ in whether they know the levels by name. All that -march=x86-64-v2, -v3 and -v4
  // let the compiler use is implied by these on every processor that has been made.
  [[maybe_unused]] const bool v2 = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
  [[maybe_unused]] const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                                   __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  [[maybe_unused]] const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                                   __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                                   __builtin_cpu_supports("avx512vl");
#endif
#if defined(MIXFOLD_HAS_x86_64_v4)
  if (v4) sets.push_back(&x86_64_v4);
#endif
#if defined(MIXFOLD_HAS_x86_64_v3)
  if (v3) sets.push_back(&x86_64_v3);
#endif
#if defined(MIXFOLD_HAS_x86_64_v2)
  if (v2) sets.push_back(&x86_64_v2);
#endif
#if defined(MIXFOLD_HAS_portable)
  sets.push_back(&portable);
#endif
  if (sets.empty()) throw std::runtime_error("The kernels were built for instructions that this processor lacks.");
  return sets;
}

std::atomic<const InstructionSet*>& selected() {
  static std::atomic<const InstructionSet*> set{supported().front()};
  return set;
}

}  // namespace

std::vector<std::string> available_instruction_sets() {
  std::vector<std::string> names;
  for (const InstructionSet* set : supported()) names.emplace_back(set->name);
  return names;
}

const char* instruction_set() { return selected().load()->name; }

void select_instruction_set(const std::string& name) {
  std::string known;
  for (const InstructionSet* set : supported()) {
    if (name == set->name) {
      selected().store(set);
      return;
    }
    known += (known.empty() ? "" : ", ") + std::string(set->name);
  }
  throw std::invalid_argument("The instruction set must be one of " + known + ", got \"" + name +
                              "\". Unset MIXFOLD_INSTRUCTION_SET to use the best that the processor has.");
}

template <>
const Kernels<double>& kernels<double>() {
  return selected().load()->float64;
}

template <>
const Kernels<float>& kernels<float>() {
  return selected().load()->float32;
}

const NoisyKernels& noisy_kernels() { return selected().load()->noisy; }
NuclearNorms nuclear_norms_kernel() { return selected().load()->nuclear_norms; }
MergeCheapest merge_cheapest_kernel() { return selected().load()->merge_cheapest; }
NeighborMetric neighbor_metric_kernel() { return selected().load()->neighbor_metric; }
LeastValues least_values_kernel() { return selected().load()->least_values; }

}  // namespace mixfold
