// Cholesky factors of small matrices and their inverses, in float64. No state.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace mixfold {

// Replaces a symmetric matrix (D, D) by its lower Cholesky factor, zero above the diagonal; false where the square of a
// pivot is not above `least`.
inline bool factorize(double* a, std::size_t d, double least) {
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double left = a[i * d + j];
      for (std::size_t l = 0; l < j; ++l) left -= a[i * d + l] * a[j * d + l];
      if (i == j && !(left > 0.0 && left * left > least)) return false;
      a[i * d + j] = i == j ? std::sqrt(left) : left / a[j * d + j];
    }
    for (std::size_t j = i + 1; j < d; ++j) a[i * d + j] = 0.0;
  }
  return true;
}

// The inverse of a lower-triangular factor.
inline std::vector<double> inverse_of_lower(const double* factor, std::size_t d) {
  std::vector<double> result(d * d);
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double value = i == j ? 1.0 : 0.0;
      for (std::size_t l = j; l < i; ++l) value -= factor[i * d + l] * result[l * d + j];
      result[i * d + j] = value / factor[i * d + i];
    }
  }
  return result;
}

}  // namespace mixfold
