// K-means from k-means++, without returning to Python: the steps of mixfold.initialization.kmeans, to the same bits.
//
// Threads: none, no state.
#pragma once

#include <vector>

#include "views.hpp"

namespace mixfold {

// Random numbers in [0, 1) that `kmeans` takes for each seeding.
std::size_t kmeans_draws(std::size_t components);

// Rows in an order that depends on their values alone, feature by feature, and their weights.
class OrderedRows {
 public:
  template <class Real>
  OrderedRows(const Rows<Real>& rows, const Real* weights);

  double value(std::size_t n, std::size_t d) const { return values_[d * count + n]; }

  // Squared distances of all rows to row `n`.
  void distances(std::size_t n, double* result) const;

  const std::size_t count, features;
  std::vector<double> weight;

 private:
  std::vector<double> values_;
};

// Lloyd's iterations (1982) from the best of several seedings by greedy k-means++ (Arthur & Vassilvitskii 2007), at most
// `max_steps`, until one lowers the inertia by less than `tolerance` of itself. Gives the centers, (K, D). Rows are drawn
// as they are `ordered`, so that the order in which they come does not matter.
template <class Real>
void kmeans(const Rows<Real>& rows, const Real* weights, const OrderedRows& ordered, std::size_t components,
            const double* uniforms, std::size_t seedings, std::size_t max_steps, double tolerance, double* centers);

}  // namespace mixfold
