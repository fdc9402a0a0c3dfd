// The instruction sets that this build holds, and the one that runs.
#pragma once

#include <string>
#include <vector>

#include "kernels.hpp"

namespace mixfold {

// The names of the instruction sets of this build that this processor can run, best first; never empty.
std::vector<std::string> available_instruction_sets();

// The one whose kernels `kernels` gives: the best available until `select_instruction_set` is called.
const char* instruction_set();

// Throws std::invalid_argument if the name is not one of the available ones.
void select_instruction_set(const std::string& name);

template <class Real>
const Kernels<Real>& kernels();

const NoisyKernels& noisy_kernels();
NuclearNorms nuclear_norms_kernel();
MergeCheapest merge_cheapest_kernel();
NeighborMetric neighbor_metric_kernel();
LeastValues least_values_kernel();

}  // namespace mixfold
