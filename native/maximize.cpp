#include "maximize.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace mixfold {
namespace {

// What SufficientStatistics.jittered counts at least.
constexpr double fewest = 1e-150;
// As in mixfold.covariance.triangular.
constexpr double roundings = 8.0 * std::numeric_limits<double>::epsilon();

bool is_matrix(Structure structure) { return structure == Structure::full || structure == Structure::pooled; }

// Replaces the lower triangle of a positive definite matrix by the inverse of its Cholesky factor, and zeroes the rest;
// false if it is not positive definite.
bool invert_factor(double* a, std::size_t d) {
  for (std::size_t j = 0; j < d; ++j) {
    for (std::size_t i = j; i < d; ++i) {
      double value = a[i * d + j];
      for (std::size_t l = 0; l < j; ++l) value -= a[i * d + l] * a[j * d + l];
      if (i > j) {
        a[i * d + j] = value / a[j * d + j];
      } else if (value > 0.0) {
        a[i * d + j] = std::sqrt(value);
      } else {
        return false;
      }
    }
  }
  for (std::size_t i = 0; i < d; ++i) {
    const double pivot = 1.0 / a[i * d + i];
    for (std::size_t j = 0; j < i; ++j) {
      double value = 0.0;
      for (std::size_t l = j; l < i; ++l) value += a[i * d + l] * a[l * d + j];
      a[i * d + j] = -pivot * value;
    }
    a[i * d + i] = pivot;
    std::fill(a + i * d + i + 1, a + (i + 1) * d, 0.0);
  }
  return true;
}

// log|G_k| of one whitener.
double log_determinant(Structure structure, const double* whitener, std::size_t d) {
  if (structure == Structure::spherical) return static_cast<double>(d) * std::log(whitener[0]);
  double total = 0.0;
  for (std::size_t i = 0; i < d; ++i) total += std::log(whitener[is_matrix(structure) ? i * (d + 1) : i]);
  return total;
}

// tr(scale G^T G) of one whitener.
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
      for (std::size_t l = 0; l <= i; ++l) total += row[j] * scale[j * d + l] * row[l];
    }
  }
  return total;
}

}  // namespace

void maximize(const Sums& sums, const double* center, const Prior& prior, const double* squares,
              Parameters& parameters) {
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
  for (std::size_t k = 0; k < (pooled ? 1 : components); ++k, covariances += size) {
    const double own = std::max(pooled ? total : sums.count[k], is_jittered ? fewest : 0.0);
    const double rows = own + shared * (prior.count + prior.likeness);
    // Rows that are as wide as the component was.
    const double alike = prior.likeness > 0.0 ? prior.likeness * static_cast<double>(d) / squares[k] : 0.0;
    const double inverse = 1.0 / (dimensions * std::max(rows, std::numeric_limits<double>::min()));
    for (std::size_t i = 0; i < size; ++i) {
      // Rounding can leave a variance a hair below zero where a feature is constant.
      const double scatter = is_matrix(structure) ? covariances[i] : std::max(covariances[i], 0.0);
      const double ridge = !is_matrix(structure) || i % (d + 1) == 0 ? prior.ridge : 0.0;
      const double spread = own * (ridge + (prior.jitter ? prior.jitter[i] : 0.0));
      covariances[i] = (scatter + dimensions * (spread + shared * (1.0 + alike) * prior.scale[i])) * inverse;
    }
    if (is_matrix(structure) && prior.count > 0.0) {
      for (std::size_t i = 0; i < size; i += d + 1) covariances[i] *= 1.0 + roundings * static_cast<double>(d);
    }
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
    offset[k] = std::log(parameters.weights[k]) - constant + log_determinants[at];
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
