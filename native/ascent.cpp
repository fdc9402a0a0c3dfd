#include "ascent.hpp"

#include <algorithm>
#include <cmath>

#include "dispatch.hpp"
#include "interruption.hpp"

namespace mixfold {
namespace {

// Lengths of a leap that are tried, and of each the halvings where it leads to no density.
constexpr int most_leaps = 3, most_halvings = 4;
// A ridge, which is part of no objective, may be this share of the smallest variance where steps leap.
constexpr double slight_ridge = 1e-3;

}  // namespace

template <class Real>
Ascent<Real>::Ascent(const Rows<Real>& rows, const Real* weights, const Prior& prior, Parameters& parameters,
                     double* row, bool is_known, PooledFold<Real>* pooled)
    : rows_(rows),
      weights_(weights),
      prior_(prior),
      pooled_(pooled),
      parameters_(parameters),
      row_(row),
      components_(parameters.components),
      features_(parameters.features),
      size_(covariance_size(parameters.structure, components_, features_)),
      offset_(components_),
      whitener_(size_),
      log_determinants_(components_),
      squares_(components_),
      guesses_(rows.count, -1),
      next_(components_ + components_ * features_ + size_),
      is_known_(is_known) {
  const Parameters next = in(next_);
  std::copy(parameters.weights, parameters.weights + components_, next.weights);
  std::copy(parameters.means, parameters.means + components_ * features_, next.means);
  std::copy(parameters.covariances, parameters.covariances + size_, next.covariances);
}

template <class Real>
Parameters Ascent<Real>::in(Numbers& numbers) const {
  Parameters parameters = parameters_;
  parameters.weights = numbers.data();
  parameters.means = parameters.weights + components_;
  parameters.covariances = parameters.means + components_ * features_;
  return parameters;
}

template <class Real>
bool Ascent<Real>::whitens() {
  return whiten(in(next_), prior_, offset_.data(), whitener_.data(), log_determinants_.data());
}

template <class Real>
bool Ascent<Real>::folds() {
  const Parameters next = in(next_);
  std::copy(next.weights, next.weights + components_, parameters_.weights);
  std::copy(next.means, next.means + components_ * features_, parameters_.means);
  std::copy(next.covariances, next.covariances + size_, parameters_.covariances);
  if (is_known_) {
    is_known_ = false;
    sums_ = sums_in(row_, parameters_.structure, components_, features_, false);
  } else {
    sums_ = cleared_sums(row_, parameters_.structure, components_, features_, false);
    const Potentials potentials{components_, offset_.data(), parameters_.means, whitener_.data(),
                                parameters_.structure};
    hear_signals(static_cast<double>(rows_.count * components_ * features_ * features_));
    if (pooled_ == nullptr || !pooled_->fill(potentials, sums_)) {
      kernels<Real>().statistics(rows_, weights_, potentials, false, Known{guesses_.data()}, sums_);
    }
  }
  log_prior = mixfold::log_prior(prior_, parameters_, whitener_.data(), log_determinants_.data(), squares_.data());
  log_likelihood = *sums_.log_likelihood;
  weight = *sums_.weight;
  return true;
}

template <class Real>
bool Ascent<Real>::step(bool leaping) {
  const int turn = leaping ? turn_ : 2;
  if (turn == 0) first_ = next_;
  if (turn == 1) second_ = next_;
  if (leaping) turn_ = (turn + 1) % 3;
  Parameters next = in(next_);
  maximize(sums_, parameters_.means, prior_, squares_.data(), nullptr, next);
  if (turn != 1) return fold();
  third_ = next_;
  const double before = objective();
  double a = stride();
  for (int leap = 0; leap < most_leaps && leaps(a); ++leap, a = 0.25 * a) {
    if (folds() && objective() >= before) return true;
  }
  next_ = third_;
  if (fold()) return true;
  next_ = second_;  // from which there is no step
  fold();
  return false;
}

// Replaces where EM goes next by a leap, and `a` by its length; false if there is none with a density.
template <class Real>
bool Ascent<Real>::leaps(double& a) {
  if (prior_.ridge > 0.0) {
    const double largest = *std::max_element(whitener_.begin(), whitener_.end(),
                                             [](double a, double b) { return std::abs(a) < std::abs(b); });
    if (prior_.ridge * largest * largest > slight_ridge) return false;
  }
  for (int halving = 0; halving <= most_halvings && a > 1.0; ++halving, a = (a + 1.0) / 2.0) {
    for (std::size_t i = 0; i < next_.size(); ++i) {
      const double r = second_[i] - first_[i], v = (third_[i] - second_[i]) - r;
      next_[i] = first_[i] + a * (2.0 * r + a * v);
    }
    const bool is_inside = std::all_of(next_.begin(), next_.begin() + static_cast<std::ptrdiff_t>(components_),
                                       [](double share) { return share > 0.0; });
    if (is_inside && whitens()) return true;
  }
  return false;
}

// ||r|| / ||v||; zero where it is no number.
template <class Real>
double Ascent<Real>::stride() const {
  const double r = squared_length(first_, second_, nullptr), v = squared_length(first_, second_, &third_);
  return r > 0.0 && v > 0.0 ? std::sqrt(r / v) : 0.0;
}

// Of the step from the first to the second, or with a third of how the next step differs from that.
template <class Real>
double Ascent<Real>::squared_length(const Numbers& first, const Numbers& second, const Numbers* third) const {
  const auto difference = [&](std::size_t i) {
    const double step = second[i] - first[i];
    return third == nullptr ? step : ((*third)[i] - second[i]) - step;
  };
  const Structure structure = parameters_.structure;
  const bool is_matrix = structure == Structure::full || structure == Structure::pooled;
  const std::size_t from = components_ + components_ * features_, d = features_;
  const auto covariance = [&](std::size_t k) {
    return from + (structure == Structure::pooled ? 0 : k * (size_ / components_));
  };
  const auto variance = [&](std::size_t k, std::size_t i) {
    return first[covariance(k) + (is_matrix ? i * (d + 1) : structure == Structure::diagonal ? i : 0)];
  };
  double total = 0.0;
  for (std::size_t k = 0; k < components_; ++k) {
    const double step = difference(k);
    total += step * step / first[k];
    for (std::size_t i = 0; i < d; ++i) {
      const double shift = difference(components_ + k * d + i);
      total += shift * shift / variance(k, i);
    }
  }
  for (std::size_t k = 0; k < (structure == Structure::pooled ? 1 : components_); ++k) {
    const std::size_t at = covariance(k), numbers = is_matrix ? d * d : structure == Structure::diagonal ? d : 1;
    for (std::size_t i = 0; i < numbers; ++i) {
      const double spread = is_matrix ? variance(k, i / d) * variance(k, i % d) : variance(k, i) * variance(k, i);
      const double step = difference(at + i);
      total += step * step / spread;
    }
  }
  return total;
}

template class Ascent<double>;
template class Ascent<float>;

}  // namespace mixfold
