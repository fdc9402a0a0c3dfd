// The walk over the tiles of a block of rows that joins scores, shares and moments: statistics and moments.
//
// A component that has no share in a tile is skipped; what the others sum is the `Collector`'s.
#pragma once

#include "collector.hpp"
#include "scores.hpp"
#include "softmax.hpp"
#include "sparse_shares.hpp"

namespace mixfold {
namespace {

// The soft fold of a block. Where a tile shows that few components have a share in a row, a segment of the rows that
// follow is taken by `SparseShares`. How the rows are divided, and so the bits of the sums, depends on the shares alone.
template <class Real, class Moments>
class SoftStep {
 public:
  SoftStep(const Rows<Real>& rows, const Real* weights, const Potentials& potentials, const Known& known, Sums& sums)
      : rows_(rows),
        weights_(weights),
        potentials_(potentials),
        known_(known),
        sums_(sums),
        components_(potentials.components),
        collector_(rows, weights, potentials.center, components_, sums),
        scores_(potentials, rows.features, Real{0.5}),
        least_share_(least_share<Real>(components_)),
        share_(scores_.competitors * tile_.stride),
        root_u_(scores_.has_tails() ? components_ * tile_.stride : 0),
        log_u_(scores_.has_tails() ? components_ * tile_.stride : 0),
        total_(tile_.capacity),
        log_density_(tile_.capacity),
        alive_(scores_.competitors) {}

  void run() {
    const std::size_t few = components_ < many_components ? components_ : many_components;
    for (std::size_t first = 0; first < rows_.count;) {
      std::size_t pairs = 0, seen = 0;
      if (components_ >= very_many && !scores_.has_tails() && rows_.count - first >= first_segment &&
          add_sparse(first, first_segment)) {
        pairs = sparse_->n_shares(), seen = first_segment;
      } else {
        pairs = add_tile(first), seen = tile_.count;
      }
      first += seen;
      for (;;) {  // segment after segment, of which each says how large the next may be
        const std::size_t left = rows_.count - first;
        if (scores_.has_tails()) break;  // bounds are those of Gaussian components
        if (components_ < fewest_components || 8 * pairs > seen * components_ || left < few) break;
        const std::size_t segment = segment_rows(pairs, seen, left);
        if (!add_sparse(first, segment)) {
          for (const std::size_t end = first + segment; first < end; first += tile_.count) add_tile(first, end);
          break;
        }
        pairs = sparse_->n_shares(), seen = segment;
        first += segment;
      }
    }
    collector_.flush();
  }

 private:
  static constexpr std::size_t fewest_components = 16;
  // From `very_many` components on a tile, of which all shares are computed, costs more than a segment with some more rows.
  static constexpr std::size_t first_segment = 1024;

  // Rows that have at most half of the shares that there is room for if those before, `seen`, are like them; halves of the
  // most, so that they are the same from call to call.
  std::size_t segment_rows(std::size_t pairs, std::size_t seen, std::size_t left) const {
    std::size_t count = SparseShares<Real>::most_rows;
    while (count > panel<Real> && count * pairs > SparseShares<Real>::most_shares_of(components_) / 2 * seen)
      count /= 2;
    return count < left ? count : left;
  }

  // Adds the tile at row `first`; gives the number of pairs of row and component with a share.
  std::size_t add_tile(std::size_t first, std::size_t end = ~std::size_t{0}) {
    collector_.open(first, end);
    const bool tails = scores_.has_tails();
    if (tails) {
      scores_.compute(tile_, share_, root_u_, log_u_);
    } else {
      scores_.compute(tile_, share_);
    }
    alive_.clear();
    const Vector<Real> log_totals =
        exponentiate<Real, true>(share_, scores_.competitors, tile_.stride, tile_.padded(), least_share_, total_,
                                 log_density_, alive_, collector_.weight());
    collector_.add_log_density(log_density_);
    collector_.add_log_best_share(log_totals);
    for (std::size_t n = 0; n < tile_.padded(); ++n) total_[n] = collector_.root_weight()[n] / square_root(total_[n]);
    std::size_t pairs = 0;
    for (std::size_t k = 0; k < components_; ++k) {
      const std::size_t rows_alive = count_rows<Real>(alive_[k]);
      if (rows_alive == 0) continue;
      Real* roots = share_ + k * tile_.stride;
      if (tails) {
        const Real *root_u = root_u_ + k * tile_.stride, *log_u = log_u_ + k * tile_.stride;
        collector_.add_tails(k, roots, total_, log_u);
        for (std::size_t n = 0; n < tile_.padded(); ++n) roots[n] *= root_u[n];
      }
      collector_.add(k, roots, total_, rows_alive);
      pairs += rows_alive;
    }
    return pairs;
  }

  // Adds a segment component by component; false, with nothing added, if it has too many shares.
  bool add_sparse(std::size_t first, std::size_t count) {
    if (!sparse_) sparse_.emplace(potentials_, rows_.features, scores_);
    const Rows<Real> segment{rows_.data + static_cast<std::ptrdiff_t>(first) * rows_.row_stride, rows_.row_stride,
                             rows_.column_stride, count, rows_.features};
    Buffer<std::int32_t> guesses(count);
    guess(segment, known_.guesses == nullptr ? nullptr : known_.guesses + first, guesses);
    if (!sparse_->compute(segment, guesses, known_, first)) return false;
    if (known_.guesses != nullptr) std::memcpy(known_.guesses + first, guesses, count * sizeof(std::int32_t));
    *sums_.n_skipped += static_cast<double>(sparse_->n_skipped());
    const Real* weights = weights_ == nullptr ? nullptr : weights_ + first;
    double weight = 0.0, log_likelihood = 0.0, log_best_share = 0.0;
    for (std::size_t n = 0; n < count; ++n) {
      const double own = weights == nullptr ? 1.0 : static_cast<double>(weights[n]);
      weight += own;
      log_likelihood += own * static_cast<double>(sparse_->log_density()[n]);
      log_best_share -= own * static_cast<double>(sparse_->log_total()[n]);
    }
    *sums_.weight += weight;
    *sums_.log_likelihood += log_likelihood;
    *sums_.log_best_share += log_best_share;
    Buffer<std::uint32_t> list(tile_.capacity);
    Buffer<Real> roots(tile_.capacity);
    collector_.flush();
    const Share<Real>* share = sparse_->shares();
    std::size_t added = 0;
    for (const Share<Real>* end = share + sparse_->n_shares(); share < end;) {
      const std::uint32_t k = share->component;
      std::size_t n = 0;
      for (; n < tile_.capacity && share < end && share->component == k; ++n, ++share) {
        list[n] = share->row;
        roots[n] = weights == nullptr ? share->root : share->root * square_root(weights[share->row]);
      }
      collector_.add_gathered(k, segment, list, roots, n, added);
      if (share < end && share->component != k) added = 0;
    }
    collector_.flush();
    return true;
  }

  // Guesses that are components: those that came in, and for the other rows the component of greatest bound.
  void guess(const Rows<Real>& segment, const std::int32_t* given, std::int32_t* guesses) {
    Buffer<std::uint32_t> unknown(segment.count), likely(tile_.capacity);
    Buffer<Real> best(tile_.capacity);
    std::size_t n_unknown = 0;
    for (std::size_t n = 0; n < segment.count; ++n) {
      guesses[n] = given == nullptr ? -1 : given[n];
      unknown[n_unknown] = static_cast<std::uint32_t>(n);
      n_unknown += guesses[n] < 0 || static_cast<std::size_t>(guesses[n]) >= components_;
    }
    for (std::size_t n = 0; n < n_unknown; n += tile_.count) {
      tile_.gather(segment, unknown + n, n_unknown - n < tile_.capacity ? n_unknown - n : tile_.capacity);
      scores_.bound(tile_, share_);
      choose<Real>(share_, components_, tile_.stride, tile_.padded(), best, likely);
      for (std::size_t i = 0; i < tile_.count; ++i) guesses[unknown[n + i]] = static_cast<std::int32_t>(likely[i]);
    }
  }

  const Rows<Real>& rows_;
  const Real* weights_;
  const Potentials& potentials_;
  const Known known_;
  Sums& sums_;
  const std::size_t components_;
  Collector<Real, Moments> collector_;
  Tile<Real>& tile_ = collector_.tile;
  Scores<Real> scores_;
  const Real least_share_;
  Buffer<Real> share_;
  Buffer<Real> root_u_;
  Buffer<Real> log_u_;
  Buffer<Real> total_;
  Buffer<Real> log_density_;
  Buffer<Mask<Real>> alive_;
  std::optional<SparseShares<Real>> sparse_;
};

// The labels are left as guesses, where these are kept.
template <class Real, class Moments>
void hard_step(const Rows<Real>& rows, const Real* weights, const Potentials& potentials, std::int32_t* guesses,
               Sums& sums) {
  Collector<Real, Moments> collector(rows, weights, potentials.center, potentials.components, sums);
  Tile<Real>& tile = collector.tile;
  Scores<Real> scores(potentials, rows.features, Real{1});
  const bool tails = scores.has_tails();
  const std::size_t room_for_tails = tails ? potentials.components * tile.stride : 0;
  Buffer<Real> score(scores.competitors * tile.stride), root_u(room_for_tails), log_u(room_for_tails);
  Buffer<Real> best(tile.capacity);
  Buffer<std::uint32_t> label(tile.capacity), order(tile.capacity), end(scores.competitors + 1);
  for (std::size_t first = 0; collector.open(first); first += tile.count) {
    if (tails) {
      scores.compute(tile, score, root_u, log_u);
    } else {
      scores.compute(tile, score);
    }
    choose<Real>(score, scores.competitors, tile.stride, tile.padded(), best, label);
    collector.add_log_density(best);
    for (std::size_t n = 0; guesses != nullptr && n < tile.count; ++n) {
      guesses[first + n] = static_cast<std::int32_t>(label[n]);
    }
    // A counting sort: the rows of component k are order[end[k - 1] .. end[k]), in their own order.
    end.clear();
    for (std::size_t n = 0; n < tile.count; ++n) ++end[label[n] + 1];
    for (std::size_t k = 0; k < scores.competitors; ++k) end[k + 1] += end[k];
    for (std::size_t n = 0; n < tile.count; ++n) order[end[label[n]]++] = static_cast<std::uint32_t>(n);
    for (std::size_t k = 0, start = 0; k < potentials.components; start = end[k++]) {
      if (tails) {
        const std::size_t at = k * tile.stride;
        collector.add_whole(k, order + start, end[k] - start, root_u + at, log_u + at);
      } else {
        collector.add_whole(k, order + start, end[k] - start);
      }
    }
  }
  collector.flush();
}

template <class Real, class Moments>
void given_step(const Rows<Real>& rows, const Real* weights, const Rows<Real>& shares, const double* center,
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

}  // namespace
}  // namespace mixfold
