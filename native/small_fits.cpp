#include "small_fits.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "ascent.hpp"
#include "by_column.hpp"
#include "dispatch.hpp"
#include "sums.hpp"

namespace mixfold {
namespace {

bool is_converged(const std::vector<double>& objectives, const Limits& limits) {
  if (objectives.size() < 4) return false;
  const double* last = &objectives.back();
  return std::max(predicted_gain(last, limits.resolution), predicted_gain(last - 1, limits.resolution)) <
         limits.tolerance;
}

}  // namespace

template <class Real>
SmallFit climb(const Rows<Real>& rows, const Real* weights, const Prior& prior, const Limits& limits,
               Parameters& parameters, double* row) {
  const ByColumn<Real> columns(rows);
  Ascent<Real> ascent(columns.rows(), weights, prior, parameters, row);
  std::vector<double> objectives;
  const double none = -std::numeric_limits<double>::infinity();
  SmallFit fit{none, none, 0, Ending::collapsed};
  for (bool leaping = false; objectives.empty() ? ascent.fold() : ascent.step(leaping);) {
    fit.log_likelihood = ascent.log_likelihood / ascent.weight;
    fit.objective = (ascent.log_likelihood + ascent.log_prior) / ascent.weight;
    fit.steps = objectives.size();
    objectives.push_back(fit.objective);
    const bool is_last = fit.steps == limits.max_steps;
    if (is_last || fit.steps % limits.block == 0) {
      const bool converged = is_converged(objectives, limits);
      if (converged && (is_last || !leaping)) {
        fit.ending = Ending::converged;
        return fit;
      }
      // Gains of leaps are uneven: steps without are asked.
      leaping = !converged && (leaping || is_slow(objectives));
      ascent.rest();
    }
    if (is_last) {
      fit.ending = Ending::limit;
      return fit;
    }
  }
  return fit;
}

template SmallFit climb(const Rows<double>&, const double*, const Prior&, const Limits&, Parameters&, double*);
template SmallFit climb(const Rows<float>&, const float*, const Prior&, const Limits&, Parameters&, double*);

}  // namespace mixfold
