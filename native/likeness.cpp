#include "likeness.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "eigen.hpp"
#include "lower.hpp"

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

// The eigenvalues (D,) of A^-1 S A^-T, of the Cholesky factor A of `within`; false where that is not positive definite.
bool ratios_of(const double* scatter, std::vector<double>& within, std::size_t d, double* ratios) {
  if (!factorize(within.data(), d, 0.0)) return false;
  const std::vector<double> half = inverse_of_lower(within.data(), d);
  std::vector<double> mapped(d * d), axes(d * d);
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < d; ++j) {
      for (std::size_t l = 0; l <= i; ++l) mapped[i * d + j] += half[i * d + l] * scatter[l * d + j];
    }
  }
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double total = 0.0;
      for (std::size_t l = 0; l <= j; ++l) total += mapped[i * d + l] * half[j * d + l];
      within[i * d + j] = within[j * d + i] = total;
    }
  }
  eigen(within.data(), d, ratios, axes.data());
  return !std::isnan(ratios[0]);
}

}  // namespace

std::size_t ratios_in_others(const Separate& separate, double least, double* ratios, double* degrees) {
  const std::size_t k = separate.components, d = separate.features, size = separate.is_matrix ? d * d : d;
  std::vector<double> total(size), within(size);
  double everything = 0.0;
  for (std::size_t i = 0; i < k; ++i) {
    everything += separate.counts[i];
    for (std::size_t j = 0; j < size; ++j) total[j] += separate.scatters[i * size + j];
  }
  const double needed = separate.is_matrix ? static_cast<double>(d) + 1.0 : 2.0;
  std::size_t told = 0;
  for (std::size_t i = 0; i < k; ++i) {
    const double count = separate.counts[i], others = everything - count;
    if (!(count >= 2.0 && others - static_cast<double>(k - 1) >= needed)) continue;
    const double* const own = separate.scatters + i * size;
    double* const to = ratios + told * d;
    for (std::size_t j = 0; j < size; ++j) within[j] = (total[j] - own[j]) / others + least * total[j] / everything;
    if (separate.is_matrix) {
      if (!ratios_of(own, within, d, to)) return 0;
    } else {
      for (std::size_t j = 0; j < d; ++j) to[j] = own[j] / within[j];
    }
    for (std::size_t j = 0; j < d; ++j) to[j] = std::max(to[j], least);
    degrees[told++] = count - 1.0;
  }
  return told;
}

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
