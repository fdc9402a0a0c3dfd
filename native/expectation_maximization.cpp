#include "expectation_maximization.hpp"

#include <algorithm>
#include <cmath>

#include "ascent.hpp"
#include "by_column.hpp"
#include "dispatch.hpp"
#include "interruption.hpp"

namespace mixfold {
namespace {

// At most this many times its size follows a gain, and gains below this share are rounding, as in
// mixfold.fitting.stopping.
constexpr double slowest = 1e3, rounding = 1e-15;

// Shares rows out between components of another family; false if they have no density.
template <class Real>
bool share_out(const Rows<Real>& rows, const Real* weights, const Elsewhere& elsewhere, const Parameters& parameters,
               double* row) {
  const std::size_t components = parameters.components, features = parameters.features;
  const std::size_t size = covariance_size(elsewhere.structure, components, features);
  std::vector<double> covariances(elsewhere.covariances, elsewhere.covariances + size);
  std::vector<double> offset(components), whitener(size), log_determinants(components);
  Parameters start = parameters;
  start.structure = elsewhere.structure;
  start.covariances = covariances.data();
  if (!whiten(start, Prior{}, offset.data(), whitener.data(), log_determinants.data())) return false;
  Sums sums = cleared_sums(row, parameters.structure, components, features, false);
  const Potentials potentials{components, offset.data(), parameters.means, whitener.data(), elsewhere.structure};
  std::vector<std::int32_t> guesses(rows.count, -1);
  kernels<Real>().statistics(rows, weights, potentials, false, Known{guesses.data()}, sums);
  return true;
}

// The first M step, from rows that are shared out.
void begin(const Prior& prior, const Letters* letters, const Parameters& parameters, double* row, Parameters& next) {
  const std::size_t components = parameters.components, features = parameters.features;
  // Components whose sizes nothing tells have that of the mode of the prior.
  const std::vector<double> squares(components, prior.count * static_cast<double>(features));
  const Restriction restriction{letters ? *letters : Letters{}, {nullptr, nullptr}};
  maximize(sums_in(row, parameters.structure, components, features, false), parameters.means, prior, squares.data(),
           letters ? &restriction : nullptr, next);
}

}  // namespace

bool gives_up(const std::vector<double>& objectives, const StoppingRule& rule) {
  const std::size_t steps = objectives.size() - 1;
  if (rule.interval == 0 || steps < 2 || steps % rule.interval != 0) return false;
  const double objective = objectives.back(), gain = predicted_gain(&objectives.back(), rule.resolution);
  const double optimism = rule.rival - objective < rule.near ? 1.0 : rule.optimism;
  return gain < rule.gain || objective > rule.enough || objective + optimism * gain < rule.rival;
}

double predicted_gain(const double* last, double resolution) {
  const double first = last[-2], second = last[-1], third = last[0];
  const double gain = third - second, previous = second - first;
  if (third - std::max(first, second) <= resolution * std::abs(third)) return 0.0;
  return gain < previous ? gain * std::min(gain / (previous - gain), slowest) : gain * slowest;
}

bool is_slow(const std::vector<double>& objectives) {
  constexpr std::size_t patience = 24;
  constexpr double slow = 20.0;
  if (objectives.size() <= patience) return false;
  const double* last = &objectives.back();
  const double gain = last[0] - last[-1];
  return gain > 0.0 && predicted_gain(last, rounding) > slow * gain;
}

namespace {

template <class Real>
Record leaping_steps(const Rows<Real>& rows, const Real* weights, const Prior& prior, double log_prior_constant,
                     std::size_t max_steps, const StoppingRule& rule, bool is_known, Parameters& parameters,
                     double* row) {
  Ascent<Real> ascent(rows, weights, prior, parameters, row, is_known);
  Record record{{}, {}, Ending::limit};
  std::vector<double> objectives;
  bool leaping = rule.interval == 0;
  for (std::size_t step = 0; step <= max_steps; ++step) {
    if (!(step == 0 ? ascent.fold() : ascent.step(leaping))) {
      record.ending = Ending::collapsed;
      break;
    }
    record.log_likelihood.push_back(ascent.log_likelihood);
    record.log_prior.push_back(ascent.log_prior);
    objectives.push_back((ascent.log_likelihood + ascent.log_prior - log_prior_constant) / ascent.weight);
    if (rule.interval == 0 || step % rule.interval != 0) continue;
    const bool is_end = gives_up(objectives, rule);
    if (is_end && !leaping) {
      record.ending = Ending::converged;
      break;
    }
    // Gains of leaps are uneven: steps without are asked, and are the last of a call.
    leaping = !is_end && (leaping || is_slow(objectives)) && step + rule.interval < max_steps;
    ascent.rest();
  }
  return record;
}

}  // namespace

template <class Real>
Record expectation_maximization(const Rows<Real>& source, const Real* weights, const Prior& prior,
                                const Letters* letters, const Elsewhere& elsewhere, double log_prior_constant,
                                std::size_t max_steps, const StoppingRule& rule, bool leaping, Parameters& parameters,
                                double* row) {
  const ByColumn<Real> columns(source);
  const Rows<Real>& rows = columns.rows();
  if (leaping && !letters && !elsewhere.is_start()) {
    return leaping_steps(rows, weights, prior, log_prior_constant, max_steps, rule, elsewhere.is_known, parameters,
                         row);
  }
  const std::size_t components = parameters.components, features = parameters.features;
  const std::size_t size = covariance_size(parameters.structure, components, features);
  const auto statistics = kernels<Real>().statistics;
  std::vector<double> offset(components), whitener(size), log_determinants(components), squares(components);
  std::vector<std::int32_t> guesses(rows.count, -1);
  std::vector<double> next_weights(components), next_means(components * features), next_covariances(size);
  std::copy(parameters.weights, parameters.weights + components, next_weights.begin());
  std::copy(parameters.means, parameters.means + components * features, next_means.begin());
  if (!elsewhere.is_start()) std::copy(parameters.covariances, parameters.covariances + size, next_covariances.begin());
  Parameters next = parameters;
  next.weights = next_weights.data();
  next.means = next_means.data();
  next.covariances = next_covariances.data();
  Record record{{}, {}, Ending::limit};
  if (elsewhere.covariances && !share_out(rows, weights, elsewhere, parameters, row)) {
    record.ending = Ending::collapsed;
    return record;
  }
  if (elsewhere.is_start()) begin(prior, letters, parameters, row, next);
  std::vector<double> objectives;
  for (std::size_t step = 0; step <= max_steps; ++step) {
    if (!whiten(next, prior, offset.data(), whitener.data(), log_determinants.data())) {
      record.ending = Ending::collapsed;
      break;
    }
    std::copy(next_weights.begin(), next_weights.end(), parameters.weights);
    std::copy(next_means.begin(), next_means.end(), parameters.means);
    std::copy(next_covariances.begin(), next_covariances.end(), parameters.covariances);
    Sums sums = sums_in(row, parameters.structure, components, features, false);
    if (step > 0 || !elsewhere.is_known) {
      sums = cleared_sums(row, parameters.structure, components, features, false);
      const Potentials potentials{components, offset.data(), parameters.means, whitener.data(), parameters.structure};
      hear_signals(static_cast<double>(rows.count * components * features * features));
      statistics(rows, weights, potentials, false, Known{guesses.data()}, sums);
    }
    record.log_likelihood.push_back(*sums.log_likelihood);
    record.log_prior.push_back(log_prior(prior, parameters, whitener.data(), log_determinants.data(), squares.data()));
    objectives.push_back((record.log_likelihood.back() + record.log_prior.back() - log_prior_constant) / *sums.weight);
    if (gives_up(objectives, rule)) {
      record.ending = Ending::converged;
      break;
    }
    if (step < max_steps) {
      const Restriction restriction{letters ? *letters : Letters{}, {parameters.covariances, log_determinants.data()}};
      maximize(sums, parameters.means, prior, squares.data(), letters ? &restriction : nullptr, next);
    }
  }
  return record;
}

template Record expectation_maximization(const Rows<double>&, const double*, const Prior&, const Letters*,
                                         const Elsewhere&, double, std::size_t, const StoppingRule&, bool, Parameters&,
                                         double*);
template Record expectation_maximization(const Rows<float>&, const float*, const Prior&, const Letters*,
                                         const Elsewhere&, double, std::size_t, const StoppingRule&, bool, Parameters&,
                                         double*);

}  // namespace mixfold
