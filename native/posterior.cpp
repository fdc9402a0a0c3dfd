#include "posterior.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "digamma.hpp"
#include "dispatch.hpp"
#include "interruption.hpp"

namespace mixfold {
namespace {

using Numbers = std::vector<double>;

// What SufficientStatistics.jittered counts at least.
constexpr double fewest = 1e-150;
// A concentration has settled, as in mixfold.models.sticks.
constexpr double settled_share = 1e-10;
constexpr int most_turns = 1000;
// Where the logarithm of a most probable one is sought, and when it has settled, as in mixfold.models.dirichlet.
constexpr double least_log = -12.0, most_log = 12.0, settled_log = 1e-12;

double log_beta(double a, double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); }

// Expected logarithms: of weights, or of what each piece takes of a stick and leaves of it.
class WeightPosterior {
 public:
  WeightPosterior(const WeightPrior& prior, Posterior& posterior)
      : prior_(prior),
        all_(posterior),
        log_taken_(posterior.components),
        log_left_(posterior.components) {}

  // From the rows of each component (Bishop 2006, eq. 10.58; Blei & Jordan 2006, appendix A).
  void learn(const double* counts) {
    const std::size_t components = all_.components;
    if (!prior_.is_stick && prior_.rate > 0.0) all_.concentration[0] = most_probable(counts);
    const double before = prior_.is_stick ? 1.0 - prior_.discount : rows_beforehand();
    for (std::size_t k = 0; k < components; ++k) all_.taken[k] = counts[k] + before;
    if (!prior_.is_stick) return;
    double further = 0.0;
    Numbers after(components);
    for (std::size_t k = components; k-- > 0; further += counts[k]) {
      after[k] = further + prior_.discount * static_cast<double>(k + 1);
    }
    for (int turn = 0; turn < most_turns; ++turn) {
      const double mean = expected_concentration();
      double total = 0.0;
      for (std::size_t k = 0; k < components; ++k) {
        const double left = all_.left[k] = mean + after[k];
        if (prior_.rate > 0.0) total += digamma(left) - digamma(all_.taken[k] + left);
      }
      if (!(prior_.rate > 0.0)) return;
      all_.concentration[0] = prior_.concentration + static_cast<double>(components);
      all_.concentration[1] = prior_.rate - total;
      if (std::abs(expected_concentration() - mean) <= settled_share * mean) return;
    }
  }

  // Looks at what has been learned, for the two below.
  void look() {
    double sum = 0.0;
    for (std::size_t k = 0; k < all_.components; ++k) sum += all_.taken[k];
    const double of_sum = prior_.is_stick ? 0.0 : digamma(sum);
    for (std::size_t k = 0; k < all_.components; ++k) {
      const double whole = prior_.is_stick ? digamma(all_.taken[k] + all_.left[k]) : of_sum;
      log_taken_[k] = digamma(all_.taken[k]) - whole;
      log_left_[k] = prior_.is_stick ? digamma(all_.left[k]) - whole : 0.0;
    }
  }

  // Adds E[log pi_k] to each.
  void add_mean_logs(double* to) const {
    double before = 0.0;
    for (std::size_t k = 0; k < all_.components; before += log_left_[k++]) to[k] += log_taken_[k] + before;
  }

  // From the prior.
  double divergence() const { return prior_.is_stick ? of_stick() : of_dirichlet(); }

 private:
  double expected_concentration() const {
    return prior_.rate > 0.0 ? all_.concentration[0] / all_.concentration[1] : prior_.concentration;
  }

  double rows_beforehand() const { return prior_.rate > 0.0 ? all_.concentration[0] : prior_.concentration; }

  // What each component has of the most probable concentration of all: where the log probability of the counts and of the
  // logarithm of the concentration is highest. By that its slope falls, and Newton's steps go on from the last one.
  double most_probable(const double* counts) const {
    const auto components = static_cast<double>(all_.components);
    double n = 0.0, low = least_log, high = most_log;
    for (std::size_t k = 0; k < all_.components; ++k) n += counts[k];
    double at = std::clamp(std::log(components * all_.concentration[0]), low, high);
    for (int turn = 0; turn < most_turns; ++turn) {
      const double all = std::exp(at), each = all / components;
      double rows = 0.0, change = 0.0;
      for (std::size_t k = 0; k < all_.components; ++k) {
        rows += digamma(each + counts[k]);
        change += trigamma(each + counts[k]);
      }
      rows = digamma(all) - digamma(all + n) + rows / components - digamma(each);
      change = trigamma(all) - trigamma(all + n) + (change / components - trigamma(each)) / components;
      const double slope = prior_.concentration + all * (rows - prior_.rate);
      (slope > 0.0 ? low : high) = at;
      double next = at - slope / (all * (rows - prior_.rate + all * change));
      if (!(next > low && next < high)) next = 0.5 * (low + high);
      const double step = std::abs(next - at);
      at = next;
      if (step <= settled_log) break;
    }
    return std::exp(at) / components;
  }

  double of_dirichlet() const {
    const auto components = static_cast<double>(all_.components);
    const double before = rows_beforehand(), all = components * before;
    double sum = 0.0, value = components * std::lgamma(before);
    for (std::size_t k = 0; k < all_.components; ++k) {
      sum += all_.taken[k];
      value += (all_.taken[k] - before) * log_taken_[k] - std::lgamma(all_.taken[k]);
    }
    value += std::lgamma(sum) - std::lgamma(all);
    if (!(prior_.rate > 0.0)) return value;
    // Less the log density of the logarithm of what is learned.
    return value - prior_.concentration * std::log(prior_.rate * all) + prior_.rate * all +
           std::lgamma(prior_.concentration);
  }

  double of_stick() const {
    const bool learned = prior_.rate > 0.0;
    const double share = 1.0 - prior_.discount, mean = expected_concentration();
    const double shape = all_.concentration[0], rate = all_.concentration[1];
    double value = 0.0;
    for (std::size_t k = 0; k < all_.components; ++k) {
      const double taken = all_.taken[k], left = all_.left[k];
      const double others = mean + prior_.discount * static_cast<double>(k + 1);
      value += (taken - share) * log_taken_[k] + (left - others) * log_left_[k] - log_beta(taken, left);
      value += learned ? std::log(rate) - digamma(shape) : log_beta(share, others);
    }
    if (!learned) return value;
    return value + (shape - prior_.concentration) * digamma(shape) - std::lgamma(shape) +
           std::lgamma(prior_.concentration) + prior_.concentration * std::log(rate / prior_.rate) +
           shape * (prior_.rate / rate - 1.0);
  }

  const WeightPrior& prior_;
  Posterior& all_;
  Numbers log_taken_, log_left_;
};

// The M step, from sums around the means that there are.
void maximize(const Sums& sums, const ConjugatePrior& prior, Posterior& posterior) {
  const std::size_t components = posterior.components, d = posterior.features;
  const Structure structure = posterior.structure;
  const bool pooled = structure == Structure::pooled, matrix = pooled || structure == Structure::full;
  const std::size_t size = covariance_size(structure, 1, d), total = covariance_size(structure, components, d);
  const double dimensions = structure == Structure::spherical ? static_cast<double>(d) : 1.0;
  double* const covariances = posterior.covariances;
  std::copy(sums.scatter, sums.scatter + total, covariances);
  double mean_count = 0.0;
  for (std::size_t k = 0; k < components; ++k) mean_count += sums.count[k];
  mean_count /= static_cast<double>(components);
  Numbers away(d);
  for (std::size_t k = 0; k < components; ++k) {
    double* const covariance = covariances + (pooled ? 0 : k * size);
    const double* const shift = sums.shift + k * d;
    const double count = sums.count[k], mass = prior.spread ? std::max(count, fewest) : count;
    const double inverse = 1.0 / (mass > 0.0 ? mass : 1.0), of_mean = 1.0 / (count > 0.0 ? count : 1.0);
    const double precision = posterior.mean_precision[k] = prior.mean_precision + count;
    posterior.degrees[k] = prior.degrees + (prior.are_equal ? mean_count : count);
    const double between = prior.mean_precision * count / precision;
    for (std::size_t i = 0; i < d; ++i) {
      away[i] = posterior.means[k * d + i] + shift[i] * of_mean - prior.mean[i];
      posterior.means[k * d + i] = prior.mean[i] + count / precision * away[i];
    }
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = matrix ? 0 : i; j < (matrix ? d : i + 1); ++j) {
        const std::size_t at = matrix ? i * d + j : structure == Structure::diagonal ? i : 0;
        covariance[at] += between * away[i] * away[j] - shift[i] * shift[j] * inverse;
      }
    }
    for (std::size_t i = 0; i < size; ++i) {
      covariance[i] += dimensions * (prior.scatter[i] + (prior.spread ? mass * prior.spread[i] : 0.0));
    }
  }
  const double all_degrees = static_cast<double>(components) * posterior.degrees[0];
  for (std::size_t i = 0; !matrix && i < total; ++i) covariances[i] = std::max(covariances[i], 0.0);
  for (std::size_t i = 0; prior.are_equal && !pooled && i < size; ++i) {
    double sum = 0.0;
    for (std::size_t k = 0; k < components; ++k) sum += covariances[k * size + i];
    for (std::size_t k = 0; k < components; ++k) covariances[k * size + i] = sum;
  }
  for (std::size_t i = 0; i < total; ++i) {
    const double rows = prior.are_equal ? all_degrees : posterior.degrees[i / size];
    covariances[i] /= dimensions * std::max(rows, std::numeric_limits<double>::min());
  }
}

// |G (mean - m_0)|^2 of one whitener.
double squared_distance(Structure structure, const double* whitener, const double* mean, const double* from,
                        std::size_t d) {
  double total = 0.0;
  for (std::size_t i = 0; i < d; ++i) {
    double value = 0.0;
    if (structure == Structure::full || structure == Structure::pooled) {
      for (std::size_t j = 0; j <= i; ++j) value += whitener[i * d + j] * (mean[j] - from[j]);
    } else {
      value = whitener[structure == Structure::diagonal ? i : 0] * (mean[i] - from[i]);
    }
    total += value * value;
  }
  return total;
}

}  // namespace

template <class Real>
Record posterior_steps(const Rows<Real>& rows, const Real* weights, const ConjugatePrior& prior, std::size_t max_steps,
                       const StoppingRule& rule, Posterior& posterior, double* row) {
  const std::size_t components = posterior.components, d = posterior.features;
  const std::size_t total = covariance_size(posterior.structure, components, d);
  const std::size_t size = covariance_size(posterior.structure, 1, d);
  const bool pooled = posterior.structure == Structure::pooled;
  const auto features = static_cast<double>(d);
  const auto statistics = kernels<Real>().statistics;
  Numbers offset(components), whitener(total), log_determinants(components), ones(components, 1.0);
  std::vector<std::int32_t> guesses(rows.count, -1);
  const std::size_t widths[] = {components * d, total, components, components, components, components, 2};
  double* const parts[] = {posterior.means, posterior.covariances, posterior.mean_precision, posterior.degrees,
                           posterior.taken, posterior.left,        posterior.concentration};
  constexpr std::size_t n_parts = sizeof(parts) / sizeof(*parts);
  Numbers held[n_parts];
  for (std::size_t i = 0; i < n_parts; ++i) held[i].assign(parts[i], parts[i] + widths[i]);
  Posterior next{components,          d,
                 posterior.structure, held[0].data(),
                 held[1].data(),      held[2].data(),
                 held[3].data(),      held[4].data(),
                 held[5].data(),      held[6].data()};
  WeightPosterior shares(prior.weights, next);
  const Parameters parameters{components, d, posterior.structure, ones.data(), next.means, next.covariances};
  const Prior jitter{nullptr, 0.0, prior.jitter, 0.0, 0.0};
  Record record{{}, {}, Ending::limit};
  Numbers objectives;
  for (std::size_t step = 0; step <= max_steps; ++step) {
    if (!whiten(parameters, jitter, offset.data(), whitener.data(), log_determinants.data())) {
      record.ending = Ending::collapsed;
      break;
    }
    for (std::size_t i = 0; i < n_parts; ++i) std::copy(held[i].begin(), held[i].end(), parts[i]);
    shares.look();
    shares.add_mean_logs(offset.data());
    double log_prior = -shares.divergence() - prior.divergence;
    for (std::size_t k = 0; k < components; ++k) {
      const std::size_t at = pooled ? 0 : k;
      const double nu = posterior.degrees[k], beta = posterior.mean_precision[k];
      double gammas = 0.0, digammas = 0.0;
      for (std::size_t i = 0; i < d; ++i) {
        const double half = 0.5 * (nu - static_cast<double>(i));
        gammas += std::lgamma(half);
        digammas += digamma(half);
      }
      const double log_scale = 2.0 * log_determinants[at] - features * std::log(nu) + features * std::numbers::ln2;
      const double mean_log = log_scale + digammas;  // E[log|Lambda_k|] (Bishop 2006, eq. 10.65)
      offset[k] += 0.5 * mean_log - log_determinants[at] - 0.5 * features / beta;
      const double* const own = whitener.data() + at * size;
      const double away = squared_distance(posterior.structure, own, posterior.means + k * d, prior.mean, d);
      const double log_norm =
          -0.5 * nu * log_scale - 0.25 * features * (features - 1.0) * std::log(std::numbers::pi) - gammas;
      log_prior -= 0.5 * (features * (std::log(beta / prior.mean_precision) - 1.0 + prior.mean_precision / beta) +
                          prior.mean_precision * away);
      log_prior -= log_norm - prior.log_norm + 0.5 * (nu - prior.degrees) * mean_log - 0.5 * nu * features +
                   0.5 * trace(posterior.structure, prior.scatter, own, d);
    }
    Sums sums = cleared_sums(row, posterior.structure, components, d, false);
    hear_signals(static_cast<double>(rows.count * components * d * d));
    statistics(rows, weights, {components, offset.data(), posterior.means, whitener.data(), posterior.structure}, false,
               Known{guesses.data()}, sums);
    record.log_likelihood.push_back(*sums.log_likelihood);
    record.log_prior.push_back(log_prior);
    objectives.push_back((record.log_likelihood.back() + log_prior) / *sums.weight);
    if (gives_up(objectives, rule)) {
      record.ending = Ending::converged;
      break;
    }
    if (step < max_steps) {
      maximize(sums, prior, next);
      shares.learn(sums.count);
    }
  }
  return record;
}

template Record posterior_steps(const Rows<double>&, const double*, const ConjugatePrior&, std::size_t,
                                const StoppingRule&, Posterior&, double*);
template Record posterior_steps(const Rows<float>&, const float*, const ConjugatePrior&, std::size_t,
                                const StoppingRule&, Posterior&, double*);

}  // namespace mixfold
