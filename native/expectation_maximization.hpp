// The whole loop of expectation-maximization over one block of rows, for problems so small that Python would be most of
// the cost.
//
// The same steps in the same order as mixfold.fitting.em: whiten, fold, compare with the fold before, maximize.
// Threads: none; the sums of each pass have the same bits as those of one call of the statistics kernel.
#pragma once

#include <utility>
#include <vector>

#include "maximize.hpp"

namespace mixfold {

enum class Ending : int { converged = 0, limit = 1, collapsed = 2 };

struct Record {
  std::vector<double> log_likelihood;  // of each fold
  std::vector<double> log_prior;       // as `log_prior` gives it, at the same parameters
  Ending ending;
};

// Folds at most `max_steps` + 1 times, with an M step between any two. `parameters` come in as the start and leave as
// those of the last fold, whose sums `row` holds. Stops when the log-likelihood and log prior together change by less
// than `tolerance` for each unit of weight, or when the next covariance is not positive definite.
template <class Real>
Record expectation_maximization(const Rows<Real>& rows, const Real* weights, const Prior& prior,
                                std::size_t max_steps, double tolerance, Parameters& parameters, double* row);

}  // namespace mixfold
