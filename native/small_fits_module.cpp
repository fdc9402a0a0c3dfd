// The part of the Python module that fits many small tables, each a span of rows of one array.

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include <algorithm>
#include <string>
#include <vector>

#include "dispatch.hpp"
#include "interruption.hpp"
#include "small_fits.hpp"
#include "sums.hpp"
#include "views.hpp"

namespace nb = nanobind;

namespace mixfold {
namespace {

// Tables that are spans of rows: number g is rows [spans[g][0], spans[g][1]).
template <class Real>
class Tables {
 public:
  Tables(const View<Real>& rows, const Optional<Real>& weights, const View<std::int64_t>& spans,
         const Output<std::uint64_t>& next_table)
      : all_(rows.rows("rows")),
        weights_(weights_of(weights, all_.count)),
        spans_(spans.contiguous("spans", spans.size(0), 2)),
        tasks_(next_table.contiguous("next_table", 1), spans.size(0)) {
    count = spans.size(0);
    features = all_.features;
    for (std::size_t g = 0; g < count; ++g) {
      const std::int64_t first = spans_[2 * g], end = spans_[2 * g + 1];
      if (first < 0 || first >= end || end > static_cast<std::int64_t>(all_.count)) {
        throw std::invalid_argument("spans must each hold a row at least, and only rows that there are.");
      }
    }
  }

  // The next table that no thread has taken; false when there is none.
  bool take(std::size_t& number, Rows<Real>& rows, const Real*& weights) {
    std::uint64_t taken;
    if (!tasks_.take(taken)) return false;
    number = taken;
    const std::int64_t first = spans_[2 * taken];
    rows = all_;
    rows.data += first * all_.row_stride;
    rows.count = static_cast<std::size_t>(spans_[2 * taken + 1] - first);
    weights = weights_ == nullptr ? nullptr : weights_ + first;
    return true;
  }

  std::size_t count, features;

 private:
  Rows<Real> all_;
  const Real* weights_;
  const std::int64_t* spans_;
  Tasks tasks_;
};

// K-means of each table, with the same random numbers for all or a row of them for each; its centers, and its sums about them with every row in the nearest (sums.hpp).
template <class Real>
void kmeans_of_tables(const View<Real>& rows, const Optional<Real>& weights, const View<std::int64_t>& spans,
                      const View<double>& uniforms, std::size_t max_steps, double tolerance, int structure,
                      const Output<std::uint64_t>& next_table, const Output<double>& centers,
                      const Output<double>& sums) {
  Tables<Real> tables(rows, weights, spans, next_table);
  const std::size_t k = centers.size(1), d = tables.features;
  if (k == 0 || d == 0) throw std::invalid_argument("There must be a component and a feature.");
  const Structure shape = structure_of(structure);
  const std::size_t width = sums_width(shape, k, d, false);
  double* const all_centers = centers.contiguous("centers", tables.count, k, d);
  double* const all_sums = sums.contiguous("sums", tables.count, width);
  const std::size_t seedings = uniforms.size(1) / kmeans_draws(k), draws = seedings * kmeans_draws(k);
  if (seedings == 0) throw std::invalid_argument("uniforms must hold the numbers of a seeding at least.");
  const bool is_shared = uniforms.size(0) == 1;
  const double* const numbers = uniforms.contiguous("uniforms", is_shared ? 1 : tables.count, draws);
  nb::gil_scoped_release release;
  const std::vector<double> offset(k), whitener(k, 1.0);
  std::size_t g;
  Rows<Real> table;
  const Real* weight;
  while (tables.take(g, table, weight)) {
    double* const own = all_centers + g * k * d;
    kmeans(table, weight, OrderedRows(table, weight), k, numbers + (is_shared ? 0 : g * draws), seedings, max_steps,
           tolerance, own);
    Sums up = cleared_sums(all_sums + g * width, shape, k, d, false);
    const Potentials nearest{k, offset.data(), own, whitener.data(), Structure::spherical};
    kernels<Real>().statistics(table, weight, nearest, true, Known{}, up);
  }
}

// EM of each table from its parameters, which become those that it ends at; log-likelihood and objective of these, a unit
// of weight, and the number of steps with the ending.
template <class Real>
void climb_tables(const View<Real>& rows, const Optional<Real>& weights, const View<std::int64_t>& spans,
                  const Output<double>& mixture_weights, const Output<double>& means, const Output<double>& covariances,
                  int structure, const View<double>& prior_scale, double prior_count, const View<double>& prior_jitter,
                  double prior_likeness, double ridge, std::size_t max_steps, std::size_t block, double tolerance,
                  double resolution, const Output<std::uint64_t>& next_table, const Output<double>& values,
                  const Output<std::int64_t>& ends) {
  Tables<Real> tables(rows, weights, spans, next_table);
  const Structure shape = structure_of(structure);
  const std::size_t k = mixture_weights.size(1), d = tables.features;
  if (k == 0 || d == 0) throw std::invalid_argument("There must be a component and a feature.");
  if (block == 0) throw std::invalid_argument("block must be positive, got 0.");
  const std::size_t size = covariance_size(shape, k, d), one = covariance_size(shape, 1, d);
  double* const all_weights = mixture_weights.contiguous("mixture_weights", tables.count, k);
  double* const all_means = means.contiguous("means", tables.count, k, d);
  double* const all_covariances = covariances.contiguous("covariances", tables.count, size);
  const double* const jitter = prior_jitter.contiguous("prior_jitter", one);
  const bool is_jittered = std::any_of(jitter, jitter + one, [](double v) { return v != 0.0; });
  const Prior prior{prior_scale.contiguous("prior_scale", one), prior_count, is_jittered ? jitter : nullptr,
                    prior_likeness, ridge};
  const Limits limits{max_steps, block, tolerance, resolution};
  double* const all_values = values.contiguous("values", tables.count, 2);
  std::int64_t* const all_ends = ends.contiguous("ends", tables.count, 2);
  nb::gil_scoped_release release;
  std::vector<double> scratch(sums_width(shape, k, d, false));
  std::size_t g;
  Rows<Real> table;
  const Real* weight;
  while (tables.take(g, table, weight)) {
    Parameters parameters{k, d, shape, all_weights + g * k, all_means + g * k * d, all_covariances + g * size};
    const SmallFit fit = climb(table, weight, prior, limits, parameters, scratch.data());
    all_values[2 * g] = fit.log_likelihood;
    all_values[2 * g + 1] = fit.objective;
    all_ends[2 * g] = static_cast<std::int64_t>(fit.steps);
    all_ends[2 * g + 1] = static_cast<std::int64_t>(fit.ending);
  }
}

template <class Real>
void bind(nb::module_& module) {
  using namespace nb::literals;
  module.def("kmeans_of_tables", &kmeans_of_tables<Real>, "rows"_a, "weights"_a.none(), "spans"_a, "uniforms"_a,
             "max_steps"_a, "tolerance"_a, "structure"_a, "next_table"_a, "centers"_a, "sums"_a);
  module.def("climb_tables", &climb_tables<Real>, "rows"_a, "weights"_a.none(), "spans"_a, "mixture_weights"_a,
             "means"_a, "covariances"_a, "structure"_a, "prior_scale"_a, "prior_count"_a, "prior_jitter"_a,
             "prior_likeness"_a, "ridge"_a, "max_steps"_a, "block"_a, "tolerance"_a, "resolution"_a, "next_table"_a,
             "values"_a, "ends"_a);
}

}  // namespace

void bind_small_fits(nb::module_& module) {
  module.def("kmeans_draws", &kmeans_draws, nb::arg("components"));
  bind<double>(module);
  bind<float>(module);
}

}  // namespace mixfold
