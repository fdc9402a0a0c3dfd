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

// Scatters of components about their means, (K, D, D) or (K, D), and how many rows each has.
struct Separate {
  const double* scatters;
  const double* counts;
  std::size_t components, features;
  bool is_matrix;
};

// Gives how many components have rows enough, beside others that have rows enough for a covariance, and fills `ratios` with
// the eigenvalues of their scatters in the covariance within the others, to which `least` of that of all is added, and
// `degrees`. None, where one is lost in rounding.
std::size_t ratios_in_others(const Separate& separate, double least, double* ratios, double* degrees);

// The log evidence that they have the size of the others as so many pseudo-rows would tell.
double size_evidence(const Scatters& scatters, double rows);

// And their shape, for matrices or else for diagonals.
double shape_evidence(const Scatters& scatters, double rows, bool is_matrix);

}  // namespace mixfold
