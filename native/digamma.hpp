// The logarithmic derivative of the Gamma function, and its own.
#pragma once

#include <cmath>

namespace mixfold {

// Of a positive number, to some 1e-15: by recurrence to ten, and from there the asymptotic series (Abramowitz & Stegun 1964,
// 6.3.5 and 6.3.18), of which the first term left out is below 1e-16.
inline double digamma(double x) {
  double value = 0.0;
  for (; x < 10.0; x += 1.0) value -= 1.0 / x;
  const double y = 1.0 / (x * x);
  const double series =
      y *
      (1.0 / 12 - y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y * (1.0 / 132 - y * (691.0 / 32760 - y / 12))))));
  return value + std::log(x) - 0.5 / x - series;
}

// Likewise, by what the formulas above have for derivatives (6.4.6 and 6.4.12).
inline double trigamma(double x) {
  double value = 0.0;
  for (; x < 10.0; x += 1.0) value += 1.0 / (x * x);
  const double y = 1.0 / (x * x);
  const double series =
      y *
      (1.0 / 6 - y * (1.0 / 30 - y * (1.0 / 42 - y * (1.0 / 30 - y * (5.0 / 66 - y * (691.0 / 2730 - y * 7 / 6))))));
  return value + (1.0 + series) / x + 0.5 * y;
}

}  // namespace mixfold
