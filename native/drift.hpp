// How far the components of a mixture have gone from one E step to the next, for ceilings of scores (ceilings.hpp).
#pragma once

#include <nanobind/nanobind.h>

#include "kernels.hpp"

namespace mixfold {

// For each component numbers a and b with ||G' (x - m')|| >= a ||G (x - m)|| - b for every x, where a prime marks what is
// so `after`: a is one or the least singular value of A = G' G^-1, found by Cholesky factors of A^T A - a^2 so that 1 - a^2
// is at most a tenth too great, and zero where A is no matrix of numbers; b = ||G' (m' - m)||.
// Both must have as many components and the same structure.
void drift_of(const Potentials& before, const Potentials& after, std::size_t features, double* shrink, double* shift);

// Adds it to the Python module.
void bind_drift(nanobind::module_& module);

}  // namespace mixfold
