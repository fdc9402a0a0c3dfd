// Axes of covariances, each component's own or common to all: what mixfold.covariance.orientation computes with NumPy.
#pragma once

#include <cstddef>

#include "variances.hpp"

namespace mixfold {

double trace(const double* matrix, std::size_t features);

// Replace scatters (K, D, D) by the covariances of components whose axes are the eigenvectors of their own, or the same for
// all; NaN where these are not found.
void with_own_axes(Letters letters, const double* counts, const Before& before, std::size_t components,
                   std::size_t features, double* values);
void with_common_axes(Letters letters, const double* counts, const Before& before, std::size_t components,
                      std::size_t features, double* values);

}  // namespace mixfold
