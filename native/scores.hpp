// The scores of a tile of rows: s_kn = c_k - 1/2 ||G_k (x_n - m_k)||^2, for each structure of the whitener G.
//
// c, m, G      offset, center and whitener, rounded once to the type of the rows (the center in two parts)
// x, z, y      a row, z = x - m, y = G z; lanes run over rows, four vectors of rows (a panel) at a time
// Accumulators in the type of the rows. Each y_i is a sum of i + 1 products, the squared distance a sum of D squares:
// relative error of a distance at most about (2 D + 4) u cond, u the unit roundoff and cond the loss in G z.
// A distance that overflows is held at a quarter of the greatest number: the score stays finite.
// Components with degrees of freedom have the scores of tails.hpp. A background is one competitor more, after them.
// Threads: none, no state after construction. Aliasing: `scores` overlaps nothing.
#pragma once

#include <limits>

#include "tails.hpp"

namespace mixfold {
namespace {

// A lower-triangular whitener, packed in the order in which `TriangularPanel` reads it: blocks of rows i of G, short
// block first; in a block column by column j; in a column the rows i >= j. No zero of the upper triangle is stored.
constexpr std::size_t outputs = 3;

template <class Real>
void pack_triangle(const double* whitener, std::size_t features, Real* packed) {
  std::size_t block = features % outputs == 0 ? outputs : features % outputs;
  for (std::size_t i = 0; i < features; i += block, block = outputs) {
    for (std::size_t j = 0; j < i + block; ++j) {
      for (std::size_t row = j > i ? j : i; row < i + block; ++row) {
        *packed++ = static_cast<Real>(whitener[row * features + j]);
      }
    }
  }
}

// ||G z||^2 of one panel, as it grows block of outputs by block.
template <class Real>
struct TriangularPanel {
  const Real* x;
  std::size_t stride;
  typename Centers<Real>::Center m;
  Real* z;  // (D, panel), filled as features are first needed
  const Real* g;
  Vector<Real> distance[panel_vectors] = {};

  // Outputs i to i + Outputs; unless it is the last block, z is kept for those that follow.
  template <std::size_t Outputs, bool Last = false>
  MIXFOLD_INLINE void block(std::size_t i) {
    Vector<Real> y[Outputs][panel_vectors] = {};
    const Real* column = z;
    const Real* coefficients = g;
    for (std::size_t j = 0; j < i; ++j, column += panel<Real>, coefficients += Outputs) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < panel_vectors; ++v) {
        const Vector<Real> value = load(column + v * lanes<Real>);
#pragma GCC unroll 3
        for (std::size_t c = 0; c < Outputs; ++c) y[c][v] += coefficients[c] * value;
      }
    }
#pragma GCC unroll 3
    for (std::size_t j = 0; j < Outputs; ++j) {
      const auto center = m[i + j];
      Real rest[Outputs];  // copies, which no store can change
#pragma GCC unroll 3
      for (std::size_t c = j; c < Outputs; ++c) rest[c] = coefficients[c - j];
#pragma GCC unroll 4
      for (std::size_t v = 0; v < panel_vectors; ++v) {
        const Vector<Real> value = center.difference(load(x + (i + j) * stride + v * lanes<Real>));
        if constexpr (!Last) store(z + (i + j) * panel<Real> + v * lanes<Real>, value);
#pragma GCC unroll 3
        for (std::size_t c = j; c < Outputs; ++c) y[c][v] += rest[c] * value;
      }
      coefficients += Outputs - j;
    }
    g = coefficients;
#pragma GCC unroll 3
    for (std::size_t c = 0; c < Outputs; ++c) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < panel_vectors; ++v) distance[v] += y[c][v] * y[c][v];
    }
  }

  // Blocks until at least this many features are in, or `stop` says of the distance so far that it is far enough.
  template <class Stop>
  MIXFOLD_INLINE void until(std::size_t enough, std::size_t features, Stop stop) {
    std::size_t i = features % outputs;
    if (i == 1) block<1>(0);
    if (i == 2) block<2>(0);
    for (; i < enough && (i < 4 || !stop(distance)); i += outputs) block<outputs>(i);
  }

  // All blocks; inlined with a constant, its loops are unrolled.
  MIXFOLD_INLINE void all(std::size_t features) {
    std::size_t i = features % outputs;
    if (features == 1) return block<1, true>(0);
    if (features == 2) return block<2, true>(0);
    if (i == 1) block<1>(0);
    if (i == 2) block<2>(0);
#pragma GCC unroll 3
    for (; i + outputs < features; i += outputs) block<outputs>(i);
    block<outputs, true>(i);
  }
};

template <class Real>
class Scores {
 public:
  // Gives the scores times `scale`, a power of two.
  Scores(const Potentials& potentials, std::size_t features, Real scale)
      : components(potentials.components),
        competitors(potentials.components + (potentials.background > -std::numeric_limits<double>::infinity())),
        features_(features),
        structure_(potentials.structure),
        factor_(-scale / 2),
        background_(scale * static_cast<Real>(potentials.background)),
        whitener_stride_(stride(potentials.structure, features)),
        center_(potentials.center, components, features, features),
        offset_(components),
        whitener_(whitener_stride_ * components + (structure_ == Structure::pooled ? triangle(features) : 0)),
        z_(features * panel<Real>) {
    // Tails are made of distances alone.
    if (potentials.degrees != nullptr) tails_.emplace(potentials, features, scale);
    for (std::size_t k = 0; k < components; ++k) {
      offset_[k] = tails_ ? Real{0} : scale * static_cast<Real>(potentials.offset[k]);
    }
    const double* from = potentials.whitener;
    if (structure_ == Structure::full) {
      for (std::size_t k = 0; k < components; ++k) {
        pack_triangle(from + k * features * features, features, whitener_ + k * whitener_stride_);
      }
    } else if (structure_ == Structure::pooled) {
      pack_triangle<Real>(from, features, whitener_);
    } else {
      for (std::size_t i = 0; i < components * whitener_stride_; ++i) whitener_[i] = static_cast<Real>(from[i]);
    }
  }

  // Fills scores + k stride for every row of the tile's panels and every competitor; sqrt(u) and log(u) as well, if there
  // are tails and room for them.
  void compute(const Tile<Real>& tile, Real* scores, Real* root = nullptr, Real* log = nullptr) {
    distances(tile, scores);
    const std::size_t padded = tile.padded();
    for (std::size_t k = 0; tails_ && k < components; ++k) {
      const std::size_t at = k * tile.stride;
      tails_->apply(k, padded, scores + at, root == nullptr ? root : root + at, log == nullptr ? log : log + at);
    }
    for (std::size_t n = 0; has_background() && n < padded; ++n) {
      scores[components * tile.stride + n] = background_;
    }
  }

  // A number that is never below the score, up to rounding, and costs less: for a triangular whitener the score of the
  // leading features alone.
  void bound(const Tile<Real>& tile, Real* scores) {
    if (structure_ == Structure::diagonal || structure_ == Structure::spherical) return compute(tile, scores);
    const std::size_t padded = tile.padded();
    const std::size_t leading = features_ < 4 ? features_ : features_ < 8 ? 4 : features_ < 16 ? features_ / 2 : 8;
    const Real* columns = tile.columns;
    for (std::size_t k = 0; k < components; ++k, scores += tile.stride) {
      for (std::size_t n = 0; n < padded; n += panel<Real>) {
        TriangularPanel<Real> panel{columns + n, tile.stride, center_[k], z_, whitener(k)};
        panel.until(leading, features_, [](const Vector<Real>*) { return false; });
        finish(panel.distance, offset_[k], scores + n);
      }
    }
  }

  // The scores of component k for the panel of rows from n on. Where every one is below `floor`, they may be any numbers
  // that are. (One copy of the code, so that a score has the same bits wherever it is asked for.)
  __attribute__((noinline)) void of_panel(const Tile<Real>& tile, std::size_t k, std::size_t n,
                                          const Vector<Real>* floor, Real* scores) {
    const Real* columns = tile.columns;
    const Real offset = offset_[k], *g = whitener(k);
    if (structure_ == Structure::diagonal) {
      return diagonal_panel(columns + n, tile.stride, k, scores, [=](std::size_t d) { return g[d]; });
    }
    if (structure_ == Structure::spherical) {
      return diagonal_panel(columns + n, tile.stride, k, scores, [=](std::size_t) { return g[0]; });
    }
    TriangularPanel<Real> panel{columns + n, tile.stride, center_[k], z_, g};
    panel.until(features_, features_, [&](const Vector<Real>* distance) MIXFOLD_INLINE_LAMBDA {
      Mask<Real> close = {};
#pragma GCC unroll 4
      for (std::size_t v = 0; v < panel_vectors; ++v) close |= !(offset + factor_ * distance[v] < floor[v]);
      return !any<Real>(close);
    });
    finish(panel.distance, offset, scores);
  }

  // The scores of component k, of a Gaussian tail, for every row of the tile's panels.
  void of_component(const Tile<Real>& tile, std::size_t k, Real* scores) {
    switch (structure_) {
      case Structure::full:
      case Structure::pooled: triangular(tile, k, scores); break;
      case Structure::diagonal: diagonal(tile, k, scores, [g = whitener(k)](std::size_t d) { return g[d]; }); break;
      case Structure::spherical: diagonal(tile, k, scores, [g = whitener(k)](std::size_t) { return g[0]; }); break;
    }
  }

  const Centers<Real>& center() const { return center_; }
  Real offset(std::size_t k) const { return offset_[k]; }
  Real factor() const { return factor_; }
  const Real* whitener(std::size_t k) const { return whitener_ + k * whitener_stride_; }

  bool has_tails() const { return tails_.has_value(); }
  bool has_background() const { return competitors > components; }
  // Minus infinity where there is none.
  Real background() const { return background_; }

  const std::size_t components;
  const std::size_t competitors;

 private:
  using Center = typename Centers<Real>::Center;

  static std::size_t triangle(std::size_t features) { return features * (features + 1) / 2; }

  static std::size_t stride(Structure structure, std::size_t features) {
    if (structure == Structure::full) return triangle(features);
    if (structure == Structure::pooled) return 0;
    return structure == Structure::diagonal ? features : 1;
  }

  // Scores of Gaussian tails.
  void distances(const Tile<Real>& tile, Real* scores) {
    for (std::size_t k = 0; k < components; ++k) of_component(tile, k, scores + k * tile.stride);
  }

  // Few features have kernels of their own, without loops over features.
  void triangular(const Tile<Real>& tile, std::size_t k, Real* scores) {
    switch (features_) {
      case 1: return triangular_of<1>(tile, k, scores);
      case 2: return triangular_of<2>(tile, k, scores);
      case 3: return triangular_of<3>(tile, k, scores);
      case 4: return triangular_of<4>(tile, k, scores);
      default: return triangular_of<0>(tile, k, scores);
    }
  }

  template <std::size_t Features>
  void triangular_of(const Tile<Real>& tile, std::size_t k, Real* scores) {
    const std::size_t padded = tile.padded();
    const Real* columns = tile.columns;
    Real* z = z_;
    for (std::size_t n = 0; n < padded; n += panel<Real>) {
      TriangularPanel<Real> panel{columns + n, tile.stride, center_[k], z, whitener(k)};
      panel.all(Features == 0 ? features_ : Features);
      finish(panel.distance, offset_[k], scores + n);
    }
  }

  // Sums of (g_d z_d)^2.
  template <class Whitener>
  void diagonal(const Tile<Real>& tile, std::size_t k, Real* scores, Whitener g) {
    const std::size_t padded = tile.padded();
    const Real* columns = tile.columns;
    for (std::size_t n = 0; n < padded; n += panel<Real>) diagonal_panel(columns + n, tile.stride, k, scores + n, g);
  }

  template <class Whitener>
  MIXFOLD_INLINE void diagonal_panel(const Real* x, std::size_t stride, std::size_t k, Real* scores, Whitener g) const {
    const auto m = center_[k];
    Vector<Real> distance[panel_vectors] = {};
    for (std::size_t d = 0; d < features_; ++d, x += stride) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < panel_vectors; ++v) {
        const Vector<Real> y = g(d) * m.difference(load(x + v * lanes<Real>), d);
        distance[v] += y * y;
      }
    }
    finish(distance, offset_[k], scores);
  }

  MIXFOLD_INLINE void finish(const Vector<Real>* distance, Real offset, Real* scores) const {
    const Vector<Real> farthest = broadcast<Real>(Format<Real>::farthest);
#pragma GCC unroll 4
    for (std::size_t v = 0; v < panel_vectors; ++v) {
      const Vector<Real> held = distance[v] < farthest ? distance[v] : farthest;  // also where it is not a number
      store<Real>(scores + v * lanes<Real>, offset + factor_ * held);
    }
  }

  const std::size_t features_;
  const Structure structure_;
  const Real factor_;
  const Real background_;
  const std::size_t whitener_stride_;
  Centers<Real> center_;
  Buffer<Real> offset_;
  Buffer<Real> whitener_;
  Buffer<Real> z_;
  std::optional<Tails<Real>> tails_;
};

}  // namespace
}  // namespace mixfold
