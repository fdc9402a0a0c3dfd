// Weighted moments of a list of rows with the lanes over features: full and pooled scatter of many features.
//
// N_k += sum_n r_n    s_k += sum_n r_n z_n    S_k += sum_n r_n z_n z_n^T, z = x - m_k, lower triangle of S only
// What comes in is root = sqrt(r). u = root z is packed in strips of `strip` features, each strip contiguous over rows;
// S = sum u u^T is then a matrix product of strips in register blocks of 4 features x one strip. Rows with no share are
// not in the list and cost nothing. Sums over the rows of one tile are in the type of the rows, sums over tiles in
// float64: relative error of a sum of squares at most about (tile rows + 3) u of the type.
// Threads: none. Aliasing: the sums and the scratch are written, nothing else.
#pragma once

#include "added.hpp"

namespace mixfold {
namespace {

template <class Real>
class BlockMoments {
 public:
  static constexpr bool by_lists = true;
  static constexpr std::size_t strip_vectors = lanes<Real> == 2 ? 2 : 3;
  static constexpr std::size_t strip = strip_vectors * lanes<Real>;
  static constexpr std::size_t row_padding = strip;

  BlockMoments(const double* center, std::size_t components, std::size_t features, std::size_t capacity, Sums& sums)
      : features_(features),
        pooled_(sums.structure == Structure::pooled),
        sums_(sums),
        center_(center, components, features, round_up(features, strip)),
        u_(capacity * round_up(features, strip)),
        added_(components) {}

  void add(std::size_t k, const Tile<Real>& tile, const std::uint32_t* list, const Real* roots, std::size_t rows) {
    added_.add(pooled_ ? 0 : k);
    double count = 0.0;
    for (std::size_t n = 0; n < rows; ++n) count += static_cast<double>(roots[n]) * static_cast<double>(roots[n]);
    sums_.count[k] += count;
    for (std::size_t d = 0; d < features_; d += strip) pack(k, d, tile, list, roots, rows);
    double* scatter = sums_.scatter + (pooled_ ? 0 : k * features_ * features_);
    for (std::size_t j = 0; j < features_; j += strip) {
      for (std::size_t i = j; i < features_; i += 4) {
        const std::size_t columns = (i + 4 < features_ ? i + 4 : features_) - j;
        const std::size_t vectors = (columns + lanes<Real> - 1) / lanes<Real>;
        if (vectors >= 3) {
          block<strip_vectors>(i, j, rows, scatter);
        } else if (vectors == 2) {
          block<2>(i, j, rows, scatter);
        } else {
          block<1>(i, j, rows, scatter);
        }
      }
    }
  }

  // Copies the lower triangles to the upper.
  void flush() {
    added_.for_each([&](std::size_t k) {
      double* scatter = sums_.scatter + k * features_ * features_;
      for (std::size_t i = 0; i < features_; ++i) {
        for (std::size_t j = 0; j < i; ++j) scatter[j * features_ + i] = scatter[i * features_ + j];
      }
    });
  }

  std::size_t rows_between_flushes() const { return ~std::size_t{0}; }

 private:
  // u for one strip of features, and its part of the shift; two rows at a time, to hide the latency of the sums.
  void pack(std::size_t k, std::size_t d, const Tile<Real>& tile, const std::uint32_t* list, const Real* roots,
            std::size_t rows) {
    const auto m = center_[k];
    Vector<Real> shift[2][strip_vectors] = {};
    Real* u = u_ + d * rows;
    const auto add_row = [&](std::size_t n, Vector<Real>* sum) MIXFOLD_INLINE_LAMBDA {
      const Real* x = tile.rows + list[n] * tile.row_stride + d;
#pragma GCC unroll 3
      for (std::size_t v = 0; v < strip_vectors; ++v) {
        const Vector<Real> value = roots[n] * m.row_difference(load(x + v * lanes<Real>), d + v * lanes<Real>);
        store(u + n * strip + v * lanes<Real>, value);
        sum[v] += roots[n] * value;
      }
    };
    std::size_t n = 0;
    for (; n + 2 <= rows; n += 2) {
      add_row(n, shift[0]);
      add_row(n + 1, shift[1]);
    }
    if (n < rows) add_row(n, shift[0]);
    Real sums[strip];
    for (std::size_t v = 0; v < strip_vectors; ++v) store<Real>(sums + v * lanes<Real>, shift[0][v] + shift[1][v]);
    for (std::size_t f = 0; f < strip && d + f < features_; ++f) {
      sums_.shift[k * features_ + d + f] += static_cast<double>(sums[f]);
    }
  }

  // S[i : i + 4, j : j + Vectors lanes], i >= j. What lies above the diagonal is overwritten when all is done; what
  // lies beyond the last feature is dropped.
  template <std::size_t Vectors>
  MIXFOLD_INLINE void block(std::size_t i, std::size_t j, std::size_t rows, double* scatter) {
    Vector<Real> sum[4][Vectors];
#pragma GCC unroll 12
    for (std::size_t c = 0; c < 4 * Vectors; ++c) sum[c / Vectors][c % Vectors] = Vector<Real>{};
    // What is added to at the end lies far apart: it travels while the products are summed.
    for (std::size_t a = 0; a < 4 && i + a < features_; ++a) {
      const double* row = scatter + (i + a) * features_ + j;
      constexpr std::size_t columns = Vectors * lanes<Real>, line = cache_line / sizeof(double);
      for (std::size_t b = 0; b < columns; b += line) __builtin_prefetch(row + b, 1);
      __builtin_prefetch(row + columns - 1, 1);
    }
    const Real* left = u_ + i / strip * strip * rows + i % strip;
    const Real* right = u_ + j * rows;
    for (std::size_t n = 0; n < rows; ++n, left += strip, right += strip) {
#pragma GCC unroll 4
      for (std::size_t a = 0; a < 4; ++a) {
#pragma GCC unroll 3
        for (std::size_t v = 0; v < Vectors; ++v) sum[a][v] += left[a] * load(right + v * lanes<Real>);
      }
    }
    if (i + 4 <= features_ && j + Vectors * lanes<Real> <= features_) {
#pragma GCC unroll 12
      for (std::size_t c = 0; c < 4 * Vectors; ++c) {
        double* to = scatter + (i + c / Vectors) * features_ + j + c % Vectors * lanes<Real>;
        add_lanes(to, sum[c / Vectors][c % Vectors]);
      }
      return;
    }
    Real values[4][Vectors * lanes<Real>];
#pragma GCC unroll 12
    for (std::size_t c = 0; c < 4 * Vectors; ++c) {
      store(values[c / Vectors] + c % Vectors * lanes<Real>, sum[c / Vectors][c % Vectors]);
    }
    for (std::size_t a = 0; a < 4 && i + a < features_; ++a) {
      for (std::size_t b = 0; b < Vectors * lanes<Real> && j + b < features_; ++b) {
        scatter[(i + a) * features_ + j + b] += static_cast<double>(values[a][b]);
      }
    }
  }

  const std::size_t features_;
  const bool pooled_;
  Sums& sums_;
  Centers<Real> center_;
  Buffer<Real> u_;
  Added added_;
};

}  // namespace
}  // namespace mixfold
