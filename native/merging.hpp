// Runnalls' reduction (2007): of all pairs of components the one whose merging costs least is merged, again and again.
//
// The cost of i and j is 1/2 [(w_i + w_j) log|S_ij| - w_i log|S_i| - w_j log|S_j|] (eq. 21), with S_ij the covariance of both
// together; determinants by LDL^T, each lane a j of its own. The least cost of each row of the triangle is kept, and
// rows are searched anew only where what they were nearest to has changed. All in float64; no threads, no state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "tile.hpp"
#include "vector.hpp"

namespace mixfold {
namespace {

class Merging {
 public:
  Merging(std::size_t n, std::size_t d)
      : n_(n),
        d_(d),
        stride_((n + lanes<double> - 1) / lanes<double> * lanes<double>),
        weights_(stride_),
        halves_(stride_),
        means_(d * stride_),
        triangles_(d * (d + 1) / 2 * stride_),
        both_(d * (d + 1) / 2 * lanes<double>),
        steps_(d * lanes<double>),
        costs_(n * stride_),
        least_(n),
        nearest_(n) {}

  // Merges as many pairs, in place; `owners` says what became of each, and those that are gone have no weight. It stops
  // where no cost is a number.
  void run(double* weights, double* means, double* covariances, std::size_t losses, std::int64_t* owners) {
    take(weights, means, covariances);
    for (std::size_t i = 0; i < n_; ++i) owners[i] = static_cast<std::int64_t>(i);
    for (std::size_t i = 0; i < n_; ++i) {
      costs_of(i, i / lanes<double> * lanes<double>, row(i));
      search(i);
    }
    Buffer<double> renewed(stride_);
    for (std::size_t loss = 0; loss < losses; ++loss) {
      std::size_t i = 0;
      for (std::size_t r = 1; r < n_; ++r) {
        if (least_[r] < least_[i]) i = r;
      }
      const std::size_t j = nearest_[i];
      if (j == i) break;  // no cost is a number
      merge(i, j);
      for (std::size_t r = 0; r < n_; ++r) {
        if (owners[r] == static_cast<std::int64_t>(j)) owners[r] = static_cast<std::int64_t>(i);
      }
      costs_of(i, 0, renewed);
      for (std::size_t r = 0; r < i; ++r) row(r)[i] = renewed[r];
      for (std::size_t r = i + 1; r < n_; ++r) row(i)[r] = renewed[r];
      for (std::size_t r = 0; r < j; ++r) row(r)[j] = far;
      for (std::size_t r = 0; r < n_; ++r) row(j)[r] = far;
      least_[j] = far;
      search(i);
      for (std::size_t r = 0; r < j; ++r) {
        if (r == i || weights_[r] == 0.0) continue;
        if (nearest_[r] == j || nearest_[r] == i) {
          search(r);
        } else if (r < i && (row(r)[i] < least_[r] || (row(r)[i] == least_[r] && i < nearest_[r]))) {
          least_[r] = row(r)[i], nearest_[r] = i;
        }
      }
    }
    give(weights, means, covariances);
  }

 private:
  static constexpr double far = std::numeric_limits<double>::infinity();

  double* row(std::size_t i) { return costs_ + i * stride_; }

  void take(const double* weights, const double* means, const double* covariances) {
    for (std::size_t i = 0; i < stride_; ++i) {
      const std::size_t from = i < n_ ? i : 0;
      weights_[i] = i < n_ ? weights[i] : 0.0;
      for (std::size_t a = 0; a < d_; ++a) means_[a * stride_ + i] = means[from * d_ + a];
      for (std::size_t a = 0, at = 0; a < d_; ++a) {
        for (std::size_t b = 0; b <= a; ++b, ++at) triangles_[at * stride_ + i] = covariances[(from * d_ + a) * d_ + b];
      }
    }
    for (std::size_t i = 0; i < stride_; i += lanes<double>) {
      for (std::size_t at = 0; at < d_ * (d_ + 1) / 2; ++at) {
        store<double>(both_ + at * lanes<double>, load<double>(triangles_ + at * stride_ + i));
      }
      store<double>(halves_ + i, half_log_determinant());
    }
  }

  void give(double* weights, double* means, double* covariances) const {
    for (std::size_t i = 0; i < n_; ++i) {
      weights[i] = static_cast<const double*>(weights_)[i];
      for (std::size_t a = 0; a < d_; ++a) means[i * d_ + a] = static_cast<const double*>(means_)[a * stride_ + i];
      for (std::size_t a = 0, at = 0; a < d_; ++a) {
        for (std::size_t b = 0; b <= a; ++b, ++at) {
          const double value = static_cast<const double*>(triangles_)[at * stride_ + i];
          covariances[(i * d_ + a) * d_ + b] = covariances[(i * d_ + b) * d_ + a] = value;
        }
      }
    }
  }

  // Of the triangles in `both_`, which are overwritten.
  Vector<double> half_log_determinant() {
    Vector<double> total{};
    const auto at = [&](std::size_t a, std::size_t b) { return both_ + (a * (a + 1) / 2 + b) * lanes<double>; };
    for (std::size_t c = 0; c < d_; ++c) {
      Vector<double> pivot[1] = {load<double>(at(c, c))};
      const Vector<double> inverse = 1.0 / pivot[0];
      logarithms<double>(pivot);
      total += pivot[0];
      for (std::size_t a = c + 1; a < d_; ++a) {
        const Vector<double> factor = load<double>(at(a, c)) * inverse;
        for (std::size_t b = c + 1; b <= a; ++b) {
          store<double>(at(a, b), load<double>(at(a, b)) - factor * load<double>(at(b, c)));
        }
      }
    }
    return 0.5 * total;
  }

  // The costs of i and all from `first` on; of itself, and of those that are gone, infinite.
  void costs_of(std::size_t i, std::size_t first, double* result) {
    const double weight = weights_[i], own = weight * halves_[i];
    for (std::size_t j = first; j < stride_; j += lanes<double>) {
      const Vector<double> others = load<double>(weights_ + j), total = others + weight;
      const Vector<double> share = others / total, mixed = share * (1.0 - share);
      for (std::size_t a = 0, at = 0; a < d_; ++a) {
        const Vector<double> step = load<double>(means_ + a * stride_ + j) - means_[a * stride_ + i];
        store<double>(steps_ + a * lanes<double>, step);
        for (std::size_t b = 0; b <= a; ++b, ++at) {
          const double spread = triangles_[at * stride_ + i];
          const Vector<double> theirs = load<double>(triangles_ + at * stride_ + j);
          const Vector<double> between = mixed * step * load<double>(steps_ + b * lanes<double>);
          store<double>(both_ + at * lanes<double>, spread + share * (theirs - spread) + between);
        }
      }
      Vector<double> cost = total * half_log_determinant() - own - others * load<double>(halves_ + j);
      cost = others > 0.0 ? cost : broadcast(far);
      store<double>(result + j, cost);
    }
    result[i] = far;
  }

  void search(std::size_t i) {
    const double* const own = row(i);
    double least = far;
    std::size_t nearest = i;
    for (std::size_t j = i + 1; j < n_; ++j) {
      if (own[j] < least) least = own[j], nearest = j;
    }
    least_[i] = least, nearest_[i] = nearest;
  }

  void merge(std::size_t i, std::size_t j) {
    const double total = weights_[i] + weights_[j], share = weights_[j] / total;
    for (std::size_t a = 0, at = 0; a < d_; ++a) {
      const double step = means_[a * stride_ + j] - means_[a * stride_ + i];
      for (std::size_t b = 0; b <= a; ++b, ++at) {
        const double other = means_[b * stride_ + j] - means_[b * stride_ + i];
        double& spread = triangles_[at * stride_ + i];
        spread += share * (triangles_[at * stride_ + j] - spread) + share * (1.0 - share) * step * other;
      }
    }
    for (std::size_t a = 0; a < d_; ++a) {
      means_[a * stride_ + i] += share * (means_[a * stride_ + j] - means_[a * stride_ + i]);
    }
    weights_[i] = total, weights_[j] = 0.0;
    for (std::size_t at = 0; at < d_ * (d_ + 1) / 2; ++at) {
      store<double>(both_ + at * lanes<double>, broadcast<double>(triangles_[at * stride_ + i]));
    }
    halves_[i] = half_log_determinant()[0];
  }

  std::size_t n_, d_, stride_;
  Buffer<double> weights_, halves_, means_, triangles_, both_, steps_, costs_, least_;
  Buffer<std::size_t> nearest_;
};

// Blocks (b, n) of components, each of which loses as many.
void merge_cheapest(double* weights, double* means, double* covariances, std::size_t blocks, std::size_t n,
                    std::size_t d, std::size_t losses, std::int64_t* owners) {
  Merging merging(n, d);
  for (std::size_t b = 0; b < blocks; ++b) {
    merging.run(weights + b * n, means + b * n * d, covariances + b * n * d * d, losses, owners + b * n);
  }
}

}  // namespace
}  // namespace mixfold
