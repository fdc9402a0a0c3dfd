#include "recording.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace mixfold {
namespace {

// The numbers of mixfold.fitting.recording, which says what they are.
constexpr double coarse_steps = 32.0, shared = 2.0, common = 0.25, clear = 20.0, sure = 0.05, telling = 30.0,
                 most_steps = 1e6, far = 5.0, width[] = {0.05, 0.95};
constexpr int digits = 6, most_rounds = 60;
constexpr double infinity = std::numeric_limits<double>::infinity();

double weight_at(const Column& column, std::size_t n) {
  return column.weights == nullptr ? column.weight : column.weights[n];
}

double weight_of(const Column& column) {
  double total = 0.0;
  for (std::size_t n = 0; n < column.count; ++n) total += weight_at(column, n);
  return total;
}

// The least value that at least such a share of a weight is not above.
double quantile(const Column& column, double total, double share) {
  double below = 0.0;
  for (std::size_t n = 0; n < column.count; ++n) {
    below += weight_at(column, n);
    if (below / total >= share) return column.values[n];
  }
  return column.values[column.count - 1];
}

// The values from `low` to `high`.
Column between(const Column& column, double low, double high) {
  const double *const end = column.values + column.count, *const first = std::lower_bound(column.values, end, low);
  const double* const last = std::upper_bound(first, end, high);
  const auto before = first - column.values;
  return {first, column.weights == nullptr ? nullptr : column.weights + before, static_cast<std::size_t>(last - first),
          column.weight};
}

// Measures a step on ever longer stretches that it is known well enough to
// count in.
double refined(double step, const std::vector<double>& gaps) {
  for (double limit : {2.5, 10.5, 100.5}) {
    double stretch = 0.0, counted = 0.0;
    const double least = 0.5 * step, most = limit * step;
    for (double gap : gaps) {
      if (!(gap > least && gap <= most)) continue;
      const double times = gap / step, multiples = std::nearbyint(times);
      if (!(std::abs(times - multiples) < sure)) continue;
      stretch += gap;
      counted += multiples;
    }
    if (counted > 0.0) step = stretch / counted;
  }
  return step;
}

// The greatest common divisor of the gaps between numbers that are wrong by
// `rounding`; zero where it is below `least`.
double common_divisor(const std::vector<double>& distinct, double rounding, double least) {
  std::vector<double> gaps;
  double step = infinity;
  for (std::size_t n = 1; n < distinct.size(); ++n) {
    const double gap = distinct[n] - distinct[n - 1];
    if (!(gap > rounding)) continue;
    gaps.push_back(gap);
    step = std::min(step, gap);
  }
  const double smallest = std::max(clear * rounding, least);
  if (!(smallest < step && step < infinity)) return 0.0;
  for (int round = 0; round < most_rounds; ++round) {
    step = refined(step, gaps);
    double rest = infinity;
    for (double gap : gaps) {
      const double multiples = std::nearbyint(gap / step), remainder = std::abs(gap - multiples * step);
      if (remainder > clear / 4.0 * rounding + 1e-9 * multiples * step) rest = std::min(rest, remainder);
    }
    if (rest == infinity) return step;
    step = rest;
    if (step < smallest) return 0.0;
  }
  return 0.0;
}

// The largest power of ten of which a step is a multiple; the step itself if
// there is none near.
double decimal_divisor(double step) {
  const int from = static_cast<int>(std::floor(std::log10(step) + 1e-9));
  const int to = static_cast<int>(std::floor(std::log10(step))) - digits;
  for (int exponent = from; exponent > to; --exponent) {
    const double power = std::pow(10.0, exponent), times = step / power;
    if (std::abs(times - std::nearbyint(times)) < 1e-6) return power;
  }
  return step;
}

std::vector<double> distinct_of(const Column& column) {
  std::vector<double> distinct(column.values, column.values + column.count);
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  return distinct;
}

double recorded_step(const Column& near, double n_rows) {
  const std::vector<double> distinct = distinct_of(near);
  if (distinct.empty()) return 0.0;
  const double largest = std::max(std::abs(distinct.front()), std::abs(distinct.back()));
  const double span = distinct.back() - distinct.front();
  const double epsilons[] = {std::numeric_limits<double>::epsilon(), std::numeric_limits<float>::epsilon()};
  for (double epsilon : epsilons) {
    const double step = common_divisor(distinct, 4.0 * epsilon * largest, 0.5 * span / most_steps);
    if (step * most_steps > span) return n_rows >= telling ? step : decimal_divisor(step);
  }
  return 0.0;
}

// How far the next value is from that of the middle row, where rows share
// values; else zero.
double usual_gap(const std::vector<double>& distinct, const std::vector<double>& weights, double total) {
  if (distinct.size() < 2 || total < std::max(telling, shared * static_cast<double>(distinct.size()))) return 0.0;
  std::vector<std::pair<double, double>> nearest;
  for (std::size_t i = 0; i < distinct.size(); ++i) {
    const double before = i > 0 ? distinct[i] - distinct[i - 1] : infinity;
    const double after = i + 1 < distinct.size() ? distinct[i + 1] - distinct[i] : infinity;
    nearest.emplace_back(std::min(before, after), weights[i]);
  }
  std::sort(nearest.begin(), nearest.end());
  double below = 0.0;
  for (const auto& [gap, weight] : nearest) {
    below += weight;
    if (below / total >= 0.5) return gap;
  }
  return nearest.back().first;
}

double value_variance(const Column& column, double total, double step, double variance) {
  const std::vector<double> distinct = distinct_of(column);
  const double rows = static_cast<double>(column.count), values = static_cast<double>(distinct.size());
  const bool is_even =
      column.weights == nullptr || std::all_of(column.weights, column.weights + column.count,
                                               [&](double weight) { return weight == column.weights[0]; });
  if (rows - values + 1.0 < common * rows && is_even) return step * step / 12.0;  // next to no values are shared
  std::vector<double> weights(distinct.size());
  for (std::size_t n = 0, at = 0; n < column.count; ++n) {
    if (column.values[n] != distinct[at]) ++at;
    weights[at] += weight_at(column, n);
  }
  step = std::max(step, usual_gap(distinct, weights, total));
  const double of_step = step * step / 12.0;
  if (step > 0.0 && distinct.size() == 2 && total >= telling) return 2.0 * of_step;
  if (step > 0.0 && distinct.back() - distinct.front() <= coarse_steps * step) return of_step;
  const double share = *std::max_element(weights.begin(), weights.end()) / total;
  if (!(common <= share && share < 1.0)) return of_step;
  const double entropy = -share * std::log(share) - (1.0 - share) * std::log1p(-share);
  const double equal = std::exp(-2.0 * entropy / share);
  return std::max(of_step, variance * std::max(2.0 * equal, std::min(8.0 * equal, 1.0)));
}

}  // namespace

Recorded recorded(const Column& column) {
  const double total = weight_of(column);
  double low = quantile(column, total, width[0]), high = quantile(column, total, width[1]);
  if (low == high) {  // most rows share a value, so that the others say how wide
                      // the column is
    low = column.values[0];
    high = column.values[column.count - 1];
  }
  const double reach = far * (high - low);
  const Column near = between(column, low - reach, high + reach);
  const double weight = weight_of(near);
  double mean = 0.0,
         squares = 0.0;  // of differences, which are zero in what never varies
  for (std::size_t n = 0; n < near.count; ++n) mean += weight_at(near, n) / weight * (near.values[n] - low);
  for (std::size_t n = 0; n < near.count; ++n) {
    const double beside = near.values[n] - low - mean;
    squares += weight_at(near, n) / weight * beside * beside;
  }
  const double step = recorded_step(near, total);
  return {squares, low - reach, high + reach, step, value_variance(column, total, step, squares)};
}

}  // namespace mixfold
