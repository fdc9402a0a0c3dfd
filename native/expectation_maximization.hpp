// The whole loop of expectation-maximization over one block of rows, for problems so small that Python would be most of
// the cost.
//
// The same steps in the same order as mixfold.fitting.em_steps: whiten, fold, look, maximize.
// Threads: none; the sums of each pass have the same bits as those of one call of the statistics kernel.
#pragma once

#include <cstddef>
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

// When steps are given up early, as mixfold.engines.StoppingRule says: looked at every `interval` steps, unless that is zero.
struct StoppingRule {
  std::size_t interval;
  double gain;
  double optimism;
  double rival;
  double near;
  double enough;
  double resolution = 1e-15;  // gains below this share of the objective are rounding
};

// What an ascent is predicted to gain still, from the last of its objectives and the two before it, as in
// mixfold.fitting.stopping.
double predicted_gain(const double* last, double resolution);

// Whether steps of these objectives, the start's first, end as the rule says.
bool gives_up(const std::vector<double>& objectives, const StoppingRule& rule);

// Where a start is that has no covariances of this family, for an M step that begins nowhere, before the first fold: rows
// are shared out by covariances of another structure, (K, ...) of it, or, where these are null, may be shared out already.
struct Elsewhere {
  Structure structure;
  const double* covariances;
  bool is_shared_out;     // the row of sums holds what comes of that, about the means that come in
  bool is_known = false;  // it holds the sums at parameters where EM has been before, and there is no fold of them

  bool is_start() const { return covariances != nullptr || is_shared_out; }
};

// Whether so many steps are ahead that leaps pay, as in mixfold.fitting.anderson.
bool is_slow(const std::vector<double>& objectives);

// Folds at most `max_steps` + 1 times, with an M step between any two. `parameters` come in as the start and leave as
// those of the last fold, whose sums `row` holds. Stops when the rule says so, or when the next covariance is not
// positive definite. `log_prior_constant` is what the log prior is relative to. `letters` are those of a family that restricts
// more than the structure does, null where none does. Where `leaping`, and neither is there nor another start, steps leap as `Ascent`
// says: where they are slow if there is a rule, which looks at steps that do not, else all the time.
template <class Real>
Record expectation_maximization(const Rows<Real>& rows, const Real* weights, const Prior& prior, const Letters* letters,
                                const Elsewhere& elsewhere, double log_prior_constant, std::size_t max_steps,
                                const StoppingRule& rule, bool leaping, Parameters& parameters, double* row);

}  // namespace mixfold
