#include "posterior.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "dispatch.hpp"
#include "interruption.hpp"
#include "log_gamma.hpp"

namespace mixfold {
namespace {

using Numbers = std::vector<double>;

// What SufficientStatistics.jittered counts at least.
constexpr double fewest = 1e-150;
constexpr double least_degrees = std::numeric_limits<double>::min();
constexpr int most_turns = 1000;
// Sums of rows are the same but for their order.
constexpr double same_share = 1e-13;
// Where the logarithm of a most probable concentration is sought, as in mixfold.models.dirichlet, and when one has settled.
constexpr double least_log = -12.0, most_log = 12.0, settled_log = 1e-10;
// That one step moves it by.
constexpr double farthest_log = 5.0;

double log_beta(double a, double b) { return log_gamma(a).value + log_gamma(b).value - log_gamma(a + b).value; }

// Expected logarithms: of weights, or of what each piece takes of a stick and leaves of it.
class WeightPosterior {
 public:
  WeightPosterior(const WeightPrior& prior, Posterior& posterior)
      : prior_(prior),
        all_(posterior),
        after_(posterior.components),
        log_taken_(posterior.components),
        log_left_(posterior.components) {
    if (is_learned()) {
      of_prior_ = log_gamma(prior.concentration).value - prior.concentration * std::log(prior.rate);
    } else if (prior.is_stick) {
      for (std::size_t k = 0; k < posterior.components; ++k) {
        of_prior_ += log_beta(1.0 - prior.discount, prior.concentration + beyond(k));
      }
    }
  }

  // From the rows of each component (Bishop 2006, eq. 10.58; Blei & Jordan 2006, appendix A).
  void learn(const double* counts) {
    const std::size_t components = all_.components;
    if (!prior_.is_stick && is_learned()) all_.concentration[0] = most_probable(counts);
    const double before = prior_.is_stick ? 1.0 - prior_.discount : rows_beforehand();
    for (std::size_t k = 0; k < components; ++k) all_.taken[k] = counts[k] + before;
    if (!prior_.is_stick) return;
    double further = 0.0;
    for (std::size_t k = components; k-- > 0; further += counts[k]) after_[k] = further + beyond(k);
    const double mean = is_learned() ? settled(further) : prior_.concentration;
    for (std::size_t k = 0; k < components; ++k) all_.left[k] = mean + after_[k];
  }

  // Looks at what has been learned, for the two below.
  void look() { divergence_ = prior_.is_stick ? look_at_stick() : look_at_dirichlet(); }

  // Adds E[log pi_k] to each.
  void add_mean_logs(double* to) const {
    double before = 0.0;
    for (std::size_t k = 0; k < all_.components; before += log_left_[k++]) to[k] += log_taken_[k] + before;
  }

  // From the prior.
  double divergence() const { return divergence_; }

 private:
  bool is_learned() const { return prior_.rate > 0.0; }

  // What pieces up to one and their discounts leave to those beyond it.
  double beyond(std::size_t k) const { return prior_.discount * static_cast<double>(k + 1); }

  double expected_concentration() const {
    return is_learned() ? all_.concentration[0] / all_.concentration[1] : prior_.concentration;
  }

  double rows_beforehand() const { return is_learned() ? all_.concentration[0] : prior_.concentration; }

  // Learns the concentration of a stick with what is left of it, and gives the expected one, as mixfold.models.sticks does.
  double settled(double rows) {
    const double shape = prior_.concentration + static_cast<double>(all_.components);
    double mean = expected_concentration();
    for (int turn = 0; turn < most_turns; ++turn) {
      const LogGamma least = log_gamma(mean), whole = log_gamma(1.0 + mean + rows);
      double total = least.slope - whole.slope, change = least.curvature - whole.curvature;
      for (std::size_t k = 0; k + 1 < all_.components; ++k) {
        const double inverse = 1.0 / (mean + after_[k]);
        total -= inverse;
        change += inverse * inverse;
      }
      const double rate = prior_.rate - total;
      const double step = std::log(shape / (rate * mean)) / (1.0 - mean * change / rate);
      mean *= std::exp(std::clamp(step, -farthest_log, farthest_log));
      if (has_settled(step, true)) break;
    }
    all_.concentration[0] = shape;
    all_.concentration[1] = shape / mean;
    return mean;
  }

  // Whether the logarithm of a concentration has: the error of a step of Newton is as its square.
  static bool has_settled(double step, bool is_newton) {
    return std::abs(step) <= settled_log || (is_newton && step * step <= settled_log);
  }

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
        const LogGamma here = log_gamma(each + counts[k]);
        rows += here.slope;
        change += here.curvature;
      }
      const LogGamma none = log_gamma(each), whole = log_gamma(all), with_rows = log_gamma(all + n);
      rows = whole.slope - with_rows.slope + rows / components - none.slope;
      change = whole.curvature - with_rows.curvature + (change / components - none.curvature) / components;
      const double slope = prior_.concentration + all * (rows - prior_.rate);
      (slope > 0.0 ? low : high) = at;
      double next = at - slope / (all * (rows - prior_.rate + all * change));
      const bool is_newton = next >= low && next <= high;
      if (!is_newton) next = 0.5 * (low + high);
      const double step = next - at;
      at = next;
      if (has_settled(step, is_newton)) break;
    }
    return std::exp(at) / components;
  }

  double look_at_dirichlet() {
    const auto components = static_cast<double>(all_.components);
    const double before = rows_beforehand(), all = components * before;
    double sum = 0.0;
    for (std::size_t k = 0; k < all_.components; ++k) sum += all_.taken[k];
    const LogGamma whole = log_gamma(sum);
    double value = components * log_gamma(before).value + whole.value - log_gamma(all).value;
    for (std::size_t k = 0; k < all_.components; ++k) {
      const LogGamma taken = log_gamma(all_.taken[k]);
      log_taken_[k] = taken.slope - whole.slope;
      value += (all_.taken[k] - before) * log_taken_[k] - taken.value;
    }
    if (!is_learned()) return value;
    // Less the log density of the logarithm of what is learned.
    return value + of_prior_ - prior_.concentration * std::log(all) + prior_.rate * all;
  }

  double look_at_stick() {
    const double share = 1.0 - prior_.discount, mean = expected_concentration();
    const bool is_one = is_one_stick();
    double value = 0.0;
    LogGamma before{};
    LogProduct between;
    for (std::size_t k = 0; k < all_.components; ++k) {
      const double taken = all_.taken[k], left = all_.left[k];
      const LogGamma of_taken = log_gamma(taken), of_left = log_gamma(left);
      LogGamma whole;
      if (k > 0 && is_one) {
        between.multiply(all_.left[k - 1]);
        whole = {before.value, before.slope + 1.0 / all_.left[k - 1], 0.0};
      } else {
        whole = log_gamma(taken + left);
      }
      log_taken_[k] = of_taken.slope - whole.slope;
      log_left_[k] = of_left.slope - whole.slope;
      value += (taken - share) * log_taken_[k] + (left - mean - beyond(k)) * log_left_[k];
      value += whole.value - of_taken.value - of_left.value;
      before = of_left;
    }
    value += between.value() + of_prior_;
    if (!is_learned()) return value;
    const double shape = all_.concentration[0], rate = all_.concentration[1];
    if (shape != shape_) of_shape_ = log_gamma(shape_ = shape);
    return value + static_cast<double>(all_.components) * (std::log(rate) - of_shape_.slope) +
           (shape - prior_.concentration) * of_shape_.slope - of_shape_.value + prior_.concentration * std::log(rate) +
           shape * (prior_.rate / rate - 1.0);
  }

  // Whether each piece is broken off what the one before left, as where both have been learned at once.
  bool is_one_stick() const {
    for (std::size_t k = 1; k < all_.components; ++k) {
      const double whole = 1.0 + all_.left[k - 1];
      if (!(std::abs(all_.taken[k] + all_.left[k] - whole) <= same_share * whole)) return false;
    }
    return true;
  }

  const WeightPrior& prior_;
  Posterior& all_;
  Numbers after_, log_taken_, log_left_;
  double divergence_ = 0.0, of_prior_ = 0.0, shape_ = 0.0;
  LogGamma of_shape_{};
};

// The M step, from sums around the means that there are; `away` has room for a mean.
void maximize(const Sums& sums, const ConjugatePrior& prior, double* away, Posterior& posterior) {
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
  for (std::size_t i = 0; !matrix && i < total; ++i) covariances[i] = std::max(covariances[i], 0.0);
  for (std::size_t i = 0; prior.are_equal && !pooled && i < size; ++i) {
    double sum = 0.0;
    for (std::size_t k = 0; k < components; ++k) sum += covariances[k * size + i];
    for (std::size_t k = 0; k < components; ++k) covariances[k * size + i] = sum;
  }
  const double all_degrees = static_cast<double>(components) * posterior.degrees[0];
  for (std::size_t k = 0; k < (pooled ? 1 : components); ++k) {
    const double rows = std::max(prior.are_equal ? all_degrees : posterior.degrees[k], least_degrees);
    const double inverse = 1.0 / (dimensions * rows);
    for (std::size_t i = 0; i < size; ++i) covariances[k * size + i] *= inverse;
  }
}

// A posterior like another whose arrays are side by side, so that one copy is of all.
Posterior posterior_in(Numbers& values, const Posterior& like) {
  const std::size_t k = like.components, d = like.features;
  double* at = values.data();
  const auto next = [&at](std::size_t width) { return (at += width) - width; };
  return {k,       d,       like.structure, next(k * d), next(covariance_size(like.structure, k, d)),
          next(k), next(k), next(k),        next(k),     next(2)};
}

void copy(const Posterior& from, const Posterior& to) {
  const std::size_t k = from.components, d = from.features;
  std::copy_n(from.means, k * d, to.means);
  std::copy_n(from.covariances, covariance_size(from.structure, k, d), to.covariances);
  std::copy_n(from.mean_precision, k, to.mean_precision);
  std::copy_n(from.degrees, k, to.degrees);
  std::copy_n(from.taken, k, to.taken);
  std::copy_n(from.left, k, to.left);
  std::copy_n(from.concentration, 2, to.concentration);
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
  const double of_norm = 0.25 * features * (features - 1.0) * std::log(std::numbers::pi);
  const auto statistics = kernels<Real>().statistics;
  Numbers offset(components), whitener(total), log_determinants(components), away_from_prior(d);
  std::vector<std::int32_t> guesses(rows.count, -1);
  // The posterior whose sums are known, and the one after it, which may have no density.
  Numbers held(components * (d + 4) + total + 2), after(held.size());
  const Posterior here = posterior_in(held, posterior);
  Posterior next = posterior_in(after, posterior);
  copy(posterior, next);
  WeightPosterior shares(prior.weights, next);
  const Parameters parameters{components, d, posterior.structure, nullptr, next.means, next.covariances};
  const Prior jitter{nullptr, 0.0, prior.jitter, 0.0, 0.0};
  Record record{{}, {}, Ending::limit};
  Numbers objectives;
  for (std::size_t step = 0; step <= max_steps; ++step) {
    if (!whiten(parameters, jitter, offset.data(), whitener.data(), log_determinants.data())) {
      record.ending = Ending::collapsed;
      break;
    }
    held = after;
    shares.look();
    shares.add_mean_logs(offset.data());
    double log_prior = -shares.divergence() - prior.divergence;
    LogProduct unknown;
    for (std::size_t k = 0; k < components; ++k) {
      const std::size_t at = pooled ? 0 : k;
      const double nu = here.degrees[k], inverse = 1.0 / here.mean_precision[k];
      const LogGamma gamma = log_multivariate_gamma(nu, d);
      const double log_scale = 2.0 * log_determinants[at] - features * (std::log(nu) - std::numbers::ln2);
      const double mean_log = log_scale + gamma.slope;  // E[log|Lambda_k|] (Bishop 2006, eq. 10.65)
      offset[k] += 0.5 * (mean_log - features * inverse) - log_determinants[at];
      const double* const own = whitener.data() + at * size;
      const double away = squared_distance(here.structure, own, here.means + k * d, prior.mean, d);
      const double log_norm = -0.5 * nu * log_scale - of_norm - gamma.value;
      unknown.multiply(prior.mean_precision * inverse);
      log_prior -= 0.5 * (features * (prior.mean_precision * inverse - 1.0) + prior.mean_precision * away);
      log_prior -= log_norm - prior.log_norm + 0.5 * (nu - prior.degrees) * mean_log - 0.5 * nu * features +
                   0.5 * trace(here.structure, prior.scatter, own, d);
    }
    log_prior += 0.5 * features * unknown.value();
    Sums sums = cleared_sums(row, here.structure, components, d, false);
    hear_signals(static_cast<double>(rows.count * components * d * d));
    statistics(rows, weights, {components, offset.data(), here.means, whitener.data(), here.structure}, false,
               Known{guesses.data()}, sums);
    record.log_likelihood.push_back(*sums.log_likelihood);
    record.log_prior.push_back(log_prior);
    objectives.push_back((record.log_likelihood.back() + log_prior) / *sums.weight);
    if (gives_up(objectives, rule)) {
      record.ending = Ending::converged;
      break;
    }
    if (step < max_steps) {
      maximize(sums, prior, away_from_prior.data(), next);
      shares.learn(sums.count);
    }
  }
  if (!record.log_likelihood.empty()) copy(here, posterior);
  return record;
}

template Record posterior_steps(const Rows<double>&, const double*, const ConjugatePrior&, std::size_t,
                                const StoppingRule&, Posterior&, double*);
template Record posterior_steps(const Rows<float>&, const float*, const ConjugatePrior&, std::size_t,
                                const StoppingRule&, Posterior&, double*);

}  // namespace mixfold
