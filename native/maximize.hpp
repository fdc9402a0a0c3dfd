// The M step of a mixture whose covariances have the structure of the whitener, and the potentials that follow from it.
//
// What mixfold.covariance computes with NumPy, for problems so small that calls would cost more than arithmetic. All in
// float64.
#pragma once

#include <cstddef>
#include <limits>

#include "decomposed.hpp"
#include "sums.hpp"

namespace mixfold {

// What a computed covariance may be wrong by, relative to D times its variances, as in mixfold.covariance.triangular.
constexpr double roundings = 8.0 * std::numeric_limits<double>::epsilon();

// What mixfold.covariance.Prior holds: `scale` and `jitter` in the shape of one component, (D, D), (D,) or (); no
// `jitter` where it is null.
struct Prior {
  const double* scale;
  double count;
  const double* jitter;
  double likeness;
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

// Sigma_k = (W_k + n_k jitter + (1 + likeness D / squares_k) scale) / (n_k + count + likeness) with W_k the scatter about
// the new mean, reduced to the structure; pi_k = n_k / sum n; m_k = center_k + s_k / n_k, or center_k where n_k is zero.
// `squares` are what `log_prior` left. The ridge is a jitter, the same in every feature, that is in no offset.
//
// Where a family restricts more, `restriction` holds its letters, and the covariances are those that maximize under them.
struct Restriction {
  Letters letters;
  Before before;
};

void maximize(const Sums& sums, const double* center, const Prior& prior, const double* squares,
              const Restriction* restriction, Parameters& parameters);

// Offsets (K,) of jittered rows, whiteners G_k of the parameters and log|G_k|, (K,) or one for all where the structure is
// pooled; false if a covariance is not positive definite. Weights that are null are in no offset.
bool whiten(const Parameters& parameters, const Prior& prior, double* offset, double* whitener,
            double* log_determinants);

// sum_k -1/2 squares_k + (count + likeness) log|G_k| - likeness D/2 log(squares_k / D), with squares_k = tr(scale
// Sigma_k^-1): the log prior, up to what does not depend on the parameters. Leaves `squares`, (K,), where there is a prior;
// one for all where the structure is pooled.
double log_prior(const Prior& prior, const Parameters& parameters, const double* whitener,
                 const double* log_determinants, double* squares);

// tr(scale G^T G) of one whitener, of a symmetric scale.
double trace(Structure structure, const double* scale, const double* whitener, std::size_t features);

}  // namespace mixfold
