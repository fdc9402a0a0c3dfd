// Whole fits of many small tables: k-means from k-means++, and EM until it has converged, without returning to Python.
//
// The steps are those of single fits (mixfold.initialization.kmeans, mixfold.fitting.em), and have their bits.
// Threads: none, no state.
#pragma once

#include <nanobind/nanobind.h>

#include "expectation_maximization.hpp"

namespace mixfold {

// Random numbers in [0, 1) that `kmeans` takes for each seeding.
std::size_t kmeans_draws(std::size_t components);

// Lloyd's iterations (1982) from the best of several seedings by greedy k-means++ (Arthur & Vassilvitskii 2007), at most
// `max_steps`, until one lowers the inertia by less than `tolerance` of itself. Gives the centers, (K, D). Rows are drawn
// in an order of their values, so that the order in which they come does not matter.
template <class Real>
void kmeans(const Rows<Real>& rows, const Real* weights, std::size_t components, const double* uniforms,
            std::size_t seedings, std::size_t max_steps, double tolerance, double* centers);

// When EM stops, as mixfold.fitting.Stopping says it: looked at every `block` steps.
struct Limits {
  std::size_t max_steps;
  std::size_t block;
  double tolerance;
  double resolution;
  double leaping_work;  // steps of fewer rows times components times squared features leap where they are slow
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
