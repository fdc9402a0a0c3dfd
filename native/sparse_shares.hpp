// The shares of a segment of rows in most of whose components they have none.
//
// Rows are taken in the order of a component that each is guessed to belong to, so that the rows of a panel lie close
// together; from the middle of a panel most components are provably below the least share that counts (score_bounds.hpp),
// and are not looked at. Of the rest, products of a panel stop once the sum so far rules the component out.
//
// What comes out does not depend on the guesses, which only decide what is looked at: every share that is not
// negligible is computed by the same instructions whichever rows are beside it, terms that are zero leave sums as they
// are, and results are put in the order of component and row. Guesses are replaced by the best components, which are the
// guesses for the same rows under the next potentials. The same holds of ceilings (ceilings.hpp), of which a caller may keep
// those of the last call: the panels of a segment then stay as they are, and only groups of components are looked at
// whose ceilings are not below the least share that counts.
// A background has a share in every row that it can have one in. With heavy tails there are no bounds, and nothing is pruned.
// Threads: none, no state but scratch.
#pragma once

#include "candidates.hpp"
#include "softmax.hpp"

namespace mixfold {
namespace {

template <class Real>
struct Share {
  std::uint32_t row;  // of the segment
  std::uint32_t component;
  Real root;
};

template <class Real>
class SparseShares {
 public:
  static constexpr std::size_t most_rows = 8192;

  // More where components are many: few of their rows are in a segment, and in a small one too few for panels of their own.
  static std::size_t most_shares_of(std::size_t components) {
    return std::size_t{1} << (components < very_many ? 17 : 18);
  }

  // `scores` must give half scores.
  SparseShares(const Potentials& potentials, std::size_t features, Scores<Real>& scores)
      : components_(potentials.components),
        features_(features),
        batch_(batch_panels(features)),
        most_shares_(most_shares_of(components_)),
        panels_(components_, most_rows),
        least_share_(least_share<Real>(components_)),
        scores_(scores),
        bounds_(potentials, features),
        tile_(batch_ * panel<Real>, features, 0),
        middle_(features * panel<Real>),
        width_(features * panel<Real>),
        centered_(batch_ * panel<Real> * features),
        best_above_(batch_ * panel<Real>),
        candidates_(batch_ * components_ + 1),
        score_(components_ * panel<Real>),
        close_(components_),
        best_(batch_ * panel<Real>),
        shares_(most_shares_ + panel<Real> + 1),
        sorted_(most_shares_),
        place_((components_ > most_rows ? components_ : most_rows) + 1),
        log_total_(most_rows),
        log_density_(most_rows) {
    middle_.clear();
    width_.clear();
  }

  // Computes at most `most_rows` rows, from `first` on of those of which something is known; false if they have more
  // shares than `most_shares_of` the components, and then nothing else holds.
  bool compute(const Rows<Real>& rows, std::int32_t* guesses, const Known& known, std::size_t first) {
    count_ = rows.count;
    n_shares_ = n_skipped_ = 0;
    is_kept_ = known.drift != nullptr;
    if (is_kept_) {
      if (!kept_) kept_.emplace(*known.drift, components_, batch_);
      kept_->open(panels_, known, count_, guesses, first);
    } else {
      panels_.arrange(count_, guesses);
    }
    for (std::size_t p = 0; p < panels_.count(); p += batch_) {
      if (batch(rows, p, guesses)) continue;
      if (is_kept_) kept_->forget();
      return false;
    }
    sort_shares();
    return true;
  }

  // Of the rows of the segment, in their order.
  const Real* log_density() const { return log_density_; }
  // Minus the logarithms of their best shares.
  const Real* log_total() const { return log_total_; }
  // Ascending by component, then by row of the segment. `root` is the root of the share.
  const Share<Real>* shares() const { return shares_; }
  std::size_t n_shares() const { return n_shares_; }
  // Pairs of row and component of the segment that were ruled out from the middles of panels.
  std::size_t n_skipped() const { return n_skipped_; }

 private:
  static constexpr Real margin = Real{1};               // of half scores: far above their rounding near the threshold
  static constexpr Real above_rounding = Real{1} / 64;  // of scores, whose ceilings have their rounding
  // Of half scores: how far below the least one that counts a sum goes on of which a ceiling is made, which then lasts.
  static constexpr Real deeper = Real{16};

  static std::size_t batch_panels(std::size_t features) {
    const std::size_t fit = (std::size_t{64} << 10) / (sizeof(Real) * panel<Real> * features);
    return fit > panel<Real> ? panel<Real> : fit < 2 ? 2 : fit;
  }

  // The panels from `first` on.
  bool batch(const Rows<Real>& segment, std::size_t first, std::int32_t* guesses) {
    const std::size_t left = panels_.count() - first, panels = left < batch_ ? left : batch_;
    const std::uint32_t* order = panels_.rows(first);
    tile_.gather(segment, order, panels * panel<Real>);
    Real lowest[panel<Real>], floor[panel<Real>], radius[panel<Real>] = {}, ceiling[panel<Real>];
    for (Real& value : floor) value = std::numeric_limits<Real>::infinity();  // where there is no panel
    for (std::size_t p = 0; p < panels; ++p) {
      radius[p] = surround(p);
      lowest[p] = evaluate_guesses(p, order + p * panel<Real>, guesses);
      floor[p] = lowest[p] + least_share_ / 2 - margin;
    }
    std::size_t n_candidates[panel<Real>] = {};
    const std::uint64_t all = ~std::uint64_t{0} >> (64 - panels);
    const auto bound = [&](std::size_t k, std::uint64_t those, Real* to) {
      bounds_.compute(scores_, k, middle_, width_, radius, those, to);
    };
    const auto bound_rows = [&](std::size_t k, std::size_t p) {
      const std::size_t at = p * panel<Real>;
      return bounds_.of_rows(scores_, k, p, centered_ + at * features_, radius[p], best_above_ + at, lowest[p]);
    };
    const float least = static_cast<float>(least_share_ / 2 - margin);
    if (is_kept_) {
      kept_->find(first, panels, best_, lowest, floor, least_share_ - above_rounding, bound, bound_rows, least,
                  candidates_, n_candidates);
    } else {
      for (std::size_t k = 0; k < components_; ++k) {
        bound(k, all, ceiling);
        for (std::size_t p = 0; p < panels; ++p) {
          if (ceiling[p] < floor[p] || bound_rows(k, p) < least) continue;
          candidates_[p * components_ + n_candidates[p]++] = static_cast<std::uint32_t>(k);
        }
      }
    }
    for (std::size_t p = 0; p < panels; ++p) {
      if (!share(first, p, order + p * panel<Real>, n_candidates[p], guesses, norm(p) + radius[p])) return false;
    }
    return true;
  }

  // Half of the box around a panel, and the radius of the ball around its middle.
  Real surround(std::size_t p) {
    constexpr Real up = 1 + 16 * std::numeric_limits<Real>::epsilon();
    const Real* column = tile_.columns + p * panel<Real>;
    Vector<Real> square[panel_vectors] = {};
    for (std::size_t d = 0; d < features_; ++d, column += tile_.stride) {
      Vector<Real> x[panel_vectors];
#pragma GCC unroll 4
      for (std::size_t v = 0; v < panel_vectors; ++v) x[v] = load(column + v * lanes<Real>);
      Vector<Real> low = x[0], high = x[0];
#pragma GCC unroll 4
      for (std::size_t v = 1; v < panel_vectors; ++v) {
        low = x[v] < low ? x[v] : low;
        high = maximum<Real>(x[v], high);
      }
      Real least = low[0], greatest = high[0];
      for (std::size_t lane = 1; lane < lanes<Real>; ++lane) {
        least = low[lane] < least ? low[lane] : least;
        greatest = high[lane] > greatest ? high[lane] : greatest;
      }
      const Real middle = least / 2 + greatest / 2;
      const Real above = greatest - middle, below = middle - least;
      middle_[d * panel<Real> + p] = middle;
      width_[d * panel<Real> + p] = up * (above > below ? above : below);
      float* const centered = centered_ + (p * features_ + d) * panel<Real>;
#pragma GCC unroll 4
      for (std::size_t v = 0; v < panel_vectors; ++v) {
        const Vector<Real> difference = x[v] - middle;
        square[v] += difference * difference;
        for (std::size_t lane = 0; lane < lanes<Real>; ++lane) {
          centered[v * lanes<Real> + lane] = static_cast<float>(difference[lane]);
        }
      }
    }
    Real greatest = 0;
    for (std::size_t v = 0; v < panel_vectors; ++v) {
      for (std::size_t lane = 0; lane < lanes<Real>; ++lane) {
        // Also where it is not a number.
        greatest = square[v][lane] <= greatest ? greatest : square[v][lane];
      }
    }
    return (up + static_cast<Real>(features_) * std::numeric_limits<Real>::epsilon()) * square_root(greatest);
  }

  // That of the middle of a panel.
  Real norm(std::size_t p) const {
    Real square = 0;
    for (std::size_t d = 0; d < features_; ++d) square += middle_[d * panel<Real> + p] * middle_[d * panel<Real> + p];
    return square_root(square);
  }

  // The best scores of the rows of a panel among their guesses and the background, and the least of them.
  Real evaluate_guesses(std::size_t p, const std::uint32_t* order, const std::int32_t* guesses) {
    Vector<Real> nothing[panel_vectors], best[panel_vectors];
    for (Vector<Real>& value : nothing) value = broadcast(-std::numeric_limits<Real>::infinity());
    for (Vector<Real>& value : best) value = broadcast(scores_.background());
    std::int32_t before = -1;
    for (std::size_t n = 0; n < panel<Real>; ++n) {  // equal guesses are neighbors
      const std::int32_t guess = guesses[order[n]];
      if (guess == before) continue;
      scores_.of_panel(tile_, static_cast<std::size_t>(guess), p * panel<Real>, nothing, score_);
      for (std::size_t v = 0; v < panel_vectors; ++v) {
        best[v] = maximum<Real>(load(score_ + v * lanes<Real>), best[v]);
      }
      before = guess;
    }
    Real* to = best_ + p * panel<Real>;
    for (std::size_t v = 0; v < panel_vectors; ++v) store<Real>(to + v * lanes<Real>, best[v]);
    Real least = to[0];
    for (std::size_t n = 1; n < panel<Real>; ++n) least = to[n] < least ? to[n] : least;
    for (std::size_t n = 0; n < panel<Real>; ++n) best_above_[p * panel<Real> + n] = static_cast<float>(to[n] - least);
    return least;
  }

  // The softmax over its candidates of panel p of those from `first` on, no row of which is longer than `norm`.
  bool share(std::size_t first, std::size_t p, const std::uint32_t* order, std::size_t n_candidates,
             std::int32_t* guesses, Real norm) {
    const std::uint32_t* candidates = candidates_ + p * components_;
    const std::size_t own = panels_.own(first + p);
    const Real lowest = least_share_ / 2 - margin - (is_kept_ ? deeper : Real{0});
    Vector<Real> best[panel_vectors], floor[panel_vectors], sum[panel_vectors] = {};
    Mask<Real> label[panel_vectors] = {};
    // Rows that are the background's keep their guesses.
    if (scores_.has_background()) {
      for (Mask<Real>& value : label) value = value - 1;
    }
    for (std::size_t v = 0; v < panel_vectors; ++v) best[v] = load(best_ + p * panel<Real> + v * lanes<Real>);
    for (std::size_t c = 0; c < n_candidates; ++c) {
      Real* score = score_ + c * panel<Real>;
#pragma GCC unroll 4
      for (std::size_t v = 0; v < panel_vectors; ++v) floor[v] = best[v] + lowest;
      scores_.of_panel(tile_, candidates[c], p * panel<Real>, floor, score);
#pragma GCC unroll 4
      for (std::size_t v = 0; v < panel_vectors; ++v) {
        const Vector<Real> value = load(score + v * lanes<Real>);
        const Mask<Real> place = Mask<Real>{} + static_cast<decltype(label[0][0] + 0)>(candidates[c]);
        label[v] = value >= best[v] ? place : label[v];
        best[v] = maximum<Real>(value, best[v]);
      }
    }
    if (is_kept_) {  // ceilings with the rounding of distances
      kept_->keep(first, p, candidates, n_candidates, best, [&](std::size_t c) {
        const Real unit = 2 * bounds_.error(candidates[c], norm) / square_root(-scores_.factor());
        return ceiling_of<Real>(score_ + c * panel<Real>, best, scores_.offset(candidates[c]), unit);
      });
    }
    n_skipped_ += (components_ - n_candidates) * own;
    std::size_t n_close = 0;
    for (std::size_t c = 0; c < n_candidates; ++c) {
      Real* score = score_ + c * panel<Real>;
      Mask<Real> alive = {};
      if (!add_roots<Real>(score, best, least_share_, score_ + n_close * panel<Real>, sum, alive)) continue;
      close_[n_close++] = candidates[c];
    }
    if (scores_.has_background()) {
      Real background[panel<Real>];
      Mask<Real> alive = {};
      for (Real& value : background) value = scores_.background();
      add_roots<Real>(background, best, least_share_, background, sum, alive);
    }
    Real density[panel<Real>], log_total[panel<Real>], scale[panel<Real>];
    std::int32_t labels[panel<Real>];
    for (std::size_t v = 0; v < panel_vectors; ++v) store<Real>(scale + v * lanes<Real>, sum[v]);
    logarithms<Real>(sum);
    for (std::size_t v = 0; v < panel_vectors; ++v) {
      store<Real>(log_total + v * lanes<Real>, sum[v]);
      store<Real>(density + v * lanes<Real>, 2 * best[v] + sum[v]);
      for (std::size_t lane = 0; lane < lanes<Real>; ++lane) {
        labels[v * lanes<Real> + lane] = static_cast<std::int32_t>(label[v][lane]);
      }
    }
    for (std::size_t n = 0; n < panel<Real>; ++n) scale[n] = Real{1} / square_root(scale[n]);
    for (std::size_t n = 0; n < own; ++n) {
      log_total_[order[n]] = log_total[n];
      log_density_[order[n]] = density[n];
      if (labels[n] >= 0) guesses[order[n]] = labels[n];
    }
    for (std::size_t c = 0; c < n_close; ++c) {
      const Real* root = score_ + c * panel<Real>;
      for (std::size_t n = 0; n < own; ++n) {
        shares_[n_shares_] = {order[n], close_[c], root[n] * scale[n]};
        n_shares_ += root[n] != Real{0};
      }
      if (n_shares_ > most_shares_) return false;
    }
    return true;
  }

  // Two counting sorts, by row and then by component.
  void sort_shares() {
    sort_shares_by(shares_, sorted_, count_, [](const Share<Real>& share) { return share.row; });
    sort_shares_by(sorted_, shares_, components_, [](const Share<Real>& share) { return share.component; });
  }

  template <class Key>
  void sort_shares_by(const Share<Real>* from, Share<Real>* to, std::size_t n_keys, Key key) {
    std::memset(place_, 0, (n_keys + 1) * sizeof(std::uint32_t));
    for (std::size_t i = 0; i < n_shares_; ++i) ++place_[key(from[i]) + 1];
    for (std::size_t i = 0; i < n_keys; ++i) place_[i + 1] += place_[i];
    for (std::size_t i = 0; i < n_shares_; ++i) to[place_[key(from[i])]++] = from[i];
  }

  const std::size_t components_, features_;
  const std::size_t batch_;  // panels of one
  const std::size_t most_shares_;
  Panels<Real> panels_;
  const Real least_share_;
  Scores<Real>& scores_;
  ScoreBounds<Real> bounds_;
  Tile<Real> tile_;
  Buffer<Real> middle_;
  Buffer<Real> width_;
  Buffer<float> centered_;    // the rows of panels less their middles
  Buffer<float> best_above_;  // and their best scores less the lowest of a panel
  Buffer<std::uint32_t> candidates_;
  Buffer<Real> score_;
  Buffer<std::uint32_t> close_;
  Buffer<Real> best_;
  Buffer<Share<Real>> shares_;
  Buffer<Share<Real>> sorted_;
  Buffer<std::uint32_t> place_;
  Buffer<Real> log_total_;
  Buffer<Real> log_density_;
  std::size_t count_ = 0, n_shares_ = 0, n_skipped_ = 0;
  bool is_kept_ = false;  // whether there are ceilings
  std::optional<Candidates<Real>> kept_;
};

}  // namespace
}  // namespace mixfold
