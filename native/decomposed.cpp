#include "decomposed.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "orientation.hpp"

namespace mixfold {
namespace {

using Numbers = std::vector<double>;

// As in mixfold.covariance.orientation and triangular.
constexpr double graded = 1e8;
constexpr double rounding = std::numeric_limits<double>::epsilon(), roundings = 8.0 * rounding;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// Replaces the lower triangle by the Cholesky factor; gives log|A|, NaN where the matrix is not positive definite.
double factorize(double* a, std::size_t d) {
  double logs = 0.0;
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double left = a[i * d + j];
      for (std::size_t l = 0; l < j; ++l) left -= a[i * d + l] * a[j * d + l];
      if (i == j && !(left > 0.0)) return nan;
      a[i * d + j] = i == j ? std::sqrt(left) : left / a[j * (d + 1)];
    }
    logs += 2.0 * std::log(a[i * (d + 1)]);
  }
  return logs;
}

// Equal volumes, each a shape and an orientation of its own.
void with_equal_volume(const double* counts, std::size_t k, std::size_t d, double* values) {
  Numbers volumes(k), factor(d * d);
  for (std::size_t i = 0; i < k; ++i) {
    std::copy(values + i * d * d, values + (i + 1) * d * d, factor.begin());
    volumes[i] = std::exp(factorize(factor.data(), d) / static_cast<double>(d));
  }
  const double equal = sum_of(volumes.data(), k) / sum_of(counts, k);
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j < d * d; ++j) values[i * d * d + j] *= equal / volumes[i];
  }
}

// Replaces a Cholesky factor by the inverse of the matrix; gives the largest product of diagonals of the two.
double invert(double* factor, std::size_t d) {
  Numbers inverse(d * d);
  for (std::size_t j = 0; j < d; ++j) {
    for (std::size_t i = j; i < d; ++i) {
      double left = i == j ? 1.0 : 0.0;
      for (std::size_t l = j; l < i; ++l) left -= factor[i * d + l] * inverse[l * d + j];
      inverse[i * d + j] = left / factor[i * (d + 1)];
    }
  }
  double condition = 0.0;
  for (std::size_t i = 0; i < d; ++i) {
    double length = 0.0, diagonal = 0.0;
    for (std::size_t l = i; l < d; ++l) length += inverse[l * d + i] * inverse[l * d + i];
    for (std::size_t l = 0; l <= i; ++l) diagonal += factor[i * d + l] * factor[i * d + l];
    condition += length * diagonal;
  }
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double total = 0.0;
      for (std::size_t l = i; l < d; ++l) total += inverse[l * d + i] * inverse[l * d + j];
      factor[i * d + j] = factor[j * d + i] = total;
    }
  }
  return condition;
}

// One shape and orientation for all, in several sizes.
void with_equal_ellipsoids(const double* counts, const Before& before, std::size_t k, std::size_t d, double* values) {
  const double total = sum_of(counts, k), dimensions = static_cast<double>(d);
  Numbers volumes(k), common(d * d), precision(d * d), better(k);
  for (std::size_t i = 0; i < k; ++i) {
    volumes[i] = before.covariances ? std::exp(-2.0 * before.log_determinants[i] / dimensions)
                                    : trace(values + i * d * d, d) / (dimensions * counts[i]);
  }
  const int most = most_inner(before);
  for (int inner = 0; inner < most; ++inner) {
    std::fill(common.begin(), common.end(), 0.0);
    for (std::size_t i = 0; i < k; ++i) {
      for (std::size_t j = 0; j < d * d; ++j) common[j] += values[i * d * d + j] / volumes[i] / total;
    }
    precision = common;
    if (std::isnan(factorize(precision.data(), d))) break;  // singular: so are the covariances
    // A matrix of condition number c is inverted to c times the precision: what is less than that is rounding.
    const double exact = rounding * dimensions * invert(precision.data(), d);
    double change = 0.0;
    for (std::size_t i = 0; i < k; ++i) {
      double product = 0.0;
      for (std::size_t j = 0; j < d * d; ++j) product += values[i * d * d + j] * precision[j];
      better[i] = product / (dimensions * counts[i]);
      change = std::max(change, std::abs(better[i] / volumes[i] - 1.0));
    }
    if (!(change > std::max(settled, exact))) break;
    volumes = better;
  }
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j < d * d; ++j) values[i * d * d + j] = volumes[i] * common[j];
  }
}

// Whether variances of features are orders of magnitude apart.
bool is_graded(const double* values, std::size_t k, std::size_t d) {
  double least = std::numeric_limits<double>::infinity(), most = 0.0;
  for (std::size_t j = 0; j < d; ++j) {
    double size = 0.0;
    for (std::size_t i = 0; i < k; ++i) size += values[i * d * d + j * (d + 1)];
    least = std::min(least, size);
    most = std::max(most, size);
  }
  return most / graded > least;
}

}  // namespace

void restrict_to(Letters letters, const double* counts, const Before& before, bool has_sizes, std::size_t components,
                 std::size_t features, double* values) {
  const std::size_t k = components, d = features;
  if (letters.orientation == 'I') {
    return set_variances(letters, counts, before, k, letters.shape == 'I' ? 1 : d, values);
  }
  const bool is_sheared = letters.shape == letters.orientation;  // VEE and EVV, which any matrix leaves as they are
  if (has_sizes) {
    const bool is_turned = !is_sheared && !is_graded(values, k, d);
    for (std::size_t i = 0; i < k; ++i) {
      double* matrix = values + i * d * d;
      const double size = trace(matrix, d);
      for (std::size_t j = 0; j < d; ++j) {
        double& variance = matrix[j * (d + 1)];
        variance += roundings * static_cast<double>(d) * (is_turned ? size : static_cast<double>(d) * variance);
      }
    }
  }
  if (letters.orientation == 'V' && letters.shape == 'V') return with_equal_volume(counts, k, d, values);
  if (letters.orientation == 'V') return with_own_axes(letters, counts, before, k, d, values);
  if (letters.shape == 'V') return with_common_axes(letters, counts, before, k, d, values);
  with_equal_ellipsoids(counts, before, k, d, values);
}

}  // namespace mixfold
