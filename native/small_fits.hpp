// Whole fits of many small tables: k-means from k-means++, and EM until it has converged, without returning to Python.
//
// The steps are those of single fits (mixfold.initialization.kmeans, mixfold.fitting.em), and have their bits.
// Threads: none, no state.
#pragma once

#include <nanobind/nanobind.h>

#include "expectation_maximization.hpp"
#include "kmeans.hpp"

namespace mixfold {

// When EM stops, as mixfold.fitting.Stopping says it: looked at every `block` steps.
struct Limits {
  std::size_t max_steps;
  std::size_t block;
  double tolerance;
  double resolution;
};

struct SmallFit {
  double log_likelihood;  // a unit of weight, of the last parameters that have a density
  double objective;       // with the log prior, up to what does not depend on the parameters
  std::size_t steps;
  Ending ending;
};

// EM from `parameters`, which leave as those of the last fold. `row` is scratch for the sums.
template <class Real>
SmallFit climb(const Rows<Real>& rows, const Real* weights, const Prior& prior, const Limits& limits,
               Parameters& parameters, double* row);

void bind_small_fits(nanobind::module_& module);

}  // namespace mixfold
