#include "split_merge.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "dispatch.hpp"
#include "interruption.hpp"
#include "small_fits.hpp"

namespace mixfold {
namespace {

constexpr double nothing = std::numeric_limits<double>::infinity();

// 1/2 log|Sigma| of variances (d,), or of a matrix (d, d), of which the triangles are written over.
double half_log_determinant(double* covariance, std::size_t d, Structure structure) {
  double total = 0.0;
  if (structure == Structure::diagonal) {
    for (std::size_t i = 0; i < d; ++i) total += std::log(covariance[i]);
    return 0.5 * total;
  }
  for (std::size_t i = 0; i < d; ++i) covariance[i * (d + 1)] *= 1.0 + roundings * static_cast<double>(d);
  for (std::size_t j = 0; j < d; ++j) {
    double* const column = covariance + j * d;  // the upper triangle holds the columns of the Cholesky factor
    if (!(column[j] > 0.0)) return -nothing;
    const double pivot = std::sqrt(column[j]);
    total += std::log(pivot);
    for (std::size_t i = j + 1; i < d; ++i) column[i] = covariance[i * d + j] / pivot;
    for (std::size_t i = j + 1; i < d; ++i) {
      double* const row = covariance + i * d;
      const double factor = column[i];
      for (std::size_t l = j + 1; l <= i; ++l) row[l] -= factor * column[l];
    }
  }
  return total;
}

// The rows of one component, side by side.
template <class Real>
struct Table {
  std::vector<Real> values, weights;
  double total = 0.0;

  void take(const Rows<Real>& rows, const double* all_weights, const Real* shares, std::size_t k,
            std::size_t components, double negligible) {
    values.clear();
    weights.clear();
    total = 0.0;
    for (std::size_t n = 0; n < rows.count; ++n) {
      const Real share = shares[n * components + k];
      if (!(share > static_cast<Real>(negligible))) continue;
      const double weight = all_weights[n] * static_cast<double>(share);
      const char* from = rows.data + static_cast<std::ptrdiff_t>(n) * rows.row_stride;
      for (std::size_t i = 0; i < rows.features; ++i, from += rows.column_stride) {
        Real value;
        std::memcpy(&value, from, sizeof value);
        values.push_back(value);
      }
      weights.push_back(static_cast<Real>(weight));
      total += weight;
    }
  }

  Rows<Real> rows(std::size_t features) const {
    return {reinterpret_cast<const char*>(values.data()), static_cast<std::ptrdiff_t>(features * sizeof(Real)),
            sizeof(Real), weights.size(), features};
  }
};

// A mixture with its numbers.
struct Numbers {
  Numbers(std::size_t components, std::size_t features)
      : weights(components),
        means(components * features),
        covariances(components * features * features),
        parameters{components, features, Structure::full, weights.data(), means.data(), covariances.data()} {}
  Numbers(const Numbers&) = delete;

  std::vector<double> weights, means, covariances;
  Parameters parameters;
};

// The halves of a component on either side of the middle of an axis of this variance, which is a column of `axes`.
void halve(const double* mean, const double* covariance, double variance, const double* axis, double between,
           std::size_t d, Numbers& halves) {
  const double size = std::sqrt(std::max(variance, 0.0));
  std::vector<double> deviation(d);
  for (std::size_t i = 0; i < d; ++i) deviation[i] = size * axis[i * d];
  std::fill(halves.weights.begin(), halves.weights.end(), 0.5);
  for (std::size_t i = 0; i < d; ++i) {
    halves.means[i] = mean[i] - deviation[i];
    halves.means[d + i] = mean[i] + deviation[i];
    for (std::size_t j = 0; j < d; ++j) {
      const std::size_t at = i * d + j;
      const double inside = covariance[at] - between * (deviation[i] * deviation[j]);
      halves.covariances[at] = halves.covariances[d * d + at] = inside;
    }
  }
}

struct Gained {
  double log_likelihood, objective;  // a unit of weight
};

// EM from two halves. The first half of the steps tells of the others: these gain no more, and are not made where as much
// again would not come up to a likelihood.
template <class Real>
Gained climb_halves(const Rows<Real>& rows, const Real* weights, const Prior& prior, std::size_t steps, double needed,
                    Parameters& halves, double* row) {
  const StoppingRule never{0, 0.0, 1.0, -nothing, 0.0, nothing};
  Elsewhere here{Structure::full, nullptr, false};
  const auto climb = [&](std::size_t count) {
    return expectation_maximization(rows, weights, prior, nullptr, here, 0.0, count, never, false, halves, row);
  };
  Record record = climb(steps / 2);
  if (record.log_likelihood.empty()) return {-nothing, -nothing};
  const double weight = *sums_in(row, Structure::full, halves.components, halves.features, false).weight;
  const double first = record.log_likelihood.front() / weight, middle = record.log_likelihood.back() / weight;
  here.is_known = true;
  if (record.ending == Ending::limit && !(middle + (middle - first) < needed)) record = climb(steps - steps / 2);
  return {record.log_likelihood.back() / weight, (record.log_likelihood.back() + record.log_prior.back()) / weight};
}

}  // namespace

void merge_losses(const Mixed& mixture, double* losses) {
  const std::size_t components = mixture.components, d = mixture.features;
  const bool is_diagonal = mixture.structure == Structure::diagonal;
  const std::size_t size = is_diagonal ? d : d * d;
  std::vector<double> pooled(size), apart(d), halves(components);
  for (std::size_t k = 0; k < components; ++k) {
    std::copy_n(mixture.covariances + k * size, size, pooled.begin());
    halves[k] = half_log_determinant(pooled.data(), d, mixture.structure);
  }
  std::fill(losses, losses + components * components, nothing);
  for (std::size_t one = 0; one < components; ++one) {
    hear_signals(static_cast<double>((components - one) * size * d));
    for (std::size_t other = one + 1; other < components; ++other) {
      const double weight = mixture.weights[one] + mixture.weights[other];
      const double share = weight > 0.0 ? mixture.weights[one] / weight : 0.5;
      const double *a = mixture.covariances + one * size, *b = mixture.covariances + other * size;
      for (std::size_t i = 0; i < d; ++i) apart[i] = mixture.means[one * d + i] - mixture.means[other * d + i];
      for (std::size_t i = 0; i < size; ++i) pooled[i] = share * a[i] + (1.0 - share) * b[i];
      for (std::size_t i = 0; i < d; ++i) {
        const double factor = share * (1.0 - share) * apart[i];
        if (is_diagonal) {
          pooled[i] += factor * apart[i];
        } else {
          for (std::size_t j = 0; j < d; ++j) pooled[i * d + j] += factor * apart[j];
        }
      }
      const double together = weight * half_log_determinant(pooled.data(), d, mixture.structure);
      losses[one * components + other] =
          together - (mixture.weights[one] * halves[one] + mixture.weights[other] * halves[other]);
    }
  }
}

template <class Real>
bool split(const Rows<Real>& rows, const double* weights, const Mixed& mixture, const double* along, const double* axes,
           const Prior& prior, const SplitRules& rules, const double* needed, const Splits& result) {
  const std::size_t components = mixture.components, d = mixture.features;
  Numbers whole(components, d), one(1, d), two(2, d);
  std::copy_n(mixture.weights, components, whole.weights.begin());
  std::copy_n(mixture.means, components * d, whole.means.begin());
  std::copy_n(mixture.covariances, components * d * d, whole.covariances.begin());
  std::vector<double> offset(components), whitener(components * d * d), log_determinants(components);
  if (!whiten(whole.parameters, Prior{}, offset.data(), whitener.data(), log_determinants.data())) return false;
  const Potentials potentials{components, offset.data(), whole.means.data(), whitener.data(), Structure::full};
  std::vector<Real> shares(rows.count * components);
  kernels<Real>().responsibilities(rows, potentials, shares.data());
  std::vector<double> scratch(sums_width(Structure::full, 2, d, false));
  Table<Real> table;
  for (std::size_t k = 0; k < components; ++k) {
    result.gains[k] = std::numeric_limits<double>::quiet_NaN();
    table.take(rows, weights, shares.data(), k, components, rules.negligible);
    if (!(table.total >= rules.least) || table.weights.empty()) continue;
    const Rows<Real> own = table.rows(d);
    const double *mean = mixture.means + k * d, *covariance = mixture.covariances + k * d * d;
    one.weights[0] = 1.0;
    std::copy_n(mean, d, one.means.begin());
    std::copy_n(covariance, d * d, one.covariances.begin());
    const SmallFit before =
        climb(own, table.weights.data(), prior, Limits{0, 1, 0.0, 0.0}, one.parameters, scratch.data());
    double best = -nothing;
    for (std::size_t cut = 0; cut < std::min(rules.cuts, d); ++cut) {
      const std::size_t axis = d - 1 - cut;
      halve(mean, covariance, along[k * d + axis], axes + k * d * d + axis, rules.between, d, two);
      const Gained after =
          climb_halves(own, table.weights.data(), prior, rules.steps, before.log_likelihood + needed[k] / table.total,
                       two.parameters, scratch.data());
      if (!(after.objective > best)) continue;
      best = after.objective;
      result.gains[k] = (after.log_likelihood - before.log_likelihood) * table.total;
      std::copy(two.weights.begin(), two.weights.end(), result.weights + k * 2);
      std::copy(two.means.begin(), two.means.end(), result.means + k * 2 * d);
      std::copy(two.covariances.begin(), two.covariances.end(), result.covariances + k * 2 * d * d);
    }
  }
  return true;
}

template bool split(const Rows<double>&, const double*, const Mixed&, const double*, const double*, const Prior&,
                    const SplitRules&, const double*, const Splits&);
template bool split(const Rows<float>&, const double*, const Mixed&, const double*, const double*, const Prior&,
                    const SplitRules&, const double*, const Splits&);

}  // namespace mixfold
