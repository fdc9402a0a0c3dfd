#include "whitening.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "eigen.hpp"
#include "lower.hpp"

namespace mixfold {
namespace {

using Numbers = std::vector<double>;

// A copy of the rows about their mean, with their shares in the weight.
struct Centered {
  explicit Centered(const Weighted& all) : n(all.n), d(all.d), center(d), rows(all.rows, all.rows + n * d), shares(n) {
    double weight = 0.0;
    for (std::size_t i = 0; i < n; ++i) weight += all.weights[i];
    for (std::size_t i = 0; i < n; ++i) {
      shares[i] = all.weights[i] / weight;
      for (std::size_t j = 0; j < d; ++j) center[j] += shares[i] * rows[i * d + j];
    }
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < d; ++j) rows[i * d + j] -= center[j];
    }
  }

  // The mean of f(row) x x^T, (D, D).
  template <class Factor>
  Numbers squares(Factor factor) const {
    Numbers result(d * d);
    for (std::size_t i = 0; i < n; ++i) {
      const double* const row = rows.data() + i * d;
      const double share = shares[i] * factor(row);
      for (std::size_t j = 0; j < d; ++j) {
        const double weighted = share * row[j];
        for (std::size_t l = 0; l <= j; ++l) result[j * d + l] += weighted * row[l];
      }
    }
    for (std::size_t j = 0; j < d; ++j) {
      for (std::size_t l = 0; l < j; ++l) result[l * d + j] = result[j * d + l];
    }
    return result;
  }

  // Maps the rows by the upper left of a matrix, (D, D), of which `lower` tells that it is lower-triangular.
  void map(const double* linear, bool lower) {
    Numbers row(d);
    for (std::size_t i = 0; i < n; ++i) {
      double* const values = rows.data() + i * d;
      std::copy(values, values + d, row.begin());
      for (std::size_t j = 0; j < d; ++j) {
        double total = 0.0;
        for (std::size_t l = 0; l < (lower ? j + 1 : d); ++l) total += linear[j * d + l] * row[l];
        values[j] = total;
      }
    }
  }

  std::size_t n, d;
  Numbers center, rows, shares;
};

double squared_length(const double* row, std::size_t d) {
  double total = 0.0;
  for (std::size_t j = 0; j < d; ++j) total += row[j] * row[j];
  return total;
}

}  // namespace

bool white_coordinates(const Weighted& all, double spanned, double collinear, double* center, double* linear,
                       double* inverse) {
  const std::size_t n = all.n, d = all.d;
  Centered centered(all);
  Numbers correlation = centered.squares([](const double*) { return 1.0; }), deviations(d);
  for (std::size_t j = 0; j < d; ++j) {
    const double variance = correlation[j * (d + 1)], least = spanned * centered.center[j];
    if (!(variance > least * least)) return false;
    deviations[j] = std::sqrt(variance);
  }
  for (std::size_t j = 0; j < d; ++j) {
    for (std::size_t l = 0; l < d; ++l) correlation[j * d + l] /= deviations[j] * deviations[l];
  }
  if (!factorize(correlation.data(), d, collinear)) return false;
  Numbers whitener = inverse_of_lower(correlation.data(), d);
  for (std::size_t j = 0; j < d; ++j) {
    for (std::size_t l = 0; l <= j; ++l) whitener[j * d + l] /= deviations[l];
  }
  centered.map(whitener.data(), true);
  Numbers squares = centered.squares([d](const double* row) { return squared_length(row, d); });
  Numbers values(d), axes(d * d), turned(d * d);
  eigen(squares.data(), d, values.data(), axes.data());
  if (std::isnan(values[0])) return false;
  for (std::size_t j = 0; j < d; ++j) {
    for (std::size_t l = 0; l < d; ++l) turned[l * d + j] = axes[j * d + l];
  }
  centered.map(turned.data(), false);
  for (std::size_t j = 0; j < d; ++j) {
    double skewness = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      const double along = centered.rows[i * d + j];
      skewness += centered.shares[i] * along * along * along;
    }
    const double sign = skewness < 0.0 ? -1.0 : 1.0;
    for (std::size_t l = 0; l < d; ++l) axes[l * d + j] *= sign;
  }
  for (std::size_t j = 0; j < d; ++j) {
    center[j] = centered.center[j];
    for (std::size_t l = 0; l < d; ++l) {
      double there = 0.0, back = 0.0;
      for (std::size_t m = 0; m < d; ++m) {
        there += axes[m * d + j] * whitener[m * d + l];
        back += correlation[j * d + m] * axes[m * d + l];
      }
      linear[j * d + l] = there;
      inverse[j * d + l] = deviations[j] * back;
    }
  }
  return true;
}

std::optional<std::size_t> rank(const Weighted& all, const double* variances, double least) {
  const std::size_t d = all.d;
  const Centered centered(all);
  Numbers correlation = centered.squares([](const double*) { return 1.0; }), values(d), axes(d * d);
  for (std::size_t j = 0; j < d; ++j) {
    for (std::size_t l = 0; l < d; ++l) correlation[j * d + l] /= std::sqrt(variances[j]) * std::sqrt(variances[l]);
  }
  eigen(correlation.data(), d, values.data(), axes.data());
  if (std::isnan(values[0])) return std::nullopt;
  return static_cast<std::size_t>(
      std::count_if(values.begin(), values.end(), [=](double one) { return one >= least; }));
}

}  // namespace mixfold
