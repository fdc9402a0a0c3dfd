// The part of the Python module that says how columns were recorded.

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>

#include "recording.hpp"
#include "views.hpp"

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

}  // namespace

void bind_recording(nb::module_& module) {
  using namespace nb::literals;
  module.def("recorded_columns", &recorded_columns, "columns"_a, "weights"_a.none(), "weight"_a, "result"_a);
}

}  // namespace mixfold
