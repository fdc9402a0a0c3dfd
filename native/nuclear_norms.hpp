// The sums of the singular values of A_k^T B_m for lower triangular A_k and B_m: what the Wasserstein distances of Gaussians
// need, whose covariances are A A^T and B B^T.
//
// They are the roots of the eigenvalues of G = B^T A A^T B: Householder's tridiagonal form, then implicit QL with Wilkinson's
// shift (EISPACK's TRED1 and IMTQL1), each lane a pair of its own, so that lanes wait for the slowest. An eigenvalue has an
// error of some D 2^-53 of the largest one, its root at most `least` ^ -1/2 times that; where the smallest one is below
// `least` times the largest, or QL has not converged, the result is NaN, for the caller to compute with care.
#pragma once

#include <cstddef>
#include <limits>

#include "tile.hpp"
#include "vector.hpp"

namespace mixfold {
namespace {

using Doubles = Vector<double>;

MIXFOLD_INLINE Doubles chosen(Mask<double> where, Doubles yes, Doubles no) { return where ? yes : no; }

MIXFOLD_INLINE Doubles roots_of(Doubles x) {
  for (std::size_t lane = 0; lane < lanes<double>; ++lane) x[lane] = square_root(x[lane]);
  return x;
}

MIXFOLD_INLINE Doubles magnitude(Doubles x) { return x < 0.0 ? -x : x; }

// Reduces symmetric matrices (d, d), of which the lower triangle is read and overwritten, to diagonals and to what lies
// beside them: `beside[i]` between i and i + 1.
MIXFOLD_INLINE void tridiagonal(Doubles* a, std::size_t d, Doubles* diagonal, Doubles* beside) {
  for (std::size_t i = d - 1; i > 0; --i) {
    Doubles* const row = a + i * d;
    Doubles square{};
    for (std::size_t j = 0; j < i; ++j) square += row[j] * row[j];
    const Doubles first = row[i - 1];
    const Doubles root = roots_of(square);
    const Doubles end = chosen(first >= 0.0, -root, root);
    diagonal[i] = row[i];
    beside[i - 1] = end;
    if (i == 1) break;
    const Doubles size = square - first * end;
    const Doubles scale = chosen(size > 0.0, 1.0 / size, Doubles{});
    row[i - 1] = first - end;
    Doubles* const pulled = beside;  // the first i are not needed yet
    Doubles both{};
    const Doubles kept = beside[i - 1];
    Doubles last{};
    for (std::size_t j = 0; j < i; ++j) {
      Doubles sum{};
      for (std::size_t k = 0; k <= j; ++k) sum += a[j * d + k] * row[k];
      for (std::size_t k = j + 1; k < i; ++k) sum += a[k * d + j] * row[k];
      sum *= scale;
      both += sum * row[j];
      if (j + 1 < i) {
        pulled[j] = sum;
      } else {
        last = sum;
      }
    }
    const Doubles half = 0.5 * both * scale;
    for (std::size_t j = 0; j + 1 < i; ++j) pulled[j] -= half * row[j];
    last -= half * row[i - 1];
    for (std::size_t j = 0; j < i; ++j) {
      const Doubles f = row[j], g = j + 1 < i ? pulled[j] : last;
      for (std::size_t k = 0; k <= j; ++k) a[j * d + k] -= f * (k + 1 < i ? pulled[k] : last) + g * row[k];
    }
    beside[i - 1] = kept;
  }
  diagonal[0] = a[0];
}

// The eigenvalues, in `diagonal`; false in `converged` where they are not found.
MIXFOLD_INLINE Mask<double> eigenvalues(Doubles* diagonal, Doubles* beside, std::size_t d) {
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  constexpr int most_steps = 40;
  Mask<double> failed{};
  beside[d - 1] = Doubles{};
  for (std::size_t l = 0; l + 1 < d; ++l) {
    for (int step = 0;; ++step) {
      // Where the block that begins at l ends: one number is in a lane's own vector, as a double.
      Doubles end = broadcast(static_cast<double>(d - 1));
      for (std::size_t i = d - 1; i-- > l;) {
        const Mask<double> small =
            magnitude(beside[i]) <= epsilon * (magnitude(diagonal[i]) + magnitude(diagonal[i + 1]));
        end = chosen(small, broadcast(static_cast<double>(i)), end);
      }
      const Mask<double> open = end > static_cast<double>(l);
      if (!any<double>(open)) break;
      if (step == most_steps) {
        failed |= open;
        break;
      }
      const Doubles off = chosen(open, beside[l], broadcast(1.0));
      const Doubles ratio = (diagonal[l + 1] - diagonal[l]) / (2.0 * off);
      const Doubles length = roots_of(ratio * ratio + 1.0);
      const Doubles shift = diagonal[l] - off / (ratio + chosen(ratio >= 0.0, length, -length));
      Doubles g{}, s{}, c{}, p{};
      for (std::size_t i = d - 1; i-- > l;) {
        const Mask<double> starts = end == static_cast<double>(i + 1);
        const Mask<double> active = open & (end > static_cast<double>(i));
        if (!any<double>(active)) continue;
        g = chosen(starts, diagonal[i + 1] - shift, g);
        s = chosen(starts, broadcast(1.0), s);
        c = chosen(starts, broadcast(1.0), c);
        p = chosen(starts, Doubles{}, p);
        const Doubles f = s * beside[i], b = c * beside[i];
        const Doubles r = roots_of(f * f + g * g);
        const Mask<double> turns = r > 0.0;
        const Doubles inverse = 1.0 / chosen(turns, r, broadcast(1.0));
        s = chosen(turns, f * inverse, Doubles{});
        c = chosen(turns, g * inverse, broadcast(1.0));
        const Doubles own = diagonal[i + 1] - p;
        const Doubles t = (diagonal[i] - own) * s + 2.0 * c * b;
        p = s * t;
        beside[i + 1] = chosen(active, chosen(starts, Doubles{}, r), beside[i + 1]);
        diagonal[i + 1] = chosen(active, own + p, diagonal[i + 1]);
        g = c * t - b;
      }
      diagonal[l] = chosen(open, diagonal[l] - p, diagonal[l]);
      beside[l] = chosen(open, g, beside[l]);
    }
  }
  return failed;
}

// A (k, d, d), B (m, d, d), result (k, m).
void nuclear_norms(const double* a, std::size_t k, const double* b, std::size_t m, std::size_t d, double least,
                   double* result) {
  constexpr std::size_t width = lanes<double>;
  Buffer<double> memory((3 * d * d + 2 * d) * width + width);
  Doubles* const others = reinterpret_cast<Doubles*>(static_cast<double*>(memory));
  Doubles *const crossed = others + d * d, *const gram = crossed + d * d, *const diagonal = gram + d * d;
  Doubles* const beside = diagonal + d;
  for (std::size_t first = 0; first < m; first += width) {
    const std::size_t count = m - first < width ? m - first : width;
    for (std::size_t lane = 0; lane < width; ++lane) {
      const double* from = b + (first + (lane < count ? lane : 0)) * d * d;
      for (std::size_t i = 0; i < d * d; ++i) others[i][lane] = from[i];
    }
    for (std::size_t row = 0; row < k; ++row) {
      const double* const own = a + row * d * d;
      for (std::size_t i = 0; i < d; ++i) {
        for (std::size_t j = 0; j < d; ++j) {
          Doubles sum{};
          for (std::size_t c = i > j ? i : j; c < d; ++c) sum += own[c * d + i] * others[c * d + j];
          crossed[i * d + j] = sum;
        }
      }
      for (std::size_t i = 0; i < d; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
          Doubles sum{};
          for (std::size_t c = 0; c < d; ++c) sum += crossed[c * d + i] * crossed[c * d + j];
          gram[i * d + j] = sum;
        }
      }
      tridiagonal(gram, d, diagonal, beside);
      const Mask<double> failed = eigenvalues(diagonal, beside, d);
      Doubles total{}, smallest = diagonal[0], largest = diagonal[0];
      for (std::size_t i = 0; i < d; ++i) {
        total += roots_of(maximum<double>(diagonal[i], Doubles{}));
        smallest = chosen(diagonal[i] < smallest, diagonal[i], smallest);
        largest = maximum<double>(diagonal[i], largest);
      }
      const Mask<double> good = ~failed & (smallest >= least * largest);
      const Doubles found = chosen(good, total, broadcast(std::numeric_limits<double>::quiet_NaN()));
      for (std::size_t lane = 0; lane < count; ++lane) result[row * m + first + lane] = found[lane];
    }
  }
}

}  // namespace
}  // namespace mixfold
