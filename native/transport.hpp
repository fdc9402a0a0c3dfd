// The cheapest way to move one distribution on few points to another.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>

namespace mixfold {

// The plan (k, m), with sums `rows` (k,) and `columns` (m,), of the least sum of costs times plan: successive shortest
// paths in reduced costs, each by Dijkstra's algorithm on the dense graph (Ahuja, Magnanti & Orlin 1993, section 9.7).
// Costs must be finite; sums that differ by rounding leave a rest of that size. Threads: none, no state.
void cheapest_plan(const double* costs, std::size_t k, std::size_t m, const double* rows, const double* columns,
                   double* plan);

// Adds what mixtures are moved to each other with, and reduced, to the Python module.
void bind_transport(nanobind::module_& module);

}  // namespace mixfold
