#include "likeness.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mixfold {
namespace {

// The numbers of mixfold.fitting.likeness, which says what they are.
constexpr int newton_steps = 12;
constexpr double widest_step = 2.0, shortest_step = 1e-3, tiny = std::numeric_limits<double>::min();

// sum_i s_i and sum_i s_i (1 - s_i) of the shares s_i = s / (s + w_i).
struct Shares {
  double sum, slope;
};

Shares shares(const double* ratios, std::size_t features, double log_size) {
  const double inverse = std::exp(-log_size);
  Shares result{0.0, 0.0};
  for (std::size_t i = 0; i < features; ++i) {
    const double share = 1.0 / (1.0 + ratios[i] * inverse);
    result.sum += share;
    result.slope += share * (1.0 - share);
  }
  return result;
}

double mean(const double* ratios, std::size_t features) {
  double total = 0.0;
  for (std::size_t i = 0; i < features; ++i) total += ratios[i];
  return total / static_cast<double>(features);
}

// log Gamma_D(nu / 2) but for a constant, or for diagonals D log Gamma(nu / 2).
double log_gammas(double degrees, std::size_t features, bool is_matrix) {
  if (!is_matrix) return static_cast<double>(features) * std::lgamma(0.5 * degrees);
  double total = 0.0;
  for (std::size_t i = 0; i < features; ++i) total += std::lgamma(0.5 * (degrees - static_cast<double>(i)));
  return total;
}

}  // namespace

double size_evidence(const Scatters& scatters, double rows) {
  const std::size_t d = scatters.features;
  const double features = static_cast<double>(d), prior = rows * features, of_prior = std::lgamma(0.5 * prior);
  double total = 0.0;
  for (std::size_t k = 0; k < scatters.components; ++k) {
    const double after = prior + scatters.degrees[k] * features, size = mean(scatters.ratios + k * d, d) * features;
    total += 0.5 * prior * std::log(prior) - 0.5 * after * std::log(prior + size);
    total += std::lgamma(0.5 * after) - of_prior;
  }
  return total;
}

double shape_evidence(const Scatters& scatters, double rows, bool is_matrix) {
  const std::size_t d = scatters.features;
  const double features = static_cast<double>(d), prior = rows + (is_matrix ? features - 1.0 : 0.0);
  const double of_prior = log_gammas(prior, d, is_matrix);
  double total = 0.0;
  for (std::size_t k = 0; k < scatters.components; ++k) {
    const double* ratios = scatters.ratios + k * d;
    const double after = prior + scatters.degrees[k];
    // The most likely size has sum_i s / (s + w_i) = nu D / (nu + n), which rises with it.
    const double wanted = prior * features / after;
    double log_size = std::log(mean(ratios, d) / scatters.degrees[k] * prior);
    for (int i = 0; i < newton_steps; ++i) {
      const Shares here = shares(ratios, d, log_size);
      const double step = std::clamp((wanted - here.sum) / std::max(here.slope, tiny), -widest_step, widest_step);
      log_size += step;
      if (std::abs(step) < shortest_step) break;
    }
    const double size = std::exp(log_size);
    double logs = 0.0;
    for (std::size_t i = 0; i < d; ++i) logs += std::log(size + ratios[i]);
    const double precision = std::max(0.5 * after * shares(ratios, d, log_size).slope, tiny);
    total += 0.5 * prior * features * log_size - 0.5 * after * logs - 0.5 * std::log(precision);
    total += log_gammas(after, d, is_matrix) - of_prior;
  }
  return total;
}

}  // namespace mixfold
