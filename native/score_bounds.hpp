// What the scores of a panel of rows cannot exceed, from the middle of the panel alone.
//
// A panel's rows x lie around its middle c: ||x - c|| <= radius and |x_d - c_d| <= width_d. With z = c - m, y = G z and
// v = G^T y, Cauchy and Schwarz give for each of its rows
//
//     ||G (x - m)|| >= y^T G (x - m) / ||y|| = ||y|| + v^T (x - c) / ||y||
//                   >= ||y|| - min(||v|| radius, sum_d |v_d| width_d) / ||y||,
//
// and so an upper bound of the score of component k: one product for a panel instead of one for each of its rows. The
// direction of y matters: a narrow component is far away along its short axis only if the panel is not spread along it.
// Rounding: scores are computed in the type of the rows; a computed ||G z|| differs from the exact one by at most
// (D + 4) u ||G||_F ||z||. Twice four times that is taken off the distance, for a middle and a row, and a few units of
// the score added: the bound holds for the *computed* scores. What is not a number or overflows bounds nothing.
// Threads: none, no state after construction but scratch.
#pragma once

#include <limits>

#include "scores.hpp"

namespace mixfold {
namespace {

template <class Real>
class ScoreBounds {
 public:
  ScoreBounds(const Potentials& potentials, std::size_t features)
      : features_(features),
        structure_(potentials.structure),
        rounding_(potentials.components),
        center_norm_(potentials.components),
        z_(features * panel<Real>),
        y_(features * panel<Real>),
        v_(features * panel<Real>) {
    const double unit = 4.0 * (static_cast<double>(features) + 4.0) * std::numeric_limits<Real>::epsilon();
    for (std::size_t k = 0; k < potentials.components; ++k) {
      rounding_[k] = static_cast<Real>(unit * norm(potentials, k, features));
      double square = 0.0;
      for (std::size_t d = 0; d < features; ++d) {
        square += potentials.center[k * features + d] * potentials.center[k * features + d];
      }
      center_norm_[k] = static_cast<Real>(square_root(square));
    }
  }

  // A number by which no computed distance from component k is wrong, of rows whose norms are not above `norm`.
  Real error(std::size_t k, Real norm) const { return rounding_[k] * (center_norm_[k] + norm); }

  // For each of a panel's worth of middles, in columns as in a tile, a number that no score of component k is above.
  void compute(const Scores<Real>& scores, std::size_t k, const Real* middle, const Real* width, const Real* radius,
               std::size_t stride, Real* ceiling) {
    const auto m = scores.center()[k];
    Vector<Real> length[panel_vectors] = {};
    for (std::size_t d = 0; d < features_; ++d) {
#pragma GCC unroll 4
      for (std::size_t i = 0; i < panel_vectors; ++i) {
        const Vector<Real> value = m.difference(load(middle + d * stride + i * lanes<Real>), d);
        store(z_ + d * panel<Real> + i * lanes<Real>, value);
        length[i] += value * value;
      }
    }
    whiten(scores.whitener(k));
    Vector<Real> distance[panel_vectors] = {}, slope[panel_vectors] = {}, spread[panel_vectors] = {};
    for (std::size_t d = 0; d < features_; ++d) {
#pragma GCC unroll 4
      for (std::size_t i = 0; i < panel_vectors; ++i) {
        const std::size_t at = d * panel<Real> + i * lanes<Real>;
        const Vector<Real> y = load(y_ + at), v = load(v_ + at);
        distance[i] += y * y;
        slope[i] += v * v;
        spread[i] += (v < Real{0} ? -v : v) * load(width + d * stride + i * lanes<Real>);
      }
    }
    Real lengths[panel<Real>], distances[panel<Real>], slopes[panel<Real>], spreads[panel<Real>];
#pragma GCC unroll 4
    for (std::size_t i = 0; i < panel_vectors; ++i) {
      store(lengths + i * lanes<Real>, length[i]);
      store(distances + i * lanes<Real>, distance[i]);
      store(slopes + i * lanes<Real>, slope[i]);
      store(spreads + i * lanes<Real>, spread[i]);
    }
    constexpr Real few = 16 * std::numeric_limits<Real>::epsilon();
    const Real offset = scores.offset(k), factor = scores.factor(), rounding = rounding_[k];
    const Real size = offset < Real{0} ? -offset : offset;
    for (std::size_t n = 0; n < panel<Real>; ++n) {
      const Real far = square_root(distances[n]);
      const Real ball = square_root(slopes[n]) * radius[n];
      const Real reach = (ball < spreads[n] ? ball : spreads[n]) / far;
      const Real least = far - (reach + rounding * (square_root(lengths[n]) + radius[n]));
      const bool known = least > Real{0} && distances[n] < Format<Real>::farthest;
      const Real part = known ? -factor * least * least : Real{0};
      ceiling[n] = (offset - part) + few * (size + part);
    }
  }

 private:
  // ||G_k||_F
  static double norm(const Potentials& potentials, std::size_t k, std::size_t features) {
    if (potentials.structure == Structure::spherical) {
      return potentials.whitener[k] * square_root(static_cast<double>(features));
    }
    const bool diagonal = potentials.structure == Structure::diagonal;
    const std::size_t size = diagonal ? features : features * features;
    const double* g = potentials.whitener + (potentials.structure == Structure::pooled ? 0 : k * size);
    double total = 0.0;
    for (std::size_t i = 0; i < size; ++i) total += g[i] * g[i];
    return square_root(total);
  }

  // y = G z and v = G^T y, with G packed as `Scores` has it.
  void whiten(const Real* g) {
    if (structure_ == Structure::diagonal || structure_ == Structure::spherical) {
      for (std::size_t d = 0; d < features_; ++d) {
        const Real scale = g[structure_ == Structure::diagonal ? d : 0];
        for (std::size_t n = d * panel<Real>; n < (d + 1) * panel<Real>; n += lanes<Real>) {
          const Vector<Real> y = scale * load(z_ + n);
          store(y_ + n, y);
          store(v_ + n, scale * y);
        }
      }
      return;
    }
    v_.clear();
    std::size_t i = features_ % outputs;
    if (i == 1) block<1>(0, g);
    if (i == 2) block<2>(0, g);
    for (; i < features_; i += outputs) block<outputs>(i, g);
  }

  // The features i of y, and what they add to v.
  template <std::size_t Outputs>
  MIXFOLD_INLINE void block(std::size_t i, const Real*& g) {
    Vector<Real> y[Outputs][panel_vectors] = {};
    const Real* coefficients = g;
    const Real* z = z_;
    for (std::size_t j = 0; j < i + Outputs; ++j) {
      const std::size_t first = j > i ? j - i : 0;
#pragma GCC unroll 3
      for (std::size_t c = 0; c < Outputs; ++c) {
        if (c < first) continue;
#pragma GCC unroll 4
        for (std::size_t v = 0; v < panel_vectors; ++v) {
          y[c][v] += coefficients[c - first] * load(z + j * panel<Real> + v * lanes<Real>);
        }
      }
      coefficients += Outputs - first;
    }
#pragma GCC unroll 3
    for (std::size_t c = 0; c < Outputs; ++c) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < panel_vectors; ++v) store(y_ + (i + c) * panel<Real> + v * lanes<Real>, y[c][v]);
    }
    coefficients = g;
    for (std::size_t j = 0; j < i + Outputs; ++j) {
      const std::size_t first = j > i ? j - i : 0;
      Real* to = v_ + j * panel<Real>;
#pragma GCC unroll 4
      for (std::size_t v = 0; v < panel_vectors; ++v) {
        Vector<Real> sum = load(to + v * lanes<Real>);
#pragma GCC unroll 3
        for (std::size_t c = 0; c < Outputs; ++c) {
          if (c >= first) sum += coefficients[c - first] * y[c][v];
        }
        store(to + v * lanes<Real>, sum);
      }
      coefficients += Outputs - first;
    }
    g = coefficients;
  }

  const std::size_t features_;
  const Structure structure_;
  Buffer<Real> rounding_;
  Buffer<Real> center_norm_;
  Buffer<Real> z_;
  Buffer<Real> y_;
  Buffer<Real> v_;
};

}  // namespace
}  // namespace mixfold
