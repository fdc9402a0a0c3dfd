// Weighted moments of a tile with the lanes over rows: full and pooled scatter of few features.
//
// N_k += sum_n r_n    s_k += sum_n r_n z_n    S_k += sum_n r_n z_n z_n^T, z = x - m_k, lower triangle of S only
// r, root, u   share of a row times its weight, its square root (which is what comes in, as h_n scale_n), and
//              u = root z, so that S = sum u u^T needs one array
// Every sum has one accumulator a lane, in the type of the rows, kept from tile to tile; `flush` adds the lanes up in
// float64. float32 sums are flushed so often that a lane adds at most `flush_rows` / lanes terms: relative error of a
// sum of squares at most about that many u. float64 sums: (rows / lanes + 4) u.
// Threads: none. Aliasing: only the accumulators and the scratch are written until `flush`.
#pragma once

#include "tile.hpp"

namespace mixfold {
namespace {

constexpr std::size_t flush_rows = 1024;

template <class Real>
class LaneMoments {
 public:
  static constexpr std::size_t row_padding = 0;
  static constexpr bool by_lists = false;

  LaneMoments(const double* center, std::size_t components, std::size_t features, std::size_t capacity, Sums& sums)
      : components_(components),
        features_(features),
        triangle_(features * (features + 1) / 2),
        stride_(capacity + cache_line / sizeof(Real)),
        pooled_(sums.structure == Structure::pooled),
        sums_(sums),
        center_(center, components, features, features),
        linear_(components * (1 + features) * lanes<Real>),
        quadratic_((pooled_ ? 1 : components) * triangle_ * lanes<Real>),
        root_(stride_),
        u_(stride_ * features) {
    linear_.clear();
    quadratic_.clear();
  }

  // Adds rows that lie in columns, with roots of shares h_n scale_n, zero for rows to be left out; `rows` is a whole
  // number of vectors.
  void add(std::size_t k, const Real* columns, std::size_t stride, const Real* h, const Real* scale, std::size_t rows) {
    switch (features_) {
      case 1: return few<1>(k, columns, stride, h, scale, rows);
      case 2: return few<2>(k, columns, stride, h, scale, rows);
      case 3: return few<3>(k, columns, stride, h, scale, rows);
      default: return many(k, {columns, stride}, h, scale, rows);
    }
  }

  void flush() {
    for (std::size_t k = 0; k < components_; ++k) {
      const Real* linear = linear_ + k * (1 + features_) * lanes<Real>;
      sums_.count[k] += horizontal_sum<Real>(load(linear));
      for (std::size_t d = 0; d < features_; ++d) {
        sums_.shift[k * features_ + d] += horizontal_sum<Real>(load(linear + (1 + d) * lanes<Real>));
      }
    }
    const Real* quadratic = quadratic_;
    for (std::size_t k = 0; k < (pooled_ ? 1 : components_); ++k) {
      double* scatter = sums_.scatter + k * features_ * features_;
      for (std::size_t i = 0; i < features_; ++i) {
        for (std::size_t j = 0; j <= i; ++j, quadratic += lanes<Real>) {
          scatter[i * features_ + j] += horizontal_sum<Real>(load(quadratic));
          scatter[j * features_ + i] = scatter[i * features_ + j];
        }
      }
    }
    linear_.clear();
    quadratic_.clear();
  }

  std::size_t rows_between_flushes() const { return sizeof(Real) == sizeof(float) ? flush_rows : ~std::size_t{0}; }

 private:
  static std::size_t row_start(std::size_t i) { return i * (i + 1) / 2; }

  Real* linear(std::size_t k) { return linear_ + k * (1 + features_) * lanes<Real>; }
  Real* quadratic(std::size_t k) { return quadratic_ + (pooled_ ? 0 : k * triangle_ * lanes<Real>); }

  // So few features that all their sums stay in registers.
  template <std::size_t Features>
  void few(std::size_t k, const Real* columns, std::size_t stride, const Real* h, const Real* scale, std::size_t rows) {
    constexpr std::size_t products = Features * (Features + 1) / 2;
    const auto m = center_[k];
    Real* first = linear(k);
    Real* second = quadratic(k);
    Vector<Real> sum[1 + Features], product[products];
#pragma GCC unroll 4
    for (std::size_t i = 0; i <= Features; ++i) sum[i] = load(first + i * lanes<Real>);
#pragma GCC unroll 6
    for (std::size_t i = 0; i < products; ++i) product[i] = load(second + i * lanes<Real>);
    for (std::size_t n = 0; n < rows; n += lanes<Real>) {
      const Vector<Real> root = load(h + n) * load(scale + n);
      const Vector<Real> share = root * root;
      sum[0] += share;
      Vector<Real> z[Features];
#pragma GCC unroll 4
      for (std::size_t i = 0; i < Features; ++i) {
        z[i] = m.difference(load(columns + i * stride + n), i);
        const Vector<Real> weighted = share * z[i];
        sum[1 + i] += weighted;
#pragma GCC unroll 4
        for (std::size_t j = 0; j <= i; ++j) product[i * (i + 1) / 2 + j] += weighted * z[j];
      }
    }
#pragma GCC unroll 4
    for (std::size_t i = 0; i <= Features; ++i) store(first + i * lanes<Real>, sum[i]);
#pragma GCC unroll 6
    for (std::size_t i = 0; i < products; ++i) store(second + i * lanes<Real>, product[i]);
  }

  struct Columns {
    const Real* first;
    std::size_t stride;
  };

  // Features in groups of three, with two groups of two in place of three and one.
  void many(std::size_t k, const Columns x, const Real* h, const Real* scale, std::size_t rows) {
    Real* sums = quadratic(k);
    std::size_t i = features_ == 4 ? 2 : 3;
    if (i == 2) corner<2, true>(k, 0, x, h, scale, rows);
    if (i == 3) corner<3, true>(k, 0, x, h, scale, rows);
    while (i < features_) {
      std::size_t j = 0;
      if (features_ - i == 2 || features_ - i == 4) {
        corner<2, false>(k, i, x, h, scale, rows);
        for (; j + 6 <= i; j += 6) block<2, 6>(i, j, rows, sums);
        if (i - j == 5) block<2, 5>(i, j, rows, sums);
        if (i - j == 3) block<2, 3>(i, j, rows, sums);
        if (i - j == 2) block<2, 2>(i, j, rows, sums);
        i += 2;
      } else {
        corner<3, false>(k, i, x, h, scale, rows);
        for (; j < i; j += 3) block<3, 3>(i, j, rows, sums);
        i += 3;
      }
    }
  }

  // u and the shift of a group of features, and the lower triangle of S[i : i + Size, i : i + Size]: together, so that the
  // products fill the time that the stores of u take. The first group finds the roots as well.
  template <std::size_t Size, bool First>
  MIXFOLD_INLINE void corner(std::size_t k, std::size_t i, const Columns x, const Real* h, const Real* scale,
                             std::size_t rows) {
    typename Centers<Real>::Coordinate m[Size];
    Vector<Real> shift[Size], sum[Size][Size];
    Vector<Real> count = load(linear(k));
    const Real* columns = x.first + i * x.stride;
    Real* roots = root_;
    Real* left = u_ + i * stride_;
    Real* linears = linear(k) + (1 + i) * lanes<Real>;
    Real* quadratics = quadratic(k);
    const std::size_t stride = stride_;
#pragma GCC unroll 3
    for (std::size_t a = 0; a < Size; ++a) {
      m[a] = center_[k][i + a];
      shift[a] = load(linears + a * lanes<Real>);
#pragma GCC unroll 3
      for (std::size_t b = 0; b <= a; ++b) sum[a][b] = load(quadratics + (row_start(i + a) + i + b) * lanes<Real>);
    }
    for (std::size_t n = 0; n < rows; n += lanes<Real>) {
      Vector<Real> root;
      if constexpr (First) {
        root = load(h + n) * load(scale + n);
        count += root * root;
        store(roots + n, root);
      } else {
        root = load(roots + n);
      }
      Vector<Real> u[Size];
#pragma GCC unroll 3
      for (std::size_t a = 0; a < Size; ++a) {
        u[a] = root * m[a].difference(load(columns + a * x.stride + n));
        store(left + a * stride + n, u[a]);
        shift[a] += root * u[a];
#pragma GCC unroll 3
        for (std::size_t b = 0; b <= a; ++b) sum[a][b] += u[a] * u[b];
      }
    }
    if constexpr (First) store(linear(k), count);
#pragma GCC unroll 3
    for (std::size_t a = 0; a < Size; ++a) {
      store(linears + a * lanes<Real>, shift[a]);
#pragma GCC unroll 3
      for (std::size_t b = 0; b <= a; ++b) store(quadratics + (row_start(i + a) + i + b) * lanes<Real>, sum[a][b]);
    }
  }

  // S[i : i + Rows, j : j + Columns], wholly below the diagonal.
  template <std::size_t Rows, std::size_t Columns>
  MIXFOLD_INLINE void block(std::size_t i, std::size_t j, std::size_t rows, Real* quadratics) {
    Vector<Real> sum[Rows][Columns];
    const Real* left = u_ + i * stride_;
    const Real* right = u_ + j * stride_;
    const std::size_t stride = stride_;
#pragma GCC unroll 3
    for (std::size_t a = 0; a < Rows; ++a) {
#pragma GCC unroll 6
      for (std::size_t b = 0; b < Columns; ++b) sum[a][b] = load(quadratics + (row_start(i + a) + j + b) * lanes<Real>);
    }
    for (std::size_t n = 0; n < rows; n += lanes<Real>) {
      Vector<Real> u[Rows];
#pragma GCC unroll 3
      for (std::size_t a = 0; a < Rows; ++a) u[a] = load(left + a * stride + n);
#pragma GCC unroll 6
      for (std::size_t b = 0; b < Columns; ++b) {
        const Vector<Real> other = load(right + b * stride + n);
#pragma GCC unroll 3
        for (std::size_t a = 0; a < Rows; ++a) sum[a][b] += u[a] * other;
      }
    }
#pragma GCC unroll 3
    for (std::size_t a = 0; a < Rows; ++a) {
#pragma GCC unroll 6
      for (std::size_t b = 0; b < Columns; ++b) store(quadratics + (row_start(i + a) + j + b) * lanes<Real>, sum[a][b]);
    }
  }

  const std::size_t components_;
  const std::size_t features_;
  const std::size_t triangle_;
  const std::size_t stride_;
  const bool pooled_;
  Sums& sums_;
  Centers<Real> center_;
  Buffer<Real> linear_;
  Buffer<Real> quadratic_;
  Buffer<Real> root_;
  Buffer<Real> u_;
};

}  // namespace
}  // namespace mixfold
