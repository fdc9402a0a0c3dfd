// The kernels of one instruction set: compiled once for each, with MIXFOLD_SET the name of the table it defines.

#include "kernels.hpp"

#include "e_step.hpp"
#include "incomplete_e_step.hpp"
#include "least.hpp"
#include "merging.hpp"
#include "neighbors.hpp"
#include "nuclear_norms.hpp"
#include "own_noise.hpp"
#include "small_step.hpp"
#include "whitened.hpp"

namespace mixfold {
namespace {

template <class Real>
void statistics(const Rows<Real>& rows, const Real* weights, const Potentials& potentials, bool hard,
                const Known& known, Sums& sums) {
  if (!rows.incomplete && is_small<Real>(potentials, rows.features, sums.structure) &&
      small_step<Real>(rows, weights, potentials, hard, sums)) {
    return;
  }
  with_moments<Real>(sums.structure, potentials.components, rows.features, [&]<class Moments>() {
    if (rows.incomplete) {
      incomplete_step<Real, Moments>(rows, weights, potentials, hard, sums);
    } else if (hard) {
      hard_step<Real, Moments>(rows, weights, potentials, known.guesses, sums);
    } else {
      SoftStep<Real, Moments>(rows, weights, potentials, known, sums).run();
    }
  });
}

template <class Real>
void moments(const Rows<Real>& rows, const Real* weights, const Rows<Real>& shares, const double* center,
             std::size_t components, Sums& sums) {
  with_moments<Real>(sums.structure, components, rows.features, [&]<class Moments>() {
    given_step<Real, Moments>(rows, weights, shares, center, components, sums);
  });
}

template <class Real>
std::size_t rows_of_tile(const Rows<Real>& rows, const Potentials& potentials) {
  const auto size = rows.incomplete ? completed_rows<Real> : tile_rows<Real>;
  return size(potentials.components, rows.features);
}

// Calls function(first, tile, scores, competitors) with the scores of each tile; one row is a tile of one panel.
template <class Real, class Function>
void for_each_tile(const Rows<Real>& rows, const Potentials& potentials, Real scale, Function function) {
  const std::size_t usual = rows_of_tile(rows, potentials);
  const std::size_t needed = round_up(rows.count, panel<Real>);
  Tile<Real> tile(needed < usual ? needed : usual, rows.features, 0);
  if (rows.incomplete) {
    Completed<Real> completed(potentials, tile, 0, scale);
    Buffer<Real> values(completed.competitors() * tile.stride);
    for (std::size_t first = 0; first < rows.count; first += tile.count) {
      tile.fill(rows, first);
      completed.open(tile);
      completed.score(tile, values);
      function(first, tile, static_cast<Real*>(values), completed.competitors());
    }
    return;
  }
  Scores<Real> scores(potentials, rows.features, scale);
  Buffer<Real> values(scores.competitors * tile.stride);
  for (std::size_t first = 0; first < rows.count; first += tile.count) {
    tile.fill(rows, first);
    scores.compute(tile, values);
    function(first, tile, static_cast<Real*>(values), scores.competitors);
  }
}

template <class Real>
void log_density(const Rows<Real>& rows, const Potentials& potentials, Real* result) {
  Buffer<Real> total(rows_of_tile(rows, potentials));
  Buffer<Real> value(rows_of_tile(rows, potentials));
  Buffer<Mask<Real>> alive(potentials.components + 1);
  alive.clear();
  for_each_tile(rows, potentials, Real{0.5},
                [&](std::size_t first, const Tile<Real>& tile, Real* scores, std::size_t competitors) {
                  exponentiate<Real>(scores, competitors, tile.stride, tile.padded(), negligible<Real>, total, value,
                                     alive);
                  std::memcpy(result + first, value, tile.count * sizeof(Real));
                });
}

template <class Real>
void responsibilities(const Rows<Real>& rows, const Potentials& potentials, Real* result) {
  Buffer<Real> total(rows_of_tile(rows, potentials));
  Buffer<Real> value(rows_of_tile(rows, potentials));
  Buffer<Mask<Real>> alive(potentials.components + 1);
  alive.clear();
  for_each_tile(rows, potentials, Real{0.5},
                [&](std::size_t first, const Tile<Real>& tile, Real* scores, std::size_t competitors) {
                  exponentiate<Real>(scores, competitors, tile.stride, tile.padded(), Format<Real>::smallest_exponent,
                                     total, value, alive);
                  for (std::size_t n = 0; n < tile.count; ++n) {
                    const Real scale = Real{1} / total[n];
                    Real* row = result + (first + n) * potentials.components;
                    for (std::size_t k = 0; k < potentials.components; ++k) {
                      const Real root = scores[k * tile.stride + n];
                      row[k] = root * root * scale;
                    }
                  }
                });
}

template <class Real>
void scores(const Rows<Real>& rows, const Potentials& potentials, Real* result) {
  for_each_tile(rows, potentials, Real{1}, [&](std::size_t first, const Tile<Real>& tile, Real* scores, std::size_t) {
    for (std::size_t n = 0; n < tile.count; ++n) {
      Real* row = result + (first + n) * potentials.components;
      for (std::size_t k = 0; k < potentials.components; ++k) row[k] = scores[k * tile.stride + n];
    }
  });
}

template <class Real>
void labels(const Rows<Real>& rows, const Potentials& potentials, std::int64_t* result) {
  Buffer<Real> best(rows_of_tile(rows, potentials));
  Buffer<std::uint32_t> label(rows_of_tile(rows, potentials));
  for_each_tile(rows, potentials, Real{1},
                [&](std::size_t first, const Tile<Real>& tile, Real* scores, std::size_t competitors) {
                  choose<Real>(scores, competitors, tile.stride, tile.padded(), best, label);
                  for (std::size_t n = 0; n < tile.count; ++n) {
                    result[first + n] = label[n] < potentials.components ? static_cast<std::int64_t>(label[n]) : -1;
                  }
                });
}

// What the benchmarks measure the cost of an exponential with.
template <class Real>
void exponential(const Real* values, std::size_t count, Real* result) {
  std::size_t n = 0;
  for (; n + lanes<Real> <= count; n += lanes<Real>) {
    store<Real>(result + n, exponential<Real>(load(values + n), Format<Real>::smallest_exponent));
  }
  for (; n < count; ++n) result[n] = exponential<Real>(broadcast(values[n]), Format<Real>::smallest_exponent)[0];
}

template <class Real>
constexpr Kernels<Real> table() {
  return {panel<Real>,  statistics<Real>, moments<Real>,  log_density<Real>, responsibilities<Real>,
          scores<Real>, labels<Real>,     whitened<Real>, exponential<Real>};
}

double noisy_statistics(const Noisy& all, const double* weights, bool hard, double* result) {
  double smallest = 0.0;
  with_noisy_rows(all, [&](auto& rows) { smallest = rows.statistics(weights, hard, result); });
  return smallest;
}

double noisy_scores(const Noisy& all, double* result) {
  double smallest = 0.0;
  with_noisy_rows(all, [&](auto& rows) { smallest = rows.scores(result); });
  return smallest;
}

#define MIXFOLD_TEXT_OF(name) #name
#define MIXFOLD_TEXT(name) MIXFOLD_TEXT_OF(name)

}  // namespace

extern const InstructionSet MIXFOLD_SET;
const InstructionSet MIXFOLD_SET = {MIXFOLD_TEXT(MIXFOLD_SET),
                                    table<double>(),
                                    table<float>(),
                                    {noisy_statistics, noisy_scores},
                                    nuclear_norms,
                                    merge_cheapest,
                                    neighbor_metric,
                                    least_values};

}  // namespace mixfold
