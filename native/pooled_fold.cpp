#include "pooled_fold.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "dispatch.hpp"
#include "sums.hpp"
#include "vector.hpp"

namespace mixfold {
namespace {

// Squared, in deviations within components.
constexpr double farthest_apart = 1e4;
// Fewer features have a fold of their own, in registers.
constexpr std::size_t fewest_features = 7;

// Rows that lie in values by column, (D, N).
template <class Real>
Rows<Real> by_column(const std::vector<Real>& values, std::size_t n, std::size_t d) {
  return {reinterpret_cast<const char*>(values.data()), sizeof(Real), static_cast<std::ptrdiff_t>(n * sizeof(Real)), n,
          d};
}

// x = G^-1 y, in place.
void color(const double* whitener, std::size_t d, double* y) {
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < i; ++j) y[i] -= whitener[i * d + j] * y[j];
    y[i] /= whitener[i * d + i];
  }
}

}  // namespace

template <class Real>
PooledFold<Real>::PooledFold(const Rows<Real>& rows, const Real* weights)
    : rows_(rows),
      weights_(weights),
      center_(rows.features),
      total_(rows.features * rows.features) {
  const std::size_t n = rows.count, d = rows.features;
  std::vector<double> values(n * d), doubles(weights == nullptr ? 0 : n);
  if (weights != nullptr) std::copy(weights, weights + n, doubles.begin());
  double weight = 0.0;
  for (std::size_t row = 0; row < n; ++row) weight += weights == nullptr ? 1.0 : doubles[row];
  for (std::size_t i = 0; i < d; ++i) {
    const char* from = rows.data + static_cast<std::ptrdiff_t>(i) * rows.column_stride;
    double sum = 0.0;
    for (std::size_t row = 0; row < n; ++row, from += rows.row_stride) {
      Real value;
      std::memcpy(&value, from, sizeof value);
      values[i * n + row] = static_cast<double>(value);
      sum += (weights == nullptr ? 1.0 : doubles[row]) * static_cast<double>(value);
    }
    center_[i] = rounded<Real>(sum / weight);
  }
  const double one = 1.0;
  const Rows<double> ones{reinterpret_cast<const char*>(&one), 0, 0, n, 1};
  std::vector<double> row(sums_width(Structure::pooled, 1, d, false));
  Sums sums = cleared_sums(row.data(), Structure::pooled, 1, d, false);
  kernels<double>().moments(by_column(values, n, d), weights == nullptr ? nullptr : doubles.data(), ones,
                            center_.data(), 1, sums);
  std::copy(sums.scatter, sums.scatter + d * d, total_.begin());
}

template <class Real>
bool PooledFold<Real>::fill(const Potentials& potentials, const Sums& sums) {
  const std::size_t n = rows_.count, d = rows_.features, components = potentials.components;
  if (d < fewest_features) return false;
  std::vector<double> whitener(d * d);
  for (std::size_t i = 0; i < d * d; ++i) whitener[i] = rounded<Real>(potentials.whitener[i]);
  const std::vector<double> centers = places(potentials.center, components, whitener.data());
  if (centers.empty()) return false;
  whitened_.resize(n * d);
  kernels<Real>().whitened(rows_, center_.data(), whitener.data(), whitened_.data());
  const Rows<Real> rows = by_column(whitened_, n, d);
  const std::vector<double> ones(components, 1.0);
  const Potentials round{components, potentials.offset, centers.data(), ones.data(), Structure::spherical};
  std::vector<double> row(sums_width(Structure::spherical, components, d, false));
  Sums found = cleared_sums(row.data(), Structure::spherical, components, d, false);
  kernels<Real>().statistics(rows, weights_, round, false, Known{}, found);
  *sums.log_likelihood = *found.log_likelihood;
  *sums.weight = *found.weight;
  *sums.n_skipped = *found.n_skipped;
  *sums.log_best_share = *found.log_best_share;
  std::copy(found.count, found.count + components, sums.count);
  std::copy(found.shift, found.shift + components * d, sums.shift);
  for (std::size_t k = 0; k < components; ++k) color(whitener.data(), d, sums.shift + k * d);
  scatter(potentials.center, components, sums);
  return true;
}

template <class Real>
void PooledFold<Real>::scatter(const double* centers, std::size_t components, const Sums& sums) const {
  const std::size_t d = rows_.features;
  std::copy(total_.begin(), total_.end(), sums.scatter);
  std::vector<double> away(d);
  for (std::size_t k = 0; k < components; ++k) {
    const double count = sums.count[k];
    const double* const shift = sums.shift + k * d;
    for (std::size_t i = 0; i < d; ++i) away[i] = centers[k * d + i] - center_[i];
    for (std::size_t i = 0; i < d; ++i) {
      double* const line = sums.scatter + i * d;
      const double first = count * away[i] + shift[i], second = away[i];
      for (std::size_t j = 0; j < d; ++j) line[j] -= first * away[j] + second * shift[j];
    }
  }
}

template <class Real>
std::vector<double> PooledFold<Real>::places(const double* centers, std::size_t components,
                                             const double* whitener) const {
  const std::size_t d = rows_.features;
  std::vector<double> found(components * d);
  for (std::size_t k = 0; k < components; ++k) {
    double* const place = found.data() + k * d;
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j <= i; ++j) place[i] += whitener[i * d + j] * (centers[k * d + j] - center_[j]);
    }
    if (!(std::inner_product(place, place + d, place, 0.0) <= farthest_apart)) return {};
  }
  return found;
}

template class PooledFold<double>;
template class PooledFold<float>;

}  // namespace mixfold
