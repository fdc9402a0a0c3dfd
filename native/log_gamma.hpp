// The logarithm of the Gamma function and its derivatives, and the logarithm of a product.
#pragma once

#include <cmath>
#include <numbers>

namespace mixfold {

struct LogGamma {
  double value;
  double slope;      // the digamma function
  double curvature;  // the trigamma function
};

// Of a positive number, to some 1e-15 of the largest term: by recurrence to ten, and from there the asymptotic series
// (Abramowitz & Stegun 1964, 6.1.41, 6.3.18 and 6.4.12), of which the first terms left out are below 1e-15. Inline, so that
// what is not asked for costs nothing.
inline __attribute__((always_inline)) LogGamma log_gamma(double x) {
  double product = 1.0, inverses = 0.0, squares = 0.0;
  for (; x < 10.0; x += 1.0) {
    const double inverse = 1.0 / x;
    product *= x;
    inverses += inverse;
    squares += inverse * inverse;
  }
  const double inverse = 1.0 / x, y = inverse * inverse, logarithm = std::log(x);
  const double of_value =
      1.0 / 12 -
      y * (1.0 / 360 - y * (1.0 / 1260 - y * (1.0 / 1680 - y * (1.0 / 1188 - y * (691.0 / 360360 - y / 156)))));
  const double of_slope =
      1.0 / 12 - y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y * (1.0 / 132 - y * (691.0 / 32760 - y / 12)))));
  const double of_curvature =
      1.0 / 6 - y * (1.0 / 30 - y * (1.0 / 42 - y * (1.0 / 30 - y * (5.0 / 66 - y * (691.0 / 2730 - y * 7 / 6)))));
  const double half_log_of_circle = 0.91893853320467274178;  // log(2 pi) / 2
  const double less = inverses > 0.0 ? std::log(product) : 0.0;
  return {(x - 0.5) * logarithm - x + half_log_of_circle + inverse * of_value - less,
          logarithm - 0.5 * inverse - y * of_slope - inverses, squares + (1.0 + y * of_curvature) * inverse + 0.5 * y};
}

// The sums over i < d of value and slope of (nu - i) / 2, for nu > d - 1; no curvature. Two neighbors are one of twice the
// argument (the duplication formula, 6.1.18), and one pair leads to the next by recurrence.
inline LogGamma log_multivariate_gamma(double nu, std::size_t d) {
  LogGamma sum{0.0, 0.0, 0.0};
  if (d % 2 == 1) {
    const LogGamma alone = log_gamma(0.5 * (nu - static_cast<double>(d - 1)));
    sum = {alone.value, alone.slope, 0.0};
  }
  if (d < 2) return sum;
  double at = nu - 1.0;
  const LogGamma top = log_gamma(at);
  double value = top.value, slope = top.slope;
  for (std::size_t pair = 0;; ++pair) {
    sum.value += value + (1.0 - at) * std::numbers::ln2 + 0.5 * 1.14472988584940017414;  // log(pi)
    sum.slope += 2.0 * (slope - std::numbers::ln2);
    if (pair + 1 == d / 2) return sum;
    const double next = (at - 1.0) * (at - 2.0);
    value -= std::log(next);
    slope -= (2.0 * at - 3.0) / next;
    at -= 2.0;
  }
}

// The logarithm of a product of positive numbers, each within `most` and its inverse.
class LogProduct {
 public:
  void multiply(double factor) {
    product_ *= factor;
    if (product_ < most && product_ > 1.0 / most) return;
    logarithm_ += std::log(product_);
    product_ = 1.0;
  }

  double value() const { return logarithm_ + std::log(product_); }

 private:
  static constexpr double most = 1e150;
  double product_ = 1.0, logarithm_ = 0.0;
};

}  // namespace mixfold
