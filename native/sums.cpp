#include "sums.hpp"

#include <algorithm>

namespace mixfold {
namespace {

// How many numbers a sum of each extent has.
struct Extents {
  Extents(Structure structure, std::size_t components, std::size_t features)
      : component(components),
        feature(components * features),
        scatter(covariance_size(structure, components, features)) {}

  const std::size_t number = 1;
  const std::size_t component;
  const std::size_t feature;
  const std::size_t scatter;
};

}  // namespace

std::size_t covariance_size(Structure structure, std::size_t components, std::size_t features) {
  if (structure == Structure::full) return components * features * features;
  if (structure == Structure::pooled) return features * features;
  return structure == Structure::diagonal ? components * features : components;
}

std::size_t sums_width(Structure structure, std::size_t components, std::size_t features, bool with_degrees) {
  const Extents extents(structure, components, features);
  std::size_t width = 0;
#define MIXFOLD_SUM(name, extent, needs_degrees) width += !needs_degrees || with_degrees ? extents.extent : 0;
#include "sums.inc"
#undef MIXFOLD_SUM
  return width;
}

Sums sums_in(double* row, Structure structure, std::size_t components, std::size_t features, bool with_degrees) {
  const Extents extents(structure, components, features);
  Sums sums;
  sums.structure = structure;
#define MIXFOLD_SUM(name, extent, needs_degrees) \
  sums.name = nullptr;                           \
  if (!needs_degrees || with_degrees) sums.name = row, row += extents.extent;
#include "sums.inc"
#undef MIXFOLD_SUM
  return sums;
}

Sums cleared_sums(double* row, Structure structure, std::size_t components, std::size_t features, bool with_degrees) {
  std::fill(row, row + sums_width(structure, components, features, with_degrees), 0.0);
  return sums_in(row, structure, components, features, with_degrees);
}

}  // namespace mixfold
