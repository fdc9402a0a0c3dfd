// Components that are some rows and their nearest neighbors: what those say that are shared out so, for an M step.
//
// Distances are squares in float64; of two that are as far the first is nearer. All sums are in float64, in the order of the
// rows. No threads, no state.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mixfold {

// Rows (N, D) with weights (N,), which lie as `space` (N, E) has them.
struct Lying {
  const double* space;
  const double* rows;
  const double* weights;
  std::size_t count, features_of_space, features;
};

// Of each component, a seed (K,) and its `nearest` neighbors: center (K, D), count (K,) and scatter about the center, (K, D, D)
// or (K, D).
struct Grouped {
  double* center;
  double* count;
  double* scatter;
  bool is_matrix;
};

void grouped(const Lying& all, const std::int64_t* seeds, std::size_t components, std::size_t nearest,
             const Grouped& result);

}  // namespace mixfold
