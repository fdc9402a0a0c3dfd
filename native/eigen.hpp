// Eigenvectors of symmetric matrices, and rotations in the plane of two axes. All in float64. Threads: none, no state.
#pragma once

#include <cstddef>

namespace mixfold {

void set_identity(double* matrix, std::size_t features);

// Rotates the columns of a matrix, or a symmetric one from both sides, in the plane of two axes.
void rotate_columns(double* matrix, std::size_t features, std::size_t one, std::size_t other, double cosine,
                    double sine);
void rotate(double* matrix, std::size_t features, std::size_t one, std::size_t other, double cosine, double sine);

// Eigenvalues (D,), rising, and eigenvectors in columns, by rotations in planes (Jacobi 1846), which are as exact as the
// correlations allow whatever the units (Demmel & Veselic 1992). Overwrites the matrix; NaN where they do not converge.
void eigen(double* matrix, std::size_t features, double* values, double* vectors);

}  // namespace mixfold
