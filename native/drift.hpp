// How far the components of a mixture have gone from one E step to the next, for ceilings of scores (ceilings.hpp).
#pragma once

#include <nanobind/nanobind.h>

#include "kernels.hpp"

namespace mixfold {

// For each component numbers a and b with ||G' (x - m')|| >= a ||G (x - m)|| - b for every x, where a prime marks what is
// so `after`: a is the least diagonal element of A = G' G^-1 less a bound of the norm of the rest of A, the least of
// Frobenius' and of sqrt(||.||_1 ||.||_inf), or zero where that is no number above it; b = ||G' (m' - m)||.
// Both must have as many components and the same structure.
void drift_of(const Potentials& before, const Potentials& after, std::size_t features, double* shrink, double* shift);

// Adds it to the Python module.
void bind_drift(nanobind::module_& module);

}  // namespace mixfold
