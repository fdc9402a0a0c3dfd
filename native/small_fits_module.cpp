// The part of the Python module that fits many small tables, each a span of rows of one array.

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <string>
#include <vector>

#include "dispatch.hpp"
#include "small_fits.hpp"
#include "sums.hpp"
#include "views.hpp"

namespace mixfold {
namespace {

// Tables that lie one after the other: number g is rows [starts[g], starts[g + 1]).
template <class Real>
class Tables {
 public:
  Tables(nb::handle rows, nb::handle weights, nb::handle starts, nb::handle next)
      : view_(rows, "rows", 2),
        weights_(weights, view_.size(0)),
        starts_view_(starts, "starts", 1),
        next_view_(next, "next", 1, true),
        all_(view_.rows()),
        starts_(starts_view_.contiguous(starts_view_.size(0))),
        next_(next_view_.contiguous(1)) {
    if (starts_view_.size(0) == 0) throw std::invalid_argument("starts must hold the end of the rows at least.");
    count = starts_view_.size(0) - 1;
    features = all_.features;
    for (std::size_t g = 0; g < count; ++g) {
      if (starts_[g] < 0 || starts_[g] >= starts_[g + 1] || starts_[g + 1] > static_cast<std::int64_t>(all_.count)) {
        throw std::invalid_argument("starts must ascend strictly from zero to at most the number of rows.");
      }
    }
  }

  // The next table that no thread has taken; false when there is none.
  bool take(std::size_t& number, Rows<Real>& rows, const Real*& weights) const {
    const std::uint64_t taken = __atomic_fetch_add(next_, 1, __ATOMIC_RELAXED);
    if (taken >= count) return false;
    number = taken;
    const auto first = starts_[taken];
    rows = all_;
    rows.data += first * all_.row_stride;
    rows.count = static_cast<std::size_t>(starts_[taken + 1] - first);
    weights = weights_.data == nullptr ? nullptr : weights_.data + first;
    return true;
  }

  std::size_t count, features;

 private:
  View<Real> view_;
  WeightsView<Real> weights_;
  View<std::int64_t> starts_view_;
  View<std::uint64_t> next_view_;
  Rows<Real> all_;
  const std::int64_t* starts_;
  std::uint64_t* next_;
};

// K-means of each table; its centers, and its sums about them with every row in the nearest (sums.hpp).
template <class Real>
void kmeans_of_tables(nb::handle rows, nb::handle weights, nb::handle starts, nb::handle uniforms,
                      std::size_t max_steps, double tolerance, int structure, nb::handle next, nb::handle centers,
                      nb::handle sums) {
  const Tables<Real> tables(rows, weights, starts, next);
  const View<double> centers_view(centers, "centers", 3, true), sums_view(sums, "sums", 2, true);
  const std::size_t k = centers_view.size(1), d = tables.features;
  if (k == 0 || d == 0) throw std::invalid_argument("There must be a component and a feature.");
  const auto shape = static_cast<Structure>(structure);
  const std::size_t width = sums_width(shape, k, d);
  double* const all_centers = centers_view.contiguous(tables.count, k, d);
  double* const all_sums = sums_view.contiguous(tables.count, width);
  const View<double> uniforms_view(uniforms, "uniforms", 1);
  const double* const numbers = uniforms_view.contiguous(kmeans_draws(k));
  nb::gil_scoped_release release;
  const std::vector<double> offset(k), whitener(k, 1.0);
  std::size_t g;
  Rows<Real> table;
  const Real* weight;
  while (tables.take(g, table, weight)) {
    double* const own = all_centers + g * k * d;
    kmeans(table, weight, k, numbers, max_steps, tolerance, own);
    Sums up = cleared_sums(all_sums + g * width, shape, k, d);
    const Potentials nearest{k, offset.data(), own, whitener.data(), Structure::spherical};
    kernels<Real>().statistics(table, weight, nearest, true, nullptr, up);
  }
}

// EM of each table from its parameters, which become those that it ends at; log-likelihood and objective of these, a unit
// of weight, and the number of steps with the ending.
template <class Real>
void climb_tables(nb::handle rows, nb::handle weights, nb::handle starts, nb::handle mixture_weights, nb::handle means,
                  nb::handle covariances, int structure, nb::handle prior_scale, double prior_count,
                  nb::handle prior_jitter, double prior_likeness, double ridge, std::size_t max_steps,
                  std::size_t block, double tolerance, double resolution, nb::handle next, nb::handle values,
                  nb::handle ends) {
  const Tables<Real> tables(rows, weights, starts, next);
  const auto shape = static_cast<Structure>(structure);
  const View<double> mixture_weights_view(mixture_weights, "mixture_weights", 2, true);
  const View<double> means_view(means, "means", 3, true), covariances_view(covariances, "covariances", 2, true);
  const std::size_t k = mixture_weights_view.size(1), d = tables.features;
  if (k == 0 || d == 0) throw std::invalid_argument("There must be a component and a feature.");
  if (block == 0) throw std::invalid_argument("block must be positive, got 0.");
  const std::size_t size = covariance_size(shape, k, d), one = covariance_size(shape, 1, d);
  double* const all_weights = mixture_weights_view.contiguous(tables.count, k);
  double* const all_means = means_view.contiguous(tables.count, k, d);
  double* const all_covariances = covariances_view.contiguous(tables.count, size);
  const View<double> scale_view(prior_scale, "prior_scale", 1), jitter_view(prior_jitter, "prior_jitter", 1);
  const View<double> values_view(values, "values", 2, true);
  const View<std::int64_t> ends_view(ends, "ends", 2, true);
  const double* const jitter = jitter_view.contiguous(one);
  const bool is_jittered = std::any_of(jitter, jitter + one, [](double v) { return v != 0.0; });
  const Prior prior{scale_view.contiguous(one), prior_count, is_jittered ? jitter : nullptr, prior_likeness, ridge};
  const Limits limits{max_steps, block, tolerance, resolution};
  double* const all_values = values_view.contiguous(tables.count, 2);
  std::int64_t* const all_ends = ends_view.contiguous(tables.count, 2);
  nb::gil_scoped_release release;
  std::vector<double> scratch(sums_width(shape, k, d));
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
void bind(nb::module_& module, const std::string& type) {
  using namespace nb::literals;
  module.def(("kmeans_of_tables_" + type).c_str(), &kmeans_of_tables<Real>, "rows"_a, "weights"_a.none(), "starts"_a,
             "uniforms"_a, "max_steps"_a, "tolerance"_a, "structure"_a, "next"_a, "centers"_a, "sums"_a);
  module.def(("climb_tables_" + type).c_str(), &climb_tables<Real>, "rows"_a, "weights"_a.none(), "starts"_a,
             "mixture_weights"_a, "means"_a, "covariances"_a, "structure"_a, "prior_scale"_a, "prior_count"_a,
             "prior_jitter"_a, "prior_likeness"_a, "ridge"_a, "max_steps"_a, "block"_a, "tolerance"_a, "resolution"_a,
             "next"_a, "values"_a, "ends"_a);
}

}  // namespace

void bind_small_fits(nb::module_& module) {
  module.def("kmeans_draws", &kmeans_draws);
  bind<double>(module, "float64");
  bind<float>(module, "float32");
}

}  // namespace mixfold
