// The fold of few Gaussian components in few features: rows go from values to sums in registers and the first cache.
//
// y_kn, s_kn   rows as components whiten them, and their scores (small_components.hpp)
// e_kn     2^(s_kn - max_k s_kn), zero below exp(-40);    t_n = sum_k e_kn;    r_kn = w_n e_kn / t_n
//          where assignment is hard, one for the first component of the greatest score and zero for the others
// log-likelihood  sum_n w_n (log 2 max_k s_kn + log t_n); where rows have no weights, logarithms are taken of products of
//                 t_n: 1 <= t_n <= K, so that `most_factors` of them neither overflow nor lose more than rounding.
// Sums of moments of y as in lane_moments.hpp: an accumulator a lane in the type of the rows, float32 emptied every
// `flush_rows` rows; what they say of x is found once, in float64. Relative error of a share about (K + 8) u, and that of y.
// Rows far from a component's mean, of which moments of y keep no digits, are left to the general fold.
// Threads: none. Aliasing: only the sums are written.
#pragma once

#include "collector.hpp"
#include "small_components.hpp"
#include "softmax.hpp"

namespace mixfold {
namespace {

template <class Real, std::size_t Features, bool Triangular>
class SmallStep {
 public:
  SmallStep(const Rows<Real>& rows, const Real* weights, const Potentials& potentials, bool hard, Sums& sums)
      : rows_(rows),
        weights_(weights),
        hard_(hard),
        components_(potentials.components),
        small_(potentials, hard),
        sums_(sums) {}

  // False, with nothing added, where rows are too far from the mean of their component.
  bool run() {
    for (std::size_t k = 0; k < components_; ++k) {
      for (double& value : total_[k]) value = 0.0;
    }
    clear();
    const bool by_column = rows_.row_stride == static_cast<std::ptrdiff_t>(sizeof(Real)) &&
                           reinterpret_cast<std::uintptr_t>(rows_.data) % sizeof(Real) == 0 &&
                           rows_.column_stride % static_cast<std::ptrdiff_t>(sizeof(Real)) == 0;
    std::size_t unflushed = 0;
    for (std::size_t first = 0; first < rows_.count; first += panel<Real>) {
      const std::size_t left = rows_.count - first;
      const std::size_t count = left < panel<Real> ? left : panel<Real>;
      if (by_column && (count == panel<Real> || rows_.padded)) {
        const char* from = rows_.data + static_cast<std::ptrdiff_t>(first * sizeof(Real));
        const Real* columns[Features];
        for (std::size_t d = 0; d < Features; ++d) {
          columns[d] = reinterpret_cast<const Real*>(from + static_cast<std::ptrdiff_t>(d) * rows_.column_stride);
        }
        add(columns, first, count);
      } else {
        alignas(cache_line) Real copied[Features][panel<Real>];
        const Real* columns[Features];
        copy(first, count, copied);
        for (std::size_t d = 0; d < Features; ++d) columns[d] = copied[d];
        add(columns, first, count);
      }
      unflushed += panel<Real>;
      if (sizeof(Real) == sizeof(float) && unflushed >= flush_rows) {
        flush();
        clear();
        unflushed = 0;
      }
    }
    flush();
    for (std::size_t k = 0; k < components_; ++k) {
      if (!small_.are_exact(total_[k])) return false;
    }
    *sums_.weight += all_weight_;
    *sums_.log_likelihood += all_log_likelihood_;
    *sums_.log_best_share -= all_log_total_;
    for (std::size_t k = 0; k < components_; ++k) small_.add(k, total_[k], sums_);
    return true;
  }

 private:
  static constexpr std::size_t moments = SmallComponents<Real, Features, Triangular>::moments;
  static constexpr Real lowest = negligible<Real> * Format<Real>::log2_e;
  static constexpr std::size_t most_factors = sizeof(Real) == sizeof(double) ? 128 : 16;

  void copy(std::size_t first, std::size_t count, Real (&to)[Features][panel<Real>]) const {
    const char* row = rows_.data + static_cast<std::ptrdiff_t>(first) * rows_.row_stride;
    for (std::size_t n = 0; n < panel<Real>; ++n) {
      for (std::size_t d = 0; d < Features; ++d) {
        std::memcpy(&to[d][n], row + static_cast<std::ptrdiff_t>(d) * rows_.column_stride, sizeof(Real));
      }
      if (n + 1 < count) row += rows_.row_stride;  // the last row stands in for those that there are not
    }
  }

  // Adds a panel, of which the first `count` rows are.
  __attribute__((noinline)) void add(const Real* const (&columns)[Features], std::size_t first, std::size_t count) {
    Vector<Real> x[Features][panel_vectors], best[panel_vectors], total[panel_vectors];
    alignas(cache_line) Real score[most_small_components][panel<Real>];
    alignas(cache_line) Real whitened[most_small_components][Features][panel<Real>];
#pragma GCC unroll 6
    for (std::size_t d = 0; d < Features; ++d) {
#pragma GCC unroll 6
      for (std::size_t v = 0; v < panel_vectors; ++v) x[d][v] = load(columns[d] + v * lanes<Real>);
    }
    for (Vector<Real>& value : best) value = broadcast(-std::numeric_limits<Real>::infinity());
    for (std::size_t k = 0; k < components_; ++k) {
      small_.whiten(k, x, whitened[k]);
#pragma GCC unroll 6
      for (std::size_t v = 0; v < panel_vectors; ++v) {
        const Vector<Real> value = small_.score(k, whitened[k], v);
        best[v] = maximum<Real>(value, best[v]);
        store(score[k] + v * lanes<Real>, value);
      }
    }
    if (hard_) {
      choose(score, best, total);
    } else if (components_ == 2) {
      share_of_two(score[0], score[1], total);
    } else {
      for (Vector<Real>& value : total) value = Vector<Real>{};
      for (std::size_t k = 0; k < components_; ++k) {
        Vector<Real> e[panel_vectors];
#pragma GCC unroll 6
        for (std::size_t v = 0; v < panel_vectors; ++v) {
          e[v] = load(score[k] + v * lanes<Real>) - best[v];
        }
        powers_of_two<Real>(e, lowest);
#pragma GCC unroll 6
        for (std::size_t v = 0; v < panel_vectors; ++v) {
          total[v] += e[v];
          store(score[k] + v * lanes<Real>, e[v]);
        }
      }
    }
    Vector<Real> scale[panel_vectors];
    weigh(first, count, best, total, scale);
    for (std::size_t k = 0; k < components_; ++k) add_moments(k, whitened[k], score[k], scale);
  }

  MIXFOLD_INLINE void choose(Real (*score)[panel<Real>], const Vector<Real>* best, Vector<Real>* total) const {
    const Vector<Real> one = broadcast(Real{1}), none = {};
    Vector<Real> left[panel_vectors];
    for (std::size_t v = 0; v < panel_vectors; ++v) total[v] = left[v] = one;
    for (std::size_t k = 0; k < components_; ++k) {
#pragma GCC unroll 6
      for (std::size_t v = 0; v < panel_vectors; ++v) {
        const Vector<Real> share = load(score[k] + v * lanes<Real>) >= best[v] ? left[v] : none;
        left[v] -= share;
        store<Real>(score[k] + v * lanes<Real>, share);
      }
    }
  }

  // Of two shares the greater is exp(0): a single exponential.
  MIXFOLD_INLINE void share_of_two(Real* first, Real* second, Vector<Real>* total) const {
    const Vector<Real> one = broadcast(Real{1});
    Vector<Real> e[panel_vectors];
    Mask<Real> is_first[panel_vectors];
#pragma GCC unroll 6
    for (std::size_t v = 0; v < panel_vectors; ++v) {
      const Vector<Real> ahead = load(first + v * lanes<Real>) - load(second + v * lanes<Real>);
      is_first[v] = ahead >= 0;
      e[v] = is_first[v] ? -ahead : ahead;
    }
    powers_of_two<Real>(e, lowest);
#pragma GCC unroll 6
    for (std::size_t v = 0; v < panel_vectors; ++v) {
      total[v] = one + e[v];
      store<Real>(first + v * lanes<Real>, is_first[v] ? one : e[v]);
      store<Real>(second + v * lanes<Real>, is_first[v] ? e[v] : one);
    }
  }

  // Adds up weights and log densities; gives w / t, zero for rows that there are not.
  MIXFOLD_INLINE void weigh(std::size_t first, std::size_t count, const Vector<Real>* best, Vector<Real>* total,
                            Vector<Real>* scale) {
    if (weights_ == nullptr && count == panel<Real>) {
      Vector<Real> product = product_;
#pragma GCC unroll 6
      for (std::size_t v = 0; v < panel_vectors; ++v) {
        scale[v] = Real{1} / total[v];
        product *= total[v];
      }
      if constexpr (sizeof(Real) == sizeof(double)) {
        add_lanes(best_, (best[0] + best[1]) + (best[2] + best[3]));
      } else {
        for (std::size_t v = 0; v < panel_vectors; ++v) add_lanes(best_, best[v]);
      }
      product_ = product;
      weight_[0] += static_cast<double>(count);
      n_factors_ += panel_vectors;
      if (n_factors_ == most_factors) multiply_out();
      return;
    }
    if (count < panel<Real>) return weigh_last(first, count, best, total, scale);
    const Real* const weight = weights_ + first;
    for (std::size_t v = 0; v < panel_vectors; ++v) scale[v] = load(weight + v * lanes<Real>) / total[v];
    Vector<Real> logarithm[panel_vectors];
    for (std::size_t v = 0; v < panel_vectors; ++v) logarithm[v] = total[v];
    logarithms<Real>(logarithm);
    for (std::size_t v = 0; v < panel_vectors; ++v) {
      const Vector<Real> w = load(weight + v * lanes<Real>);
      add_lanes(weight_, w);
      add_lanes(best_, w * best[v]);
      add_lanes(log_total_, w * logarithm[v]);
    }
  }

  // The same of the last panel, of which only the vectors that hold rows are looked at.
  MIXFOLD_INLINE void weigh_last(std::size_t first, std::size_t count, const Vector<Real>* best,
                                 const Vector<Real>* total, Vector<Real>* scale) {
    for (std::size_t v = 0; v < panel_vectors; ++v) {
      scale[v] = Vector<Real>{};
      if (v * lanes<Real> >= count) continue;
      Real weight[lanes<Real>];
      for (std::size_t lane = 0; lane < lanes<Real>; ++lane) {
        const std::size_t n = v * lanes<Real> + lane;
        weight[lane] = n >= count ? Real{0} : weights_ == nullptr ? Real{1} : weights_[first + n];
      }
      const Vector<Real> w = load(weight);
      Vector<Real> logarithm[1] = {total[v]};
      logarithms<Real>(logarithm);
      scale[v] = w / total[v];
      add_lanes(weight_, w);
      add_lanes(best_, w * best[v]);
      add_lanes(log_total_, w * logarithm[0]);
    }
  }

  void multiply_out() {
    Vector<Real> logarithm[1] = {product_};
    logarithms<Real>(logarithm);
    add_lanes(log_total_, logarithm[0]);
    product_ = broadcast(Real{1});
    n_factors_ = 0;
  }

  MIXFOLD_INLINE void add_moments(std::size_t k, const Real (&whitened)[Features][panel<Real>], const Real* e,
                                  const Vector<Real>* scale) {
    Vector<Real> sum[moments];
#pragma GCC unroll 28
    for (std::size_t i = 0; i < moments; ++i) sum[i] = moment_[k][i];
#pragma GCC unroll 6
    for (std::size_t v = 0; v < panel_vectors; ++v) {
      const Vector<Real> share = load(e + v * lanes<Real>) * scale[v];
      sum[0] += share;
      Vector<Real> y[Features];
#pragma GCC unroll 6
      for (std::size_t i = 0; i < Features; ++i) {
        y[i] = load(whitened[i] + v * lanes<Real>);
        const Vector<Real> weighted = share * y[i];
        sum[1 + i] += weighted;
        if constexpr (Triangular) {
#pragma GCC unroll 6
          for (std::size_t j = 0; j <= i; ++j) sum[1 + Features + i * (i + 1) / 2 + j] += weighted * y[j];
        } else {
          sum[1 + Features + i] += weighted * y[i];
        }
      }
    }
#pragma GCC unroll 28
    for (std::size_t i = 0; i < moments; ++i) moment_[k][i] = sum[i];
  }

  void clear() {
    for (std::size_t k = 0; k < components_; ++k) {
      for (Vector<Real>& value : moment_[k]) value = Vector<Real>{};
    }
    for (std::size_t i = 0; i < lanes<Real>; ++i) best_[i] = log_total_[i] = weight_[i] = 0.0;
    product_ = broadcast(Real{1});
    n_factors_ = 0;
  }

  void flush() {
    multiply_out();
    double best = 0.0, log_total = 0.0, weight = 0.0;
    for (std::size_t i = 0; i < lanes<Real>; ++i) {
      best += best_[i];
      log_total += log_total_[i];
      weight += weight_[i];
    }
    all_weight_ += weight;
    all_log_likelihood_ += best / small_.unit + log_total;
    all_log_total_ += log_total;
    for (std::size_t k = 0; k < components_; ++k) {
      for (std::size_t i = 0; i < moments; ++i) total_[k][i] += horizontal_sum<Real>(moment_[k][i]);
    }
  }

  const Rows<Real>& rows_;
  const Real* weights_;
  const bool hard_;
  const std::size_t components_;
  const SmallComponents<Real, Features, Triangular> small_;
  Sums& sums_;
  Vector<Real> moment_[most_small_components][moments];
  Vector<Real> product_;
  double total_[most_small_components][moments];
  double best_[lanes<Real>], log_total_[lanes<Real>], weight_[lanes<Real>];
  double all_weight_ = 0.0, all_log_likelihood_ = 0.0, all_log_total_ = 0.0;
  std::size_t n_factors_ = 0;
};

template <class Real, bool Triangular>
bool small_step_of(const Rows<Real>& rows, const Real* weights, const Potentials& potentials, bool hard, Sums& sums) {
  switch (rows.features) {
    case 1: return SmallStep<Real, 1, Triangular>(rows, weights, potentials, hard, sums).run();
    case 2: return SmallStep<Real, 2, Triangular>(rows, weights, potentials, hard, sums).run();
    case 3: return SmallStep<Real, 3, Triangular>(rows, weights, potentials, hard, sums).run();
    case 4: return SmallStep<Real, 4, Triangular>(rows, weights, potentials, hard, sums).run();
    case 5: return SmallStep<Real, 5, Triangular>(rows, weights, potentials, hard, sums).run();
    default: return SmallStep<Real, 6, Triangular>(rows, weights, potentials, hard, sums).run();
  }
}

template <class Real>
bool small_step(const Rows<Real>& rows, const Real* weights, const Potentials& potentials, bool hard, Sums& sums) {
  if (is_triangular(sums.structure)) return small_step_of<Real, true>(rows, weights, potentials, hard, sums);
  return small_step_of<Real, false>(rows, weights, potentials, hard, sums);
}

}  // namespace
}  // namespace mixfold
