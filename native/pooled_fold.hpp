// The sums of rows under components of one covariance, step after step: each row is whitened once for all of them, and
// what is scattered within them follows from what all rows are,
//
//     sum_kn r_kn (x_n - m_k)(x_n - m_k)^T = T - sum_k (N_k d_k d_k^T + d_k s_k^T + s_k d_k^T),    d_k = m_k - c,
//
// with c the mean of all rows, T their scatter about it, and N_k and s_k count and shift of a component. A step takes some D
// operations for each row and component, not D^2.
// Digits are lost where components are apart: of the scatter, in float64, the square of their distance from c in deviations
// within them, and of a row as whitened the distance. Where that is more than a hundred, sums are taken as those of
// other components are.
// Threads: none; scratch of its own.
#pragma once

#include <vector>

#include "kernels.hpp"

namespace mixfold {

template <class Real>
class PooledFold {
 public:
  PooledFold(const Rows<Real>& rows, const Real* weights);

  // Fills sums; false, with nothing done, where that would be no faster or components are too far apart.
  bool fill(const Potentials& potentials, const Sums& sums);

  // Replaces the pooled scatter about some centers by what counts and shifts say.
  void scatter(const double* centers, std::size_t components, const Sums& sums) const;

  // Where centers lie in the coordinates of a whitener, (K, D); nowhere, where they are too far apart.
  std::vector<double> places(const double* centers, std::size_t components, const double* whitener) const;

 private:
  const Rows<Real>& rows_;
  const Real* weights_;
  std::vector<double> center_, total_;
  std::vector<Real> whitened_;
};

}  // namespace mixfold
