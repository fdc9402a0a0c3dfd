// Rows as a whitener sees them: y_n = G (x_n - c), where components of one covariance share G.
//
// In the type of the rows, with c and G rounded to it: y_i is a sum of i + 1 products. Lanes run over rows, which lie by
// column in the result, (D, N).
// Threads: none, no state. Aliasing: the result overlaps nothing.
#pragma once

#include "tile.hpp"

namespace mixfold {
namespace {

template <class Real>
class Whitened {
 public:
  Whitened(const double* center, const double* whitener, std::size_t features)
      : features_(features),
        center_(features),
        whitener_(features * features) {
    for (std::size_t i = 0; i < features; ++i) center_[i] = static_cast<Real>(center[i]);
    for (std::size_t i = 0; i < features * features; ++i) whitener_[i] = static_cast<Real>(whitener[i]);
  }

  void compute(const Rows<Real>& rows, Real* result) {
    Tile<Real> tile(tile_rows<Real>(features_, features_), features_, 0);
    Buffer<Real> panels(features_ * tile.stride);
    for (std::size_t first = 0; first < rows.count; first += tile.count) {
      tile.fill(rows, first);
      for (std::size_t n = 0; n < tile.padded(); n += panel<Real>) {
        for (std::size_t j = 0; j < features_; ++j) subtract(tile.columns + j * tile.stride + n, center_[j]);
        std::size_t i = 0;
        for (; i + 3 <= features_; i += 3) block<3>(tile.columns + n, panels + n, tile.stride, i);
        for (; i < features_; ++i) block<1>(tile.columns + n, panels + n, tile.stride, i);
      }
      for (std::size_t i = 0; i < features_; ++i) {
        std::memcpy(result + i * rows.count + first, panels + i * tile.stride, tile.count * sizeof(Real));
      }
    }
  }

 private:
  MIXFOLD_INLINE void subtract(Real* column, Real center) const {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < panel_vectors; ++v) {
      store<Real>(column + v * lanes<Real>, load(column + v * lanes<Real>) - center);
    }
  }

  // Features i to i + Outputs of a panel.
  template <std::size_t Outputs>
  MIXFOLD_INLINE void block(const Real* z, Real* result, std::size_t stride, std::size_t i) const {
    Vector<Real> y[Outputs][panel_vectors] = {};
    for (std::size_t j = 0; j < i + Outputs; ++j) {  // the triangle above is zero
#pragma GCC unroll 4
      for (std::size_t v = 0; v < panel_vectors; ++v) {
        const Vector<Real> value = load(z + j * stride + v * lanes<Real>);
#pragma GCC unroll 3
        for (std::size_t c = 0; c < Outputs; ++c) y[c][v] += whitener_[(i + c) * features_ + j] * value;
      }
    }
#pragma GCC unroll 3
    for (std::size_t c = 0; c < Outputs; ++c) {
#pragma GCC unroll 4
      for (std::size_t v = 0; v < panel_vectors; ++v) store<Real>(result + (i + c) * stride + v * lanes<Real>, y[c][v]);
    }
  }

  const std::size_t features_;
  Buffer<Real> center_, whitener_;
};

template <class Real>
void whitened(const Rows<Real>& rows, const double* center, const double* whitener, Real* result) {
  Whitened<Real>(center, whitener, rows.features).compute(rows, result);
}

}  // namespace
}  // namespace mixfold
