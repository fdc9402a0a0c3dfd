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
// Rounding: ceilings are float32 and rounded up; a computed score differs from the exact one by what score_bounds.hpp says,
// which is added where a ceiling is made. What is not a number bounds nothing.
// Threads: each works on the panels of its own rows.
#pragma once

#include "score_bounds.hpp"

namespace mixfold {
namespace {

constexpr float lowest_ceiling = -1e30f;

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

// Raises the ceilings of panel p, for each group, by what its components may have gone; sets bit p of `reached` where one is
// not below `floor`. Two loops, which are vectorized.
inline void raise_ceilings(const Drift& drift, std::size_t p, const BestScores& best, float floor,
                           float* __restrict ceilings, std::uint64_t* __restrict reached) {
  const float* __restrict highest = drift.highest, * __restrict rise = drift.rise;
  const float* __restrict shrinkage = drift.shrinkage, * __restrict shift = drift.shift;
  const float lowest = best.lowest, loss = best.loss;
  for (std::size_t g = 0; g < drift.groups; ++g) {
    const float before = ceilings[g], gap = highest[g] - before - lowest;
    const float r = gap > 0.0f ? gap + 1e-6f * gap : 0.0f;
    const float far = shrinkage[g] * r + shift[g] * __builtin_sqrtf(r);
    const float size = __builtin_fabsf(before) + __builtin_fabsf(rise[g]) + __builtin_fabsf(loss) + far;
    ceilings[g] = before + rise[g] + far + loss + 1e-6f * size;
  }
  for (std::size_t g = 0; g < drift.groups; ++g) {
    reached[g] |= static_cast<std::uint64_t>(!(ceilings[g] < floor)) << p;
  }
}

}  // namespace
}  // namespace mixfold
