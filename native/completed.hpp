// A tile of rows of which values are missing, completed under each component by what that expects of them.
//
// x_M = m_M - C P_MO (x_O - m_O), C = P_MM^-1, P = G^T G    the expected values of those that are missing (M), given those
//                                                        that are there (O), and the covariance C around them
// s_kn += |M|/2 log(2 pi) - 1/2 log |P_MM|               what the score of the completed row is below that of x_O
// S_k  += sum_n r_n C                                    what the scatter of completed rows is below the expected one
// So a completed row goes through the kernels of complete rows. It makes ||G z|| least, which is why errors of it are of
// second order in the score. Rows of one pattern that follow each other are a run, whose C is computed once.
// P, C and what is expected are float64; z = x - m in the type of the rows.
// Threads: none, no state but the tile that was opened. Aliasing: nothing overlaps.
#pragma once

#include <memory>

#include "scores.hpp"

namespace mixfold {
namespace {

// One step of `invert`: row j is the pivot's, which is taken off all others. Vectors is how many vectors a row has, or
// zero for any number. Column j is changed in registers: a number stored by itself is slow to load with its neighbors.
template <std::size_t Vectors>
MIXFOLD_INLINE void eliminate(double* a, std::size_t j, std::size_t size, std::size_t stride, double inverse) {
  constexpr std::size_t room = Vectors == 0 ? 1 : Vectors;
  const std::size_t vectors = Vectors == 0 ? stride / lanes<double> : Vectors, at = j / lanes<double>;
  double* pivots = a + j * stride;
  Mask<double> others = ~Mask<double>{};
  others[j % lanes<double>] = 0;
  const auto without = [=](Vector<double> row, std::size_t v) MIXFOLD_INLINE_LAMBDA {
    return v == at ? reinterpret_cast<Vector<double>>(reinterpret_cast<Mask<double>>(row) & others) : row;
  };
  Vector<double> pivot[room];
#pragma GCC unroll 6
  for (std::size_t v = 0; v < vectors; ++v) {
    const Vector<double> scaled = load(pivots + v * lanes<double>) * inverse;
    const Vector<double> whole = v == at ? (others ? scaled : broadcast(inverse)) : scaled;
    if constexpr (Vectors > 0) pivot[v] = whole;
    store<double>(pivots + v * lanes<double>, whole);
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (i == j) continue;
    double* row = a + i * stride;
    const double factor = row[j];
#pragma GCC unroll 6
    for (std::size_t v = 0; v < vectors; ++v) {
      Vector<double> taken;
      if constexpr (Vectors > 0) {
        taken = factor * pivot[v];
      } else {
        taken = factor * load(pivots + v * lanes<double>);
      }
      store<double>(row + v * lanes<double>, without(load(row + v * lanes<double>), v) - taken);
    }
  }
}

// Replaces a symmetric positive definite matrix, whose rows are padded with zeros to whole vectors, by its inverse
// (Gauss-Jordan, in order), and gives its log determinant. A pivot that is lost to rounding is held at rounding; `least`
// is room for what that is.
inline double invert(double* a, std::size_t size, std::size_t stride, double* least) {
  double product = 1.0, logarithm = 0.0;
  for (std::size_t j = 0; j < size; ++j) least[j] = std::numeric_limits<double>::epsilon() * a[j * stride + j];
  for (std::size_t j = 0; j < size; ++j) {
    const double pivot = a[j * stride + j] > least[j] ? a[j * stride + j] : least[j];
    product *= pivot;
    if (!(product > 1e-100 && product < 1e100)) {
      logarithm += __builtin_log(product);
      product = 1.0;
    }
    switch (stride / lanes<double>) {
      case 1: eliminate<1>(a, j, size, stride, 1.0 / pivot); break;
      case 2: eliminate<2>(a, j, size, stride, 1.0 / pivot); break;
      case 3: eliminate<3>(a, j, size, stride, 1.0 / pivot); break;
      case 4: eliminate<4>(a, j, size, stride, 1.0 / pivot); break;
      case 5: eliminate<5>(a, j, size, stride, 1.0 / pivot); break;
      case 6: eliminate<6>(a, j, size, stride, 1.0 / pivot); break;
      default: eliminate<0>(a, j, size, stride, 1.0 / pivot); break;
    }
  }
  return logarithm + __builtin_log(product);
}

template <class Real>
class Completed {
 public:
  // `scale` is that of the scores.
  Completed(const Potentials& potentials, const Tile<Real>& tile, std::size_t row_padding, Real scale)
      : components_(potentials.components),
        features_(tile.features),
        structure_(potentials.structure),
        scale_(scale),
        background_(potentials.background),
        log_sides_(potentials.log_sides),
        precision_stride_(round_up(features_, lanes<double>)),
        center_(potentials.center, components_, features_, features_),
        origin_(components_ * features_),
        precision_(n_precisions(potentials.structure, components_) * precision_size()),
        lacks_(tile.stride * features_),
        differs_(tile.stride),
        missing_(tile.capacity * features_),
        runs_(tile.capacity),
        row_(precision_stride_),
        product_(precision_stride_),
        least_(precision_stride_),
        total_(tile.stride),
        gathered_(features_ * tile.stride),
        correction_(tile.capacity),
        tiles_(new std::optional<Tile<Real>>[components_]) {
    origin_.clear();
    row_.clear();
    for (std::size_t k = 0; k < components_; ++k) tiles_[k].emplace(tile.capacity, features_, row_padding);
    Potentials centered = potentials;  // what it scores are differences
    centered.center = origin_;
    scores_.emplace(centered, features_, scale);
    for (std::size_t k = 0; k < n_precisions(structure_, components_); ++k) multiply(potentials.whitener, k);
  }

  // Finds the runs of a tile.
  void open(const Tile<Real>& tile) {
    std::memset(differs_, 0, tile.stride);
    for (std::size_t d = 0; d < features_; ++d) {
      const Real* x = tile.columns + d * tile.stride;
      std::uint8_t* lacks = lacks_ + d * tile.stride;
      std::uint8_t* differs = differs_;
      for (std::size_t n = 0; n < tile.padded(); ++n) lacks[n] = x[n] != x[n];
      for (std::size_t n = 1; n < tile.count; ++n) differs[n] |= lacks[n] ^ lacks[n - 1];
    }
    n_runs_ = room_ = 0;
    std::uint32_t* missing = missing_;
    for (std::size_t n = 0; n < tile.count; ++n) {
      if (n > 0 && !differs_[n]) {
        ++runs_[n_runs_ - 1].count;
        continue;
      }
      std::size_t size = 0;
      for (std::size_t d = 0; d < features_; ++d) {
        missing[size] = static_cast<std::uint32_t>(d);
        size += lacks_[d * tile.stride + n];
      }
      const std::size_t stride = round_up(size, lanes<double>);
      runs_[n_runs_++] = {n, 1, missing, size, stride, room_};
      missing += size;
      room_ += is_matrix() ? size * stride : 0;
    }
    keeps_ = components_ * room_ * sizeof(double) <= most_kept;
    const std::size_t needed = keeps_ ? components_ * room_ : features_ * precision_stride_;
    if (!residuals_ || needed > residuals_size_) {
      residuals_size_ = needed;
      residuals_.emplace(needed);
    }
  }

  // Components, and the background if there is one.
  std::size_t competitors() const {
    return components_ + (background_ > -std::numeric_limits<double>::infinity() ? 1 : 0);
  }

  // Completes the rows of the open tile under each component, and scores them: those of every competitor.
  void score(const Tile<Real>& tile, Real* scores) {
    for (std::size_t k = 0; k < components_; ++k, scores += tile.stride) {
      Tile<Real>& z = *tiles_[k];
      z.count = tile.count;
      for (std::size_t d = 0; d < features_; ++d) {
        const auto m = center_[k][d];
        const Real* x = tile.columns + d * tile.stride;
        Real* to = z.columns + d * z.stride;
        for (std::size_t n = 0; n < tile.padded(); n += lanes<Real>) {
          const Vector<Real> value = load(x + n);
          store<Real>(to + n, value == value ? m.difference(value) : Vector<Real>{});
        }
      }
      for (std::size_t r = 0; r < n_runs_; ++r) {
        const Run& run = runs_[r];
        if (run.size == 0) continue;
        const double log_determinant = is_matrix() ? expect(z, k, run) : log_precisions(k, run);
        correction_[r] = 0.5 * (log_2_pi * static_cast<double>(run.size) - log_determinant);
      }
      scores_->of_component(z, k, scores);
      for (std::size_t r = 0; r < n_runs_; ++r) {
        const Run& run = runs_[r];
        if (run.size == 0) continue;
        const Real correction = scale_ * static_cast<Real>(correction_[r]);
        for (std::size_t n = run.first; n < run.first + run.count; ++n) scores[n] += correction;
      }
    }
    if (competitors() > components_) score_background(tile, scores);
  }

  // The rows of the open tile less the center of component k; in rows as well as columns where there is room for them.
  const Tile<Real>& of(std::size_t k) {
    Tile<Real>& z = *tiles_[k];
    if (z.row_stride > 0) {
      for (std::size_t n = 0; n < z.count; ++n) {
        for (std::size_t d = 0; d < features_; ++d) z.rows[n * z.row_stride + d] = z.columns[d * z.stride + n];
      }
    }
    return z;
  }

  // Adds to the lower triangles of a scatter what is around the completed rows, of shares (h_n scale_n)^2.
  void add_residuals(std::size_t k, const Real* h, const Real* scale, Structure structure, double* scatter) {
    for (std::size_t r = 0; r < n_runs_; ++r) {
      const Run& run = runs_[r];
      if (run.size == 0) continue;
      double count = 0.0;
      for (std::size_t n = run.first; n < run.first + run.count; ++n) {
        const double root = static_cast<double>(h[n] * scale[n]);
        count += root * root;
      }
      if (count == 0.0) continue;
      const double* residual = is_matrix() ? (keeps_ ? kept(k, run) : inverted(k, run).residual) : nullptr;
      for (std::size_t i = 0; i < run.size; ++i, residual += run.stride) {
        const std::size_t d = run.missing[i];
        const double spread = is_matrix() ? residual[i] : 1.0 / precision(k)[structure_ == Structure::diagonal ? d : 0];
        if (structure == Structure::diagonal) {
          scatter[k * features_ + d] += count * spread;
        } else if (structure == Structure::spherical) {
          scatter[k] += count * spread;
        } else {
          double* row = scatter + ((structure == Structure::pooled ? 0 : k * features_) + d) * features_;
          for (std::size_t j = 0; is_matrix() && j < i; ++j) row[run.missing[j]] += count * residual[j];
          row[d] += count * spread;
        }
      }
    }
  }

 private:
  // The density of the background is that of the sides whose values there are.
  void score_background(const Tile<Real>& tile, Real* scores) const {
    for (std::size_t n = 0; n < tile.padded(); ++n) scores[n] = scale_ * static_cast<Real>(background_);
    for (std::size_t r = 0; r < n_runs_; ++r) {
      const Run& run = runs_[r];
      double score = background_;
      for (std::size_t i = 0; i < run.size; ++i) score += log_sides_[run.missing[i]];
      for (std::size_t n = run.first; n < run.first + run.count; ++n) scores[n] = scale_ * static_cast<Real>(score);
    }
  }

  // Rows of the tile that lack the same values.
  struct Run {
    std::size_t first, count;
    const std::uint32_t* missing;
    std::size_t size, stride;  // how many are missing, and the same in whole vectors
    std::size_t at;            // of what is kept of a component
  };

  struct Inverted {
    double* residual;
    double log_determinant;
  };

  static constexpr double log_2_pi = 1.8378770664093453;
  static constexpr std::size_t most_kept = 4 << 20;  // bytes of the C of a tile; more are computed twice
  static constexpr std::size_t few_rows = 4;         // of a run, which are completed one by one

  static std::size_t n_precisions(Structure structure, std::size_t components) {
    return structure == Structure::pooled ? 1 : components;
  }

  bool is_matrix() const { return structure_ == Structure::full || structure_ == Structure::pooled; }

  std::size_t precision_size() const {
    if (is_matrix()) return features_ * precision_stride_;
    return structure_ == Structure::diagonal ? features_ : 1;
  }

  const double* precision(std::size_t k) const {
    return precision_ + (structure_ == Structure::pooled ? 0 : k * precision_size());
  }

  // P = G^T G of one whitener.
  void multiply(const double* whitener, std::size_t k) {
    double* p = precision_ + k * precision_size();
    if (!is_matrix()) {
      const double* g = whitener + k * precision_size();
      for (std::size_t i = 0; i < precision_size(); ++i) p[i] = g[i] * g[i];
      return;
    }
    std::memset(p, 0, precision_size() * sizeof(double));
    const double* g = whitener + k * features_ * features_;
    for (std::size_t l = 0; l < features_; ++l, g += features_) {
      for (std::size_t i = 0; i <= l; ++i) {
        for (std::size_t j = 0; j <= l; ++j) p[i * precision_stride_ + j] += g[i] * g[j];
      }
    }
  }

  double* kept(std::size_t k, const Run& run) { return *residuals_ + (keeps_ ? k * room_ + run.at : 0); }

  // C of a run, and log |P_MM|.
  Inverted inverted(std::size_t k, const Run& run) {
    const double* p = precision(k);
    double* c = kept(k, run);
    for (std::size_t i = 0; i < run.size; ++i) {
      const double* from = p + run.missing[i] * precision_stride_;
      double* row = c + i * run.stride;
      for (std::size_t j = 0; j < run.size; ++j) row[j] = from[run.missing[j]];
      for (std::size_t j = run.size; j < run.stride; ++j) row[j] = 0.0;
    }
    return {c, invert(c, run.size, run.stride, least_)};
  }

  double log_precisions(std::size_t k, const Run& run) const {
    double total = 0.0;
    for (std::size_t i = 0; i < run.size; ++i) {
      total += __builtin_log(precision(k)[structure_ == Structure::diagonal ? run.missing[i] : 0]);
    }
    return total;
  }

  // Completes the rows of a run, z of which is zero where they lack a value.
  double expect(Tile<Real>& z, std::size_t k, const Run& run) {
    const Inverted inverse = inverted(k, run);
    if (run.count < few_rows) {
      const std::size_t end = run.first + run.count;
      for (std::size_t n = run.first; n < end; ++n) expect_row(z, precision(k), run, inverse.residual, n);
      return inverse.log_determinant;
    }
    // Lanes over rows: first P_MO z_O of all that are missing, then what is expected of each.
    const double* p = precision(k);
    for (std::size_t i = 0; i < run.size; ++i) {
      double* e = gathered_ + i * z.stride;
      for (std::size_t n = 0; n < run.count; ++n) e[n] = 0.0;
      for (std::size_t d = 0, next = 0; d < features_; ++d) {
        if (next < run.size && run.missing[next] == d) {
          ++next;
          continue;
        }
        add_to(e, p[run.missing[i] * precision_stride_ + d], z.columns + d * z.stride + run.first, run.count);
      }
    }
    double* total = total_;
    for (std::size_t i = 0; i < run.size; ++i) {
      for (std::size_t n = 0; n < run.count; ++n) total[n] = 0.0;
      for (std::size_t j = 0; j < run.size; ++j) {
        add_to(total, -inverse.residual[i * run.stride + j], gathered_ + j * z.stride, run.count);
      }
      Real* to = z.columns + run.missing[i] * z.stride + run.first;
      for (std::size_t n = 0; n < run.count; ++n) to[n] = static_cast<Real>(total[n]);
    }
    return inverse.log_determinant;
  }

  // The same of one row, with the lanes over features.
  void expect_row(Tile<Real>& z, const double* p, const Run& run, const double* residual, std::size_t n) {
    double* e = product_;  // P z, where z is zero for what is missing
    for (std::size_t d = 0; d < precision_stride_; ++d) e[d] = 0.0;
    for (std::size_t d = 0, next = 0; d < features_; ++d) {
      if (next < run.size && run.missing[next] == d) {
        ++next;
      } else {
        add_row(e, static_cast<double>(z.columns[d * z.stride + n]), p + d * precision_stride_, precision_stride_);
      }
    }
    for (std::size_t i = 0; i < run.stride; ++i) row_[i] = 0.0;
    for (std::size_t i = 0; i < run.size; ++i) add_row(row_, -e[run.missing[i]], residual + i * run.stride, run.stride);
    for (std::size_t i = 0; i < run.size; ++i) z.columns[run.missing[i] * z.stride + n] = static_cast<Real>(row_[i]);
  }

  static void add_row(double* to, double factor, const double* from, std::size_t size) {
    for (std::size_t c = 0; c < size; c += lanes<double>) store<double>(to + c, load(to + c) + factor * load(from + c));
  }

  template <class From>
  static void add_to(double* to, double factor, const From* from, std::size_t count) {
    for (std::size_t n = 0; n < count; ++n) to[n] += factor * static_cast<double>(from[n]);
  }

  const std::size_t components_;
  const std::size_t features_;
  const Structure structure_;
  const Real scale_;
  const double background_;
  const double* const log_sides_;
  const std::size_t precision_stride_;
  Centers<Real> center_;
  Buffer<double> origin_;
  Buffer<double> precision_;
  Buffer<std::uint8_t> lacks_;
  Buffer<std::uint8_t> differs_;
  Buffer<std::uint32_t> missing_;
  Buffer<Run> runs_;
  Buffer<double> row_;
  Buffer<double> product_;
  Buffer<double> least_;
  Buffer<double> total_;
  Buffer<double> gathered_;
  Buffer<double> correction_;
  std::unique_ptr<std::optional<Tile<Real>>[]> tiles_;
  std::optional<Scores<Real>> scores_;
  std::optional<Buffer<double>> residuals_;
  std::size_t residuals_size_ = 0;
  std::size_t n_runs_ = 0;
  std::size_t room_ = 0;
  bool keeps_ = true;
};

}  // namespace
}  // namespace mixfold
