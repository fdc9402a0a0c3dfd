#include "maximize.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <vector>

namespace mixfold {
namespace {

// What SufficientStatistics.jittered counts at least.
constexpr double fewest = 1e-150;

bool is_matrix(Structure structure) { return structure == Structure::full || structure == Structure::pooled; }

// Replaces the lower triangle of a positive definite matrix by the inverse of its Cholesky factor, and zeroes the rest;
// false if it is not positive definite. Both go along rows, so that the compiler has lanes; the upper triangle holds the
// columns of the factor meanwhile.
inline __attribute__((always_inline)) bool invert_factor_of(double* a, std::size_t d) {
  for (std::size_t j = 0; j < d; ++j) {
    double* column = a + j * d;
    if (!(column[j] > 0.0)) return false;
    const double pivot = column[j] = std::sqrt(column[j]);
    for (std::size_t i = j + 1; i < d; ++i) column[i] = a[i * d + j] /= pivot;
    for (std::size_t i = j + 1; i < d; ++i) {
      double* row = a + i * d;
      const double factor = column[i];
      for (std::size_t l = j + 1; l <= i; ++l) row[l] -= factor * column[l];
    }
  }
  for (std::size_t i = 0; i < d; ++i) {
    double* row = a + i * d;
    const double pivot = 1.0 / row[i];
    for (std::size_t l = 0; l < i; ++l) {
      const double factor = row[l];
      const double* inverse = a + l * d;
      row[l] = 0.0;
      for (std::size_t j = 0; j <= l; ++j) row[j] += factor * inverse[j];
    }
    for (std::size_t j = 0; j < i; ++j) row[j] *= -pivot;
    row[i] = pivot;
    std::fill(row + i + 1, row + d, 0.0);
  }
  return true;
}

// Of few features loops are shorter than what it takes to begin them.
bool invert_factor(double* a, std::size_t d) {
  switch (d) {
    case 1: return invert_factor_of(a, 1);
    case 2: return invert_factor_of(a, 2);
    case 3: return invert_factor_of(a, 3);
    default: return invert_factor_of(a, d);
  }
}

// A sum of products, four at a time.
double dot(const double* a, const double* b, std::size_t n) {
  double sums[4] = {};
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    for (std::size_t j = 0; j < 4; ++j) sums[j] += a[i + j] * b[i + j];
  }
  for (; i < n; ++i) sums[0] += a[i] * b[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// log|G_k| of one whitener.
double log_determinant(Structure structure, const double* whitener, std::size_t d) {
  if (structure == Structure::spherical) return static_cast<double>(d) * std::log(whitener[0]);
  double total = 0.0;
  for (std::size_t i = 0; i < d; ++i) total += std::log(whitener[is_matrix(structure) ? i * (d + 1) : i]);
  return total;
}

}  // namespace

double trace(Structure structure, const double* scale, const double* whitener, std::size_t d) {
  if (structure == Structure::spherical) return static_cast<double>(d) * scale[0] * whitener[0] * whitener[0];
  double total = 0.0;
  for (std::size_t i = 0; i < d; ++i) {
    if (structure == Structure::diagonal) {
      total += scale[i] * whitener[i] * whitener[i];
      continue;
    }
    const double* row = whitener + i * d;
    for (std::size_t j = 0; j <= i; ++j) {
      total += row[j] * (2.0 * dot(scale + j * d, row, j) + scale[j * d + j] * row[j]);
    }
  }
  return total;
}

void maximize(const Sums& sums, const double* center, const Prior& prior, const double* squares,
              const Restriction* restriction, Parameters& parameters) {
  const std::size_t components = parameters.components, d = parameters.features;
  const Structure structure = parameters.structure;
  const std::size_t size = covariance_size(structure, 1, d);
  const double total = std::accumulate(sums.count, sums.count + components, 0.0);
  double* covariances = parameters.covariances;
  std::copy(sums.scatter, sums.scatter + covariance_size(structure, components, d), covariances);
  for (std::size_t k = 0; k < components; ++k) {
    double* covariance = covariances + (structure == Structure::pooled ? 0 : k * size);
    const double* shift = sums.shift + k * d;
    const double inverse = 1.0 / (sums.count[k] > 0.0 ? sums.count[k] : 1.0);
    parameters.weights[k] = sums.count[k] / total;
    for (std::size_t i = 0; i < d; ++i) {
      parameters.means[k * d + i] = center[k * d + i] + shift[i] * inverse;
      if (is_matrix(structure)) {
        for (std::size_t j = 0; j < d; ++j) covariance[i * d + j] -= shift[i] * shift[j] * inverse;
      } else {
        covariance[structure == Structure::diagonal ? i : 0] -= shift[i] * shift[i] * inverse;
      }
    }
  }
  const bool pooled = structure == Structure::pooled, is_jittered = prior.jitter || prior.ridge > 0.0;
  const double shared = pooled ? static_cast<double>(components) : 1.0;
  const double dimensions = structure == Structure::spherical ? static_cast<double>(d) : 1.0;
  std::vector<double> counts(restriction ? components : 0);
  for (std::size_t k = 0; k < (pooled ? 1 : components); ++k, covariances += size) {
    const double own = std::max(pooled ? total : sums.count[k], is_jittered ? fewest : 0.0);
    const double rows = own + shared * (prior.count + prior.likeness);
    // Rows that are as wide as the component was.
    const double alike = prior.likeness > 0.0 ? prior.likeness * static_cast<double>(d) / squares[k] : 0.0;
    const double inverse =
        1.0 / (dimensions * (restriction ? 1.0 : std::max(rows, std::numeric_limits<double>::min())));
    if (restriction) counts[k] = std::max(rows, std::numeric_limits<double>::min());
    for (std::size_t i = 0; i < size; ++i) {
      // Rounding can leave a variance a hair below zero where a feature is constant.
      const double scatter = is_matrix(structure) ? covariances[i] : std::max(covariances[i], 0.0);
      const double ridge = prior.ridge > 0.0 && (!is_matrix(structure) || i % (d + 1) == 0) ? prior.ridge : 0.0;
      const double spread = own * (ridge + (prior.jitter ? prior.jitter[i] : 0.0));
      covariances[i] = (scatter + dimensions * (spread + shared * (1.0 + alike) * prior.scale[i])) * inverse;
    }
    if (is_matrix(structure) && prior.count > 0.0 && !restriction) {
      for (std::size_t i = 0; i < size; i += d + 1) covariances[i] *= 1.0 + roundings * static_cast<double>(d);
    }
  }
  if (restriction) {
    restrict_to(restriction->letters, counts.data(), restriction->before, prior.count > 0.0, components, d,
                parameters.covariances);
  }
}

bool whiten(const Parameters& parameters, const Prior& prior, double* offset, double* whitener,
            double* log_determinants) {
  const std::size_t components = parameters.components, d = parameters.features;
  const Structure structure = parameters.structure;
  const std::size_t size = covariance_size(structure, 1, d);
  const std::size_t total = covariance_size(structure, components, d);
  std::copy(parameters.covariances, parameters.covariances + total, whitener);
  if (is_matrix(structure)) {
    for (std::size_t first = 0; first < total; first += size) {
      if (!invert_factor(whitener + first, d)) return false;
    }
  } else {
    for (std::size_t i = 0; i < total; ++i) {
      if (!(whitener[i] > 0.0)) return false;
      whitener[i] = 1.0 / std::sqrt(whitener[i]);
    }
  }
  const bool pooled = structure == Structure::pooled;
  double jitter = 0.0;
  const double constant = 0.5 * static_cast<double>(d) * std::log(2.0 * std::numbers::pi);
  for (std::size_t k = 0; k < components; ++k) {
    const std::size_t at = pooled ? 0 : k;
    if (at == k) {
      log_determinants[k] = log_determinant(structure, whitener + k * size, d);
      if (prior.jitter) jitter = 0.5 * trace(structure, prior.jitter, whitener + k * size, d);
    }
    offset[k] = (parameters.weights ? std::log(parameters.weights[k]) : 0.0) - constant + log_determinants[at];
    if (prior.jitter) offset[k] -= jitter;
  }
  return true;
}

double log_prior(const Prior& prior, const Parameters& parameters, const double* whitener,
                 const double* log_determinants, double* squares) {
  if (!(prior.count > 0.0)) return 0.0;
  const std::size_t d = parameters.features;
  const bool pooled = parameters.structure == Structure::pooled;
  const std::size_t size = covariance_size(parameters.structure, 1, d);
  double total = 0.0;
  for (std::size_t k = 0; k < (pooled ? 1 : parameters.components); ++k, whitener += size) {
    squares[k] = trace(parameters.structure, prior.scale, whitener, d);
    total += (prior.count + prior.likeness) * log_determinants[k] - 0.5 * squares[k];
    if (prior.likeness > 0.0) {
      const auto features = static_cast<double>(d);
      total -= 0.5 * prior.likeness * features * std::log(squares[k] / features);
    }
  }
  return pooled ? static_cast<double>(parameters.components) * total : total;
}

}  // namespace mixfold
