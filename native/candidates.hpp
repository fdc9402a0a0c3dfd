// Which components may have a share in a row of the panels of a segment, from ceilings that a caller keeps (ceilings.hpp).
//
// Where components are so many that a ceiling for each would have no room, several that lie together share one, for each
// panel, and those that are nearest to the panel are taken out of their groups and have ceilings of their own: a group
// rises with the one of its members that went farthest, and one member that is looked at opens the others. A ceiling of a
// group bounds all its members that are not near; whatever leaves the list of near ones raises that of its group to its
// own, so that each component is below one ceiling or the other at any time.
// Threads: none, no state but scratch and what is known of the segment.
#pragma once

#include "ceilings.hpp"
#include "panels.hpp"

namespace mixfold {
namespace {

template <class Real>
class Candidates {
 public:
  Candidates(const Drift& drift, std::size_t components, std::size_t batch)
      : components_(components),
        near_(drift.near),
        position_(components),
        group_(components),
        reached_(drift.groups),
        marks_(batch * n_words_),
        taken_(near_ == 0 ? 0 : batch * n_words_),
        index_(near_ + components),
        value_(near_ + components) {
    for (std::size_t i = 0; i < components_; ++i) {
      const std::size_t k = static_cast<std::size_t>(drift.members[i]);
      position_[k] = static_cast<std::uint32_t>(i);
      group_[k] = static_cast<std::uint32_t>(i / drift.size);
    }
  }

  // Those of the next segment, which begins at row `first` of those of which something is known; arranges its panels.
  void open(Panels<Real>& panels, const Known& known, std::size_t n_rows, const std::int32_t* guesses,
            std::size_t first) {
    const std::size_t at = panels_of_one * (first / panel<Real>);
    drift_ = known.drift;
    width_ = drift_->groups + near_;
    ceilings_ = known.ceilings + at * width_;
    near_of_ = near_ == 0 ? nullptr : known.near + at * near_;
    best_scores_ = known.best_scores + at * panel<Real>;
    segment_ = known.segments + 4 * at;
    is_known_ = panels.recall(n_rows, guesses, position_, drift_->call, segment_, known.order + first);
  }

  // Says that nothing is known of the segment.
  void forget() { segment_[1] = 0; }

  // Lists for each panel the components that may reach its floor, ascending, in `candidates` (panels, K): near ones and
  // those of groups whose ceilings do. The ceilings of these groups become those of the components that do not, until
  // `keep` adds the others. `bound(k, those, ceiling)` bounds the half scores of a component for panels, and after it
  // `bound_rows(k, p)` what those of the rows of one are above their best, of which `least` counts; `best` has the best that
  // are known of their rows.
  template <class Bound, class BoundRows>
  void find(std::size_t first, std::size_t panels, const Real* best, const Real* lowest, const Real* floor,
            Real least_share, Bound bound, BoundRows bound_rows, float least, std::uint32_t* candidates,
            std::size_t* n_candidates) {
    const Code floor_of_all = encoded(static_cast<float>(least_share));
    const std::uint64_t all = ~std::uint64_t{0} >> (64 - panels);
    for (std::size_t g = 0; g < drift_->groups; ++g) reached_[g] = is_known_ ? 0 : all;
    std::memset(marks_, 0, panels * n_words_ * sizeof(std::uint64_t));
    if (near_ > 0) std::memset(taken_, 0, panels * n_words_ * sizeof(std::uint64_t));
    for (std::size_t p = 0; p < panels; ++p) {
      if (is_known_) {
        const auto now = BestScores::of<Real>(best_scores_ + (first + p) * panel<Real>, best + p * panel<Real>);
        raise_ceilings(*drift_, p, now, floor_of_all, of_panel(first + p), reached_);
        if (near_ > 0) raise_near(first + p, p, now, floor_of_all);
      } else if (near_ > 0) {
        near_of_[(first + p) * near_] = -1;
      }
    }
    for (std::size_t g = 0; g < drift_->groups; ++g) {
      if (reached_[g] != 0) look_into(g, first, lowest, floor, bound, bound_rows, least);
    }
    for (std::size_t p = 0; p < panels; ++p) {
      std::uint32_t* const list = candidates + p * components_;
      const std::uint64_t* const words = marks_ + p * n_words_;
      for (std::size_t w = 0; w < n_words_; ++w) {
        for (std::uint64_t left = words[w]; left != 0; left &= left - 1) {
          list[n_candidates[p]++] =
              static_cast<std::uint32_t>(64 * w + static_cast<std::size_t>(__builtin_ctzll(left)));
        }
      }
    }
  }

  // Keeps the best scores of the rows of panel p of those from `first` on, and ceilings of its candidates:
  // `ceiling_of_candidate(c)` gives them.
  template <class Ceiling>
  void keep(std::size_t first, std::size_t p, const std::uint32_t* candidates, std::size_t n_candidates,
            const Vector<Real>* best, Ceiling ceiling_of_candidate) {
    Code* const ceilings = of_panel(first + p);
    float* const scores = best_scores_ + (first + p) * panel<Real>;
    for (std::size_t n = 0; n < panel<Real>; ++n) {
      scores[n] = above(static_cast<float>(2 * best[n / lanes<Real>][n % lanes<Real>]), 0.0f);
    }
    if (near_ == 0) {
      for (std::size_t c = 0; c < n_candidates; ++c)
        raise(ceilings[group_[candidates[c]]], encoded(ceiling_of_candidate(c)));
      return;
    }
    std::int32_t* const near = near_of_ + (first + p) * near_;
    Code* const own = ceilings + drift_->groups;
    const std::uint64_t* const words = marks_ + p * n_words_;
    std::size_t n = 0;
    for (std::size_t i = 0; i < near_ && near[i] >= 0; ++i) {
      const std::size_t k = static_cast<std::size_t>(near[i]);
      if (words[k / 64] >> k % 64 & 1) continue;  // it is a candidate
      index_[n] = near[i];
      value_[n++] = own[i];
    }
    for (std::size_t c = 0; c < n_candidates; ++c) {
      index_[n] = static_cast<std::int32_t>(candidates[c]);
      value_[n++] = encoded(ceiling_of_candidate(c));
    }
    const std::size_t cut = n > near_ ? least_left(n) : most_cut;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (value_[i] < cut) {
        near[kept] = index_[i];
        own[kept++] = value_[i];
      } else {
        raise(ceilings[group_[static_cast<std::size_t>(index_[i])]], value_[i]);
      }
    }
    if (kept < near_) near[kept] = -1;
  }

 private:
  Code* of_panel(std::size_t p) { return ceilings_ + p * width_; }

  static void raise(Code& ceiling, Code value) { ceiling = value < ceiling ? value : ceiling; }

  // Raises the ceilings of the near components of a panel; those that reach the floor are candidates.
  void raise_near(std::size_t panel_of_segment, std::size_t p, const BestScores& best, Code floor) {
    const std::int32_t* const near = near_of_ + panel_of_segment * near_;
    Code* const own = of_panel(panel_of_segment) + drift_->groups;
    std::uint64_t *const marks = marks_ + p * n_words_, *const taken = taken_ + p * n_words_;
    std::size_t n = 0;
    while (n < near_ && near[n] >= 0) ++n;
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t k = static_cast<std::size_t>(near[i]);
      own[i] = risen(*drift_, drift_->groups + k, own[i], best);
    }
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t k = static_cast<std::size_t>(near[i]);
      taken[k / 64] |= std::uint64_t{1} << k % 64;
      marks[k / 64] |= static_cast<std::uint64_t>(own[i] <= floor) << k % 64;
    }
  }

  // Bounds the members of a group, but near ones, for the panels that its ceilings reach.
  template <class Bound, class BoundRows>
  void look_into(std::size_t g, std::size_t first, const Real* lowest, const Real* floor, Bound bound,
                 BoundRows bound_rows, float least) {
    const std::uint64_t those = reached_[g];
    float highest[panel<Real>];
    Real ceiling[panel<Real>];
    for (float& value : highest) value = lowest_ceiling;
    for (std::size_t i = g * drift_->size; i < (g + 1) * drift_->size && i < components_; ++i) {
      const std::size_t k = static_cast<std::size_t>(drift_->members[i]);
      bound(k, those, ceiling);
      for (std::uint64_t left = those; left != 0; left &= left - 1) {
        const std::size_t p = static_cast<std::size_t>(__builtin_ctzll(left));
        if (near_ > 0 && (taken_[p * n_words_ + k / 64] >> k % 64 & 1)) continue;
        const bool is_far = ceiling[p] < floor[p];
        const float rows = is_far ? 0.0f : bound_rows(k, p);
        if (!is_far && !(rows < least)) {
          marks_[p * n_words_ + k / 64] |= std::uint64_t{1} << k % 64;
        } else {
          const float value = is_far ? above(static_cast<float>(2 * ceiling[p]), static_cast<float>(2 * lowest[p]))
                                     : above(2.0f * rows, 0.0f);
          highest[p] = value > highest[p] ? value : highest[p];
        }
      }
    }
    for (std::uint64_t left = those; left != 0; left &= left - 1) {
      const std::size_t p = static_cast<std::size_t>(__builtin_ctzll(left));
      of_panel(first + p)[g] = encoded(highest[p]);
    }
  }

  // A code that at most as many of the first n are below as there is room for.
  std::size_t least_left(std::size_t n) const {
    std::size_t low = 0, high = most_cut;
    while (low + 1 < high) {
      const std::size_t middle = (low + high) / 2;
      std::size_t below = 0;
      for (std::size_t i = 0; i < n; ++i) below += value_[i] < middle;
      (below > near_ ? high : low) = middle;
    }
    return low;
  }

  static constexpr std::size_t most_cut = 1 << 16;

  const std::size_t components_, near_;
  const std::size_t n_words_ = (components_ + 63) / 64;
  Buffer<std::uint32_t> position_, group_;  // of components
  Buffer<std::uint64_t> reached_;           // of groups: a bit for each panel of a batch whose floor is reached
  Buffer<std::uint64_t> marks_;             // of panels of a batch: which components are candidates,
  Buffer<std::uint64_t> taken_;             // and which are near
  Buffer<std::int32_t> index_;
  Buffer<Code> value_;
  const Drift* drift_ = nullptr;
  std::size_t width_ = 0;
  Code* ceilings_ = nullptr;          // of the segment: for each panel those of groups, and of near components
  std::int32_t* near_of_ = nullptr;   // which these are
  float* best_scores_ = nullptr;      // of its panels
  std::uint32_t* segment_ = nullptr;  // what is known of its panels
  bool is_known_ = false;             // whether they are those of the last call
};

}  // namespace
}  // namespace mixfold
