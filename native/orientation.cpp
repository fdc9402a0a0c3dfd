#include "orientation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "eigen.hpp"

namespace mixfold {
namespace {

using Numbers = std::vector<double>;

// As in mixfold.covariance.orientation.
constexpr double negligible = 1e-9, alike = 1e-13, small = 0.5;
constexpr double rounding = std::numeric_limits<double>::epsilon(), tiny = std::numeric_limits<double>::min();

// Adds a row of a matrix product: the sum of rows (N, D), a stride apart, times factors that are a stride apart. Four at a
// time, one after the other.
void add_product(const double* factors, std::size_t stride, const double* rows, std::size_t n, std::size_t d,
                 double* __restrict sum) {
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const double one = factors[i * stride], two = factors[(i + 1) * stride], three = factors[(i + 2) * stride],
                 four = factors[(i + 3) * stride];
    const double *a = rows + i * d, *b = a + d, *c = b + d, *e = c + d;
    for (std::size_t l = 0; l < d; ++l) sum[l] = (((sum[l] + one * a[l]) + two * b[l]) + three * c[l]) + four * e[l];
  }
  for (; i < n; ++i) {
    for (std::size_t l = 0; l < d; ++l) sum[l] += factors[i * stride] * rows[i * d + l];
  }
}

// Replaces a symmetric matrix by A^T M A.
void turn(double* matrix, const double* axes, std::size_t d, double* room) {
  std::fill(room, room + d * d, 0.0);
  for (std::size_t i = 0; i < d; ++i) add_product(matrix + i * d, 1, axes, d, d, room + i * d);
  std::fill(matrix, matrix + d * d, 0.0);
  for (std::size_t j = 0; j < d; ++j) add_product(axes + j, d, room, d, d, matrix + j * d);
}

// Writes D diag(v) D^T, which is symmetric to the last bit.
void write_turned(const double* axes, const double* variances, std::size_t d, double* covariance) {
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double total = 0.0;
      for (std::size_t l = 0; l < d; ++l) total += axes[i * d + l] * variances[l] * axes[j * d + l];
      covariance[i * d + j] = covariance[j * d + i] = total;
    }
  }
}

// What is known of scatter (K, D, D) that is seen from common axes.
class Along {
 public:
  Along(Letters letters, const double* counts, const Before& before, std::size_t k, std::size_t d, double* scatter)
      : letters_(letters),
        counts_(counts),
        before_(before),
        k_(k),
        d_(d),
        along_(scatter),
        variances_(k * d),
        inverses_(k * d),
        angle_(d * d),
        room_(d * d),
        rotation_(d * d),
        kept_(k * d * d) {}

  void look(const double* axes) {
    for (std::size_t i = 0; i < k_; ++i) turn(along_ + i * d_ * d_, axes, d_, room_.data());
  }

  void set_variances_here() {
    for (std::size_t i = 0; i < k_; ++i) {
      for (std::size_t j = 0; j < d_; ++j) variances_[i * d_ + j] = diagonal(i, j);
    }
    set_variances(letters_, counts_, before_, k_, d_, variances_.data());
    for (std::size_t i = 0; i < k_ * d_; ++i) inverses_[i] = 1.0 / variances_[i];
  }

  // The angle by which the first of two axes is best turned to the second; adds what that gains.
  double angle(std::size_t i, std::size_t j, double& gains) const {
    double crossed = 0.0, other_crossed = 0.0, right = 0.0, other_right = 0.0, cross = 0.0;
    for (std::size_t k = 0; k < k_; ++k) {
      const double one = inverses_[k * d_ + i], other = inverses_[k * d_ + j];
      right += one * diagonal(k, i);
      other_right += other * diagonal(k, j);
      crossed += one * diagonal(k, j);
      other_crossed += other * diagonal(k, i);
      cross += (one - other) * along_[(k * d_ + i) * d_ + j];
    }
    const double half = 0.5 * (right + other_right - crossed - other_crossed), radius = std::hypot(half, cross);
    if (!(radius > alike * (right + other_right + crossed + other_crossed))) return 0.0;
    const double turned = 0.5 * std::atan2(-cross, -half);
    // half + radius, without cancellation where half is negative: where the axes are almost right
    if (turned != 0.0) gains += half < 0.0 ? cross * cross / std::max(radius - half, tiny) : half + radius;
    return turned;
  }

  // Turns axes in all planes; gives what was to gain.
  double improve(Numbers& axes) {
    double gains = 0.0;
    for (std::size_t i = 0; i < d_; ++i) {
      for (std::size_t j = i + 1; j < d_; ++j) {
        const double best = angle(i, j, gains), turned = before_.covariances ? std::clamp(best, -small, small) : best;
        angle_[i * d_ + j] = turned;
        angle_[j * d_ + i] = -turned;
      }
    }
    if (!at_once(0.5) && !at_once(0.25)) by_rounds();
    Numbers after(d_ * d_);
    for (std::size_t i = 0; i < d_; ++i) {
      for (std::size_t j = 0; j < d_; ++j) {
        for (std::size_t l = 0; l < d_; ++l) after[i * d_ + l] += axes[i * d_ + j] * rotation_[j * d_ + l];
      }
    }
    axes.swap(after);
    return gains;
  }

  const double* variances() const { return variances_.data(); }

 private:
  double diagonal(std::size_t k, std::size_t i) const { return std::max(along_[k * d_ * d_ + i * (d_ + 1)], 0.0); }

  double cost() const {
    double total = 0.0;
    for (std::size_t i = 0; i < k_; ++i) {
      for (std::size_t j = 0; j < d_; ++j) total += diagonal(i, j) / variances_[i * d_ + j];
    }
    return total;
  }

  // Turns in all planes at once by a share of the angles, twice it, as Cayley's map of planar angles does; leaves all as
  // it was, and says so, where that does not lower the cost.
  bool at_once(double share) {
    for (const double angle : angle_) {
      if (!(2.0 * share * std::abs(angle) <= small * (1.0 + 1e-9))) return false;
    }
    Numbers left(d_ * d_);
    for (std::size_t i = 0; i < d_ * d_; ++i) {
      left[i] = std::tan(share * angle_[i]);
      rotation_[i] = -left[i];
    }
    for (std::size_t i = 0; i < d_; ++i) left[i * (d_ + 1)] = rotation_[i * (d_ + 1)] = 1.0;
    // (I + S) X = I - S, where no pivot is below one: the symmetric part is the identity.
    for (std::size_t p = 0; p < d_; ++p) {
      for (std::size_t i = 0; i < d_; ++i) {
        if (i == p) continue;
        const double factor = left[i * d_ + p] / left[p * (d_ + 1)];
        for (std::size_t j = p; j < d_; ++j) left[i * d_ + j] -= factor * left[p * d_ + j];
        for (std::size_t j = 0; j < d_; ++j) rotation_[i * d_ + j] -= factor * rotation_[p * d_ + j];
      }
    }
    for (std::size_t i = 0; i < d_; ++i) {
      for (std::size_t j = 0; j < d_; ++j) rotation_[i * d_ + j] /= left[i * (d_ + 1)];
    }
    const double before = cost();
    std::copy(along_, along_ + k_ * d_ * d_, kept_.begin());
    look(rotation_.data());
    if (cost() <= before * (1.0 + rounding)) return true;
    std::copy(kept_.begin(), kept_.end(), along_);
    return false;
  }

  // Turns in every plane once, in rounds of disjoint planes: a round-robin tournament.
  void by_rounds() {
    set_identity(rotation_.data(), d_);
    const std::size_t all = d_ + d_ % 2;  // whoever meets none rests
    std::vector<std::size_t> players(all);
    std::iota(players.begin(), players.end(), std::size_t{0});
    double gains = 0.0;
    for (std::size_t round = 0; round + 1 < all; ++round) {
      for (std::size_t seat = 0; seat < all / 2; ++seat) {
        const auto [i, j] = std::minmax(players[seat], players[all - 1 - seat]);
        if (j >= d_) continue;
        const double turned = angle(i, j, gains), cosine = std::cos(turned), sine = std::sin(turned);
        for (std::size_t k = 0; k < k_; ++k) rotate(along_ + k * d_ * d_, d_, i, j, cosine, sine);
        rotate_columns(rotation_.data(), d_, i, j, cosine, sine);
      }
      std::rotate(players.begin() + 1, players.end() - 1, players.end());
    }
  }

  Letters letters_;
  const double* counts_;
  const Before& before_;
  std::size_t k_, d_;
  double* along_;
  Numbers variances_, inverses_, angle_, room_, rotation_, kept_;
};

// Recovers common axes from the covariances that have them: of these together, in unequal shares, so that components do not
// cancel.
void set_axes_of(const double* covariances, std::size_t k, std::size_t d, double* axes) {
  Numbers together(d * d), sizes(d);
  for (std::size_t i = 0; i < k; ++i) {
    const double* covariance = covariances + i * d * d;
    const double place = k > 1 ? static_cast<double>(i) / static_cast<double>(k - 1) : 0.0;
    const double share = (1.0 + place) / trace(covariance, d);
    for (std::size_t j = 0; j < d * d; ++j) together[j] += share * covariance[j];
  }
  eigen(together.data(), d, sizes.data(), axes);
}

// The best of several guesses: the axes of each component, and those of all together, with sizes and without.
void set_first_axes(Letters letters, const double* counts, const Before& before, std::size_t k, std::size_t d,
                    const double* scatter, double* axes) {
  Numbers pooled(d * d), even(d * d), guess(d * d), sizes(d), seen(d * d), room(d * d), variances(k * d);
  for (std::size_t i = 0; i < k; ++i) {
    const double* own = scatter + i * d * d;
    const double size = std::max(trace(own, d), tiny);
    for (std::size_t j = 0; j < d * d; ++j) {
      pooled[j] += own[j];
      even[j] += own[j] / size;
    }
  }
  double lowest = std::numeric_limits<double>::infinity();
  for (std::size_t number = 0; number < k + 2; ++number) {
    const double* from = number < k ? scatter + number * d * d : number == k ? pooled.data() : even.data();
    seen.assign(from, from + d * d);
    eigen(seen.data(), d, sizes.data(), guess.data());
    for (std::size_t i = 0; i < k; ++i) {
      seen.assign(scatter + i * d * d, scatter + (i + 1) * d * d);
      turn(seen.data(), guess.data(), d, room.data());
      for (std::size_t j = 0; j < d; ++j) variances[i * d + j] = std::max(seen[j * (d + 1)], 0.0);
    }
    set_variances(letters, counts, before, k, d, variances.data());
    double height = 0.0;
    for (std::size_t i = 0; i < k; ++i) {
      for (std::size_t j = 0; j < d; ++j) height += counts[i] * std::log(variances[i * d + j]);
    }
    if (height < lowest || (number == k && std::isinf(lowest))) {
      if (height < lowest) lowest = height;
      std::copy(guess.begin(), guess.end(), axes);
    }
  }
}

}  // namespace

double trace(const double* matrix, std::size_t d) {
  double total = 0.0;
  for (std::size_t i = 0; i < d; ++i) total += matrix[i * (d + 1)];
  return total;
}

void with_own_axes(Letters letters, const double* counts, const Before& before, std::size_t k, std::size_t d,
                   double* values) {
  Numbers variances(k * d), axes(k * d * d);
  for (std::size_t i = 0; i < k; ++i) {
    eigen(values + i * d * d, d, variances.data() + i * d, axes.data() + i * d * d);
  }
  set_variances(letters, counts, before, k, d, variances.data());
  for (std::size_t i = 0; i < k; ++i) {
    write_turned(axes.data() + i * d * d, variances.data() + i * d, d, values + i * d * d);
  }
}

// Alternates variances along given axes and axes that cost less at given variances.
void with_common_axes(Letters letters, const double* counts, const Before& before, std::size_t k, std::size_t d,
                      double* values) {
  Numbers axes(d * d);
  if (before.covariances) {
    set_axes_of(before.covariances, k, d, axes.data());
  } else {
    set_first_axes(letters, counts, before, k, d, values, axes.data());
  }
  Along along(letters, counts, before, k, d, values);
  along.look(axes.data());
  along.set_variances_here();
  const double least = negligible * sum_of(counts, k) * static_cast<double>(d);
  const int most = d > 1 ? most_turns(before, d) : 0;
  for (int inner = 0; inner < most; ++inner) {
    const double gain = along.improve(axes);
    along.set_variances_here();
    if (!(gain > least)) break;
  }
  for (std::size_t i = 0; i < k; ++i) write_turned(axes.data(), along.variances() + i * d, d, values + i * d * d);
}

}  // namespace mixfold
