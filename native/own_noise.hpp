// Rows each of which was measured with noise of its own: their scores, and the sums that they are expected to have without it.
//
// T = V_k + S_n = L L^T     z = L^-1 (y_n - m_k)     W = L^-1 V_k     b = W^T z     C = V_k - W^T W
// s_kn        log weight_k - D/2 log(2 pi) - sum log L_ii - 1/2 z^T z        count, shift, scatter += r (1, b, b b^T + C)
// Of a feature that a row lacks (NaN), rows and columns of T are those of the identity, and rows of V_k in W are zero.
// Lanes are rows, so that each step of a factorization is one operation on as many rows as a vector has; float64 throughout.
// Sums are of the lanes, of one call. A share below exp(-40) is zero.
// Threads: none, no state. Aliasing: nothing overlaps.
#pragma once

#include "softmax.hpp"

namespace mixfold {
namespace {

template <std::size_t D>
class NoisyRows {
  using V = Vector<double>;
  using M = Mask<double>;
  static constexpr std::size_t triangle = D * (D + 1) / 2, width = lanes<double>;

 public:
  explicit NoisyRows(const Noisy& all)
      : all_(all),
        kept_(all.components * (triangle + D) * width),
        scores_(all.components * width),
        sums_(all.components * (1 + D + triangle) * width) {
    sums_.clear();
  }

  // Gives the smallest pivot: a covariance is positive definite if that is positive.
  double scores(double* result) {
    for (std::size_t first = 0; first < all_.rows; first += width) {
      open(first);
      for (std::size_t k = 0; k < all_.components; ++k) {
        const V score = factorize(k);
        for (std::size_t lane = 0; lane < width && first + lane < all_.rows; ++lane) {
          result[(first + lane) * all_.components + k] = score[lane];
        }
      }
    }
    return smallest_pivot();
  }

  // The log-likelihood, and by component counts, shifts and scatters; likewise.
  double statistics(const double* weights, bool hard, double* result) {
    V total{};
    for (std::size_t first = 0; first < all_.rows; first += width) {
      open(first);
      V weight{};  // of rows that only fill the last vector none
      for (std::size_t lane = 0; lane < width && first + lane < all_.rows; ++lane) {
        weight[lane] = weights == nullptr ? 1.0 : weights[first + lane];
      }
      V best = background_;
      for (std::size_t k = 0; k < all_.components; ++k) {
        const V score = factorize(k);
        store<double>(scores_ + k * width, score);
        best = maximum<double>(score, best);
      }
      const V log_density = share(best, hard);
      total += weight > 0.0 ? weight * log_density : V{};
      for (std::size_t k = 0; k < all_.components; ++k) {
        const V held = load<double>(scores_ + k * width) * weight;
        if (any<double>(held > 0.0)) add(k, held);
      }
    }
    *result = horizontal_sum<double>(total);
    for (std::size_t k = 0; k < all_.components; ++k) close(k, result + 1);
    return smallest_pivot();
  }

 private:
  static constexpr double log_2_pi = 1.8378770664093453;

  void open(std::size_t first) {
    M lacks{};
    V n_lacking{}, sides{};
    for (std::size_t i = 0; i < D; ++i) {
      for (std::size_t lane = 0; lane < width; ++lane) x_[i][lane] = all_.values[at(first, lane) * D + i];
      present_[i] = x_[i] == x_[i];
      lacks |= ~present_[i];
      n_lacking += present_[i] ? V{} : broadcast(1.0);
      if (all_.log_sides != nullptr) sides += present_[i] ? V{} : broadcast(all_.log_sides[i]);
      for (std::size_t j = 0; all_.is_full && j <= i; ++j) {
        for (std::size_t lane = 0; lane < width; ++lane) {
          noise_[i * (i + 1) / 2 + j][lane] = all_.noise[(at(first, lane) * D + i) * D + j];
        }
      }
      for (std::size_t lane = 0; !all_.is_full && lane < width; ++lane) {
        noise_[i * (i + 1) / 2 + i][lane] = all_.noise[at(first, lane) * D + i];
      }
    }
    lacks_any_ = any<double>(lacks);
    constant_ = -0.5 * log_2_pi * (static_cast<double>(D) - n_lacking);
    background_ = all_.background + sides;
  }

  std::size_t at(std::size_t first, std::size_t lane) const {
    return first + lane < all_.rows ? first + lane : all_.rows - 1;
  }

  // Keeps L with the inverses of its diagonal, and z; gives the scores.
  MIXFOLD_INLINE V factorize(std::size_t k) {
    const double* m = all_.means + k * D;
    const double* v = all_.covariances + k * D * D;
    V lower[triangle], z[D], log_root{}, product = broadcast(1.0), squares{};
#pragma GCC unroll 8
    for (std::size_t i = 0; i < D; ++i) {
      V* row = lower + i * (i + 1) / 2;
#pragma GCC unroll 8
      for (std::size_t j = 0; j <= i; ++j) {
        V value = broadcast(v[i * D + j]);
        if (i == j || all_.is_full) value += noise_[i * (i + 1) / 2 + j];
        if (lacks_any_) value = (present_[i] & present_[j]) ? value : broadcast(i == j ? 1.0 : 0.0);
        const V* other = lower + j * (j + 1) / 2;
        for (std::size_t p = 0; p < j; ++p) value -= row[p] * other[p];
        row[j] = i == j ? value : value * other[j];
      }
      const V pivot = row[i];
      const V known = pivot == pivot ? pivot : V{};  // it is not a number after one below zero
      smallest_ = known < smallest_ ? known : smallest_;
      product *= pivot;
      if (i % 4 == 3 || i + 1 == D) {
        V one[1] = {product};
        logarithms<double>(one);
        log_root += 0.5 * one[0];
        product = broadcast(1.0);
      }
      V root;
      for (std::size_t lane = 0; lane < width; ++lane) root[lane] = square_root(pivot[lane]);
      row[i] = 1.0 / root;
      V difference = x_[i] - m[i];
      if (lacks_any_) difference = present_[i] ? difference : V{};
      for (std::size_t j = 0; j < i; ++j) difference -= row[j] * z[j];
      z[i] = difference * row[i];
      squares += z[i] * z[i];
    }
    double* to = kept_ + k * (triangle + D) * width;
    for (std::size_t i = 0; i < triangle; ++i, to += width) store<double>(to, lower[i]);
    for (std::size_t i = 0; i < D; ++i, to += width) store<double>(to, z[i]);
    return constant_ + all_.log_weights[k] - log_root - 0.5 * squares;
  }

  // Replaces scores by shares; gives the log density, or where rows belong to one component its score.
  V share(V best, bool hard) {
    V sum{};
    M taken = hard ? M(background_ >= best) : M{};
    for (std::size_t k = 0; k < all_.components; ++k) {
      double* score = scores_ + k * width;
      V part;
      if (hard) {
        const M is_best = M(load<double>(score) == best) & ~taken;
        taken |= is_best;
        part = is_best ? broadcast(1.0) : V{};
      } else {
        part = exponential<double>(load<double>(score) - best, negligible<double>);
      }
      store<double>(score, part);
      sum += part;
    }
    if (hard) return best;
    sum += exponential<double>(background_ - best, negligible<double>);
    for (std::size_t k = 0; k < all_.components; ++k) {
      store<double>(scores_ + k * width, load<double>(scores_ + k * width) / sum);
    }
    V one[1] = {sum};
    logarithms<double>(one);
    return best + one[0];
  }

  // Adds what rows of a component are expected to have, of shares times weights.
  MIXFOLD_INLINE void add(std::size_t k, V held) {
    const double* from = kept_ + k * (triangle + D) * width;
    const double* v = all_.covariances + k * D * D;
    V lower[triangle], z[D], w[D][D], b[D];  // w by its columns
    for (std::size_t i = 0; i < triangle; ++i, from += width) lower[i] = load(from);
    for (std::size_t i = 0; i < D; ++i, from += width) z[i] = load(from);
#pragma GCC unroll 8
    for (std::size_t c = 0; c < D; ++c) {
      b[c] = V{};
#pragma GCC unroll 8
      for (std::size_t i = 0; i < D; ++i) {
        const V* row = lower + i * (i + 1) / 2;
        V value = broadcast(v[i * D + c]);
        if (lacks_any_) value = present_[i] ? value : V{};
        for (std::size_t j = 0; j < i; ++j) value -= row[j] * w[c][j];
        w[c][i] = value * row[i];
        b[c] += w[c][i] * z[i];
      }
    }
    double* to = sums_ + k * (1 + D + triangle) * width;
    store<double>(to, load<double>(to) + held);
    for (std::size_t a = 0; a < D; ++a)
      store<double>(to + (1 + a) * width, load<double>(to + (1 + a) * width) + held * b[a]);
    to += (1 + D) * width;
#pragma GCC unroll 8
    for (std::size_t a = 0; a < D; ++a) {
#pragma GCC unroll 8
      for (std::size_t c = 0; c <= a; ++c, to += width) {
        V rest = b[a] * b[c];
        for (std::size_t i = 0; i < D; ++i) rest -= w[a][i] * w[c][i];
        store<double>(to, load<double>(to) + held * rest);
      }
    }
  }

  // Gives the sums of a component, to which the V_k of its rows is added.
  void close(std::size_t k, double* result) {
    const double* from = sums_ + k * (1 + D + triangle) * width;
    const double* v = all_.covariances + k * D * D;
    double* const shift = result + all_.components + k * D;
    double* const scatter = result + all_.components * (1 + D) + k * D * D;
    const double count = result[k] = horizontal_sum<double>(load(from));
    for (std::size_t i = 0; i < D; ++i) shift[i] = horizontal_sum<double>(load(from += width));
    for (std::size_t i = 0; i < D; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        scatter[i * D + j] = scatter[j * D + i] = horizontal_sum<double>(load(from += width)) + count * v[i * D + j];
      }
    }
  }

  double smallest_pivot() const {
    double smallest = smallest_[0];
    for (std::size_t lane = 1; lane < width; ++lane) smallest = smallest_[lane] < smallest ? smallest_[lane] : smallest;
    return smallest;
  }

  const Noisy& all_;
  Buffer<double> kept_;
  Buffer<double> scores_;
  Buffer<double> sums_;
  V x_[D]{}, noise_[triangle]{};
  M present_[D];
  V constant_, background_;
  V smallest_ = broadcast(__builtin_inf());
  bool lacks_any_ = false;
};

// Calls function(NoisyRows) for as many features as there are; false, with nothing done, where these are too many.
template <class Function>
bool with_noisy_rows(const Noisy& all, Function function) {
  switch (all.features) {
#define MIXFOLD_NOISY(features)    \
  case features: {                 \
    NoisyRows<features> rows(all); \
    function(rows);                \
    return true;                   \
  }
    MIXFOLD_NOISY(1)
    MIXFOLD_NOISY(2)
    MIXFOLD_NOISY(3)
    MIXFOLD_NOISY(4)
    MIXFOLD_NOISY(5)
    MIXFOLD_NOISY(6)
    MIXFOLD_NOISY(7)
    MIXFOLD_NOISY(8)
#undef MIXFOLD_NOISY
    default: return false;
  }
}

}  // namespace
}  // namespace mixfold
