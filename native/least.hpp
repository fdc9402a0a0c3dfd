// The least of some numbers: the neighbors in groups (groups.cpp) by their distances.
//
// The greatest that is chosen is found by halving the numbers between which it lies, of which there are finitely many. No
// threads, no state.
#pragma once

#include <cstddef>
#include <cstdint>

#include "vector.hpp"

namespace mixfold {
namespace {

inline std::size_t count_up_to(const double* values, std::size_t size, double most) {
  Mask<double> count{};
  for (std::size_t n = 0; n < size; n += lanes<double>) count -= load(values + n) <= most;
  std::int64_t total = 0;
  for (std::size_t lane = 0; lane < lanes<double>; ++lane) total += count[lane];
  return static_cast<std::size_t>(total);
}

// Fills `places` (count,), ascending, with where the least of `values` (size,) are, the first of equal ones. None is negative;
// the size is a multiple of the lanes.
void least_values(const double* values, std::size_t size, std::size_t count, std::size_t* places) {
  // Numbers that are not negative are in the order of their bits. Up to `high` there are enough, up to `low` too few.
  std::int64_t low = -1, high = __builtin_bit_cast(std::int64_t, __builtin_inf());
  std::size_t too_few = 0, enough = 0;
  while (enough != count && high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    const std::size_t up_to = count_up_to(values, size, __builtin_bit_cast(double, middle));
    if (up_to < count) {
      low = middle;
      too_few = up_to;
    } else {
      high = middle;
      enough = up_to;
    }
  }
  const double greatest = __builtin_bit_cast(double, high);
  std::size_t equal = count - too_few, at = 0;
  for (std::size_t n = 0; at < count; ++n) {
    places[at] = n;
    if (enough == count) {
      at += values[n] <= greatest;
    } else if (values[n] < greatest || (values[n] == greatest && equal > 0)) {
      equal -= values[n] == greatest;
      ++at;
    }
  }
}

}  // namespace
}  // namespace mixfold
