// The part of the Python module that makes variational steps.

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include "by_column.hpp"
#include "dispatch.hpp"
#include "posterior.hpp"
#include "sums.hpp"
#include "views.hpp"

namespace nb = nanobind;

namespace mixfold {
namespace {

// Variational steps from one posterior, which becomes that of the last fold; the sums of that fold, laid out as in
// `statistics`; log-likelihood and log prior of every fold, in turn; and the number of folds with the ending.
template <class Real>
void posterior_steps(const View<Real>& rows, const Optional<Real>& weights, const Output<double>& means,
                     const Output<double>& covariances, const Output<double>& mean_precision,
                     const Output<double>& degrees, const Output<double>& taken, const Output<double>& left,
                     const Output<double>& concentration, int structure, bool are_equal, bool is_stick,
                     double prior_concentration, double prior_rate, double prior_discount,
                     const View<double>& prior_mean, double prior_mean_precision, const View<double>& prior_scatter,
                     double prior_degrees, double log_norm, double divergence, const Optional<double>& spread,
                     const Optional<double>& jitter, std::size_t max_steps, std::size_t interval, double gain,
                     double optimism, double rival, double near, double enough, const Output<double>& sums,
                     const Output<double>& trace, const Output<std::int64_t>& ends) {
  const Rows<Real> all = rows.rows("rows");
  const Real* const weight = weights_of(weights, all.count);
  const Structure shape = structure_of(structure);
  const std::size_t k = means.size(0), d = all.features;
  if (k == 0 || d == 0) throw std::invalid_argument("There must be a component and a feature.");
  const std::size_t one = covariance_size(shape, 1, d);
  Posterior posterior{k,
                      d,
                      shape,
                      means.contiguous("means", k, d),
                      covariances.contiguous("covariances", covariance_size(shape, k, d)),
                      mean_precision.contiguous("mean_precision", k),
                      degrees.contiguous("degrees", k),
                      taken.contiguous("taken", k),
                      left.contiguous("left", k),
                      concentration.contiguous("concentration", 2)};
  const ConjugatePrior prior{{is_stick, prior_concentration, prior_rate, prior_discount},
                             prior_mean.contiguous("prior_mean", d),
                             prior_mean_precision,
                             prior_scatter.contiguous("prior_scatter", one),
                             prior_degrees,
                             log_norm,
                             divergence,
                             spread ? spread->contiguous("spread", one) : nullptr,
                             jitter ? jitter->contiguous("jitter", one) : nullptr,
                             are_equal};
  const StoppingRule rule{interval, gain, optimism, rival, near, enough};
  double* const row = sums.contiguous("sums", 1, sums_width(shape, k, d, false));
  double* to = trace.contiguous("trace", max_steps + 1, 2);
  std::int64_t* const end = ends.contiguous("ends", 2);
  nb::gil_scoped_release release;
  const ByColumn<Real> columns(all);
  const Record record = mixfold::posterior_steps(columns.rows(), weight, prior, max_steps, rule, posterior, row);
  for (std::size_t fold = 0; fold < record.log_likelihood.size(); ++fold) {
    *to++ = record.log_likelihood[fold];
    *to++ = record.log_prior[fold];
  }
  end[0] = static_cast<std::int64_t>(record.log_likelihood.size());
  end[1] = static_cast<std::int64_t>(record.ending);
}

template <class Real>
void bind(nb::module_& module) {
  using namespace nb::literals;
  module.def("posterior_steps", &posterior_steps<Real>, "rows"_a, "weights"_a.none(), "means"_a, "covariances"_a,
             "mean_precision"_a, "degrees"_a, "taken"_a, "left"_a, "concentration"_a, "structure"_a, "are_equal"_a,
             "is_stick"_a, "prior_concentration"_a, "prior_rate"_a, "prior_discount"_a, "prior_mean"_a,
             "prior_mean_precision"_a, "prior_scatter"_a, "prior_degrees"_a, "log_norm"_a, "divergence"_a,
             "spread"_a.none(), "jitter"_a.none(), "max_steps"_a, "interval"_a, "gain"_a, "optimism"_a, "rival"_a,
             "near"_a, "enough"_a, "sums"_a, "trace"_a, "ends"_a);
}

}  // namespace

void bind_posterior(nb::module_& module) {
  bind<double>(module);
  bind<float>(module);
}

}  // namespace mixfold
