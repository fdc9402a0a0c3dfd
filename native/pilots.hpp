// The pilots of a prior, from rows to how they are apart, without returning to Python: what mixfold.fitting.pilots does
// step by step where there is no such call, to rounding.
//
// Components of equal covariance are begun at clusters of k-means, climb side by side, and go on where they lead
// highest. Then EM makes components of free covariances of them, which are taken where rows tell the two densities
// apart.
// Sums in float64. Threads: none, no state.
#pragma once

#include <nanobind/nanobind.h>

#include <vector>

#include "expectation_maximization.hpp"

namespace mixfold {

// Clusters of rows: of these as they lie in a space, (N, features of the space).
template <class Real>
struct PilotStart {
  Rows<Real> space;
  const double* uniforms;  // `kmeans_draws` of them
  std::size_t lloyd_steps;
  double tolerance;
  std::size_t number;  // of the space: the first is that of the components
  std::size_t fewest;  // rows of each component without which its end is no answer
};

struct PilotRules {
  std::size_t first;      // starts that are made before the others, which follow where these do not meet
  double apart;           // nats a row, within which they do
  std::size_t steps;      // EM steps from each start, at most
  std::size_t polishing;  // and from the best of them
  StoppingRule rule;      // its `gain` ends steps, its `optimism` those that will not come up to the best
};

// The prior of free covariances: `scale` times those of equal components, as so many pseudo-rows.
struct FreePilots {
  double scale;
  double count;
  double likeness;
  double standard_errors;  // by which they must be ahead to be told (Vuong 1989, section 5)
  std::size_t steps;       // EM steps, at most
};

struct Pilot {
  Parameters alike;      // of pooled structure: what comes out
  std::int64_t* labels;  // (N,), of the components that are told
  double* counts;        // (K,), of the same, with jitter
  double* scatters;      // (K, D, D), about their means
};

enum class Told : int { nothing = 0, alike = 1, apart = 2 };

// Gives whether there are components, and whether their counts and scatters are known: not without `free`.
template <class Real>
Told pilot(const Rows<Real>& rows, const Real* weights, const std::vector<PilotStart<Real>>& starts, const Prior& prior,
           const PilotRules& rules, const FreePilots* free, Pilot& result);

void bind_pilots(nanobind::module_& module);

}  // namespace mixfold
