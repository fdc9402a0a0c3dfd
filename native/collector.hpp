// The sums of one block of rows, fed tile by tile: weights, shares and moments of each component.
//
// A component with few rows in a tile is added from a list of those that have a share.
#pragma once

#include "block_moments.hpp"
#include "diagonal_moments.hpp"
#include "lane_moments.hpp"
#include "tile.hpp"

namespace mixfold {
namespace {

template <class Real, class Moments>
class Collector {
 public:
  Collector(const Rows<Real>& rows, const Real* weights, const double* center, std::size_t components, Sums& sums)
      : Collector(rows, weights, center, components, sums, tile_rows<Real>(components, rows.features)) {}

  Collector(const Rows<Real>& rows, const Real* weights, const double* center, std::size_t components, Sums& sums,
            std::size_t capacity)
      : tile(capacity, rows.features, Moments::row_padding),
        rows_(rows),
        weights_(weights),
        sums_(sums),
        of_moments_(masses_counted(sums)),
        moments_(center, components, rows.features, tile.capacity, of_moments_),
        list_(tile.capacity),
        roots_(tile.capacity),
        ones_(tile.capacity),
        gathered_(tile.stride * rows.features),
        weight_(tile.capacity),
        root_weight_(tile.capacity) {
    for (std::size_t n = 0; n < tile.capacity; ++n) ones_[n] = Real{1};
  }

  // Moves to the tile that starts at row `first` and ends before `end`; false when there is none.
  bool open(std::size_t first, std::size_t end = ~std::size_t{0}) {
    if (first >= rows_.count) return false;
    Rows<Real> rows = rows_;
    if (end < rows.count) rows.count = end;
    tile.fill(rows, first);
    weigh(first);
    return true;
  }

  void add_log_density(const Real* log_density) {
    double total[lanes<Real>] = {};
    for (std::size_t n = 0; n < tile.padded(); n += lanes<Real>) {
      add_lanes(total, load(weight_ + n) * load(log_density + n));
    }
    for (double part : total) *sums_.log_likelihood += part;
  }

  // Adds the logarithms of the best shares, given minus their weighted sums over the rows of each lane.
  void add_log_best_share(Vector<Real> log_total) { *sums_.log_best_share -= horizontal_sum<Real>(log_total); }

  // What heavy tails sum of component k besides: its shares (`roots` are theirs, times `scale`) and those times log(u).
  void add_tails(std::size_t k, const Real* roots, const Real* scale, const Real* log_u) {
    double count[lanes<Real>] = {}, log_mass[lanes<Real>] = {};
    for (std::size_t n = 0; n < tile.padded(); n += lanes<Real>) {
      const Vector<Real> root = load(roots + n) * load(scale + n);
      const Vector<Real> share = root * root;
      add_lanes(count, share);
      add_lanes(log_mass, share * load(log_u + n));
    }
    for (double part : count) sums_.count[k] += part;
    for (double part : log_mass) sums_.log_mass[k] += part;
  }

  // Adds component k with roots of shares h_n scale_n; `scale` must be zero beyond the rows of the tile, and
  // `alive` is how many of them may have a share.
  void add(std::size_t k, const Real* h, const Real* scale, std::size_t alive) { add(k, tile, h, scale, alive); }

  // The same of other values of the rows.
  void add(std::size_t k, const Tile<Real>& values, const Real* h, const Real* scale, std::size_t alive) {
    if constexpr (!Moments::by_lists) {
      // A list of rows costs about as much as four times as many rows in place.
      if (4 * alive > values.padded()) {
        moments_.add(k, values.columns, values.stride, h, scale, values.padded());
        return;
      }
    }
    std::size_t count = 0;
    for (std::size_t n = 0; n < values.count; ++n) {
      const Real root = h[n] * scale[n];
      list_[count] = static_cast<std::uint32_t>(n);
      roots_[count] = root;
      count += root != Real{0};
    }
    add_list(k, values, list_, count);
  }

  // Adds component k with the roots of shares in `roots_` for the listed rows.
  void add_list(std::size_t k, const Tile<Real>& values, const std::uint32_t* list, std::size_t count) {
    if (count == 0) return;
    if constexpr (Moments::by_lists) {
      moments_.add(k, values, list, roots_, count);
    } else {
      const std::size_t padded = round_up(count, lanes<Real>);
      for (std::size_t n = count; n < padded; ++n) roots_[n] = Real{0};
      for (std::size_t d = 0; d < values.features; ++d) {
        const Real* from = values.columns + d * values.stride;
        Real* to = gathered_ + d * values.stride;
        for (std::size_t n = 0; n < count; ++n) to[n] = from[list[n]];
        for (std::size_t n = count; n < padded; ++n) to[n] = Real{0};
      }
      moments_.add(k, gathered_, values.stride, roots_, ones_, padded);
    }
  }

  // Adds listed rows of a source to component k, with `roots` of shares. `added` counts the rows of the component that
  // came before; at its first rows all earlier ones count as added to it too.
  void add_gathered(std::size_t k, const Rows<Real>& source, const std::uint32_t* list, const Real* roots,
                    std::size_t count, std::size_t& added) {
    if (added + count > moments_.rows_between_flushes()) {
      moments_.flush();
      added = 0;
    }
    added += count;
    tile.gather(source, list, count);
    if constexpr (Moments::by_lists) {
      for (std::size_t n = 0; n < count; ++n) list_[n] = static_cast<std::uint32_t>(n);
      moments_.add(k, tile, list_, roots, count);
    } else {
      for (std::size_t n = 0; n < count; ++n) roots_[n] = roots[n];
      for (std::size_t n = count; n < round_up(count, lanes<Real>); ++n) roots_[n] = Real{0};
      moments_.add(k, tile.columns, tile.stride, roots_, ones_, round_up(count, lanes<Real>));
    }
  }

  // Adds component k with the whole weight of the listed rows.
  void add_whole(std::size_t k, const std::uint32_t* list, std::size_t count) {
    for (std::size_t n = 0; n < count; ++n) roots_[n] = root_weight_[list[n]];
    add_list(k, tile, list, count);
  }

  // The same of a component with heavy tails: sqrt(u) and log(u) of all rows of the tile.
  void add_whole(std::size_t k, const std::uint32_t* list, std::size_t count, const Real* root_u, const Real* log_u) {
    for (std::size_t n = 0; n < count; ++n) {
      const std::uint32_t row = list[n];
      roots_[n] = root_weight_[row] * root_u[row];
      sums_.count[k] += static_cast<double>(weight_[row]);
      sums_.log_mass[k] += static_cast<double>(weight_[row]) * static_cast<double>(log_u[row]);
    }
    add_list(k, tile, list, count);
  }

  void flush() {
    moments_.flush();
    unflushed_ = 0;
  }

  const Real* weight() const { return weight_; }
  const Real* root_weight() const { return root_weight_; }

  Tile<Real> tile;

 private:
  // Where shares count u times, what moments count of them is their mass.
  static Sums masses_counted(Sums sums) {
    if (sums.mass != nullptr) sums.count = sums.mass;
    return sums;
  }

  void make_room(std::size_t rows) {
    if (unflushed_ + rows > moments_.rows_between_flushes()) flush();
    unflushed_ += rows;
  }

  void weigh(std::size_t first) {
    make_room(tile.count);
    if (weights_ == nullptr) {
      *sums_.weight += static_cast<double>(tile.count);
      if (tile.count == weighed_) return;
    }
    double total = 0.0;
    for (std::size_t n = 0; n < tile.count; ++n) {
      weight_[n] = weights_ == nullptr ? Real{1} : weights_[first + n];
      total += static_cast<double>(weight_[n]);
    }
    for (std::size_t n = tile.count; n < tile.padded(); ++n) weight_[n] = Real{0};
    for (std::size_t n = 0; n < tile.padded(); ++n) root_weight_[n] = square_root(weight_[n]);
    if (weights_ != nullptr) *sums_.weight += total;
    weighed_ = tile.count;
  }

  const Rows<Real>& rows_;
  const Real* weights_;
  Sums& sums_;
  Sums of_moments_;
  Moments moments_;
  Buffer<std::uint32_t> list_;
  Buffer<Real> roots_;
  Buffer<Real> ones_;
  Buffer<Real> gathered_;
  Buffer<Real> weight_;
  Buffer<Real> root_weight_;
  std::size_t unflushed_ = 0;
  std::size_t weighed_ = 0;  // rows of the tile whose weights are at hand
};

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
