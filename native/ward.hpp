// Ward's hierarchy (1963) by chains of nearest neighbors (Murtagh 1983): who is nearest to whom is asked along a chain until
// two are nearest to each other, which are joined; no other join can change that.
//
// What the scatter within clusters grows by when two of sizes m and n are joined is m n / (m + n) of the squared distance
// of their means, so that means and sizes are enough: n d numbers instead of n^2. Clusters that are left lie one after the
// other. All in float64; no threads, no state.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mixfold {

// The parts (n - 1, 2) of each cluster of rows (n, d) in the order of what its join costs, numbered as in SciPy; its size
// (n - 1); and the rows (n) in an order in which each cluster is a span, its first part before its second.
void join_by_ward(const double* rows, std::size_t n, std::size_t d, std::int64_t* parts, std::int64_t* sizes,
                  std::int64_t* order);

}  // namespace mixfold
