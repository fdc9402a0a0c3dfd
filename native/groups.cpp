#include "groups.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "dispatch.hpp"

namespace mixfold {
namespace {

// Squares of the distances from a seed, of columns (E, stride).
void measure(const std::vector<double>& columns, std::size_t stride, std::size_t seed, std::vector<double>& distances) {
  std::fill(distances.begin(), distances.end(), 0.0);
  for (std::size_t first = 0; first < columns.size(); first += stride) {
    const double* const column = columns.data() + first;
    const double own = column[seed];
    for (std::size_t n = 0; n < stride; ++n) distances[n] += (column[n] - own) * (column[n] - own);
  }
}

// What some rows say. Of few features loops are shorter than what it takes to begin them.
template <std::size_t Features>
void add_up(const Lying& all, const std::vector<std::size_t>& members, double* center, double& count, double* scatter,
            bool is_matrix) {
  const std::size_t d = Features > 0 ? Features : all.features;
  std::fill(center, center + d, 0.0);
  std::fill(scatter, scatter + (is_matrix ? d * d : d), 0.0);
  count = 0.0;
  for (const std::size_t n : members) {
    const double* const row = all.rows + n * d;
    const double weight = all.weights[n];
    count += weight;
    for (std::size_t i = 0; i < d; ++i) center[i] += weight * row[i];
  }
  for (std::size_t i = 0; i < d; ++i) center[i] /= count;
  for (const std::size_t n : members) {
    const double* const row = all.rows + n * d;
    const double weight = all.weights[n];
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
  const std::size_t stride = (all.count + most_panel_rows - 1) / most_panel_rows * most_panel_rows;
  std::vector<double> columns(all.features_of_space * stride, std::numeric_limits<double>::infinity());
  for (std::size_t n = 0; n < all.count; ++n) {
    const double* const row = all.space + n * all.features_of_space;
    for (std::size_t i = 0; i < all.features_of_space; ++i) columns[i * stride + n] = row[i];
  }
  std::vector<double> distances(stride);
  std::vector<std::size_t> members(nearest + 1);
  const auto least_values = least_values_kernel();
  const auto add = d == 1 ? add_up<1> : d == 2 ? add_up<2> : d == 3 ? add_up<3> : add_up<0>;
  for (std::size_t k = 0; k < components; ++k) {
    measure(columns, stride, static_cast<std::size_t>(seeds[k]), distances);
    least_values(distances.data(), stride, members.size(), members.data());
    add(all, members, result.center + k * d, result.count[k], result.scatter + k * size, result.is_matrix);
  }
}

}  // namespace mixfold
