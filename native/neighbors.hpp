// What lies between rows and their nearest neighbors, and the map after which that is alike in every direction: what
// mixfold.search.sample measures distance by.
//
// Distances are squares in float64, each lane a row of its own; of two that are as near the first is nearer. No threads, no
// state.
#pragma once

#include <cstddef>
#include <limits>

#include "tile.hpp"
#include "vector.hpp"

namespace mixfold {
namespace {

class Neighbors {
 public:
  // Of at least two rows (n, d), each with fewer neighbors than there are others and itself.
  Neighbors(std::size_t n, std::size_t d, std::size_t neighbors)
      : n_(n),
        d_(d),
        neighbors_(neighbors),
        stride_((n + block - 1) / block * block),
        columns_(d * stride_),
        distances_(stride_),
        nearest_(neighbors),
        difference_(d),
        scatter_(d * d) {}

  // Fills the lower-triangular `map` (d, d): the inverse of a Cholesky factor of what lies between neighbors among `rows`
  // under `under` (d, d), to which `share` of its mean variance is added in every direction.
  void rounding(const double* rows, const double* under, double share, double* map) {
    // The last column first: one is no longer needed when it is overwritten.
    for (std::size_t j = 0; j < d_; ++j) {
      for (std::size_t n = 0; n < n_; ++n) columns_[j * stride_ + n] = rows[n * d_ + j];
    }
    double* const mapped = distances_;
    for (std::size_t i = d_; i-- > 0;) {
      for (std::size_t n = 0; n < n_; ++n) mapped[n] = 0.0;
      for (std::size_t j = 0; j <= i; ++j) {
        const double* const column = columns_ + j * stride_;
        const double factor = under[i * d_ + j];
        for (std::size_t n = 0; n < n_; ++n) mapped[n] += factor * column[n];
      }
      double* const column = columns_ + i * stride_;
      for (std::size_t n = 0; n < n_; ++n) column[n] = mapped[n];
      for (std::size_t n = n_; n < stride_; ++n) column[n] = far;
    }
    scatter_.clear();
    for (std::size_t n = 0; n < n_; ++n) {
      find(n);
      for (std::size_t m = 0; m < neighbors_; ++m) add(n, nearest_[m]);
    }
    double size = 0.0;
    for (std::size_t i = 0; i < d_ * d_; ++i) scatter_[i] /= static_cast<double>(n_ * neighbors_);
    for (std::size_t i = 0; i < d_; ++i) size += scatter_[i * d_ + i] / static_cast<double>(d_);
    if (size == 0.0) size = 1.0;  // all rows have an equal
    for (std::size_t i = 0; i < d_; ++i) scatter_[i * d_ + i] += share * size;
    factorize();
    invert(map);
  }

 private:
  static constexpr std::size_t block = 2 * lanes<double>;
  static constexpr double far = std::numeric_limits<double>::infinity();

  // The nearest others of a row, the nearest first.
  void find(std::size_t own) {
    constexpr std::size_t width = lanes<double>;
    for (std::size_t first = 0; first < stride_; first += block) {
      Vector<double> one{}, other{};  // which do not wait for each other
      for (std::size_t i = 0; i < d_; ++i) {
        const double* const column = columns_ + i * stride_;
        const Vector<double> here = load(column + first) - column[own],
                             there = load(column + first + width) - column[own];
        one += here * here;
        other += there * there;
      }
      store<double>(distances_ + first, one);
      store<double>(distances_ + first + width, other);
    }
    distances_[own] = far;
    for (std::size_t m = 0; m < neighbors_; ++m) {
      nearest_[m] = least();
      distances_[nearest_[m]] = far;
    }
  }

  // Where the least distance is, the first of equal ones: lanes keep theirs and where it is, in two turns.
  std::size_t least() const {
    constexpr std::size_t width = lanes<double>;
    Vector<double> one = load<double>(distances_), other = load<double>(distances_ + width);
    Mask<double> at_one{}, at_other{}, now{};
    for (std::size_t first = block; first < stride_; first += block) {
      now += static_cast<std::int64_t>(block);
      const Vector<double> here = load<double>(distances_ + first), there = load<double>(distances_ + first + width);
      const Mask<double> is_one = here < one, is_other = there < other;
      one = is_one ? here : one;
      other = is_other ? there : other;
      at_one = is_one ? now : at_one;
      at_other = is_other ? now : at_other;
    }
    double values[block];
    std::int64_t places[block];
    store<double>(values, one), store<double>(values + width, other);
    std::memcpy(places, &at_one, sizeof at_one), std::memcpy(places + width, &at_other, sizeof at_other);
    std::size_t best = 0;
    for (std::size_t lane = 0; lane < block; ++lane) {
      places[lane] += static_cast<std::int64_t>(lane);
      const bool is_nearer =
          values[lane] < values[best] || (values[lane] == values[best] && places[lane] < places[best]);
      best = is_nearer ? lane : best;
    }
    return static_cast<std::size_t>(places[best]);
  }

  void add(std::size_t one, std::size_t other) {
    double* const difference = difference_;
    for (std::size_t i = 0; i < d_; ++i) {
      double* const line = scatter_ + i * d_;
      const double own = columns_[i * stride_ + one] - columns_[i * stride_ + other];
      difference[i] = own;
      for (std::size_t j = 0; j <= i; ++j) line[j] += own * difference[j];
    }
  }

  // The lower triangle becomes its Cholesky factor.
  void factorize() {
    for (std::size_t i = 0; i < d_; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        double left = scatter_[i * d_ + j];
        for (std::size_t k = 0; k < j; ++k) left -= scatter_[i * d_ + k] * scatter_[j * d_ + k];
        scatter_[i * d_ + j] = i == j ? square_root(left) : left / scatter_[j * d_ + j];
      }
    }
  }

  void invert(double* map) const {
    for (std::size_t i = 0; i < d_; ++i) {
      for (std::size_t j = 0; j < d_; ++j) {
        double value = i == j ? 1.0 : 0.0;
        for (std::size_t k = j; k < i; ++k) value -= scatter_[i * d_ + k] * map[k * d_ + j];
        map[i * d_ + j] = j <= i ? value / scatter_[i * d_ + i] : 0.0;
      }
    }
  }

  std::size_t n_, d_, neighbors_, stride_;
  Buffer<double> columns_, distances_;
  Buffer<std::size_t> nearest_;
  Buffer<double> difference_, scatter_;
};

// Rows (n, d) of these units (d,): found anew in the metric that the first neighbors gave. Fills `metric` (d, d).
void neighbor_metric(const double* rows, std::size_t n, std::size_t d, const double* unit, std::size_t neighbors,
                     double share, double* metric) {
  Neighbors between(n, d, neighbors);
  Buffer<double> first(d * d), units(d * d);
  units.clear();
  for (std::size_t i = 0; i < d; ++i) units[i * d + i] = unit[i];
  between.rounding(rows, units, share, first);
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j <= i; ++j) first[i * d + j] *= unit[j];
  }
  between.rounding(rows, first, share, units);
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) {
      double value = 0.0;
      for (std::size_t k = j; k <= i; ++k) value += units[i * d + k] * first[k * d + j];
      metric[i * d + j] = value;
    }
  }
}

}  // namespace
}  // namespace mixfold
