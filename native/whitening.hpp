// Coordinates in which rows are uncorrelated, as mixfold.fitting.invariant_coordinates has them, and how many features do not
// follow from others. All in float64. Threads: none, no state.
#pragma once

#include <cstddef>
#include <optional>

namespace mixfold {

// Rows (N, D) with weights (N,).
struct Weighted {
  const double* rows;
  const double* weights;
  std::size_t n, d;
};

// Fills `center` (D,), and the map to coordinates and back, (D, D). False where a feature hardly varies beside its mean (by
// `spanned`), or correlations are such that a Cholesky factor has lost half of its digits (below `collinear`).
bool white_coordinates(const Weighted& all, double spanned, double collinear, double* center, double* linear,
                       double* inverse);

// Counts the eigenvalues of correlations, in units of given variances (D,), that are `least` or more; nothing where they are
// not found.
std::optional<std::size_t> rank(const Weighted& all, const double* variances, double least);

}  // namespace mixfold
