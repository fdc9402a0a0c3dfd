// EM on one block of rows, a fold at a time: whiten, fold, maximize; where steps are slow, with leaps.
//
// A leap goes on in the direction of two steps x0 -> x1 -> x2 (squared extrapolation: Varadhan & Roland 2008, scheme S3):
//
//     x' = x0 + 2 a r + a^2 v,    r = x1 - x0,    v = (x2 - x1) - r,    a = ||r|| / ||v||,
//
// in weights, means and covariances, of which differences are measured in units of the weight and of the variances at x0.
// Where x' has no density, a goes halfway to one, at which x' is x2; where its objective is below that at x1, a is a fourth,
// and at last x2 is taken. Every third step is a leap: the second of each cycle.
// Threads: none.
#pragma once

#include <vector>

#include "maximize.hpp"
#include "pooled_fold.hpp"

namespace mixfold {

template <class Real>
class Ascent {
 public:
  // `parameters` are where EM is; `row` is for the sums there, which it holds already where they are known. `pooled` is of
  // the same rows, for components of one covariance.
  Ascent(const Rows<Real>& rows, const Real* weights, const Prior& prior, Parameters& parameters, double* row,
         bool is_known = false, PooledFold<Real>* pooled = nullptr);

  // Folds where EM goes next, which is the start; false, with nothing done, if a covariance is not positive definite there.
  bool fold() { return whitens() && folds(); }

  // An EM step, or if `leaping` one of a cycle of them; false if there is no density where it leads.
  bool step(bool leaping);

  // Begins a new cycle of leaps.
  void rest() { turn_ = 0; }

  // At the parameters, of all rows.
  double log_likelihood = 0.0;
  double log_prior = 0.0;
  double weight = 0.0;

 private:
  using Numbers = std::vector<double>;

  double objective() const { return log_likelihood + log_prior; }
  Parameters in(Numbers& numbers) const;
  bool whitens();
  bool folds();
  bool leaps(double& a);
  double stride() const;
  double squared_length(const Numbers& first, const Numbers& second, const Numbers* third) const;

  const Rows<Real>& rows_;
  const Real* weights_;
  const Prior& prior_;
  PooledFold<Real>* const pooled_;
  Parameters& parameters_;
  double* const row_;
  const std::size_t components_, features_, size_;
  Sums sums_;
  Numbers offset_, whitener_, log_determinants_, squares_;
  std::vector<std::int32_t> guesses_;
  Numbers next_, first_, second_, third_;  // where EM goes next, and the last two steps
  int turn_ = 0;
  bool is_known_;  // the sums of the next fold
};

}  // namespace mixfold
