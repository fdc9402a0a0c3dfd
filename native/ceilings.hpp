// What the scores of a panel of rows and a group of components cannot exceed, from what they were at the last call.
//
// A score is u = c - s^2 / 2 with s = ||G (x - m)||. If the component has gone to (c', m', G'), and A = G' G^-1,
//
//     s' >= ||A G (x - m)|| - ||G' (m' - m)|| >= a s - b,   a <= the least singular value of A,
//
// so that u <= h, and with r = c - h no less than 0, and a not above 1, for all components of a group together
//
//     u' <= h + (c' - c) + (1 - a^2) r + b sqrt(2 r),   r and each term at their greatest (Hamerly 2010 has it for k-means).
//
// Rounding: ceilings are float32 and rounded up; a computed score differs from the exact one by what score_bounds.hpp says,
// which is added where a ceiling is made. What is not a number bounds nothing.
// Threads: each works on the panels of its own rows.
#pragma once

#include "score_bounds.hpp"

namespace mixfold {
namespace {

constexpr float lowest_ceiling = -1e30f;

// A number above, by a few units, and not below the lowest one: that of components without weight.
MIXFOLD_INLINE float above(float value) {
  return value < lowest_ceiling ? lowest_ceiling : value + 1e-6f * (value < 0.0f ? -value : value);
}

// Raises the ceilings of panel p, for each group, by what its components may have gone; sets bit p of `reached` where one is
// not below `floor`. Two loops, which are vectorized.
inline void raise_ceilings(const Drift& drift, std::size_t p, float floor, float* __restrict ceilings,
                           std::uint64_t* __restrict reached) {
  const float* __restrict highest = drift.highest, * __restrict rise = drift.rise;
  const float* __restrict shrinkage = drift.shrinkage, * __restrict shift = drift.shift;
  for (std::size_t g = 0; g < drift.groups; ++g) {
    const float before = ceilings[g], gap = highest[g] - before, r = gap > 0.0f ? gap : 0.0f;
    const float far = shrinkage[g] * r + shift[g] * __builtin_sqrtf(r);
    const float size = __builtin_fabsf(before) + __builtin_fabsf(rise[g]) + far;
    ceilings[g] = before + rise[g] + far + 1e-6f * size;
  }
  for (std::size_t g = 0; g < drift.groups; ++g) {
    reached[g] |= static_cast<std::uint64_t>(!(ceilings[g] < floor)) << p;
  }
}

}  // namespace
}  // namespace mixfold
