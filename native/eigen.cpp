#include "eigen.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace mixfold {
namespace {

constexpr double rounding = std::numeric_limits<double>::epsilon();
constexpr int most_sweeps = 30;

void rotate_rows(double* __restrict one, double* __restrict other, std::size_t d, double cosine, double sine) {
  for (std::size_t i = 0; i < d; ++i) {
    const double left = one[i], right = other[i];
    one[i] = cosine * left + sine * right;
    other[i] = cosine * right - sine * left;
  }
}

}  // namespace

void rotate_columns(double* a, std::size_t d, std::size_t p, std::size_t q, double cosine, double sine) {
  for (std::size_t i = 0; i < d; ++i) {
    double* row = a + i * d;
    const double one = row[p], other = row[q];
    row[p] = cosine * one + sine * other;
    row[q] = cosine * other - sine * one;
  }
}

void rotate(double* a, std::size_t d, std::size_t p, std::size_t q, double cosine, double sine) {
  double *one = a + p * d, *other = a + q * d;
  // Where the planes cross columns go before rows; elsewhere columns are what rows are.
  for (const std::size_t i : {p, q}) {
    const double left = a[i * d + p], right = a[i * d + q];
    a[i * d + p] = cosine * left + sine * right;
    a[i * d + q] = cosine * right - sine * left;
  }
  rotate_rows(one, other, d, cosine, sine);
  for (std::size_t i = 0; i < d; ++i) {
    if (i == p || i == q) continue;
    a[i * d + p] = one[i];
    a[i * d + q] = other[i];
  }
}

void set_identity(double* a, std::size_t d) {
  std::fill(a, a + d * d, 0.0);
  for (std::size_t i = 0; i < d; ++i) a[i * (d + 1)] = 1.0;
}

void eigen(double* a, std::size_t d, double* values, double* vectors) {
  std::vector<double> axes(d * d);  // in rows, where lanes are
  set_identity(axes.data(), d);
  bool is_done = false;
  for (int sweep = 0; sweep < most_sweeps && !is_done; ++sweep) {
    is_done = true;
    for (std::size_t p = 0; p + 1 < d; ++p) {
      for (std::size_t q = p + 1; q < d; ++q) {
        const double both = a[p * d + q], one = a[p * (d + 1)], other = a[q * (d + 1)];
        if (std::abs(both) <= rounding * std::sqrt(std::abs(one)) * std::sqrt(std::abs(other))) continue;
        is_done = false;
        const double ratio = (other - one) / (2.0 * both);
        const double length = std::abs(ratio) + std::sqrt(1.0 + ratio * ratio);
        const double tangent = (ratio < 0.0 ? 1.0 : -1.0) / length;
        const double cosine = 1.0 / std::sqrt(1.0 + tangent * tangent);
        rotate(a, d, p, q, cosine, tangent * cosine);
        rotate_rows(axes.data() + p * d, axes.data() + q * d, d, cosine, tangent * cosine);
        a[p * d + q] = a[q * d + p] = 0.0;
      }
    }
  }
  if (!is_done) return std::fill(values, values + d, std::numeric_limits<double>::quiet_NaN());
  std::vector<std::size_t> order(d);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return a[i * (d + 1)] < a[j * (d + 1)]; });
  for (std::size_t j = 0; j < d; ++j) {
    values[j] = std::max(a[order[j] * (d + 1)], 0.0);
    for (std::size_t i = 0; i < d; ++i) vectors[i * d + j] = axes[order[j] * d + i];
  }
}

}  // namespace mixfold
