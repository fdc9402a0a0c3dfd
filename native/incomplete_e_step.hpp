// The fold of a block of rows of which values are missing (NaN): the expected statistics of the complete rows.
//
// Rows are completed under each component (completed.hpp), and completed rows are summed as complete ones are.
#pragma once

#include "completed.hpp"
#include "e_step.hpp"

namespace mixfold {
namespace {

// Rows in a tile, of which every component has its own copy: such that they stay in a level-2 cache.
template <class Real>
std::size_t completed_rows(std::size_t components, std::size_t features) {
  const std::size_t budget = 512 * 1024 / (sizeof(Real) * (components * (features + 1) + features));
  const std::size_t most = 256, least = panel<Real>;
  return round_up(budget > most ? most : budget < least ? least : budget, panel<Real>);
}

template <class Real, class Moments>
void incomplete_step(const Rows<Real>& rows, const Real* weights, const Potentials& potentials, bool hard, Sums& sums) {
  const std::size_t components = potentials.components;
  Buffer<double> origin(components * rows.features);  // what is summed are differences
  origin.clear();
  Collector<Real, Moments> collector(rows, weights, origin, components, sums,
                                     completed_rows<Real>(components, rows.features));
  Tile<Real>& tile = collector.tile;
  Completed<Real> completed(potentials, tile, Moments::row_padding, hard ? Real{1} : Real{0.5});
  const std::size_t competitors = completed.competitors();
  Buffer<Real> share(competitors * tile.stride), total(tile.capacity), log_density(tile.capacity);
  Buffer<std::uint32_t> label(tile.capacity);
  Buffer<Mask<Real>> alive(competitors);
  for (std::size_t first = 0; collector.open(first); first += tile.count) {
    completed.open(tile);
    completed.score(tile, share);
    if (hard) {
      choose<Real>(share, competitors, tile.stride, tile.padded(), log_density, label);
      for (std::size_t k = 0; k < components; ++k) {
        for (std::size_t n = 0; n < tile.padded(); ++n) share[k * tile.stride + n] = label[n] == k ? Real{1} : Real{0};
      }
      for (std::size_t n = 0; n < tile.padded(); ++n) total[n] = collector.root_weight()[n];
    } else {
      alive.clear();
      const Vector<Real> log_totals =
          exponentiate<Real, true>(share, competitors, tile.stride, tile.padded(), negligible<Real>, total, log_density,
                                   alive, collector.weight());
      collector.add_log_best_share(log_totals);
      for (std::size_t n = 0; n < tile.padded(); ++n) total[n] = collector.root_weight()[n] / square_root(total[n]);
    }
    collector.add_log_density(log_density);
    for (std::size_t k = 0; k < components; ++k) {
      const std::size_t rows_alive = hard ? tile.count : count_rows<Real>(alive[k]);
      if (rows_alive == 0) continue;
      const Real* roots = share + k * tile.stride;
      collector.add(k, completed.of(k), roots, total, rows_alive);
      completed.add_residuals(k, roots, total, sums.structure, sums.scatter);
    }
  }
  collector.flush();
}

}  // namespace
}  // namespace mixfold
