#include "groups.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace mixfold {
namespace {

using Far = std::pair<double, std::size_t>;

void measure(const Lying& all, std::size_t seed, std::vector<Far>& far) {
  const std::size_t e = all.features_of_space;
  const double* const own = all.space + seed * e;
  for (std::size_t n = 0; n < all.count; ++n) {
    const double* const row = all.space + n * e;
    double distance = 0.0;
    for (std::size_t i = 0; i < e; ++i) distance += (row[i] - own[i]) * (row[i] - own[i]);
    far[n] = {distance, n};
  }
}

// What some rows say, which are members [first, last).
void add_up(const Lying& all, const Far* first, const Far* last, double* center, double& count, double* scatter,
            bool is_matrix) {
  const std::size_t d = all.features;
  std::fill(center, center + d, 0.0);
  std::fill(scatter, scatter + (is_matrix ? d * d : d), 0.0);
  count = 0.0;
  for (const Far* one = first; one != last; ++one) {
    const double* const row = all.rows + one->second * d;
    const double weight = all.weights[one->second];
    count += weight;
    for (std::size_t i = 0; i < d; ++i) center[i] += weight * row[i];
  }
  for (std::size_t i = 0; i < d; ++i) center[i] /= count;
  for (const Far* one = first; one != last; ++one) {
    const double* const row = all.rows + one->second * d;
    const double weight = all.weights[one->second];
    for (std::size_t i = 0; i < d; ++i) {
      const double weighted = weight * (row[i] - center[i]);
      if (!is_matrix) {
        scatter[i] += weighted * (row[i] - center[i]);
        continue;
      }
      for (std::size_t j = 0; j <= i; ++j) scatter[i * d + j] += weighted * (row[j] - center[j]);
    }
  }
  if (!is_matrix) return;
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < i; ++j) scatter[j * d + i] = scatter[i * d + j];
  }
}

}  // namespace

void grouped(const Lying& all, const std::int64_t* seeds, std::size_t components, std::size_t nearest,
             const Grouped& result) {
  const std::size_t d = all.features, size = result.is_matrix ? d * d : d;
  std::vector<Far> far(all.count);
  const auto begin = far.begin(), end = begin + static_cast<std::ptrdiff_t>(nearest + 1);
  const auto comes_before = [](const Far& one, const Far& other) { return one.second < other.second; };
  for (std::size_t k = 0; k < components; ++k) {
    measure(all, static_cast<std::size_t>(seeds[k]), far);
    if (end != far.end()) std::nth_element(begin, end - 1, far.end());
    std::sort(begin, end, comes_before);
    add_up(all, far.data(), far.data() + nearest + 1, result.center + k * d, result.count[k], result.scatter + k * size,
           result.is_matrix);
  }
}

}  // namespace mixfold
