// The part of the Python module that says how columns were recorded, in which coordinates rows are uncorrelated, what lies
// between rows and their neighbors, and what rows say that are shared out to groups of neighbors.

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include "dispatch.hpp"
#include "groups.hpp"
#include "recording.hpp"
#include "views.hpp"
#include "whitening.hpp"

namespace nb = nanobind;

namespace mixfold {
namespace {

// Each row of `columns` (D, N) is in ascending order, and so are the weights of
// its values, (D, N) or one for all; a row of `result` (D, 5) is what a
// `Recorded` holds.
void recorded_columns(const View<double>& columns, const Optional<double>& weights, double weight,
                      const Output<double>& result) {
  const std::size_t d = columns.size(0), n = columns.size(1);
  if (n == 0) throw std::invalid_argument("There must be a row.");
  const double* const values = columns.contiguous("columns", d, n);
  const double* const each = weights ? weights->contiguous("weights", d, n) : nullptr;
  double* to = result.contiguous("result", d, 5);
  nb::gil_scoped_release release;
  for (std::size_t i = 0; i < d; ++i) {
    const Recorded found = recorded({values + i * n, each == nullptr ? nullptr : each + i * n, n, weight});
    for (double number : {found.variance, found.lowest, found.highest, found.step, found.value_variance})
      *to++ = number;
  }
}

Weighted weighted(const View<double>& rows, const View<double>& weights) {
  const std::size_t n = rows.size(0), d = rows.size(1);
  if (n == 0 || d == 0) throw std::invalid_argument("There must be a row and a feature.");
  return {rows.contiguous("rows", n, d), weights.contiguous("weights", n), n, d};
}

bool coordinates_of(const View<double>& rows, const View<double>& weights, double spanned, double collinear,
                    const Output<double>& center, const Output<double>& linear, const Output<double>& inverse) {
  const Weighted all = weighted(rows, weights);
  double *const middle = center.contiguous("center", all.d), *const there = linear.contiguous("linear", all.d, all.d),
                *const back = inverse.contiguous("inverse", all.d, all.d);
  nb::gil_scoped_release release;
  return white_coordinates(all, spanned, collinear, middle, there, back);
}

std::optional<std::size_t> rank_of(const View<double>& rows, const View<double>& weights, const View<double>& variances,
                                   double least) {
  const Weighted all = weighted(rows, weights);
  const double* const each = variances.contiguous("variances", all.d);
  nb::gil_scoped_release release;
  return rank(all, each, least);
}

void metric_of(const View<double>& rows, const View<double>& unit, std::size_t neighbors, double share,
               const Output<double>& metric) {
  const std::size_t n = rows.size(0), d = rows.size(1);
  if (d == 0 || neighbors == 0 || neighbors >= n) {
    throw std::invalid_argument("There must be a feature, and each row must have so many neighbors.");
  }
  const double *const values = rows.contiguous("rows", n, d), *const units = unit.contiguous("unit", d);
  double* const result = metric.contiguous("metric", d, d);
  nb::gil_scoped_release release;
  neighbor_metric_kernel()(values, n, d, units, neighbors, share, result);
}

// Fills center (K, D), count (K,) and scatter, (K, D, D) or (K, D).
void groups_of(const View<double>& space, const View<double>& rows, const View<double>& weights,
               const View<std::int64_t>& seeds, std::size_t nearest, const Output<double>& center,
               const Output<double>& count, const Output<double>& scatter) {
  const std::size_t n = rows.size(0), d = rows.size(1), k = seeds.size(0);
  const bool is_matrix = scatter.size(2) > 0;
  if (nearest >= n) throw std::invalid_argument("There must be so many neighbors.");
  const Lying all{space.contiguous("space", n, space.size(1)),
                  rows.contiguous("rows", n, d),
                  weights.contiguous("weights", n),
                  n,
                  space.size(1),
                  d};
  const std::int64_t* const those = seeds.contiguous("seeds", k);
  for (std::size_t i = 0; i < k; ++i) {
    if (those[i] < 0 || those[i] >= static_cast<std::int64_t>(n)) throw std::invalid_argument("seeds must be rows.");
  }
  const Grouped result{center.contiguous("center", k, d), count.contiguous("count", k),
                       is_matrix ? scatter.contiguous("scatter", k, d, d) : scatter.contiguous("scatter", k, d),
                       is_matrix};
  nb::gil_scoped_release release;
  grouped(all, those, k, nearest, result);
}

}  // namespace

void bind_recording(nb::module_& module) {
  using namespace nb::literals;
  module.def("recorded_columns", &recorded_columns, "columns"_a, "weights"_a.none(), "weight"_a, "result"_a);
  module.def("neighbor_metric", &metric_of, "rows"_a, "unit"_a, "n_neighbors"_a, "share"_a, "metric"_a);
  module.def("white_coordinates", &coordinates_of, "rows"_a, "weights"_a, "spanned"_a, "collinear"_a, "center"_a,
             "linear"_a, "inverse"_a);
  module.def("rank", &rank_of, "rows"_a, "weights"_a, "variances"_a, "least"_a);
  module.def("groups_of", &groups_of, "space"_a, "rows"_a, "weights"_a, "seeds"_a, "n_nearest"_a, "center"_a, "count"_a,
             "scatter"_a);
}

}  // namespace mixfold
