// Volumes and shapes of covariances whose axes are known: what mixfold.covariance.variances computes with NumPy.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace mixfold {

// Volume, shape and orientation: 'E' where it is equal for all components, 'V' where it varies, 'I' where it is the
// identity, as in mclust's names.
struct Letters {
  char volume;
  char shape;
  char orientation;
};

// Covariances of the family at which an inner iteration begins, and log|G_k| of their whiteners, (K,). Null where it begins
// nowhere, and goes to its end.
struct Before {
  const double* covariances;
  const double* log_determinants;
};

// How often parts of an answer are improved by turns: to the end from nowhere, and only some way from where the last M step
// was, as the next one goes on with what is left undone.
inline int most_inner(const Before& before) { return before.covariances ? 3 : 500; }
// The same of axes, of which each turn is in all planes: so many planes in all.
inline int most_turns(const Before& before, std::size_t features) {
  constexpr std::size_t most_planes = 8000;
  const std::size_t planes = std::max(features * (features - 1) / 2, std::size_t{1});
  return std::min(most_inner(before), std::max(3, static_cast<int>(most_planes / planes)));
}
// An inner iteration ends when nothing that it moves changes by more than this share of itself.
constexpr double settled = 1e-12;

inline double sum_of(const double* values, std::size_t n) { return std::accumulate(values, values + n, 0.0); }

// Replaces scatter along the axes of components, (K, D) or (K,), by the variances v_kj = lambda_k a_kj that minimize
// sum_k sum_j [n_k log v_kj + scatter_kj / v_kj], with volumes and shapes as the letters say.
void set_variances(Letters letters, const double* counts, const Before& before, std::size_t components,
                   std::size_t features, double* scatter);

}  // namespace mixfold
