// The M step of a mixture whose covariances have the structure of the whitener, and the potentials that follow from it.
//
// What mixfold.covariance computes with NumPy, for problems so small that calls would cost more than arithmetic. All in
// float64.
#pragma once

#include <cstddef>

#include "kernels.hpp"

namespace mixfold {

// What mixfold.covariance.Prior holds: `scale` in the shape of one component, (D, D), (D,) or ().
struct Prior {
  const double* scale;
  double count;
  double ridge;
};

// Weights (K,), means (K, D) and covariances by structure.
struct Parameters {
  std::size_t components;
  std::size_t features;
  Structure structure;
  double* weights;
  double* means;
  double* covariances;
};

std::size_t covariance_size(Structure structure, std::size_t components, std::size_t features);

// Sigma_k = (W_k + scale) / (n_k + count) + ridge I with W_k the scatter about the new mean, reduced to the structure;
// pi_k = n_k / sum n; m_k = center_k + s_k / n_k, or center_k where n_k is zero.
void maximize(const Sums& sums, const double* center, const Prior& prior, Parameters& parameters);

// Offsets (K,) and whiteners of the parameters; false if a covariance is not positive definite.
bool whiten(const Parameters& parameters, double* offset, double* whitener);

// -1/2 sum_k tr(scale Sigma_k^-1) + count sum_k log|G_k|: the log prior, up to what does not depend on the parameters.
double log_prior(const Prior& prior, const Parameters& parameters, const double* whitener);

}  // namespace mixfold
