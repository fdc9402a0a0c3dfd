// Weighted moments of a tile with the lanes over rows: diagonal and spherical scatter.
//
// N_k += sum_n r_n    s_kd += sum_n r_n z_nd    q_kd += sum_n r_n z_nd^2, z = x - m_k; spherical: sum_d q_kd
// Accumulators, error, threads and aliasing as in lane_moments.hpp.
#pragma once

#include "added.hpp"
#include "lane_moments.hpp"

namespace mixfold {
namespace {

template <class Real>
class DiagonalMoments {
 public:
  static constexpr std::size_t row_padding = 0;
  static constexpr bool by_lists = false;

  DiagonalMoments(const double* center, std::size_t components, std::size_t features, std::size_t capacity, Sums& sums)
      : features_(features),
        sums_(sums),
        center_(center, components, features, features),
        count_(components * lanes<Real>),
        moment_(components * features * 2 * lanes<Real>),
        shares_(capacity),
        added_(components) {}

  void add(std::size_t k, const Real* columns, std::size_t stride, const Real* h, const Real* scale, std::size_t rows) {
    if (added_.add(k)) {
      std::memset(count_ + k * lanes<Real>, 0, lanes<Real> * sizeof(Real));
      std::memset(moment_ + k * features_ * 2 * lanes<Real>, 0, features_ * 2 * lanes<Real> * sizeof(Real));
    }
    Real* shares = shares_;
    Vector<Real> count = load(count_ + k * lanes<Real>);
    for (std::size_t n = 0; n < rows; n += lanes<Real>) {
      const Vector<Real> root = load(h + n) * load(scale + n);
      const Vector<Real> share = root * root;
      count += share;
      store(shares + n, share);
    }
    store(count_ + k * lanes<Real>, count);
    std::size_t d = 0;
    for (; d + 4 <= features_; d += 4) block<4>(k, d, columns, stride, shares, rows);
    for (; d + 2 <= features_; d += 2) block<2>(k, d, columns, stride, shares, rows);
    if (d < features_) block<1>(k, d, columns, stride, shares, rows);
  }

  void flush() {
    added_.for_each([&](std::size_t k) {
      sums_.count[k] += horizontal_sum<Real>(load(count_ + k * lanes<Real>));
      for (std::size_t d = 0; d < features_; ++d) {
        const Real* moment = moment_ + (k * features_ + d) * 2 * lanes<Real>;
        const double square = horizontal_sum<Real>(load(moment + lanes<Real>));
        sums_.shift[k * features_ + d] += horizontal_sum<Real>(load(moment));
        sums_.scatter[sums_.structure == Structure::diagonal ? k * features_ + d : k] += square;
      }
    });
  }

  std::size_t rows_between_flushes() const { return sizeof(Real) == sizeof(float) ? flush_rows : ~std::size_t{0}; }

 private:
  template <std::size_t Features>
  MIXFOLD_INLINE void block(std::size_t k, std::size_t d, const Real* columns, std::size_t stride, const Real* shares,
                            std::size_t rows) {
    const auto m = center_[k];
    Real* moment = moment_ + (k * features_ + d) * 2 * lanes<Real>;
    Vector<Real> shift[Features], square[Features];
#pragma GCC unroll 4
    for (std::size_t f = 0; f < Features; ++f) {
      shift[f] = load(moment + 2 * f * lanes<Real>);
      square[f] = load(moment + (2 * f + 1) * lanes<Real>);
    }
    for (std::size_t n = 0; n < rows; n += lanes<Real>) {
      const Vector<Real> share = load(shares + n);
#pragma GCC unroll 4
      for (std::size_t f = 0; f < Features; ++f) {
        const Vector<Real> z = m.difference(load(columns + (d + f) * stride + n), d + f);
        const Vector<Real> weighted = share * z;
        shift[f] += weighted;
        square[f] += weighted * z;
      }
    }
#pragma GCC unroll 4
    for (std::size_t f = 0; f < Features; ++f) {
      store(moment + 2 * f * lanes<Real>, shift[f]);
      store(moment + (2 * f + 1) * lanes<Real>, square[f]);
    }
  }

  const std::size_t features_;
  Sums& sums_;
  Centers<Real> center_;
  Buffer<Real> count_;
  Buffer<Real> moment_;
  Buffer<Real> shares_;
  Added added_;
};

}  // namespace
}  // namespace mixfold
