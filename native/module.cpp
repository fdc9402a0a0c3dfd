// The Python module: checks that arrays have the shapes that the kernels rely on, and lets go of the interpreter lock.
//
// Arrays come through the buffer protocol, which alone passes strides in bytes and pointers of any alignment. Results
// are written to arrays that the caller allocates.

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

#include "dispatch.hpp"
#include "expectation_maximization.hpp"
#include "small_fits.hpp"
#include "views.hpp"

namespace nb = nanobind;

namespace mixfold {
namespace {

int dimensions(Structure structure) {
  return structure == Structure::full ? 3 : structure == Structure::spherical ? 1 : 2;
}

double* structured(const View<double>& view, Structure structure, std::size_t k, std::size_t d) {
  if (structure == Structure::full) return view.contiguous(k, d, d);
  if (structure == Structure::pooled) return view.contiguous(d, d);
  return structure == Structure::diagonal ? view.contiguous(k, d) : view.contiguous(k);
}

// The arrays of a `Potentials`, checked against the number of features of the rows.
struct PotentialsView {
  PotentialsView(nb::handle offset, nb::handle center, nb::handle whitener, int structure, std::size_t features)
      : structure(static_cast<Structure>(structure)),
        offset_view(offset, "offset", 1),
        center_view(center, "center", 2),
        whitener_view(whitener, "whitener", dimensions(this->structure)) {
    const std::size_t components = offset_view.size(0);
    potentials = {components, offset_view.contiguous(components), center_view.contiguous(components, features),
                  structured(whitener_view, this->structure, components, features), this->structure};
    if (components == 0 || features == 0) throw std::invalid_argument("There must be a component and a feature.");
  }

  Structure structure;
  View<double> offset_view, center_view, whitener_view;
  Potentials potentials;
};

// The statistics of chunks of `chunk_rows` rows, each in its row of `sums` (sums.hpp); no rows are one chunk. `next`, of
// one number that starts at zero, is the next chunk that nobody has taken: as many threads as like may make the same call
// at once, and each takes chunks until there are none.
template <class Real>
void statistics(nb::handle rows, nb::handle weights, nb::handle offset, nb::handle center,
                          nb::handle whitener, int structure, bool hard, nb::handle guesses, std::size_t chunk_rows,
                          nb::handle next, nb::handle sums, int scatter_structure) {
  const View<Real> view(rows, "rows", 2);
  const Rows<Real> all = view.rows();
  const WeightsView<Real> weight(weights, all.count);
  const PotentialsView down(offset, center, whitener, structure, all.features);
  std::optional<View<std::int32_t>> guess;
  std::int32_t* guess_data = nullptr;
  if (!guesses.is_none()) guess_data = guess.emplace(guesses, "guesses", 1, true).contiguous(all.count);
  if (chunk_rows == 0) throw std::invalid_argument("chunk_rows must be positive, got 0.");
  const auto shape = static_cast<Structure>(scatter_structure);
  const std::size_t k = down.potentials.components, width = sums_width(shape, k, all.features);
  const View<double> sums_view(sums, "sums", 2, true);
  const std::size_t chunks = std::max<std::size_t>((all.count + chunk_rows - 1) / chunk_rows, 1);
  double* const rows_of_sums = sums_view.contiguous(chunks, width);
  const View<std::uint64_t> next_view(next, "next", 1, true);
  std::uint64_t* const counter = next_view.contiguous(1);
  nb::gil_scoped_release release;
  for (std::uint64_t taken; (taken = __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED)) < chunks;) {
    const std::size_t first = taken * chunk_rows;
    Rows<Real> chunk = all;
    chunk.data += static_cast<std::ptrdiff_t>(first) * all.row_stride;
    chunk.count = std::min(chunk_rows, all.count - first);
    Sums up = cleared_sums(rows_of_sums + taken * width, shape, k, all.features);
    kernels<Real>().statistics(chunk, weight.data == nullptr ? nullptr : weight.data + first, down.potentials, hard,
                               guess_data == nullptr ? nullptr : guess_data + first, up);
  }
}

// The sums of the rows under given responsibilities, in a row of sums.
template <class Real>
void moments(nb::handle rows, nb::handle weights, nb::handle shares, nb::handle center, nb::handle sums,
             int scatter_structure) {
  const View<Real> view(rows, "rows", 2), share(shares, "responsibilities", 2);
  const WeightsView<Real> weight(weights, view.size(0));
  const View<double> center_view(center, "center", 2), sums_view(sums, "sums", 2, true);
  const std::size_t components = share.size(1);
  const auto shape = static_cast<Structure>(scatter_structure);
  const double* centers = center_view.contiguous(components, view.size(1));
  double* const row = sums_view.contiguous(1, sums_width(shape, components, view.size(1)));
  if (share.size(0) != view.size(0)) throw std::invalid_argument("responsibilities must have one row for each row.");
  nb::gil_scoped_release release;
  Sums up = cleared_sums(row, shape, components, view.size(1));
  kernels<Real>().moments(view.rows(), weight.data, share.rows(), centers, components, up);
}

// EM from several starts side by side, each in its row: the parameters, which become those of the last fold; the sums of
// that fold, laid out as in `statistics`; log-likelihood and log prior of every fold, in turn; and the number of
// folds with the ending. `next` shares the starts out between threads as there.
template <class Real>
void expectation_maximization(nb::handle rows, nb::handle weights, nb::handle mixture_weights, nb::handle means,
                              nb::handle covariances, int structure, nb::handle prior_scale, double prior_count,
                              nb::handle prior_jitter, double prior_likeness, double ridge,
                              std::size_t max_steps, double tolerance, nb::handle next, nb::handle sums,
                              nb::handle trace, nb::handle ends) {
  const View<Real> view(rows, "rows", 2);
  const WeightsView<Real> weight(weights, view.size(0));
  const auto shape = static_cast<Structure>(structure);
  const View<double> mixture_weights_view(mixture_weights, "mixture_weights", 2, true);
  const View<double> means_view(means, "means", 3, true);
  const View<double> covariances_view(covariances, "covariances", 2, true);
  const View<double> scale_view(prior_scale, "prior_scale", 1);
  const std::size_t starts = mixture_weights_view.size(0), k = mixture_weights_view.size(1), d = view.size(1);
  if (k == 0 || d == 0) throw std::invalid_argument("There must be a component and a feature.");
  const std::size_t size = covariance_size(shape, k, d), width = sums_width(shape, k, d);
  double* const all_weights = mixture_weights_view.contiguous(starts, k);
  double* const all_means = means_view.contiguous(starts, k, d);
  double* const all_covariances = covariances_view.contiguous(starts, size);
  const View<double> jitter_view(prior_jitter, "prior_jitter", 1);
  const double* const jitter = jitter_view.contiguous(covariance_size(shape, 1, d));
  const bool is_jittered = std::any_of(jitter, jitter + covariance_size(shape, 1, d), [](double v) { return v != 0.0; });
  const Prior prior{scale_view.contiguous(covariance_size(shape, 1, d)), prior_count, is_jittered ? jitter : nullptr,
                    prior_likeness, ridge};
  const View<std::uint64_t> next_view(next, "next", 1, true);
  const View<double> sums_view(sums, "sums", 2, true), trace_view(trace, "trace", 3, true);
  const View<std::int64_t> ends_view(ends, "ends", 2, true);
  std::uint64_t* const counter = next_view.contiguous(1);
  double* const all_sums = sums_view.contiguous(starts, width);
  double* const all_traces = trace_view.contiguous(starts, max_steps + 1, 2);
  std::int64_t* const all_ends = ends_view.contiguous(starts, 2);
  const Rows<Real> data = view.rows();
  nb::gil_scoped_release release;
  for (std::uint64_t taken; (taken = __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED)) < starts;) {
    Parameters parameters{k, d, shape, all_weights + taken * k, all_means + taken * k * d, all_covariances + taken * size};
    const Record record = mixfold::expectation_maximization(data, weight.data, prior, max_steps, tolerance, parameters,
                                                            all_sums + taken * width);
    double* to = all_traces + taken * (max_steps + 1) * 2;
    for (std::size_t fold = 0; fold < record.log_likelihood.size(); ++fold) {
      *to++ = record.log_likelihood[fold];
      *to++ = record.log_prior[fold];
    }
    all_ends[2 * taken] = static_cast<std::int64_t>(record.log_likelihood.size());
    all_ends[2 * taken + 1] = static_cast<std::int64_t>(record.ending);
  }
}

// One function of the scores: `kernel` fills `result`, which has a row for each row.
template <class Real, class Result, class Kernel>
void score(Kernel kernel, nb::handle rows, nb::handle offset, nb::handle center, nb::handle whitener, int structure,
           nb::handle result, bool by_component) {
  const View<Real> view(rows, "rows", 2);
  const PotentialsView down(offset, center, whitener, structure, view.size(1));
  const View<Result> out(result, "result", by_component ? 2 : 1, true);
  const std::size_t n = view.size(0), k = down.potentials.components;
  Result* values = by_component ? out.contiguous(n, k) : out.contiguous(n);
  nb::gil_scoped_release release;
  kernel(view.rows(), down.potentials, values);
}

template <class Real>
void exponential(nb::handle values, nb::handle result) {
  const View<Real> in(values, "values", 1), out(result, "result", 1, true);
  const std::size_t count = in.size(0);
  kernels<Real>().exponential(in.contiguous(count), count, out.contiguous(count));
}

template <class Real>
void bind(nb::module_& module, const std::string& type) {
  using namespace nb::literals;
  const auto define = [&](const char* name, auto function, auto... arguments) {
    module.def((name + type).c_str(), function, arguments...);
  };
  const auto define_score = [&](const char* name, auto member, auto result_type, bool by_component) {
    using Result = decltype(result_type);
    define(
        name,
        [=](nb::handle rows, nb::handle offset, nb::handle center, nb::handle whitener, int structure,
            nb::handle result) {
          const auto kernel = kernels<Real>().*member;
          score<Real, Result>(kernel, rows, offset, center, whitener, structure, result, by_component);
        },
        "rows"_a, "offset"_a, "center"_a, "whitener"_a, "structure"_a, "result"_a);
  };
  define("statistics_", &statistics<Real>, "rows"_a, "weights"_a.none(), "offset"_a, "center"_a, "whitener"_a,
         "structure"_a, "hard"_a, "guesses"_a.none(), "chunk_rows"_a, "next"_a, "sums"_a, "scatter_structure"_a);
  define("moments_", &moments<Real>, "rows"_a, "weights"_a.none(), "responsibilities"_a, "center"_a, "sums"_a,
         "scatter_structure"_a);
  define_score("log_density_", &Kernels<Real>::log_density, Real{}, false);
  define_score("responsibilities_", &Kernels<Real>::responsibilities, Real{}, true);
  define_score("labels_", &Kernels<Real>::labels, std::int64_t{}, false);
  define("expectation_maximization_", &expectation_maximization<Real>, "rows"_a, "weights"_a.none(),
         "mixture_weights"_a, "means"_a, "covariances"_a, "structure"_a, "prior_scale"_a, "prior_count"_a, "prior_jitter"_a,
         "prior_likeness"_a, "ridge"_a,
         "max_steps"_a, "tolerance"_a, "next"_a, "sums"_a, "trace"_a, "ends"_a);
  define("exponential_", &exponential<Real>, "values"_a, "result"_a);
}

}  // namespace

NB_MODULE(_native, module) {
  module.doc() = "The kernels of mixfold.engines.native.NativeEngine.";
  instruction_set();  // throws, which is an ImportError, where the processor can run none of the kernels
  module.def("available_instruction_sets", &available_instruction_sets);
  module.def("instruction_set", &instruction_set);
  module.def("select_instruction_set", &select_instruction_set);
  bind<double>(module, "float64");
  bind<float>(module, "float32");
  bind_small_fits(module);
}

}  // namespace mixfold
