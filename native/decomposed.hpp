// The M steps of families of volume, shape and orientation that restrict what their structure leaves free.
//
// What mixfold.covariance computes with NumPy, a file for each family. All in float64.
#pragma once

#include <cstddef>

#include "variances.hpp"

namespace mixfold {

// Replaces scatters W_k, (K, D, D), (K, D) or means over the features (K,), by the covariances of the family that minimize
// sum_k [n_k log|Sigma_k| + tr(W_k Sigma_k^-1)], or lower it where that takes an iteration. `has_sizes` says that variances
// of features on their diagonals are positive, which a little of them then guards: what is taken apart along axes, and put
// together again, is exact to rounding of its largest variance. Where there is no answer they are NaN.
void restrict_to(Letters letters, const double* counts, const Before& before, bool has_sizes, std::size_t components,
                 std::size_t features, double* values);

}  // namespace mixfold
