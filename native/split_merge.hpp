// What splits of components gain and what merges of pairs lose, estimated before any is made: the numbers that
// mixfold.search.split_merge ranks moves by, which it also has from EM on tables of rows, to rounding.
//
// Sums in float64. Threads: none, no state.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>

#include "kernels.hpp"
#include "maximize.hpp"

namespace mixfold {

// Weights (K,), means (K, D) and covariances: (K, D, D), or (K, D) where the structure is diagonal.
struct Mixed {
  std::size_t components, features;
  Structure structure;
  const double *weights, *means, *covariances;
};

// Bounds what merging each pair loses, in nats for each unit of weight (Runnalls 2007, eq. 22): above the diagonal of
// (K, K), infinite elsewhere. Minus infinity where the pair has no volume.
void merge_losses(const Mixed& mixture, double* losses);

struct SplitRules {
  double negligible;  // rows of which a component has no larger share are none of its own
  double least;       // weight of these without which it is not split
  double between;     // share of the variance along an axis that lies between its halves
  std::size_t cuts;   // principal axes across which it is cut, the longest first
  std::size_t steps;  // EM steps from each pair of halves
};

// Of each component the nats that its rows gain, NaN where it is not split, and the weights (K, 2), means (K, 2, D) and
// covariances (K, 2, D, D) of the better halves.
struct Splits {
  double *gains, *weights, *means, *covariances;
};

// Fits two components to the rows of each of a mixture of full structure, whose principal axes are the columns of `axes`
// (K, D, D), with variances `along` (K, D) that ascend. Steps that will not come to the `needed` nats (K,) end early. False, with nothing written, if it has no density.
template <class Real>
bool split(const Rows<Real>& rows, const double* weights, const Mixed& mixture, const double* along, const double* axes,
           const Prior& prior, const SplitRules& rules, const double* needed, const Splits& result);

void bind_split_merge(nanobind::module_& module);

}  // namespace mixfold
