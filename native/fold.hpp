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
    if (first >= rows_.count) return false;
    tile.fill(rows_, first);
    weigh([=](std::size_t n) { return first + n; });
    return true;
  }

  // Moves to a tile of the listed rows.
  void open(const std::uint32_t* list, std::size_t rows) {
    tile.gather(rows_, list, rows);
    weigh([=](std::size_t n) { return list[n]; });
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

  Tile<Real> tile;

 private:
  template <class Index>
  void weigh(Index index) {
    if (unflushed_ + tile.count > moments_.rows_between_flushes()) flush();
    unflushed_ += tile.count;
    double total = 0.0;
    for (std::size_t n = 0; n < tile.count; ++n) {
      weight_[n] = weights_ == nullptr ? Real{1} : weights_[index(n)];
      total += static_cast<double>(weight_[n]);
    }
    for (std::size_t n = tile.count; n < tile.padded(); ++n) weight_[n] = Real{0};
    for (std::size_t n = 0; n < tile.padded(); ++n) root_weight_[n] = square_root(weight_[n]);
    sums_.weight += total;
  }

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
  std::size_t unflushed_ = 0;
};

// The soft fold of a block. Where a tile shows that few components have a share in a row, the next rows are taken in
// the order of the components they seem to belong to: neighbors then share theirs, and the others are skipped.
template <class Real, class Moments>
class SoftFold {
 public:
  SoftFold(const Rows<Real>& rows, const Real* weights, const Potentials& potentials, Sums& sums)
      : rows_(rows),
        components_(potentials.components),
        bounds_pay_(components_ >= 16 && rows.features >= 4 &&
                    (potentials.structure == Structure::full || potentials.structure == Structure::pooled)),
        collector_(rows, weights, potentials.center, components_, sums),
        scores_(potentials, rows.features, Real{0.5}),
        share_(components_ * tile_.stride),
        total_(tile_.capacity),
        log_density_(tile_.capacity),
        alive_(components_) {}

  void run() {
    for (std::size_t first = 0; collector_.open(first);) {
      scores_.compute(tile_, share_);
      const std::size_t pairs = add_tile();
      first += tile_.count;
      const std::size_t left = rows_.count - first;
      if (bounds_pay_ && 8 * pairs <= tile_.count * components_ && left >= 4 * components_) {
        const std::size_t segment = left < segment_rows ? left : segment_rows;
        add_in_order(first, segment);
        first += segment;
      }
    }
    collector_.flush();
  }

 private:
  static constexpr std::size_t segment_rows = 16384;

  // Adds the tile whose scores are in `share_`; gives the number of pairs of row and component with a share.
  std::size_t add_tile() {
    alive_.clear();
    exponentiate<Real>(share_, components_, tile_.stride, tile_.padded(), negligible<Real>, total_, log_density_,
                       alive_);
    collector_.add_log_density(log_density_);
    for (std::size_t n = 0; n < tile_.padded(); ++n) total_[n] = collector_.root_weight()[n] / square_root(total_[n]);
    std::size_t pairs = 0;
    for (std::size_t k = 0; k < components_; ++k) {
      const std::size_t rows_alive = count_rows<Real>(alive_[k]);
      if (rows_alive > 0) collector_.add(k, share_ + k * tile_.stride, total_, rows_alive);
      pairs += rows_alive;
    }
    return pairs;
  }

  void add_in_order(std::size_t first, std::size_t rows) {
    Buffer<std::uint32_t> likely(rows + panel<Real>), order(rows), sorted(rows), end(components_ + 1);
    Buffer<Real> best(tile_.capacity);
    end.clear();
    for (std::size_t n = 0; n < rows; n += tile_.count) {
      tile_.fill({rows_.data, rows_.row_stride, rows_.column_stride, first + rows, rows_.features}, first + n);
      scores_.bound(tile_, share_);
      choose<Real>(share_, components_, tile_.stride, tile_.padded(), best, likely_);
      std::memcpy(likely + n, likely_, tile_.count * sizeof(std::uint32_t));
    }
    // A counting sort, as in `fold_hard`.
    for (std::size_t n = 0; n < rows; ++n) ++end[likely[n] + 1];
    for (std::size_t k = 0; k < components_; ++k) end[k + 1] += end[k];
    for (std::size_t n = 0; n < rows; ++n) {
      const std::uint32_t place = end[likely[n]]++;
      order[place] = static_cast<std::uint32_t>(first + n);
      sorted[place] = likely[n];
    }
    for (std::size_t n = 0; n < rows; n += tile_.count) {
      collector_.open(order + n, rows - n < tile_.capacity ? rows - n : tile_.capacity);
      scores_.compute_near(tile_, sorted + n, negligible<Real> / 2, end, share_);
      add_tile();
    }
  }

  const Rows<Real>& rows_;
  const std::size_t components_;
  const bool bounds_pay_;
  Collector<Real, Moments> collector_;
  Tile<Real>& tile_ = collector_.tile;
  Scores<Real> scores_;
  Buffer<Real> share_;
  Buffer<Real> total_;
  Buffer<Real> log_density_;
  Buffer<Mask<Real>> alive_;
  Buffer<std::uint32_t> likely_{tile_.capacity};
};

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
    for (std::size_t k = 0; k < components; ++k) {
      Real* roots = share.columns + k * share.stride;
      for (std::size_t n = 0; n < share.padded(); ++n) roots[n] = square_root(roots[n]);
      collector.add(k, roots, collector.root_weight(), collector.tile.count);
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
