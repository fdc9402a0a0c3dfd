// What the scores of a panel of rows and a group of components cannot exceed, from what they were at the last call.
//
// A ceiling h is one of scores u less the best score t that their row had then, so that rows of all kinds may share it. A
// score is u = c - s^2 / 2 with s = ||G (x - m)||. If the component has gone to (c', m', G'), and A = G' G^-1,
//
//     s' >= ||A G (x - m)|| - ||G' (m' - m)|| >= a s - b,   a <= the least singular value of A,
//
// and with u <= h + t, r = c - h - t no less than 0, a not above 1, and t' what is known of the best score now,
//
//     u' - t' <= h + (c' - c) + (1 - a^2) r + b sqrt(2 r) + t - t',
//
// for all components of a group and rows of a panel with each term at its greatest (Hamerly 2010 has it for k-means).
//
// Rounding: a ceiling is kept as a whole number of 64ths below zero, rounded up, so that two bytes hold one; what is above
// zero, or no number, is zero, which stays until the scores are looked at again. What is computed of one is float32 and
// rounded up; a computed score differs from the exact one by what score_bounds.hpp says,
// which is added where a ceiling is made. What is not a number bounds nothing.
// Threads: each works on the panels of its own rows.
#pragma once

#include "score_bounds.hpp"

namespace mixfold {
namespace {

constexpr float lowest_ceiling = -1e30f;

using Code = std::uint16_t;  // of a ceiling: how many 64ths it is below zero

MIXFOLD_INLINE float decoded(Code code) { return static_cast<float>(code) * -0.015625f; }

// Of the least that can be kept and is not below a value.
MIXFOLD_INLINE Code encoded(float value) {
  const float below = value * -64.0f;
  const float held = below > 0.0f ? below : 0.0f;  // also where it is not a number
  return static_cast<Code>(static_cast<std::int32_t>(held < 65535.0f ? held : 65535.0f));
}

// What a score is above another by, a few units more, and not below the lowest ceiling: that of components without weight.
MIXFOLD_INLINE float above(float score, float other) {
  const float value = score - other + 1e-6f * (__builtin_fabsf(score) + __builtin_fabsf(other));
  return value < lowest_ceiling ? lowest_ceiling : value;
}

// The ceiling of a component of half scores, and the best of their rows; each may differ from the exact one by `unit` times
// the root of what it is below `offset`.
template <class Real>
float ceiling_of(const Real* scores, const Vector<Real>* best, Real offset, Real unit) {
  Vector<Real> highest = load(scores) - best[0], least = load(scores);
#pragma GCC unroll 4
  for (std::size_t v = 1; v < panel_vectors; ++v) {
    const Vector<Real> value = load(scores + v * lanes<Real>);
    highest = maximum<Real>(value - best[v], highest);
    least = value < least ? value : least;
  }
  Real greatest = highest[0], farthest = least[0];
  for (std::size_t lane = 1; lane < lanes<Real>; ++lane) {
    greatest = greatest < highest[lane] ? highest[lane] : greatest;
    farthest = least[lane] < farthest ? least[lane] : farthest;
  }
  const Real gap = offset > farthest ? offset - farthest : Real{0};
  const float size = static_cast<float>(gap + (offset < Real{0} ? -offset : offset));
  return above(static_cast<float>(2 * greatest + unit * square_root(gap)), 0.0f) + 1e-6f * size;
}

// The best scores of a panel's rows: the lowest there was at the last call, and what one may have lost since at most.
struct BestScores {
  float lowest = 0.0f;
  float loss = 0.0f;

  // `before` at the last call, rounded up, and half of what they are `now`.
  template <class Real>
  static BestScores of(const float* before, const Real* now) {
    BestScores those{before[0], lowest_ceiling};
    for (std::size_t n = 0; n < panel<Real>; ++n) {
      const float twice = static_cast<float>(2 * now[n]), was = before[n];
      const float loss = was - twice + 1e-6f * (__builtin_fabsf(was) + __builtin_fabsf(twice));
      those.lowest = was < those.lowest ? was : those.lowest;
      if (!(loss <= those.loss) && those.loss == those.loss) those.loss = loss;  // and if it is not a number, for good
    }
    return those;
  }
};

// What a ceiling becomes by what its components may have gone, of which `at` says where their drift is.
MIXFOLD_INLINE Code risen(const Drift& drift, std::size_t at, Code code, const BestScores& best) {
  const float before = decoded(code), gap = drift.highest[at] - before - best.lowest, rise = drift.rise[at];
  const float r = gap > 0.0f ? gap + 1e-6f * gap : 0.0f;
  const float far = drift.shrinkage[at] * r + drift.shift[at] * __builtin_sqrtf(r);
  const float size = __builtin_fabsf(before) + __builtin_fabsf(rise) + __builtin_fabsf(best.loss) + far;
  const Code after = encoded(before + rise + far + best.loss + 1e-6f * size);
  return code == 0 ? code : after;
}

// Raises the ceilings of panel p, for each group; sets bit p of `reached` where one is not below the floor. Two loops,
// which are vectorized.
inline void raise_ceilings(const Drift& drift, std::size_t p, const BestScores& best, Code floor,
                           Code* __restrict ceilings, std::uint64_t* __restrict reached) {
  const Drift those = drift;  // copies, which no store can change
  const BestScores now = best;
  for (std::size_t g = 0; g < those.groups; ++g) ceilings[g] = risen(those, g, ceilings[g], now);
  for (std::size_t g = 0; g < those.groups; ++g) reached[g] |= static_cast<std::uint64_t>(ceilings[g] <= floor) << p;
}

}  // namespace
}  // namespace mixfold
