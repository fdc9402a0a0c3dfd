// Where the sums of a block of rows lie in a row of numbers: one after the other, as the table in src/mixfold/sums.py has
// them, which the build makes `sums.inc` of.
#pragma once

#include <cstddef>

#include "kernels.hpp"

namespace mixfold {

// The numbers in an array of a structure.
std::size_t covariance_size(Structure structure, std::size_t components, std::size_t features);

// The length of a row of sums.
std::size_t sums_width(Structure structure, std::size_t components, std::size_t features, bool with_degrees);

// The sums in a row, as they are.
Sums sums_in(double* row, Structure structure, std::size_t components, std::size_t features, bool with_degrees);

// The sums in a row, which is filled with zeros.
Sums cleared_sums(double* row, Structure structure, std::size_t components, std::size_t features, bool with_degrees);

}  // namespace mixfold
