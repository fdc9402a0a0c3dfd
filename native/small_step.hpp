// The fold of few Gaussian components in few features: rows go from values to sums in registers and the first cache.
//
// s_kn     score of component k for row n: c_k - 1/2 ||G_k (x_n - m_k)||^2
// e_kn     exp(s_kn - max_k s_kn), zero below exp(-40);    t_n = sum_k e_kn;    r_kn = w_n e_kn / t_n
//          where assignment is hard, one for the first component of the greatest score and zero for the others
// log-likelihood  sum_n w_n (max_k s_kn + log t_n); where rows have no weights, logarithms are taken of products of t_n:
//                 1 <= t_n <= K, so that `most_factors` of them neither overflow nor lose more than rounding.
// Sums of moments as in lane_moments.hpp: an accumulator a lane in the type of the rows, float32 emptied every
// `flush_rows` rows. Relative error of a share about (K + 8) u.
// Threads: none. Aliasing: only the sums are written.
#pragma once

#include "collector.hpp"
#include "softmax.hpp"

namespace mixfold {
namespace {

constexpr std::size_t most_small_components = 15, most_small_features = 6;

constexpr bool is_triangular(Structure structure) {
  return structure == Structure::full || structure == Structure::pooled;
}

inline bool is_small(const Potentials& potentials, std::size_t features, Structure scatter) {
  return (is_triangular(scatter) || !is_triangular(potentials.structure)) &&
         potentials.components <= most_small_components && features <= most_small_features &&
         potentials.degrees == nullptr && potentials.background == -__builtin_inf();
}

template <class Real, std::size_t Features, bool Triangular>
class SmallStep {
 public:
  SmallStep(const Rows<Real>& rows, const Real* weights, const Potentials& potentials, bool hard, Sums& sums)
      : rows_(rows),
        weights_(weights),
        hard_(hard),
        components_(potentials.components),
        sums_(sums) {
    for (std::size_t k = 0; k < components_; ++k) {
      offset_[k] = static_cast<Real>(potentials.offset[k]);
      const double* whitener = potentials.whitener;
      for (std::size_t i = 0, at = 0; i < Features; ++i) {
        const double center = potentials.center[k * Features + i];
        high_[k][i] = static_cast<Real>(center);
        low_[k][i] = static_cast<Real>(center - static_cast<double>(high_[k][i]));
        const bool diagonal = potentials.structure == Structure::diagonal;
        if (!Triangular || !is_triangular(potentials.structure)) {
          for (std::size_t j = 0; Triangular && j < i; ++j) whitener_[k][at++] = Real{0};
          whitener_[k][at++] = static_cast<Real>(whitener[diagonal ? k * Features + i : k]);
          continue;
        }
        if (potentials.structure == Structure::full) whitener = potentials.whitener + k * Features * Features;
        for (std::size_t j = 0; j <= i; ++j) whitener_[k][at++] = static_cast<Real>(whitener[i * Features + j]);
      }
    }
  }

  void run() {
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
  }

 private:
  static constexpr std::size_t products = Triangular ? Features * (Features + 1) / 2 : Features;
  static constexpr std::size_t moments = 1 + Features + products;
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
#pragma GCC unroll 6
    for (std::size_t d = 0; d < Features; ++d) {
#pragma GCC unroll 6
      for (std::size_t v = 0; v < panel_vectors; ++v) x[d][v] = load(columns[d] + v * lanes<Real>);
    }
    for (Vector<Real>& value : best) value = broadcast(-std::numeric_limits<Real>::infinity());
    for (std::size_t k = 0; k < components_; ++k) {
#pragma GCC unroll 6
      for (std::size_t v = 0; v < panel_vectors; ++v) {
        const Vector<Real> value = score_of(k, x, v);
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
        Mask<Real> counts[panel_vectors];
#pragma GCC unroll 6
        for (std::size_t v = 0; v < panel_vectors; ++v) {
          e[v] = load(score[k] + v * lanes<Real>) - best[v];
          counts[v] = e[v] >= negligible<Real>;
        }
        exponentials<Real>(e, negligible<Real>, counts);
#pragma GCC unroll 6
        for (std::size_t v = 0; v < panel_vectors; ++v) {
          total[v] += e[v];
          store(score[k] + v * lanes<Real>, e[v]);
        }
      }
    }
    Vector<Real> scale[panel_vectors];
    weigh(first, count, best, total, scale);
    for (std::size_t k = 0; k < components_; ++k) add_moments(k, x, score[k], scale);
  }

  MIXFOLD_INLINE Vector<Real> difference(std::size_t k, std::size_t d, Vector<Real> x) const {
    if constexpr (sizeof(Real) == sizeof(double)) return x - high_[k][d];
    return (x - high_[k][d]) - low_[k][d];
  }

  MIXFOLD_INLINE Vector<Real> score_of(std::size_t k, const Vector<Real> (&x)[Features][panel_vectors],
                                       std::size_t v) const {
    const Vector<Real> farthest = broadcast<Real>(Format<Real>::farthest);
    Vector<Real> z[Features], distance = {};
#pragma GCC unroll 6
    for (std::size_t i = 0; i < Features; ++i) {
      z[i] = difference(k, i, x[i][v]);
      Vector<Real> y = {};
      if constexpr (Triangular) {
#pragma GCC unroll 6
        for (std::size_t j = 0; j <= i; ++j) y += whitener_[k][i * (i + 1) / 2 + j] * z[j];
      } else {
        y = whitener_[k][i] * z[i];
      }
      distance += y * y;
    }
    const Vector<Real> held = distance < farthest ? distance : farthest;  // also where it is not a number
    return offset_[k] - Real{0.5} * held;
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
    Mask<Real> counts[panel_vectors], is_first[panel_vectors];
#pragma GCC unroll 6
    for (std::size_t v = 0; v < panel_vectors; ++v) {
      const Vector<Real> ahead = load(first + v * lanes<Real>) - load(second + v * lanes<Real>);
      is_first[v] = ahead >= 0;
      e[v] = is_first[v] ? -ahead : ahead;
      counts[v] = e[v] >= negligible<Real>;
    }
    exponentials<Real>(e, negligible<Real>, counts);
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

  MIXFOLD_INLINE void add_moments(std::size_t k, const Vector<Real> (&x)[Features][panel_vectors], const Real* e,
                                  const Vector<Real>* scale) {
    Vector<Real> sum[moments];
#pragma GCC unroll 28
    for (std::size_t i = 0; i < moments; ++i) sum[i] = moment_[k][i];
#pragma GCC unroll 6
    for (std::size_t v = 0; v < panel_vectors; ++v) {
      const Vector<Real> share = load(e + v * lanes<Real>) * scale[v];
      sum[0] += share;
      Vector<Real> z[Features];
#pragma GCC unroll 6
      for (std::size_t i = 0; i < Features; ++i) {
        z[i] = difference(k, i, x[i][v]);
        const Vector<Real> weighted = share * z[i];
        sum[1 + i] += weighted;
        if constexpr (Triangular) {
#pragma GCC unroll 6
          for (std::size_t j = 0; j <= i; ++j) sum[1 + Features + i * (i + 1) / 2 + j] += weighted * z[j];
        } else {
          sum[1 + Features + i] += weighted * z[i];
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
    *sums_.weight += weight;
    *sums_.log_likelihood += best + log_total;
    *sums_.log_best_share -= log_total;
    for (std::size_t k = 0; k < components_; ++k) {
      const Vector<Real>* moment = moment_[k];
      sums_.count[k] += horizontal_sum<Real>(*moment++);
      for (std::size_t i = 0; i < Features; ++i) sums_.shift[k * Features + i] += horizontal_sum<Real>(*moment++);
      for (std::size_t i = 0; i < Features; ++i) {
        if constexpr (Triangular) {
          double* scatter = sums_.scatter + (sums_.structure == Structure::pooled ? 0 : k * Features * Features);
          for (std::size_t j = 0; j <= i; ++j) {
            const double sum = horizontal_sum<Real>(*moment++);
            scatter[i * Features + j] += sum;
            if (i != j) scatter[j * Features + i] += sum;
          }
        } else {
          sums_.scatter[sums_.structure == Structure::diagonal ? k * Features + i : k] +=
              horizontal_sum<Real>(*moment++);
        }
      }
    }
  }

  const Rows<Real>& rows_;
  const Real* weights_;
  const bool hard_;
  const std::size_t components_;
  Sums& sums_;
  Vector<Real> moment_[most_small_components][moments];
  Vector<Real> product_;
  Real offset_[most_small_components], whitener_[most_small_components][products];
  Real high_[most_small_components][Features], low_[most_small_components][Features];
  double best_[lanes<Real>], log_total_[lanes<Real>], weight_[lanes<Real>];
  std::size_t n_factors_ = 0;
};

template <class Real, bool Triangular>
void small_step_of(const Rows<Real>& rows, const Real* weights, const Potentials& potentials, bool hard, Sums& sums) {
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
void small_step(const Rows<Real>& rows, const Real* weights, const Potentials& potentials, bool hard, Sums& sums) {
  if (is_triangular(sums.structure)) return small_step_of<Real, true>(rows, weights, potentials, hard, sums);
  small_step_of<Real, false>(rows, weights, potentials, hard, sums);
}

}  // namespace
}  // namespace mixfold
