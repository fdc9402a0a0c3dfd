// Variational steps of a Gaussian mixture under conjugate priors, over one block of rows: what mixfold.models.variational
// computes with NumPy, for problems so small that calls would cost more than arithmetic (Bishop 2006, section 10.2).
//
//     n_k, m_k, S_k         rows, their mean and scatter about it, with n_k times the spread
//     beta_k = beta_0 + n_k,    nu_k = nu_0 + n_k, or + mean n where covariances are equal
//     mean_k  = m_0 + n_k / beta_k (m_k - m_0)
//     Sigma_k = (S_k + W_0^-1 + beta_0 n_k / beta_k (m_k - m_0)(m_k - m_0)^T) / nu_k, in its structure
//     score_k(x) = E[log pi_k] + 1/2 E[log|Lambda_k|] - D/2 log 2 pi - D / (2 beta_k) - 1/2 |G_k (x - mean_k)|^2
//
// Threads: none; the sums of each pass have the same bits as those of one call of the statistics kernel.
#pragma once

#include <nanobind/nanobind.h>

#include "expectation_maximization.hpp"

namespace mixfold {

// What is believed of the weights beforehand: a Dirichlet distribution, or a stick that is broken.
struct WeightPrior {
  bool is_stick;
  double concentration;  // where it is learned, the shape of a Gamma distribution: of a Dirichlet's, of all components
  double rate;           // of that distribution; zero where the concentration is known
  double discount;       // of Pitman and Yor; zero where the concentration is learned
};

// m_0 (D,), beta_0, W_0^-1 in the shape of one component, nu_0; log B(W_0, nu_0), and what is lost by having learned W_0.
// `spread` is what rows are wider by in the sums and `jitter` what they are in scores, in the same shape, or null.
struct ConjugatePrior {
  WeightPrior weights;
  const double* mean;
  double mean_precision;
  const double* scatter;
  double degrees;
  double log_norm;
  double divergence;
  const double* spread;
  const double* jitter;
  bool are_equal;
};

// Means (K, D), covariances by structure, and (K,) each: beta, nu, and what a component has of the weights, which is
// `taken` and `left` of a stick, or `taken` alone of a Dirichlet distribution. `concentration` is shape and rate of a
// stick's; of a Dirichlet distribution's that is learned it is the rows that each component has beforehand.
struct Posterior {
  std::size_t components;
  std::size_t features;
  Structure structure;
  double* means;
  double* covariances;
  double* mean_precision;
  double* degrees;
  double* taken;
  double* left;
  double* concentration;
};

// Folds at most `max_steps` + 1 times, with a step of the posterior between any two. `posterior` comes in as the start and
// leaves as that of the last fold, whose sums `row` holds. The log prior of the record is what the bound has beside the rows.
template <class Real>
Record posterior_steps(const Rows<Real>& rows, const Real* weights, const ConjugatePrior& prior, std::size_t max_steps,
                       const StoppingRule& rule, Posterior& posterior, double* row);

void bind_posterior(nanobind::module_& module);

}  // namespace mixfold
