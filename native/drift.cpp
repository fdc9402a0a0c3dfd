#include "drift.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "views.hpp"

namespace nb = nanobind;

namespace mixfold {
namespace {

// The least that a lower-triangular A = G' G^-1 can make of a length; `row` and `column` are scratch.
double least_stretch(const double* before, const double* after, std::size_t d, double* row, double* column) {
  double least = std::numeric_limits<double>::infinity(), squares = 0.0, widest = 0.0;
  std::fill(column, column + d, 0.0);
  for (std::size_t i = 0; i < d; ++i) {
    std::copy(after + i * d, after + i * d + i + 1, row);
    for (std::size_t j = i + 1; j-- > 0;) {  // row G = row i of G'
      row[j] /= before[j * d + j];
      for (std::size_t l = 0; l < j; ++l) row[l] -= row[j] * before[j * d + l];
    }
    least = std::min(least, row[i]);
    double width = 0.0;
    for (std::size_t j = 0; j < i; ++j) {
      squares += row[j] * row[j];
      width += std::abs(row[j]);
      column[j] += std::abs(row[j]);
    }
    widest = std::max(widest, width);
  }
  const double highest = *std::max_element(column, column + d);
  return least - std::min(std::sqrt(squares), std::sqrt(widest * highest));
}

// ||G z||, of a structure.
double length(const double* whitener, Structure structure, std::size_t d, const double* z) {
  double total = 0.0;
  for (std::size_t i = 0; i < d; ++i) {
    double value = 0.0;
    if (structure == Structure::full || structure == Structure::pooled) {
      for (std::size_t j = 0; j <= i; ++j) value += whitener[i * d + j] * z[j];
    } else {
      value = whitener[structure == Structure::diagonal ? i : 0] * z[i];
    }
    total += value * value;
  }
  return std::sqrt(total);
}

void drift(const View<double>& center_before, const View<double>& whitener_before, const View<double>& center_after,
           const View<double>& whitener_after, int structure, const Output<double>& shrink,
           const Output<double>& shift) {
  const std::size_t k = center_before.size(0), d = center_before.size(1);
  if (k == 0 || d == 0) throw std::invalid_argument("There must be a component and a feature.");
  const Structure shape = structure_of(structure);
  const Potentials before{k, nullptr, center_before.contiguous("center_before", k, d),
                          structured(whitener_before, "whitener_before", shape, k, d), shape};
  const Potentials after{k, nullptr, center_after.contiguous("center_after", k, d),
                         structured(whitener_after, "whitener_after", shape, k, d), shape};
  double* const a = shrink.contiguous("shrink", k);
  double* const b = shift.contiguous("shift", k);
  nb::gil_scoped_release release;
  drift_of(before, after, d, a, b);
}

}  // namespace

void drift_of(const Potentials& before, const Potentials& after, std::size_t features, double* shrink, double* shift) {
  const Structure structure = before.structure;
  const std::size_t d = features;
  const std::size_t stride = structure == Structure::full       ? d * d
                             : structure == Structure::diagonal ? d
                             : structure == Structure::pooled   ? 0
                                                                : 1;
  std::vector<double> row(d), column(d), z(d);
  for (std::size_t k = 0; k < before.components; ++k) {
    const double *from = before.whitener + k * stride, *to = after.whitener + k * stride;
    double least;
    if (structure == Structure::full || (structure == Structure::pooled && k == 0)) {
      least = least_stretch(from, to, d, row.data(), column.data());
    } else if (structure == Structure::pooled) {
      least = shrink[0];
    } else {
      least = to[0] / from[0];
      for (std::size_t i = 1; i < stride; ++i) least = std::min(least, to[i] / from[i]);
    }
    shrink[k] = least > 0.0 ? std::min(least, 1.0) : 0.0;  // zero where it is no number
    for (std::size_t i = 0; i < d; ++i) z[i] = after.center[k * d + i] - before.center[k * d + i];
    shift[k] = length(to, structure, d, z.data());
  }
}

void bind_drift(nb::module_& module) {
  using namespace nb::literals;
  module.def("drift", &drift, "center_before"_a, "whitener_before"_a, "center_after"_a, "whitener_after"_a,
             "structure"_a, "shrink"_a, "shift"_a);
}

}  // namespace mixfold
