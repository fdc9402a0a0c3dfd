// The part of the Python module that says what splits and merges of a mixture's components promise.

#include <nanobind/nanobind.h>

#include <algorithm>
#include <stdexcept>

#include "split_merge.hpp"
#include "views.hpp"

namespace nb = nanobind;

namespace mixfold {
namespace {

void losses_of(const View<double>& weights, const View<double>& means, const View<double>& covariances,
               const Output<double>& losses) {
  const std::size_t k = means.size(0), d = means.size(1);
  if (k == 0 || d == 0) throw std::invalid_argument("There must be a component and a feature.");
  const Structure structure = covariances.size(2) > 0 ? Structure::full : Structure::diagonal;
  const Mixed mixture{k,
                      d,
                      structure,
                      weights.contiguous("weights", k),
                      means.contiguous("means", k, d),
                      structured(covariances, "covariances", structure, k, d)};
  double* const result = losses.contiguous("losses", k, k);
  nb::gil_scoped_release release;
  merge_losses(mixture, result);
}

template <class Real>
bool split_of(const View<Real>& rows, const View<double>& weights, const View<double>& mixture_weights,
              const View<double>& means, const View<double>& covariances, const View<double>& along,
              const View<double>& axes, const View<double>& prior_scale, double prior_count,
              const View<double>& prior_jitter, double prior_likeness, double ridge, double negligible, double least,
              double between, std::size_t cuts, std::size_t steps, const View<double>& needed,
              const Output<double>& gains, const Output<double>& part_weights, const Output<double>& part_means,
              const Output<double>& part_covariances) {
  const Rows<Real> all = rows.rows("rows");
  const std::size_t k = means.size(0), d = all.features;
  if (k == 0 || d == 0) throw std::invalid_argument("There must be a component and a feature.");
  const Mixed mixture{k,
                      d,
                      Structure::full,
                      mixture_weights.contiguous("mixture_weights", k),
                      means.contiguous("means", k, d),
                      covariances.contiguous("covariances", k, d, d)};
  const double* const jitter = prior_jitter.contiguous("prior_jitter", d * d);
  const bool is_jittered = std::any_of(jitter, jitter + d * d, [](double v) { return v != 0.0; });
  const Prior prior{prior_scale.contiguous("prior_scale", d * d), prior_count, is_jittered ? jitter : nullptr,
                    prior_likeness, ridge};
  const SplitRules rules{negligible, least, between, cuts, steps};
  const Splits result{gains.contiguous("gains", k), part_weights.contiguous("part_weights", k, 2),
                      part_means.contiguous("part_means", k, 2, d),
                      part_covariances.contiguous("part_covariances", k, 2, d, d)};
  const double* const own = weights.contiguous("weights", all.count);
  const double *const variances = along.contiguous("along", k, d), *const columns = axes.contiguous("axes", k, d, d);
  const double* const asked = needed.contiguous("needed", k);
  nb::gil_scoped_release release;
  return split(all, own, mixture, variances, columns, prior, rules, asked, result);
}

template <class Real>
void bind(nb::module_& module) {
  using namespace nb::literals;
  module.def("split_components", &split_of<Real>, "rows"_a, "weights"_a, "mixture_weights"_a, "means"_a,
             "covariances"_a, "along"_a, "axes"_a, "prior_scale"_a, "prior_count"_a, "prior_jitter"_a,
             "prior_likeness"_a, "ridge"_a, "negligible"_a, "least"_a, "between"_a, "cuts"_a, "steps"_a, "needed"_a,
             "gains"_a, "part_weights"_a, "part_means"_a, "part_covariances"_a);
}

}  // namespace

void bind_split_merge(nb::module_& module) {
  using namespace nb::literals;
  module.def("merge_losses", &losses_of, "weights"_a, "means"_a, "covariances"_a, "losses"_a);
  bind<double>(module);
  bind<float>(module);
}

}  // namespace mixfold
