// Heavy tails: the scores of components that have degrees of freedom, and how much of a row they take in.
//
// v, q         degrees of freedom of the component; squared distance ||G z||^2 of the row
// s, u         c - (v + D) / 2 log(1 + q / v), and (v + D) / (v + q), by which a share counts in shift and scatter
// L            log(1 + t) with t = q / v, as log(w) t / (w - 1) with w = 1 + t rounded, which is as exact as the logarithm
//              however small t is (Kahan); relative error of s at most about (2 D + 12) u of the type, beside that of q
// A t that overflows is held at a quarter of the greatest number, as distances are.
// Threads: none, no state after construction. Aliasing: the scores are overwritten; nothing else overlaps.
#pragma once

#include "tile.hpp"

namespace mixfold {
namespace {

template <class Real>
class Tails {
 public:
  // For scores times `scale`, a power of two; `degrees` must not be null.
  Tails(const Potentials& potentials, std::size_t features, Real scale)
      : scale_(scale),
        component_(potentials.components) {
    const auto dimensions = static_cast<double>(features);
    for (std::size_t k = 0; k < potentials.components; ++k) {
      const double v = potentials.degrees[k];
      component_[k] = {static_cast<Real>(potentials.offset[k]), static_cast<Real>(v), static_cast<Real>(v + dimensions),
                       static_cast<Real>(__builtin_log1p(dimensions / v))};
    }
  }

  // Replaces -scale / 2 q by scale s for whole vectors of rows; leaves sqrt(u) and log(u) where there is room for them.
  void apply(std::size_t k, std::size_t rows, Real* scores, Real* root, Real* log) const {
    const Component c = component_[k];
    const Real to_distance = -2 / scale_;
    const Vector<Real> farthest = broadcast<Real>(Format<Real>::farthest);
    for (std::size_t n = 0; n < rows; n += lanes<Real>) {
      const Vector<Real> distance = to_distance * load(scores + n);
      Vector<Real> t = distance / c.degrees;
      t = t < farthest ? t : farthest;
      const Vector<Real> w = t + Real{1};
      Vector<Real> logarithm[1] = {w};
      logarithms<Real>(logarithm);
      const Vector<Real> rounded = w - Real{1};
      const Vector<Real> exact = logarithm[0] * (t / rounded);
      const Vector<Real> l = rounded > Real{0} ? exact : t;
      store<Real>(scores + n, scale_ * (c.offset - c.both / 2 * l));
      if (root == nullptr) continue;
      store<Real>(root + n, c.both / (c.degrees + distance));
      store<Real>(log + n, c.log_greatest - l);
    }
    if (root == nullptr) return;
    for (std::size_t n = 0; n < rows; ++n) root[n] = square_root(root[n]);
  }

 private:
  struct Component {
    Real offset;
    Real degrees;
    Real both;          // v + D
    Real log_greatest;  // log of u where q is zero
  };

  const Real scale_;
  Buffer<Component> component_;
};

}  // namespace
}  // namespace mixfold
