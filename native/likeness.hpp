// The evidence of how alike the scatters of components are, as mixfold.fitting.likeness has its formulas. All in float64.
// Threads: none, no state.
#pragma once

#include <cstddef>

namespace mixfold {

// Eigenvalues of the scatter of each component in the covariance within the others, (K, D), and degrees of freedom, (K,).
struct Scatters {
  const double* ratios;
  const double* degrees;
  std::size_t components, features;
};

// The log evidence that they have the size of the others as so many pseudo-rows would tell.
double size_evidence(const Scatters& scatters, double rows);

// And their shape, for matrices or else for diagonals.
double shape_evidence(const Scatters& scatters, double rows, bool is_matrix);

}  // namespace mixfold
