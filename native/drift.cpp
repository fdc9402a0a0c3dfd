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

// The least that a lower-triangular A = G' G^-1 can make of a length: A^T A less a^2 is positive definite for every a below
// it, and so has a Cholesky factor.
class Stretch {
 public:
  explicit Stretch(std::size_t features) : d_(features), a_(d_ * d_), square_(d_ * d_), factor_(d_ * d_) {}

  double operator()(const double* before, const double* after) {
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < d_; ++i) {
      double* const row = a_.data() + i * d_;
      std::copy(after + i * d_, after + i * d_ + i + 1, row);
      for (std::size_t j = i + 1; j-- > 0;) {  // row G = row i of G'
        row[j] /= before[j * d_ + j];
        for (std::size_t l = 0; l < j; ++l) row[l] -= row[j] * before[j * d_ + l];
      }
      least = std::min(least, row[i]);
    }
    std::fill(square_.begin(), square_.end(), 0.0);
    for (std::size_t i = 0; i < d_; ++i) {
      const double* const row = a_.data() + i * d_;
      for (std::size_t j = 0; j <= i; ++j) {
        for (std::size_t l = 0; l <= j; ++l) square_[j * d_ + l] += row[j] * row[l];
      }
    }
    rounding_ = 0.0;
    for (std::size_t i = 0; i < d_; ++i) rounding_ += square_[i * d_ + i];
    rounding_ *= static_cast<double>(d_) * std::numeric_limits<double>::epsilon();
    // What squares lose: between what the diagonal says, and all.
    double low = std::max(1.0 - least * least, lowest), high = 1.0;
    while (high > close * low) {
      const double middle = std::sqrt(low * high);
      (is_positive(1.0 - middle) ? high : low) = middle;
    }
    return std::sqrt(1.0 - high);
  }

 private:
  static constexpr double close = 1.1;     // what a loss may be too great by, as a factor
  static constexpr double lowest = 1e-11;  // no loss is said to be less

  // Whether A^T A - shift is positive definite.
  bool is_positive(double shift) {
    for (std::size_t i = 0; i < d_; ++i) {
      double* const row = factor_.data() + i * d_;
      for (std::size_t j = 0; j <= i; ++j) {
        const double* const other = factor_.data() + j * d_;
        double value = square_[i * d_ + j] - (i == j ? shift + rounding_ : 0.0);
        for (std::size_t l = 0; l < j; ++l) value -= row[l] * other[l];
        if (i == j && !(value > 0.0)) return false;
        row[j] = i == j ? std::sqrt(value) : value / other[j];
      }
    }
    return true;
  }

  const std::size_t d_;
  std::vector<double> a_, square_, factor_;
  double rounding_ = 0.0;  // of a pivot
};

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
  Stretch stretch(d);
  std::vector<double> z(d);
  for (std::size_t k = 0; k < before.components; ++k) {
    const double *from = before.whitener + k * stride, *to = after.whitener + k * stride;
    double least;
    if (structure == Structure::full || (structure == Structure::pooled && k == 0)) {
      least = stretch(from, to);
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
