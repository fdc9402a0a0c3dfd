#include "kmeans.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "by_column.hpp"
#include "dispatch.hpp"
#include "interruption.hpp"
#include "sums.hpp"

namespace mixfold {
namespace {

// Centers must leave less inertia than this share of what earlier ones leave: of two rows that are alike as centers,
// such as those of a pair, rounding is not to choose.
constexpr double better = 1.0 - 1e-12;

// Candidates for each center of k-means++ after the first.
std::size_t n_trials(std::size_t components) {
  return 2 + static_cast<std::size_t>(std::log(static_cast<double>(components)));
}

template <class Real>
double element(const Rows<Real>& rows, std::size_t n, std::size_t d) {
  Real value;  // rows may lie at any byte
  std::memcpy(&value,
              rows.data + static_cast<std::ptrdiff_t>(n) * rows.row_stride +
                  static_cast<std::ptrdiff_t>(d) * rows.column_stride,
              sizeof value);
  return static_cast<double>(value);
}

using Key = std::pair<double, std::uint32_t>;

// Sorts keys that come by their number: by the bytes of the upper half of the number, and then in place. Where halves do
// not tell them apart, by comparison.
void sort(std::vector<Key>& keys) {
  if (std::is_sorted(keys.begin(), keys.end())) return;
  const auto upper = [](const Key& key) {
    std::uint64_t bits;
    std::memcpy(&bits, &key.first, sizeof bits);
    const auto half = static_cast<std::uint32_t>(bits >> 32);
    return half >> 31 ? ~half : half | 0x80000000u;  // in the order of the numbers
  };
  std::size_t ends[4][256] = {};
  for (const Key& key : keys) {
    const std::uint32_t half = upper(key);
    for (int byte = 0; byte < 4; ++byte) ++ends[byte][half >> 8 * byte & 255];
  }
  std::vector<Key> others(keys.size());
  for (int byte = 0; byte < 4; ++byte) {
    std::size_t end = 0;
    for (std::size_t& count : ends[byte]) {
      end += count;
      count = end - count;
    }
    for (const Key& key : keys) others[ends[byte][upper(key) >> 8 * byte & 255]++] = key;
    keys.swap(others);
  }
  std::size_t left = 8 * keys.size();
  for (std::size_t n = 1; n < keys.size(); ++n) {
    const Key key = keys[n];
    std::size_t to = n;
    for (; to > 0 && left > 0 && key < keys[to - 1]; --to, --left) keys[to] = keys[to - 1];
    keys[to] = key;
    if (left == 0) return std::sort(keys.begin(), keys.end());
  }
}

// The row that a number in [0, 1) draws, in proportion to what `cumulative` grows by.
std::size_t drawn(const std::vector<double>& cumulative, double uniform) {
  const auto at = std::upper_bound(cumulative.begin(), cumulative.end(), uniform * cumulative.back());
  return std::min<std::size_t>(static_cast<std::size_t>(at - cumulative.begin()), cumulative.size() - 1);
}

// The sum of products, in several sums that do not wait for each other.
double inner_product(const double* a, const double* b, std::size_t count) {
  constexpr std::size_t sums = 8;
  double partial[sums] = {};
  std::size_t i = 0;
  for (; i + sums <= count; i += sums) {
    for (std::size_t j = 0; j < sums; ++j) partial[j] += a[i + j] * b[i + j];
  }
  for (; i < count; ++i) partial[0] += a[i] * b[i];
  double total = 0.0;
  for (double part : partial) total += part;
  return total;
}

// Gives the inertia that the centers leave.
double spread_centers(const OrderedRows& rows, std::size_t components, const double* uniforms, double* centers) {
  const std::size_t n = rows.count, trials = n_trials(components);
  std::vector<double> cumulative(n), nearest(n), remaining(n), best(n);
  const auto accumulate = [&](auto mass) {
    double total = 0.0;
    for (std::size_t i = 0; i < n; ++i) cumulative[i] = total += mass(i);
    return total > 0.0;
  };
  const auto by_weight = [&](std::size_t i) { return rows.weight[i]; };
  accumulate(by_weight);
  std::size_t chosen = drawn(cumulative, *uniforms++);
  rows.distances(chosen, nearest.data());
  double left = inner_product(rows.weight.data(), nearest.data(), n);
  for (std::size_t k = 0;;) {
    for (std::size_t d = 0; d < rows.features; ++d) centers[k * rows.features + d] = rows.value(chosen, d);
    if (++k == components) return left;
    hear_signals(static_cast<double>(n * rows.features * trials));
    if (!accumulate([&](std::size_t i) { return rows.weight[i] * nearest[i]; })) accumulate(by_weight);
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t trial = 0; trial < trials; ++trial) {
      const std::size_t candidate = drawn(cumulative, *uniforms++);
      rows.distances(candidate, remaining.data());
      for (std::size_t i = 0; i < n; ++i) remaining[i] = std::min(remaining[i], nearest[i]);
      const double inertia = inner_product(rows.weight.data(), remaining.data(), n);
      if (trial == 0 || inertia < better * least) {
        least = inertia;
        chosen = candidate;
        best.swap(remaining);
      }
    }
    nearest.swap(best);
    left = least;
  }
}

}  // namespace

template <class Real>
OrderedRows::OrderedRows(const Rows<Real>& rows, const Real* weights)
    : count(rows.count),
      features(rows.features),
      weight(count),
      values_(count * features) {
  std::vector<Key> keys(count);
  std::vector<double> direction(features);  // equal rows have equal keys, and others next to never
  for (std::size_t d = 0; d < features; ++d) direction[d] = std::cos(static_cast<double>(d));
  for (std::size_t n = 0; n < count; ++n) {
    double key = 0.0;
    for (std::size_t d = 0; d < features; ++d) key += element(rows, n, d) * direction[d];
    keys[n] = {key, static_cast<std::uint32_t>(n)};
  }
  sort(keys);
  for (std::size_t n = 0; n < count; ++n) {
    const std::size_t from = keys[n].second;
    for (std::size_t d = 0; d < features; ++d) values_[d * count + n] = element(rows, from, d);
    weight[n] = weights == nullptr ? 1.0 : static_cast<double>(weights[from]);
  }
}

void OrderedRows::distances(std::size_t n, double* result) const {
  std::fill(result, result + count, 0.0);
  for (std::size_t d = 0; d < features; ++d) {
    const double* column = values_.data() + d * count;
    const double center = column[n];
    for (std::size_t i = 0; i < count; ++i) {
      const double difference = column[i] - center;
      result[i] += difference * difference;
    }
  }
}

std::size_t kmeans_draws(std::size_t components) { return 1 + (components - 1) * n_trials(components); }

template <class Real>
void kmeans(const Rows<Real>& rows, const Real* weights, const OrderedRows& ordered, std::size_t components,
            const double* uniforms, std::size_t seedings, std::size_t max_steps, double tolerance, double* centers) {
  const std::size_t d = rows.features;
  std::vector<double> others(components * d);
  double least = spread_centers(ordered, components, uniforms, centers);
  for (std::size_t seeding = 1; seeding < seedings; ++seeding) {
    const double left =
        spread_centers(ordered, components, uniforms + seeding * kmeans_draws(components), others.data());
    if (!(left < better * least)) continue;
    least = left;
    std::copy(others.begin(), others.end(), centers);
  }
  const std::vector<double> offset(components), whitener(components, 1.0);
  std::vector<double> row(sums_width(Structure::spherical, components, d, false));
  const auto statistics = kernels<Real>().statistics;
  const ByColumn<Real> columns(rows);
  for (std::size_t step = 0; step < max_steps; ++step) {
    Sums sums = cleared_sums(row.data(), Structure::spherical, components, d, false);
    const Potentials nearest{components, offset.data(), centers, whitener.data(), Structure::spherical};
    hear_signals(static_cast<double>(rows.count * components * d));
    statistics(columns.rows(), weights, nearest, true, Known{}, sums);
    double inertia = 0.0, gained = 0.0;
    for (std::size_t k = 0; k < components; ++k) {
      inertia += sums.scatter[k];
      if (!(sums.count[k] > 0.0)) continue;
      for (std::size_t i = 0; i < d; ++i) {
        const double step_of_center = sums.shift[k * d + i] / sums.count[k];
        gained += sums.count[k] * step_of_center * step_of_center;
        centers[k * d + i] += step_of_center;
      }
    }
    if (!(gained > tolerance * inertia)) return;
  }
}

#define MIXFOLD_KMEANS(Real)                                                                                        \
  template OrderedRows::OrderedRows(const Rows<Real>&, const Real*);                                                \
  template void kmeans(const Rows<Real>&, const Real*, const OrderedRows&, std::size_t, const double*, std::size_t, \
                       std::size_t, double, double*);
MIXFOLD_KMEANS(double)
MIXFOLD_KMEANS(float)
#undef MIXFOLD_KMEANS

}  // namespace mixfold
