#include "variances.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace mixfold {
namespace {

using Numbers = std::vector<double>;

// No variance is larger, as in mixfold.covariance.variances.
constexpr double largest_variance = std::numeric_limits<double>::max() / 4.0;

// Replaces scatter along axes, (K, D) or (K,), by equal variances.
void equal(const double* counts, std::size_t k, std::size_t d, double* scatter) {
  const double total = sum_of(counts, k);
  for (std::size_t j = 0; j < d; ++j) {
    double pooled = 0.0;
    for (std::size_t i = 0; i < k; ++i) pooled += scatter[i * d + j];
    for (std::size_t i = 0; i < k; ++i) scatter[i * d + j] = pooled / total;
  }
}

// By variances of equal volume.
void equal_volume(const double* counts, std::size_t k, std::size_t d, double* scatter) {
  const double total = sum_of(counts, k);
  Numbers logs(k);
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j < d; ++j) logs[i] += std::log(scatter[i * d + j]);
    logs[i] /= static_cast<double>(d);
  }
  for (std::size_t i = 0; i < k; ++i) {
    // Volumes by each other before the scatter, which may be near the largest number that there is.
    double ratio = 0.0;
    for (std::size_t l = 0; l < k; ++l) ratio += std::exp(logs[l] - logs[i]);
    for (std::size_t j = 0; j < d; ++j)
      scatter[i * d + j] = std::min(scatter[i * d + j] * (ratio / total), largest_variance);
  }
}

// By variances of each component's own.
void own(const double* counts, std::size_t k, std::size_t d, double* scatter) {
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j < d; ++j) scatter[i * d + j] /= counts[i];
  }
}

// The volumes |Sigma_k|^(1/D) of covariances, in the largest of them.
Numbers volumes_of(const Before& before, std::size_t k, std::size_t d) {
  Numbers volumes(before.log_determinants, before.log_determinants + k);
  const double least = *std::min_element(volumes.begin(), volumes.end());
  for (double& volume : volumes) volume = std::exp(-2.0 * (volume - least) / static_cast<double>(d));
  return volumes;
}

// By variances of equal shape, and volumes of each component's own.
void equal_shape(const double* counts, const Before& before, std::size_t k, std::size_t d, double* scatter) {
  const double total = sum_of(counts, k);
  Numbers size(d), shape(d), volumes(k);
  for (std::size_t j = 0; j < d; ++j) {
    for (std::size_t i = 0; i < k; ++i) size[j] = std::max(size[j], scatter[i * d + j]);
    for (std::size_t i = 0; i < k; ++i) scatter[i * d + j] /= size[j];
  }
  if (before.covariances) {
    volumes = volumes_of(before, k, d);
  } else {
    for (std::size_t i = 0; i < k; ++i) volumes[i] = sum_of(scatter + i * d, d) / (static_cast<double>(d) * counts[i]);
  }
  const int most = most_inner(before);
  for (int inner = 0; inner < most; ++inner) {
    double change = 0.0;
    std::fill(shape.begin(), shape.end(), 0.0);
    for (std::size_t i = 0; i < k; ++i) {
      for (std::size_t j = 0; j < d; ++j) shape[j] += scatter[i * d + j] / volumes[i] / total;
    }
    for (std::size_t i = 0; i < k; ++i) {
      double mean = 0.0;
      for (std::size_t j = 0; j < d; ++j) mean += scatter[i * d + j] / shape[j];
      mean /= static_cast<double>(d) * counts[i];
      change = std::max(change, std::abs(mean / volumes[i] - 1.0));
      volumes[i] = mean;
    }
    if (!(change > settled)) break;
  }
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j < d; ++j) scatter[i * d + j] = volumes[i] * shape[j] * size[j];
  }
}

}  // namespace

void set_variances(Letters letters, const double* counts, const Before& before, std::size_t k, std::size_t d,
                   double* scatter) {
  if (letters.shape == 'I' || (letters.volume == 'E' && letters.shape == 'E')) {
    equal(counts, k, d, scatter);
  } else if (letters.shape == 'E') {
    equal_shape(counts, before, k, d, scatter);
  } else if (letters.volume == 'E') {
    equal_volume(counts, k, d, scatter);
  } else {
    own(counts, k, d, scatter);
  }
}

}  // namespace mixfold
