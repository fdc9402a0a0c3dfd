// The table of kernels that one instruction set offers, and the plain structs that cross into it.
//
// Everything here is a plain aggregate without member functions: this header is shared by translation units that are
// compiled for different processors, and must not give any of them code that another would link to.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mixfold {

// The same four shapes, in the same order, as mixfold.structure.Structure.
enum class Structure : int { full = 0, pooled = 1, diagonal = 2, spherical = 3 };

// A matrix in any layout: element (n, d) lies at data + n row_stride + d column_stride, in bytes, aligned or not.
template <class Real>
struct Rows {
  const char* data;
  std::ptrdiff_t row_stride;
  std::ptrdiff_t column_stride;
  std::size_t count;
  std::size_t features;
  bool incomplete = false;  // whether values are missing, which are NaN
  bool padded = false;      // whether columns go on, with numbers, to a multiple of `most_panel_rows`
};

// Rows that kernels take at once, at most.
constexpr std::size_t most_panel_rows = 64;

// What mixfold.potentials.Potentials holds; every array is C-contiguous.
struct Potentials {
  std::size_t components;
  const double* offset;    // (K,)
  const double* center;    // (K, D)
  const double* whitener;  // by structure
  Structure structure;
  const double* degrees = nullptr;       // (K,), or null where the tails are Gaussian
  double background = -__builtin_inf();  // the score of the background; minus infinity where there is none
  const double* log_sides = nullptr;     // (D,), of its volume; null where no value is missing, or it is not known
};

// What mixfold.statistics.SufficientStatistics holds, which says what each is; all must come in filled with zeros. Those
// that are not kept are null.
struct Sums {
  Structure structure;  // of the scatter
#define MIXFOLD_SUM(name, extent, needs_degrees) double* name;
#include "sums.inc"
#undef MIXFOLD_SUM
};

// How far groups of components have gone since the last call, for scores c - 1/2 ||G (x - m)||^2 (drift.hpp).
struct Drift {
  std::uint32_t call;  // the number of this call; that before had one less
  std::size_t groups;
  std::size_t size;             // components of a group; the last one may have fewer
  const std::int32_t* members;  // (K,), group after group
  std::size_t near;             // components that have ceilings of their own for a panel, at most
  // Of each group, and of each component after them if there are near ones:
  const float* highest = nullptr;    // the greatest offset of the last call,
  const float* rise = nullptr;       // what offsets have risen by at most,
  const float* shrinkage = nullptr;  // and what part squared distances may have lost,
  const float* shift = nullptr;      // sqrt(2) times what distances may have lost beside it
};

// Panels of half of their rows, and one of those that are left.
constexpr std::size_t panels_of_one = 3;

// What a caller keeps from one call over the same rows to the next: it changes how much is computed, and no bit of the
// sums. Guesses may be null, and all the others together.
struct Known {
  std::int32_t* guesses = nullptr;  // (N,): the component that a row seems to belong to, or any other number
  // The best scores of the rows of panels at the last call, and numbers that no score of a group of components was above them
  // by. There is room for `panels_of_one` panels for each that N rows would fill. `segments` has for each how many rows it has, and for the first
  // panel of a segment of rows how many these are, the number of the call that knew it last, and in how many places of its
  // panels rows of two guesses were side by side when these were made.
  float* best_scores = nullptr;       // (panels, rows of one)
  std::uint16_t* ceilings = nullptr;  // (panels, groups + near)
  std::int32_t* near = nullptr;       // (panels, near): which components are near, up to the first negative number
  std::uint32_t* segments = nullptr;  // (panels, 4)
  std::uint32_t* order = nullptr;     // (N,): the rows of panels, from the first of their segment on
  const Drift* drift = nullptr;
};

// The kernels for rows of one type. All are single-threaded, hold no state, write only to their last argument and to what is
// known, and give the same bits for the same arguments. Weights may be null, for ones; they must not be negative.
template <class Real>
struct Kernels {
  std::size_t panel;  // rows that are looked at together
  void (*statistics)(const Rows<Real>&, const Real* weights, const Potentials&, bool hard, const Known&, Sums&);
  void (*moments)(const Rows<Real>&, const Real* weights, const Rows<Real>& shares, const double* center,
                  std::size_t components, Sums&);
  void (*log_density)(const Rows<Real>&, const Potentials&, Real* result);
  void (*responsibilities)(const Rows<Real>&, const Potentials&, Real* result);
  void (*scores)(const Rows<Real>&, const Potentials&, Real* result);
  void (*labels)(const Rows<Real>&, const Potentials&, std::int64_t* result);
  void (*whitened)(const Rows<Real>&, const double* center, const double* whitener, Real* result);  // (D, N)
  void (*exponential)(const Real* values, std::size_t count, Real* result);
};

// Rows with noise of their own, and the components that they are of.
struct Noisy {
  std::size_t rows, features, components;
  const double* values;       // (N, D), NaN where one is missing
  const double* noise;        // (N, D) variances, or (N, D, D) covariances
  bool is_full;               // whether they are covariances
  const double* log_weights;  // (K,)
  const double* means;        // (K, D)
  const double* covariances;  // (K, D, D)
  double background;
  const double* log_sides;  // (D,), or null
};

// The kernels for them, of up to most_noisy_features; they give the smallest pivot of all factorizations.
constexpr std::size_t most_noisy_features = 8;
struct NoisyKernels {
  // Fills the log-likelihood, counts, shifts and scatters, one after the other.
  double (*statistics)(const Noisy&, const double* weights, bool hard, double* result);
  double (*scores)(const Noisy&, double* result);
};

// For each pair of triangular matrices A (k, d, d) and B (m, d, d) the sum of the singular values of A^T B, (k, m); NaN where
// the squares of these range over more than 1 / least.
using NuclearNorms = void (*)(const double* a, std::size_t k, const double* b, std::size_t m, std::size_t d,
                              double least, double* result);

// Of blocks (b, n) of components each loses as many, pairs that cost least to merge first, in place; `owners` (b, n) says
// which one each is part of.
using MergeCheapest = void (*)(double* weights, double* means, double* covariances, std::size_t blocks, std::size_t n,
                               std::size_t d, std::size_t losses, std::int64_t* owners);

// The lower-triangular map (d, d) after which rows (n, d) and their nearest neighbors are alike in every direction: found anew
// in the metric that it gives first, of rows in units (d,).
using NeighborMetric = void (*)(const double* rows, std::size_t n, std::size_t d, const double* unit,
                                std::size_t neighbors, double share, double* metric);

// Where the `count` least of numbers (size,) are, none of which is negative: ascending, the first of equal ones. The size is a
// multiple of `most_panel_rows`.
using LeastValues = void (*)(const double* values, std::size_t size, std::size_t count, std::size_t* places);

struct InstructionSet {
  const char* name;
  Kernels<double> float64;
  Kernels<float> float32;
  NoisyKernels noisy;
  NuclearNorms nuclear_norms;
  MergeCheapest merge_cheapest;
  NeighborMetric neighbor_metric;
  LeastValues least_values;
};

}  // namespace mixfold
