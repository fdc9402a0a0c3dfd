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
//
// Where features are many, few rows of a panel lie towards a component, and the first line for each row, which is a
// product with v, rules far more out than the second, and each has its own best score. It is float32: the rounding of
// the distance, (D + 4) u ||v|| radius / ||y|| + u ||y||, is taken off twice, and a millionth of what is added up.
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
        v_(features * panel<Real>),
        far_(panel<Real>),
        slope_(panel<Real>),
        least_(panel<Real>) {
    z_.clear();  // whose columns are not all used
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

  // For each of `those` middles, which are bits, in columns as in a tile, a number that no score of component k is above.
  void compute(const Scores<Real>& scores, std::size_t k, const Real* middle, const Real* width, const Real* radius,
               std::uint64_t those, Real* ceiling) {
    const auto m = scores.center()[k];
    const bool is_diagonal = structure_ == Structure::diagonal || structure_ == Structure::spherical;
    const Real* const g = scores.whitener(k);
    Vector<Real> length[panel_vectors] = {};
    for (std::size_t d = 0; d < features_; ++d) {
      const Real scale = is_diagonal ? g[structure_ == Structure::diagonal ? d : 0] : Real{1};
#pragma GCC unroll 4
      for (std::size_t i = 0; i < panel_vectors; ++i) {
        if (!has(those, i)) continue;
        const std::size_t at = d * panel<Real> + i * lanes<Real>;
        const Vector<Real> value = m.difference(load(middle + at), d);
        length[i] += value * value;
        if (is_diagonal) {
          store(y_ + at, scale * value);
          store(v_ + at, scale * (scale * value));
        } else {
          store(z_ + at, value);
        }
      }
    }
    if (!is_diagonal) whiten(g, those);
    Vector<Real> distance[panel_vectors] = {}, slope[panel_vectors] = {}, spread[panel_vectors] = {};
    for (std::size_t d = 0; d < features_; ++d) {
#pragma GCC unroll 4
      for (std::size_t i = 0; i < panel_vectors; ++i) {
        if (!has(those, i)) continue;
        const std::size_t at = d * panel<Real> + i * lanes<Real>;
        const Vector<Real> y = load(y_ + at), v = load(v_ + at);
        distance[i] += y * y;
        slope[i] += v * v;
        spread[i] += (v < Real{0} ? -v : v) * load(width + at);
      }
    }
    for (std::size_t i = 0; i < panel_vectors; ++i) {
      if (!has(those, i)) continue;
      const Vector<Real> far = roots(distance[i]), steep = roots(slope[i]), wide = load(radius + i * lanes<Real>);
      const Vector<Real> ball = steep * wide, rounding = rounding_[k] * (roots(length[i]) + wide);
      const Vector<Real> reach = (ball < spread[i] ? ball : spread[i]) / far;
      const Vector<Real> held = distance[i] < Format<Real>::farthest ? far : Vector<Real>{};
      store(far_ + i * lanes<Real>, held);
      store(slope_ + i * lanes<Real>, steep / far);
      store(least_ + i * lanes<Real>, held - rounding);
      store(ceiling + i * lanes<Real>, score_at(scores, k, held - (reach + rounding)));
    }
  }

  // What no score of component k is above the best score of its row by, of panel p of those that it was bounded for last,
  // from its rows less their middle, (D, rows), and their best scores less the `lowest` of them.
  float of_rows(const Scores<Real>& scores, std::size_t k, std::size_t p, const float* rows, Real radius,
                const float* best, Real lowest) const {
    constexpr std::size_t vectors = panel<Real> / lanes<float>;
    constexpr Real most = Real{1e15F}, unit = 2 * std::numeric_limits<float>::epsilon();
    constexpr float few = 1e-6F;
    const float most_above = static_cast<float>(scores.offset(k) - lowest);
    if (most_above < -1e30F) return most_above;  // a component without weight
    const Real far = far_[p], slope = slope_[p], each = Real{1} / far;
    Vector<float> along[vectors] = {};
    for (std::size_t d = 0; d < features_; ++d) {
      const float v = static_cast<float>(v_[d * panel<Real> + p] * each);
#pragma GCC unroll 4
      for (std::size_t i = 0; i < vectors; ++i) along[i] += v * load(rows + d * panel<Real> + i * lanes<float>);
    }
    const Real inexact = unit * (static_cast<Real>(features_ + 4) * slope * radius + far) + Real{1e-20F};
    // Nothing where float32 might overflow, or be so small that it is zero.
    const bool known = far > Real{0} && far < most && slope < most && radius < most;
    const float least = static_cast<float>(least_[p] - inexact), factor = static_cast<float>(-scores.factor());
    Vector<float> below = broadcast(std::numeric_limits<float>::infinity());
    for (std::size_t i = 0; i < vectors; ++i) {
      const Vector<float> distance = known ? least + along[i] : Vector<float>{};
      const Vector<float> held = distance > 0.0F ? distance : Vector<float>{};
      const Vector<float> value = factor * (held * held) + load(best + i * lanes<float>);
      below = value < below ? value : below;
    }
    return most_above + few * __builtin_fabsf(most_above) - (1.0F - few) * least_lane(below);
  }

 private:
  // Whether some of those panels are in a vector.
  MIXFOLD_INLINE static bool has(std::uint64_t those, std::size_t i) {
    return those >> i * lanes<Real> & (~std::uint64_t{0} >> (64 - lanes<Real>));
  }

  static Vector<Real> roots(Vector<Real> values) {
    Real lane[lanes<Real>];
    store<Real>(lane, values);
    for (Real& value : lane) value = square_root(value);
    return load<Real>(lane);
  }

  // A number that no score of component k is above at a distance of at least this.
  template <class Value>
  MIXFOLD_INLINE static Value score_at(const Scores<Real>& scores, std::size_t k, Value distance) {
    constexpr Real few = 16 * std::numeric_limits<Real>::epsilon();
    const Real offset = scores.offset(k), size = offset < Real{0} ? -offset : offset;
    const Value held = distance > Real{0} ? distance : Value{}, part = -scores.factor() * held * held;
    return (offset - part) + few * (size + part);
  }

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

  // y = G z and v = G^T y of those panels at least, with G packed as `Scores` has it.
  void whiten(const Real* g, std::uint64_t those) {
    std::size_t first = 0, last = panel_vectors - 1;
    while (!has(those, first)) ++first;
    while (!has(those, last)) --last;
    if (first == last) return whiten_vectors<1>(g, first * lanes<Real>);
    if (first + 1 == last) return whiten_vectors<2>(g, first * lanes<Real>);
    whiten_vectors<panel_vectors>(g, 0);
  }

  // Of so many vectors of panels, from panel p on.
  template <std::size_t Vectors>
  void whiten_vectors(const Real* g, std::size_t p) {
    for (std::size_t d = 0; d < features_; ++d) {
      for (std::size_t v = 0; v < Vectors; ++v) store(v_ + d * panel<Real> + p + v * lanes<Real>, Vector<Real>{});
    }
    std::size_t i = features_ % outputs;
    if (i == 1) block<1, Vectors>(0, p, g);
    if (i == 2) block<2, Vectors>(0, p, g);
    for (; i < features_; i += outputs) block<outputs, Vectors>(i, p, g);
  }

  // The features i of y, and what they add to v.
  template <std::size_t Outputs, std::size_t Vectors>
  MIXFOLD_INLINE void block(std::size_t i, std::size_t p, const Real*& g) {
    Vector<Real> y[Outputs][Vectors] = {};
    const Real* coefficients = g;
    const Real* z = z_ + p;
    for (std::size_t j = 0; j < i + Outputs; ++j) {
      const std::size_t first = j > i ? j - i : 0;
#pragma GCC unroll 3
      for (std::size_t c = 0; c < Outputs; ++c) {
        if (c < first) continue;
#pragma GCC unroll 4
        for (std::size_t v = 0; v < Vectors; ++v) {
          y[c][v] += coefficients[c - first] * load(z + j * panel<Real> + v * lanes<Real>);
        }
      }
      coefficients += Outputs - first;
    }
#pragma GCC unroll 3
    for (std::size_t c = 0; c < Outputs; ++c) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < Vectors; ++v) store(y_ + (i + c) * panel<Real> + p + v * lanes<Real>, y[c][v]);
    }
    coefficients = g;
    for (std::size_t j = 0; j < i + Outputs; ++j) {
      const std::size_t first = j > i ? j - i : 0;
      Real* to = v_ + j * panel<Real> + p;
#pragma GCC unroll 4
      for (std::size_t v = 0; v < Vectors; ++v) {
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
  // Of panels: ||y||, ||v|| / ||y||, and what the former is at least.
  Buffer<Real> far_, slope_, least_;
};

}  // namespace
}  // namespace mixfold
