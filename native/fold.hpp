// The walk over the tiles of a block of rows that joins scores, shares and moments: statistics and moments.
//
// A component that has no share in a tile is skipped; one with few is added from a list of the rows that have any.
#pragma once

#include "block_moments.hpp"
#include "diagonal_moments.hpp"
#include "lane_moments.hpp"
#include "scores.hpp"
#include "softmax.hpp"

namespace mixfold {
namespace {

// The sums of one block of rows, fed tile by tile.
template <class Real, class Moments>
class Collector {
 public:
  Collector(const Rows<Real>& rows, const Real* weights, const double* center, std::size_t components, Sums& sums)
      : tile(tile_rows<Real>(components, rows.features), rows.features, Moments::row_padding),
        rows_(rows),
        weights_(weights),
        sums_(sums),
        moments_(center, components, rows.features, tile.capacity, sums),
        list_(tile.capacity),
        roots_(tile.capacity),
        ones_(tile.capacity),
        gathered_(tile.stride * rows.features),
        weight_(tile.capacity),
        root_weight_(tile.capacity) {
    for (std::size_t n = 0; n < tile.capacity; ++n) ones_[n] = Real{1};
  }

  // Moves to the tile that starts at row `first`; false when there is none.
  bool open(std::size_t first) {
    if (first > 0 && unflushed_ + tile.capacity > moments_.rows_between_flushes()) flush();
    if (first >= rows_.count) return false;
    first_ = first;
    tile.fill(rows_, first);
    unflushed_ += tile.count;
    double total = 0.0;
    for (std::size_t n = 0; n < tile.count; ++n) {
      weight_[n] = weights_ == nullptr ? Real{1} : weights_[first + n];
      total += static_cast<double>(weight_[n]);
    }
    for (std::size_t n = tile.count; n < tile.padded(); ++n) weight_[n] = Real{0};
    for (std::size_t n = 0; n < tile.padded(); ++n) root_weight_[n] = square_root(weight_[n]);
    sums_.weight += total;
    return true;
  }

  void add_log_density(const Real* log_density) {
    double total = 0.0;
    for (std::size_t n = 0; n < tile.count; ++n) {
      total += static_cast<double>(weight_[n]) * static_cast<double>(log_density[n]);
    }
    sums_.log_likelihood += total;
  }

  // Adds component k with roots of shares h_n scale_n; `scale` must be zero beyond the rows of the tile, and
  // `alive` is how many of them may have a share.
  void add(std::size_t k, const Real* h, const Real* scale, std::size_t alive) {
    if constexpr (!Moments::by_lists) {
      // A list of rows costs about as much as four times as many rows in place.
      if (4 * alive > tile.padded()) {
        moments_.add(k, tile.columns, tile.stride, h, scale, tile.padded());
        return;
      }
    }
    std::size_t count = 0;
    for (std::size_t n = 0; n < tile.count; ++n) {
      const Real root = h[n] * scale[n];
      list_[count] = static_cast<std::uint32_t>(n);
      roots_[count] = root;
      count += root != Real{0};
    }
    add_list(k, list_, count);
  }

  // Adds component k with the roots of shares in `roots_` for the listed rows.
  void add_list(std::size_t k, const std::uint32_t* list, std::size_t count) {
    if (count == 0) return;
    if constexpr (Moments::by_lists) {
      moments_.add(k, tile, list, roots_, count);
    } else {
      const std::size_t padded = round_up(count, lanes<Real>);
      for (std::size_t n = count; n < padded; ++n) roots_[n] = Real{0};
      for (std::size_t d = 0; d < tile.features; ++d) {
        const Real* from = tile.columns + d * tile.stride;
        Real* to = gathered_ + d * tile.stride;
        for (std::size_t n = 0; n < count; ++n) to[n] = from[list[n]];
        for (std::size_t n = count; n < padded; ++n) to[n] = Real{0};
      }
      moments_.add(k, gathered_, tile.stride, roots_, ones_, padded);
    }
  }

  // Adds component k with the whole weight of the listed rows.
  void add_whole(std::size_t k, const std::uint32_t* list, std::size_t count) {
    for (std::size_t n = 0; n < count; ++n) roots_[n] = root_weight_[list[n]];
    add_list(k, list, count);
  }

  void flush() {
    moments_.flush();
    unflushed_ = 0;
  }

  const Real* root_weight() const { return root_weight_; }
  std::size_t first() const { return first_; }

  Tile<Real> tile;

 private:
  const Rows<Real>& rows_;
  const Real* weights_;
  Sums& sums_;
  Moments moments_;
  Buffer<std::uint32_t> list_;
  Buffer<Real> roots_;
  Buffer<Real> ones_;
  Buffer<Real> gathered_;
  Buffer<Real> weight_;
  Buffer<Real> root_weight_;
  std::size_t first_ = 0;
  std::size_t unflushed_ = 0;
};

template <class Real, class Moments>
void fold_soft(const Rows<Real>& rows, const Real* weights, const Potentials& potentials, Sums& sums) {
  Collector<Real, Moments> collector(rows, weights, potentials.center, potentials.components, sums);
  Tile<Real>& tile = collector.tile;
  Scores<Real> scores(potentials, rows.features, Real{0.5});
  Buffer<Real> share(potentials.components * tile.stride);
  Buffer<Real> total(tile.capacity), log_density(tile.capacity);
  Buffer<Mask<Real>> alive(potentials.components);
  for (std::size_t first = 0; collector.open(first); first += tile.count) {
    scores.compute(tile, share);
    alive.clear();
    exponentiate<Real>(share, potentials.components, tile.stride, tile.padded(), negligible<Real>, total, log_density,
                       alive);
    collector.add_log_density(log_density);
    for (std::size_t n = 0; n < tile.padded(); ++n) total[n] = collector.root_weight()[n] / square_root(total[n]);
    for (std::size_t k = 0; k < potentials.components; ++k) {
      const std::size_t rows_alive = count_rows<Real>(alive[k]);
      if (rows_alive > 0) collector.add(k, share + k * tile.stride, total, rows_alive);
    }
  }
  collector.flush();
}

template <class Real, class Moments>
void fold_hard(const Rows<Real>& rows, const Real* weights, const Potentials& potentials, Sums& sums) {
  Collector<Real, Moments> collector(rows, weights, potentials.center, potentials.components, sums);
  Tile<Real>& tile = collector.tile;
  Scores<Real> scores(potentials, rows.features, Real{1});
  Buffer<Real> score(potentials.components * tile.stride);
  Buffer<Real> best(tile.capacity);
  Buffer<std::uint32_t> label(tile.capacity), order(tile.capacity), end(potentials.components + 1);
  for (std::size_t first = 0; collector.open(first); first += tile.count) {
    scores.compute(tile, score);
    choose<Real>(score, potentials.components, tile.stride, tile.padded(), best, label);
    collector.add_log_density(best);
    // A counting sort: the rows of component k are order[end[k - 1] .. end[k]), in their own order.
    end.clear();
    for (std::size_t n = 0; n < tile.count; ++n) ++end[label[n] + 1];
    for (std::size_t k = 0; k < potentials.components; ++k) end[k + 1] += end[k];
    for (std::size_t n = 0; n < tile.count; ++n) order[end[label[n]]++] = static_cast<std::uint32_t>(n);
    for (std::size_t k = 0, start = 0; k < potentials.components; start = end[k++]) {
      collector.add_whole(k, order + start, end[k] - start);
    }
  }
  collector.flush();
}

template <class Real, class Moments>
void fold_given(const Rows<Real>& rows, const Real* weights, const Rows<Real>& shares, const double* center,
                std::size_t components, Sums& sums) {
  Collector<Real, Moments> collector(rows, weights, center, components, sums);
  Tile<Real> share(collector.tile.capacity, components, 0);
  for (std::size_t first = 0; collector.open(first); first += collector.tile.count) {
    share.fill(shares, first);
    for (std::size_t i = 0; i < components * share.stride; ++i) share.columns[i] = square_root(share.columns[i]);
    for (std::size_t k = 0; k < components; ++k) {
      collector.add(k, share.columns + k * share.stride, collector.root_weight(), collector.tile.count);
    }
  }
  collector.flush();
}

// Calls function with the class of moments that suits the structure and the sizes.
template <class Real, class Function>
void with_moments(Structure structure, std::size_t components, std::size_t features, Function function) {
  if (structure == Structure::diagonal || structure == Structure::spherical) {
    function.template operator()<DiagonalMoments<Real>>();
    return;
  }
  const std::size_t accumulators = (structure == Structure::pooled ? 1 : components) * features * (features + 1) / 2;
  constexpr std::size_t most_bytes = 4 << 20;  // of accumulators, so that they stay near and few
  if (features <= 32 && accumulators * vector_bytes <= most_bytes) {
    function.template operator()<LaneMoments<Real>>();
  } else {
    function.template operator()<BlockMoments<Real>>();
  }
}

}  // namespace
}  // namespace mixfold
