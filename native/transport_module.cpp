// The part of the Python module that mixtures are moved to each other with, and reduced, and rows joined to clusters.

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include "dispatch.hpp"
#include "transport.hpp"
#include "views.hpp"
#include "ward.hpp"

namespace nb = nanobind;

namespace mixfold {
namespace {

void plan_of(const View<double>& costs, const View<double>& rows, const View<double>& columns,
             const Output<double>& plan) {
  const std::size_t k = costs.size(0), m = costs.size(1);
  const double* const own = costs.contiguous("costs", k, m);
  const double *const supply = rows.contiguous("rows", k), *const demand = columns.contiguous("columns", m);
  double* const result = plan.contiguous("plan", k, m);
  nb::gil_scoped_release release;
  cheapest_plan(own, k, m, supply, demand, result);
}

void norms_of(const View<double>& a, const View<double>& b, double least, const Output<double>& norms) {
  const std::size_t k = a.size(0), m = b.size(0), d = a.size(1);
  if (d == 0) throw std::invalid_argument("There must be a feature.");
  const double *const first = a.contiguous("a", k, d, d), *const second = b.contiguous("b", m, d, d);
  double* const result = norms.contiguous("norms", k, m);
  nb::gil_scoped_release release;
  nuclear_norms_kernel()(first, k, second, m, d, least, result);
}

void merge(const Output<double>& weights, const Output<double>& means, const Output<double>& covariances,
           std::size_t losses, const Output<std::int64_t>& owners) {
  const std::size_t b = means.size(0), n = means.size(1), d = means.size(2);
  if (d == 0 || losses >= n) throw std::invalid_argument("There must be a feature, and a component that is left.");
  double* const all_weights = weights.contiguous("weights", b, n);
  double* const all_means = means.contiguous("means", b, n, d);
  double* const all_covariances = covariances.contiguous("covariances", b, n, d, d);
  std::int64_t* const all_owners = owners.contiguous("owners", b, n);
  nb::gil_scoped_release release;
  merge_cheapest_kernel()(all_weights, all_means, all_covariances, b, n, d, losses, all_owners);
}

void join(const View<double>& rows, const Output<std::int64_t>& parts, const Output<std::int64_t>& sizes,
          const Output<std::int64_t>& order) {
  const std::size_t n = rows.size(0), d = rows.size(1);
  if (n < 2) throw std::invalid_argument("There must be two rows.");
  const double* const values = rows.contiguous("rows", n, d);
  std::int64_t* const all_parts = parts.contiguous("parts", n - 1, 2);
  std::int64_t* const all_sizes = sizes.contiguous("sizes", n - 1);
  std::int64_t* const all_rows = order.contiguous("order", n);
  nb::gil_scoped_release release;
  join_by_ward(values, n, d, all_parts, all_sizes, all_rows);
}

}  // namespace

void bind_transport(nb::module_& module) {
  using namespace nb::literals;
  module.def("cheapest_plan", &plan_of, "costs"_a, "rows"_a, "columns"_a, "plan"_a);
  module.def("nuclear_norms", &norms_of, "a"_a, "b"_a, "least"_a, "norms"_a);
  module.def("merge_cheapest", &merge, "weights"_a, "means"_a, "covariances"_a, "losses"_a, "owners"_a);
  module.def("join_by_ward", &join, "rows"_a, "parts"_a, "sizes"_a, "order"_a);
}

}  // namespace mixfold
