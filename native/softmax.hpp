// From the scores of a tile to shares, log densities and labels.
//
// s_kn         score of component k for row n; its half lies at halves + k stride + n
// h_kn, t_n    exp(s_kn / 2 - max_k s_kn / 2), and the sum of its squares over k; the responsibility is h_kn^2 / t_n.
//              The moments need its square root, which costs nothing this way.
// In the type of the rows; relative error of a share at most about (K / 2 + 8) u. A share below exp(lowest) is zero.
// Threads: none, no state. Aliasing: the scores are overwritten by the shares; nothing else overlaps.
#pragma once

#include <bit>

#include "tile.hpp"

namespace mixfold {
namespace {

// exp(-40) = 4e-18: a share that cannot change a sum in which the row's best component has a part.
template <class Real>
constexpr Real negligible = Real{-40};

// From `many_components` on shares are left out of which all of a row together are below exp(-14) of its best: the logarithm
// of its density is less than a millionth below what it would be. From `very_many` on it is less than a thousandth, exp(-6.91),
// and mostly a thousandth of that: each share that is left out is less than as large a part of it as there are components.
constexpr std::size_t many_components = 256, very_many = 1024;

// The logarithm of the least share that counts, as a part of the best.
template <class Real>
Real least_share(std::size_t components) {
  if (components < many_components) return negligible<Real>;
  if (components < very_many)
    return Real{-14} - Real{0.7} * static_cast<Real>(std::bit_width(components));  // 0.7 > log 2
  return static_cast<Real>(-6.91 - __builtin_log(static_cast<double>(components)));
}

// From the half scores of a panel to `roots` exp(half - best), whose squares are added to `sum`; `alive` loses one in the
// lane of each row that has a share, one of at least exp(lowest). False, with nothing done, if no row has.
template <class Real>
MIXFOLD_INLINE bool add_roots(const Real* halves, const Vector<Real>* best, Real lowest, Real* roots, Vector<Real>* sum,
                              Mask<Real>& alive) {
  Vector<Real> root[panel_vectors];
  Mask<Real> counts[panel_vectors];
#pragma GCC unroll 4
  for (std::size_t v = 0; v < panel_vectors; ++v) {
    root[v] = load(halves + v * lanes<Real>) - best[v];
    counts[v] = root[v] >= lowest / 2;
    alive += counts[v];
  }
  if (!any<Real>(alive)) return false;
  exponentials<Real>(root, lowest / 2, counts);
#pragma GCC unroll 4
  for (std::size_t v = 0; v < panel_vectors; ++v) {
    store<Real>(roots + v * lanes<Real>, root[v]);
    sum[v] += root[v] * root[v];
  }
  return true;
}

// Replaces half scores by h, gives t and log sum_k exp(s_k), and adds up for each component the rows that have any
// share, as minus one for each row in the mask of its lane. If Weighted, returns the weighted sums over the rows of each
// lane of log t: the share of the best component is 1 / t.
template <class Real, bool Weighted = false>
MIXFOLD_INLINE Vector<Real> exponentiate(Real* halves, std::size_t components, std::size_t stride, std::size_t rows,
                                         Real lowest, Real* total, Real* log_density, Mask<Real>* alive,
                                         const Real* weights = nullptr) {
  Vector<Real> log_totals = {};
  for (std::size_t n = 0; n < rows; n += panel<Real>) {
    Vector<Real> best[panel_vectors];
    Vector<Real> sum[panel_vectors] = {};
#pragma GCC unroll 4
    for (std::size_t v = 0; v < panel_vectors; ++v) best[v] = load(halves + n + v * lanes<Real>);
    for (std::size_t k = 1; k < components; ++k) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < panel_vectors; ++v) {
        best[v] = maximum<Real>(load(halves + k * stride + n + v * lanes<Real>), best[v]);
      }
    }
    for (std::size_t k = 0; k < components; ++k) {
      Real* s = halves + k * stride + n;
      Mask<Real> rows_alive = {};
      if (add_roots<Real>(s, best, lowest, s, sum, rows_alive)) {
        alive[k] += rows_alive;
      } else {
        std::memset(s, 0, panel<Real> * sizeof(Real));
      }
    }
#pragma GCC unroll 4
    for (std::size_t v = 0; v < panel_vectors; ++v) store<Real>(total + n + v * lanes<Real>, sum[v]);
    logarithms<Real>(sum);
#pragma GCC unroll 4
    for (std::size_t v = 0; v < panel_vectors; ++v) {
      if constexpr (Weighted) log_totals += load(weights + n + v * lanes<Real>) * sum[v];
      store<Real>(log_density + n + v * lanes<Real>, 2 * best[v] + sum[v]);
    }
  }
  return log_totals;
}

// The number of rows that `exponentiate` added up in a mask.
template <class Real>
std::size_t count_rows(Mask<Real> alive) {
  std::int64_t count = 0;
  for (std::size_t lane = 0; lane < lanes<Real>; ++lane) count -= alive[lane];
  return static_cast<std::size_t>(count);
}

// The greatest score of each row and the first component that has it.
template <class Real>
void choose(const Real* scores, std::size_t components, std::size_t stride, std::size_t rows, Real* best,
            std::uint32_t* label) {
  for (std::size_t n = 0; n < rows; n += lanes<Real>) {
    Vector<Real> highest = load(scores + n);
    Mask<Real> index = {};
    for (std::size_t k = 1; k < components; ++k) {
      const Vector<Real> score = load(scores + k * stride + n);
      const Mask<Real> higher = score > highest;
      highest = higher ? score : highest;
      index = higher ? Mask<Real>{} + static_cast<decltype(index[0] + 0)>(k) : index;
    }
    store<Real>(best + n, highest);
    for (std::size_t lane = 0; lane < lanes<Real>; ++lane) label[n + lane] = static_cast<std::uint32_t>(index[lane]);
  }
}

}  // namespace
}  // namespace mixfold
