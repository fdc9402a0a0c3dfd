// The Python module: checks that arrays have the shapes that the kernels rely on, and lets go of the interpreter lock.
//
// Every function is there for rows of float64 and of float32. Results are written to arrays that the caller allocates.

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <stdexcept>

#include "by_column.hpp"
#include "dispatch.hpp"
#include "drift.hpp"
#include "expectation_maximization.hpp"
#include "interruption.hpp"
#include "pilots.hpp"
#include "posterior.hpp"
#include "recording.hpp"
#include "small_fits.hpp"
#include "split_merge.hpp"
#include "transport.hpp"
#include "views.hpp"

namespace nb = nanobind;

namespace mixfold {
namespace {

// The arrays of a `Potentials`, checked against the number of features of the rows.
Potentials potentials_of(const View<double>& offset, const View<double>& center, const View<double>& whitener,
                         int structure, const Optional<double>& degrees, double background,
                         const Optional<double>& log_sides, std::size_t features) {
  const std::size_t components = offset.size(0);
  if (components == 0 || features == 0) throw std::invalid_argument("There must be a component and a feature.");
  const Structure shape = structure_of(structure);
  return {components,
          offset.contiguous("offset", components),
          center.contiguous("center", components, features),
          structured(whitener, "whitener", shape, components, features),
          shape,
          degrees ? degrees->contiguous("degrees", components) : nullptr,
          background,
          log_sides ? log_sides->contiguous("log_sides", features) : nullptr};
}

// What part of a row says is known of normal components, and of a background whose sides are known.
void refuse_other_than_normal(const Potentials& potentials) {
  const bool is_beside = potentials.background > -std::numeric_limits<double>::infinity();
  if (potentials.degrees != nullptr || (is_beside && potentials.log_sides == nullptr)) {
    throw std::invalid_argument(
        "Rows of which values are missing need normal components, and a background with sides.");
  }
}

// The statistics of chunks of `chunk_rows` rows, each in its row of `sums` (sums.hpp); no rows are one chunk. `next_chunk`,
// of one number that starts at zero, is the next chunk that nobody has taken: as many threads as like may make the same call
// at once, and each takes chunks until there are none. What is known of the rows is a `Known` and a `Drift`; ceilings need
// chunks of whole panels.
template <class Real>
void statistics(const View<Real>& rows, const Optional<Real>& weights, const View<double>& offset,
                const View<double>& center, const View<double>& whitener, int structure,
                const Optional<double>& degrees, double background, const Optional<double>& log_sides, bool incomplete,
                bool hard, const std::optional<Output<std::int32_t>>& guesses,
                const std::optional<Output<float>>& best_scores, const std::optional<Output<std::uint16_t>>& ceilings,
                const std::optional<Output<std::int32_t>>& near, const std::optional<Output<std::int32_t>>& segments,
                const std::optional<Output<std::int32_t>>& order, const Optional<std::int32_t>& members,
                const Optional<float>& drift, std::uint32_t call, std::size_t chunk_rows,
                const Output<std::uint64_t>& next_chunk, const Output<double>& sums, int scatter_structure) {
  const Rows<Real> all = rows.rows("rows", incomplete);
  const Real* const weight = weights_of(weights, all.count);
  const Potentials down =
      potentials_of(offset, center, whitener, structure, degrees, background, log_sides, all.features);
  const std::size_t panel = kernels<Real>().panel;
  Known known;
  if (guesses) known.guesses = guesses->contiguous("guesses", all.count);
  Drift gone;
  if (best_scores && ceilings && near && segments && order && members && drift &&
      (chunk_rows % panel == 0 || chunk_rows >= all.count)) {
    const std::size_t panels = panels_of_one * ((all.count + panel - 1) / panel), n_near = near->size(1);
    const std::size_t width = drift->size(1), groups = width - (n_near > 0 ? down.components : 0);
    const float* const sums_of_drift = drift->contiguous("drift", 4, width);
    const std::int32_t* const all_members = members->contiguous("members", down.components);
    const auto is_none = [&](std::int32_t k) { return k < 0 || static_cast<std::size_t>(k) >= down.components; };
    if (groups == 0 || groups > down.components || std::any_of(all_members, all_members + down.components, is_none)) {
      throw std::invalid_argument("There must be groups, and components in them.");
    }
    gone = {call,
            groups,
            (down.components + groups - 1) / groups,
            all_members,
            n_near,
            sums_of_drift,
            sums_of_drift + width,
            sums_of_drift + 2 * width,
            sums_of_drift + 3 * width};
    known.best_scores = best_scores->contiguous("best_scores", panels, panel);
    known.ceilings = ceilings->contiguous("ceilings", panels, groups + n_near);
    known.near = n_near > 0 ? near->contiguous("near", panels, n_near) : nullptr;
    known.segments = reinterpret_cast<std::uint32_t*>(segments->contiguous("segments", panels, 4));
    known.order = reinterpret_cast<std::uint32_t*>(order->contiguous("order", all.count));
    known.drift = &gone;
  }
  if (incomplete) refuse_other_than_normal(down);
  if (chunk_rows == 0) throw std::invalid_argument("chunk_rows must be positive, got 0.");
  const Structure shape = structure_of(scatter_structure);
  const bool with_degrees = down.degrees != nullptr;
  const std::size_t k = down.components, width = sums_width(shape, k, all.features, with_degrees);
  const std::size_t chunks = std::max<std::size_t>((all.count + chunk_rows - 1) / chunk_rows, 1);
  double* const rows_of_sums = sums.contiguous("sums", chunks, width);
  std::uint64_t* const counter = next_chunk.contiguous("next_chunk", 1);
  nb::gil_scoped_release release;
  Tasks tasks(counter, chunks);
  for (std::uint64_t taken; tasks.take(taken);) {
    hear_signals(static_cast<double>(chunk_rows * k * all.features * all.features));
    const std::size_t first = taken * chunk_rows;
    Rows<Real> chunk = all;
    chunk.data += static_cast<std::ptrdiff_t>(first) * all.row_stride;
    chunk.count = std::min(chunk_rows, all.count - first);
    Sums up = cleared_sums(rows_of_sums + taken * width, shape, k, all.features, with_degrees);
    Known part = known;
    if (part.guesses != nullptr) part.guesses += first;
    if (part.drift != nullptr) {
      const std::size_t at = panels_of_one * (first / panel);
      part.best_scores += at * panel;
      part.ceilings += at * (gone.groups + gone.near);
      if (part.near != nullptr) part.near += at * gone.near;
      part.segments += 4 * at;
      part.order += first;
    }
    kernels<Real>().statistics(chunk, weight == nullptr ? nullptr : weight + first, down, hard, part, up);
  }
}

// The sums of the rows under given responsibilities, in a row of sums.
template <class Real>
void moments(const View<Real>& rows, const Optional<Real>& weights, const View<Real>& responsibilities,
             const View<double>& center, const Output<double>& sums, int scatter_structure) {
  const Rows<Real> all = rows.rows("rows"), shares = responsibilities.rows("responsibilities");
  const Real* const weight = weights_of(weights, all.count);
  const std::size_t components = shares.features;
  const Structure shape = structure_of(scatter_structure);
  const double* const centers = center.contiguous("center", components, all.features);
  double* const row = sums.contiguous("sums", 1, sums_width(shape, components, all.features, false));
  if (shares.count != all.count) throw std::invalid_argument("responsibilities must have one row for each row.");
  nb::gil_scoped_release release;
  Sums up = cleared_sums(row, shape, components, all.features, false);
  kernels<Real>().moments(all, weight, shares, centers, components, up);
}

// EM from several starts side by side, each in its row: the parameters, which become those of the last fold; the sums of
// that fold, laid out as in `statistics`; log-likelihood and log prior of every fold, in turn; and the number of folds
// with the ending. `next_start` shares the starts out between threads as there.
template <class Real>
void expectation_maximization(const View<Real>& rows, const Optional<Real>& weights,
                              const Output<double>& mixture_weights, const Output<double>& means,
                              const Output<double>& covariances, int structure, const char* letters,
                              const Optional<double>& start_covariances, int start_structure, bool shared_out,
                              bool known, const View<double>& prior_scale, double prior_count,
                              const View<double>& prior_jitter, double prior_likeness, double ridge,
                              double log_prior_constant, std::size_t max_steps, std::size_t interval, double gain,
                              double optimism, double rival, double near, double enough, double resolution,
                              bool leaping, const Output<std::uint64_t>& next_start, const Output<double>& sums,
                              const Output<double>& trace, const Output<std::int64_t>& ends) {
  const Rows<Real> all = rows.rows("rows");
  const Real* const weight = weights_of(weights, all.count);
  const Structure shape = structure_of(structure);
  const std::size_t starts = mixture_weights.size(0), k = mixture_weights.size(1), d = all.features;
  if (k == 0 || d == 0) throw std::invalid_argument("There must be a component and a feature.");
  const std::size_t size = covariance_size(shape, k, d), one = covariance_size(shape, 1, d);
  const std::size_t width = sums_width(shape, k, d, false);
  double* const all_weights = mixture_weights.contiguous("mixture_weights", starts, k);
  double* const all_means = means.contiguous("means", starts, k, d);
  double* const all_covariances = covariances.contiguous("covariances", starts, size);
  const double* const jitter = prior_jitter.contiguous("prior_jitter", one);
  const bool is_jittered = std::any_of(jitter, jitter + one, [](double v) { return v != 0.0; });
  const Prior prior{prior_scale.contiguous("prior_scale", one), prior_count, is_jittered ? jitter : nullptr,
                    prior_likeness, ridge};
  const bool is_restricted = letters[0] != 0;
  if (is_restricted && std::strlen(letters) != 3) throw std::invalid_argument("A family has three letters, or none.");
  const Letters family = is_restricted ? Letters{letters[0], letters[1], letters[2]} : Letters{};
  const Structure before = structure_of(start_structure);
  const std::size_t start_size = covariance_size(before, k, d);
  const double* const all_starts =
      start_covariances ? start_covariances->contiguous("start_covariances", starts, start_size) : nullptr;
  const StoppingRule rule{interval, gain, optimism, rival, near, enough, resolution};
  std::uint64_t* const counter = next_start.contiguous("next_start", 1);
  double* const all_sums = sums.contiguous("sums", starts, width);
  double* const all_traces = trace.contiguous("trace", starts, max_steps + 1, 2);
  std::int64_t* const all_ends = ends.contiguous("ends", starts, 2);
  nb::gil_scoped_release release;
  const ByColumn<Real> columns(all);
  Tasks tasks(counter, starts);
  for (std::uint64_t taken; tasks.take(taken);) {
    Parameters parameters{
        k, d, shape, all_weights + taken * k, all_means + taken * k * d, all_covariances + taken * size};
    const Record record = mixfold::expectation_maximization(
        columns.rows(), weight, prior, is_restricted ? &family : nullptr,
        Elsewhere{before, all_starts ? all_starts + taken * start_size : nullptr, shared_out, known},
        log_prior_constant, max_steps, rule, leaping, parameters, all_sums + taken * width);
    double* to = all_traces + taken * (max_steps + 1) * 2;
    for (std::size_t fold = 0; fold < record.log_likelihood.size(); ++fold) {
      *to++ = record.log_likelihood[fold];
      *to++ = record.log_prior[fold];
    }
    all_ends[2 * taken] = static_cast<std::int64_t>(record.log_likelihood.size());
    all_ends[2 * taken + 1] = static_cast<std::int64_t>(record.ending);
  }
}

template <class Real>
void exponential(const View<Real>& values, const Output<Real>& result) {
  const std::size_t count = values.size(0);
  kernels<Real>().exponential(values.contiguous("values", count), count, result.contiguous("result", count));
}

// What kernels need of rows with noise of their own.
Noisy noisy_of(const View<double>& values, const View<double>& noise, const View<double>& log_weights,
               const View<double>& means, const View<double>& covariances, double background,
               const Optional<double>& log_sides) {
  const std::size_t n = values.size(0), d = values.size(1), k = log_weights.size(0);
  if (n == 0 || k == 0 || d == 0 || d > most_noisy_features) {
    throw std::invalid_argument("There must be rows, components, and from 1 to 8 features.");
  }
  const bool is_full = noise.size(2) > 0;
  return {n,
          d,
          k,
          values.contiguous("values", n, d),
          is_full ? noise.contiguous("noise", n, d, d) : noise.contiguous("noise", n, d),
          is_full,
          log_weights.contiguous("log_weights", k),
          means.contiguous("means", k, d),
          covariances.contiguous("covariances", k, d, d),
          background,
          log_sides ? log_sides->contiguous("log_sides", d) : nullptr};
}

double noisy_statistics(const View<double>& values, const View<double>& noise, const Optional<double>& weights,
                        const View<double>& log_weights, const View<double>& means, const View<double>& covariances,
                        double background, const Optional<double>& log_sides, bool hard, const Output<double>& result) {
  const Noisy all = noisy_of(values, noise, log_weights, means, covariances, background, log_sides);
  const double* const weight = weights_of(weights, all.rows);
  double* const sums =
      result.contiguous("result", 1 + all.components * (1 + all.features + all.features * all.features));
  nb::gil_scoped_release release;
  return noisy_kernels().statistics(all, weight, hard, sums);
}

double noisy_scores(const View<double>& values, const View<double>& noise, const View<double>& log_weights,
                    const View<double>& means, const View<double>& covariances, const Output<double>& result) {
  const Noisy all = noisy_of(values, noise, log_weights, means, covariances, 0.0, std::nullopt);
  double* const scores = result.contiguous("result", all.rows, all.components);
  nb::gil_scoped_release release;
  return noisy_kernels().scores(all, scores);
}

// What is said of each row by its scores: `kernel` fills `result`, which has a row for each row.
template <class Real, class Result>
void define_said_of_rows(nb::module_& module, const char* name,
                         void (*Kernels<Real>::*kernel)(const Rows<Real>&, const Potentials&, Result*),
                         bool by_component) {
  using namespace nb::literals;
  module.def(
      name,
      [=](const View<Real>& rows, const View<double>& offset, const View<double>& center, const View<double>& whitener,
          int structure, const Optional<double>& degrees, double background, const Optional<double>& log_sides,
          bool incomplete, const Output<Result>& result) {
        const Rows<Real> all = rows.rows("rows", incomplete);
        const Potentials down =
            potentials_of(offset, center, whitener, structure, degrees, background, log_sides, all.features);
        if (incomplete) refuse_other_than_normal(down);
        Result* const values = by_component ? result.contiguous("result", all.count, down.components)
                                            : result.contiguous("result", all.count);
        nb::gil_scoped_release release;
        (kernels<Real>().*kernel)(all, down, values);
      },
      "rows"_a, "offset"_a, "center"_a, "whitener"_a, "structure"_a, "degrees"_a.none(), "background"_a,
      "log_sides"_a.none(), "incomplete"_a, "result"_a);
}

template <class Real>
void bind(nb::module_& module) {
  using namespace nb::literals;
  module.def("statistics", &statistics<Real>, "rows"_a, "weights"_a.none(), "offset"_a, "center"_a, "whitener"_a,
             "structure"_a, "degrees"_a.none(), "background"_a, "log_sides"_a.none(), "incomplete"_a, "hard"_a,
             "guesses"_a.none(), "best_scores"_a.none(), "ceilings"_a.none(), "near"_a.none(), "segments"_a.none(),
             "order"_a.none(), "members"_a.none(), "drift"_a.none(), "call"_a, "chunk_rows"_a, "next_chunk"_a, "sums"_a,
             "scatter_structure"_a);
  module.def("moments", &moments<Real>, "rows"_a, "weights"_a.none(), "responsibilities"_a, "center"_a, "sums"_a,
             "scatter_structure"_a);
  define_said_of_rows<Real, Real>(module, "log_density", &Kernels<Real>::log_density, false);
  define_said_of_rows<Real, Real>(module, "responsibilities", &Kernels<Real>::responsibilities, true);
  define_said_of_rows<Real, Real>(module, "scores", &Kernels<Real>::scores, true);
  define_said_of_rows<Real, std::int64_t>(module, "labels", &Kernels<Real>::labels, false);
  module.def("expectation_maximization", &expectation_maximization<Real>, "rows"_a, "weights"_a.none(),
             "mixture_weights"_a, "means"_a, "covariances"_a, "structure"_a, "letters"_a, "start_covariances"_a.none(),
             "start_structure"_a, "shared_out"_a, "known"_a, "prior_scale"_a, "prior_count"_a, "prior_jitter"_a,
             "prior_likeness"_a, "ridge"_a, "log_prior_constant"_a, "max_steps"_a, "interval"_a, "gain"_a, "optimism"_a,
             "rival"_a, "near"_a, "enough"_a, "resolution"_a, "leaping"_a, "next_start"_a, "sums"_a, "trace"_a,
             "ends"_a);
  module.def("exponential", &exponential<Real>, "values"_a, "result"_a);
}

}  // namespace

NB_MODULE(_native, module) {
  using namespace nb::literals;
  module.doc() = "The kernels of mixfold.engines.native.NativeEngine.";
  instruction_set();  // throws, which is an ImportError, where the processor can run none of the kernels
  module.def("available_instruction_sets", &available_instruction_sets);
  module.def("instruction_set", &instruction_set);
  module.def("select_instruction_set", &select_instruction_set, "name"_a);
  module.def("panel_rows", [](bool is_float) { return is_float ? kernels<float>().panel : kernels<double>().panel; });
  bind<double>(module);
  bind<float>(module);
  module.def("noisy_statistics", &noisy_statistics, "values"_a, "noise"_a, "weights"_a.none(), "log_weights"_a,
             "means"_a, "covariances"_a, "background"_a, "log_sides"_a.none(), "hard"_a, "result"_a);
  module.def("noisy_scores", &noisy_scores, "values"_a, "noise"_a, "log_weights"_a, "means"_a, "covariances"_a,
             "result"_a);
  bind_drift(module);
  prepare_to_hear_signals();
  bind_pilots(module);
  bind_posterior(module);
  bind_recording(module);
  bind_small_fits(module);
  bind_split_merge(module);
  bind_transport(module);
}

}  // namespace mixfold
