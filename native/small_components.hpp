// Few Gaussian components in few features, as the fold of rows in registers sees them (small_step.hpp).
//
// y_kn     G_k (x_n - m_k), or where components are not so narrow that digits would be lost G_k x_n - G_k m_k
// s_kn     score of component k for row n in units of log 2, (c_k - 1/2 ||y_kn||^2) / log 2, of which the factors are those
//          of G_k and c_k; where assignment is hard 2 c_k - ||y_kn||^2
// In the type of the rows; y is wrong by at most `most_deviations` u beside its own rounding.
// Threads: none.
#pragma once

#include "tile.hpp"

namespace mixfold {
namespace {

constexpr std::size_t most_small_components = 15, most_small_features = 6;

// Deviations of a component that its mean may be away from zero for its rows to be whitened before the mean is taken off.
template <class Real>
constexpr double most_deviations = sizeof(Real) == sizeof(float) ? 32.0 : 1024.0;

// Deviations of a component that its rows may be away from its mean, the root of their mean square, for moments of y of which
// features are mixtures to keep the digits of each feature.
template <class Real>
constexpr double most_deviations_of_rows = sizeof(Real) == sizeof(float) ? 1e2 : 1e5;

// Whiteners between this and its inverse have products that neither overflow nor vanish.
template <class Real>
constexpr double least_whitener = sizeof(Real) == sizeof(float) ? 0x1p-30 : 0x1p-300;

constexpr bool is_triangular(Structure structure) {
  return structure == Structure::full || structure == Structure::pooled;
}

template <class Real>
bool is_small(const Potentials& potentials, std::size_t features, Structure scatter) {
  if ((!is_triangular(scatter) && is_triangular(potentials.structure)) ||
      potentials.components > most_small_components || features > most_small_features ||
      potentials.degrees != nullptr || potentials.background != -__builtin_inf()) {
    return false;
  }
  const std::size_t rows = potentials.structure == Structure::spherical ? 1 : features;
  const std::size_t each = is_triangular(potentials.structure) ? rows * rows : rows;
  const std::size_t many = potentials.structure == Structure::pooled ? 1 : potentials.components;
  for (std::size_t k = 0; k < many; ++k) {
    for (std::size_t i = 0; i < rows; ++i) {
      const double value = potentials.whitener[k * each + i * (each / rows + (each > rows))];
      if (!(value > least_whitener<Real> && value < 1.0 / least_whitener<Real>)) return false;
    }
  }
  return true;
}

template <class Real, std::size_t Features, bool Triangular>
class SmallComponents {
  static constexpr double root_half_log2_e = 0x1.b2da4e9808a53p-1;
  static constexpr std::size_t products = Triangular ? Features * (Features + 1) / 2 : Features;

 public:
  static constexpr std::size_t moments = 1 + Features + products;

  SmallComponents(const Potentials& potentials, bool hard)
      : unit(hard ? 2.0 : Format<double>::log2_e),
        mixes_(is_triangular(potentials.structure)) {
    const double scale = hard ? 1.0 : root_half_log2_e;
    for (std::size_t k = 0; k < potentials.components; ++k) {
      offset_[k] = static_cast<Real>(unit * potentials.offset[k]);
      const double* whitener = potentials.whitener;
      for (std::size_t i = 0, at = 0; i < Features; ++i) {
        const double center = potentials.center[k * Features + i];
        high_[k][i] = static_cast<Real>(center);
        low_[k][i] = static_cast<Real>(center - rounded<Real>(center));
        const bool diagonal = potentials.structure == Structure::diagonal;
        if (!Triangular || !is_triangular(potentials.structure)) {
          for (std::size_t j = 0; Triangular && j < i; ++j) whitener_[k][at++] = Real{0};
          whitener_[k][at++] = static_cast<Real>(scale * whitener[diagonal ? k * Features + i : k]);
          continue;
        }
        if (potentials.structure == Structure::full) whitener = potentials.whitener + k * Features * Features;
        for (std::size_t j = 0; j <= i; ++j) whitener_[k][at++] = static_cast<Real>(scale * whitener[i * Features + j]);
      }
      place(k, potentials.center + k * Features, hard);
    }
  }

  MIXFOLD_INLINE void whiten(std::size_t k, const Vector<Real> (&x)[Features][panel_vectors],
                             Real (&whitened)[Features][panel<Real>]) const {
    if (is_near_[k]) {
      whiten_by<true>(k, x, whitened);
    } else {
      whiten_by<false>(k, x, whitened);
    }
  }

  MIXFOLD_INLINE Vector<Real> score(std::size_t k, const Real (&whitened)[Features][panel<Real>], std::size_t v) const {
    Vector<Real> score = broadcast(offset_[k]);
#pragma GCC unroll 6
    for (std::size_t i = 0; i < Features; ++i) {
      const Vector<Real> y = load(whitened[i] + v * lanes<Real>);
      score -= y * y;
    }
    return maximum<Real>(score, broadcast<Real>(-Format<Real>::farthest));  // also where it is not a number
  }

  // Whether the moments of y have the digits of each feature.
  bool are_exact(const double* moment) const {
    constexpr double most = most_deviations_of_rows<Real> * most_deviations_of_rows<Real>;
    const double greatest = mixes_ ? most * moment[0] : std::numeric_limits<double>::max();
    for (std::size_t i = 0; i < Features; ++i) {
      if (!(moment[1 + Features + at(i, i)] <= greatest)) return false;
    }
    return true;
  }

  // Adds to the sums what the moments of y say of z = G^-1 y: count, shift and products.
  void add(std::size_t k, const double* moment, Sums& sums) const {
    const double count = moment[0];
    const double *const shift = moment + 1, *product = shift + Features;
    double inverse[Features][Features] = {}, colored[Features][Features] = {}, products_of[Features][Features] = {};
    for (std::size_t i = 0; i < Features; ++i) {
      const double own = 1.0 / static_cast<double>(whitener_[k][at(i, i)]);
      inverse[i][i] = own;
      for (std::size_t j = 0; Triangular && j < i; ++j) {
        double sum = 0.0;
        for (std::size_t l = j; l < i; ++l) sum += static_cast<double>(whitener_[k][at(i, l)]) * inverse[l][j];
        inverse[i][j] = -own * sum;
      }
      for (std::size_t j = Triangular ? 0 : i; j <= i; ++j) products_of[i][j] = products_of[j][i] = *product++;
    }
    sums.count[k] += count;
    for (std::size_t i = 0; i < Features; ++i) {
      for (std::size_t j = Triangular ? 0 : i; j <= i; ++j) {
        const double lost = is_near_[k] ? count * lost_[k][j] : 0.0;
        sums.shift[k * Features + i] += inverse[i][j] * (shift[j] + lost);
        for (std::size_t l = 0; l < Features; ++l) colored[i][l] += inverse[i][j] * products_of[j][l];
      }
    }
    for (std::size_t i = 0; i < Features; ++i) {
      if constexpr (Triangular) {
        double* scatter = sums.scatter + (sums.structure == Structure::pooled ? 0 : k * Features * Features);
        for (std::size_t j = 0; j <= i; ++j) {
          double sum = 0.0;
          for (std::size_t l = 0; l <= j; ++l) sum += colored[i][l] * inverse[j][l];
          scatter[i * Features + j] += sum;
          if (i != j) scatter[j * Features + i] += sum;
        }
      } else {
        sums.scatter[sums.structure == Structure::diagonal ? k * Features + i : k] += colored[i][i] * inverse[i][i];
      }
    }
  }

  const double unit;  // of scores, for each nat

 private:
  // At which place of its packed whitener a feature of y has what it takes of one of x.
  static constexpr std::size_t at(std::size_t i, std::size_t j) { return Triangular ? i * (i + 1) / 2 + j : i; }

  // Where the mean of a component is as whitened, and whether it is taken off there.
  void place(std::size_t k, const double* center, bool hard) {
    double farthest = 0.0;
    for (std::size_t i = 0; i < Features; ++i) {
      double place = 0.0, away = 0.0;
      for (std::size_t j = Triangular ? 0 : i; j <= i; ++j) {
        const double part = static_cast<double>(whitener_[k][at(i, j)]) * center[j];
        place += part;
        away += part < 0.0 ? -part : part;
      }
      place_[k][i] = static_cast<Real>(place);
      lost_[k][i] = rounded<Real>(place) - place;
      farthest = away > farthest ? away : farthest;
    }
    is_near_[k] = !hard && farthest <= most_deviations<Real>;
  }

  MIXFOLD_INLINE Vector<Real> difference(std::size_t k, std::size_t d, Vector<Real> x) const {
    if constexpr (sizeof(Real) == sizeof(double)) return x - high_[k][d];
    return (x - high_[k][d]) - low_[k][d];
  }

  template <bool Near>
  MIXFOLD_INLINE void whiten_by(std::size_t k, const Vector<Real> (&x)[Features][panel_vectors],
                                Real (&whitened)[Features][panel<Real>]) const {
#pragma GCC unroll 6
    for (std::size_t v = 0; v < panel_vectors; ++v) {
      Vector<Real> z[Features];
#pragma GCC unroll 6
      for (std::size_t i = 0; i < Features; ++i) z[i] = Near ? x[i][v] : difference(k, i, x[i][v]);
#pragma GCC unroll 6
      for (std::size_t i = 0; i < Features; ++i) {
        Vector<Real> y = {};
        if constexpr (Near) y -= place_[k][i];
#pragma GCC unroll 6
        for (std::size_t j = Triangular ? 0 : i; j <= i; ++j) y += whitener_[k][at(i, j)] * z[j];
        store<Real>(whitened[i] + v * lanes<Real>, y);
      }
    }
  }

  const bool mixes_;  // features in each of y
  Real offset_[most_small_components], whitener_[most_small_components][products];
  Real high_[most_small_components][Features], low_[most_small_components][Features];
  Real place_[most_small_components][Features];
  double lost_[most_small_components][Features];
  bool is_near_[most_small_components];
};

}  // namespace
}  // namespace mixfold
