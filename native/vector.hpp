// Vectors of the width of the instruction set this is compiled for, and the functions that softmax needs of them.
//
// GCC and Clang vector extensions only: one source for SSE, AVX2, AVX-512 and NEON. Everything in the kernel headers is
// in an unnamed namespace, because each is compiled several times with different flags: a function shared between the
// copies by the linker could run instructions that the processor lacks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#define MIXFOLD_INLINE inline __attribute__((always_inline))
#define MIXFOLD_INLINE_LAMBDA __attribute__((always_inline))

namespace mixfold {
namespace {

#if defined(__AVX512F__)
constexpr std::size_t vector_bytes = 64;
#elif defined(__AVX__)
constexpr std::size_t vector_bytes = 32;
#else
constexpr std::size_t vector_bytes = 16;
#endif

template <class Real>
struct Lanes;

template <>
struct Lanes<double> {
  typedef double Vector __attribute__((vector_size(vector_bytes)));
  typedef double Unaligned __attribute__((vector_size(vector_bytes), aligned(sizeof(double))));
  typedef std::int64_t Mask __attribute__((vector_size(vector_bytes)));
};

template <>
struct Lanes<float> {
  typedef float Vector __attribute__((vector_size(vector_bytes)));
  typedef float Unaligned __attribute__((vector_size(vector_bytes), aligned(sizeof(float))));
  typedef std::int32_t Mask __attribute__((vector_size(vector_bytes)));
};

template <class Real>
using Vector = typename Lanes<Real>::Vector;
template <class Real>
using Mask = typename Lanes<Real>::Mask;

template <class Real>
constexpr std::size_t lanes = vector_bytes / sizeof(Real);

template <class Real>
MIXFOLD_INLINE Vector<Real> load(const Real* from) {
  return *reinterpret_cast<const typename Lanes<Real>::Unaligned*>(from);
}

template <class Real>
MIXFOLD_INLINE void store(Real* to, Vector<Real> value) {
  *reinterpret_cast<typename Lanes<Real>::Unaligned*>(to) = value;
}

template <class Real>
MIXFOLD_INLINE Vector<Real> broadcast(Real value) {
  return value - Vector<Real>{};
}

template <class Real>
MIXFOLD_INLINE Vector<Real> maximum(Vector<Real> a, Vector<Real> b) {
  return a > b ? a : b;
}

// A number as a Real has it. By way of memory: of vectors, two conversions that round there and back are none to GCC 12.
template <class Real>
double rounded(double value) {
  const volatile Real kept = static_cast<Real>(value);
  return static_cast<double>(kept);
}

// The sum of the lanes, in float64.
template <class Real>
MIXFOLD_INLINE double horizontal_sum(Vector<Real> value) {
  double total = 0.0;
  for (std::size_t lane = 0; lane < lanes<Real>; ++lane) total += static_cast<double>(value[lane]);
  return total;
}

// Adds the lanes to as many float64 numbers.
MIXFOLD_INLINE void add_lanes(double* to, Vector<double> value) { store<double>(to, load(to) + value); }

// By way of memory of their own: halves that are read out of the vector itself keep it in memory wherever it is used,
// and a sum that should stay in a register is then stored and loaded at every step (GCC 12, AVX-512).
MIXFOLD_INLINE void add_lanes(double* to, Vector<float> value) {
  typedef float Half __attribute__((vector_size(vector_bytes / 2), aligned(sizeof(float))));
  constexpr std::size_t half = lanes<double>;
  float lane[lanes<float>];
  store<float>(lane, value);
  const Half low = *reinterpret_cast<const Half*>(lane), high = *reinterpret_cast<const Half*>(lane + half);
  store<double>(to, load(to) + __builtin_convertvector(low, Vector<double>));
  store<double>(to + half, load(to + half) + __builtin_convertvector(high, Vector<double>));
}

// By halves, for the same reason by way of memory.
MIXFOLD_INLINE float least_lane(Vector<float> value) {
  float lane[lanes<float>];
  store<float>(lane, value);
#pragma GCC unroll 4
  for (std::size_t half = lanes<float> / 2; half > 0; half /= 2) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < half; ++i) lane[i] = lane[i] < lane[i + half] ? lane[i] : lane[i + half];
  }
  return lane[0];
}

template <class Real>
MIXFOLD_INLINE bool any(Mask<Real> mask) {
  std::int64_t words[vector_bytes / sizeof(std::int64_t)];
  std::memcpy(words, &mask, sizeof words);
  std::int64_t joined = 0;
  for (std::int64_t word : words) joined |= word;
  return joined != 0;
}

// Not std::sqrt, which could be shared between the copies.
MIXFOLD_INLINE double square_root(double value) { return __builtin_sqrt(value); }
MIXFOLD_INLINE float square_root(float value) { return __builtin_sqrtf(value); }

// What exp, log and the scores need to know of a floating-point type.
template <class Real>
struct Format;

template <>
struct Format<double> {
  static constexpr int mantissa_bits = 52;
  static constexpr double round_to_integer = 0x1.8p52;
  static constexpr std::int64_t exponent_mask = 0x7ff;
  static constexpr std::int64_t exponent_bias = 1023;
  static constexpr std::int64_t sqrt_half = 0x3fe6a09e667f3bcd;
  static constexpr double smallest_exponent = -708.0;
  static constexpr double farthest = 0x1p1022;
  static constexpr double log2_e = 0x1.71547652b82fep0;
  static constexpr double log_2_high = 0x1.62e42fefa0000p-1;
  static constexpr double log_2_low = 0x1.cf79abc9e3b3ap-40;
  static constexpr double exp_terms[] = {0x1.2727a603e7e59p-22,
                                         0x1.72f993ef9162cp-19,
                                         0x1.a01b6cff8ed6ep-16,
                                         0x1.a0197a40aa1b7p-13,
                                         0x1.6c16c0c096beap-10,
                                         0x1.1111112d4dc97p-7,
                                         0x1.5555555593471p-5,
                                         0x1.555555554bbeap-3,
                                         0x1.ffffffffffe17p-2,
                                         0x1.000000000001dp+0,
                                         1.0};
  static constexpr double log_terms[] = {0x1.2b5f0a346457dp-3, 0x1.39fdc7ebbd547p-3, 0x1.7462b9b6f6c64p-3,
                                         0x1.c71c62d1ccb69p-3, 0x1.2492492e02a9cp-2, 0x1.999999999522fp-2,
                                         0x1.5555555555558p-1};
};

template <>
struct Format<float> {
  static constexpr int mantissa_bits = 23;
  static constexpr float round_to_integer = 0x1.8p23F;
  static constexpr std::int32_t exponent_mask = 0xff;
  static constexpr std::int32_t exponent_bias = 127;
  static constexpr std::int32_t sqrt_half = 0x3f3504f3;
  static constexpr float smallest_exponent = -87.0F;
  static constexpr float farthest = 0x1p126F;
  static constexpr float log2_e = 0x1.715476p0F;
  static constexpr float log_2_high = 0x1.62e4p-1F;
  static constexpr float log_2_low = 0x1.7f7d1cp-20F;
  static constexpr float exp_terms[] = {
      0.00138368501F, 0.008374824338F, 0.04166822591F, 0.1666642007F, 0.4999999208F, 1.000000036F, 1.0F};
  static constexpr float log_terms[] = {0.2958204682F, 0.3998871892F, 0.6666668527F};
};

// 2^n p(x), in place of x, with the terms of p from the highest power down, and n in the last digits of `shifted`; zero where
// not `counts`. Several vectors in step: each waits long for its own operations, and a processor looks only a few dozen
// operations ahead for others.
template <class Real, std::size_t Terms, std::size_t Vectors>
MIXFOLD_INLINE void scaled_polynomials(const Real (&term)[Terms], Vector<Real> (&x)[Vectors],
                                       const Vector<Real> (&shifted)[Vectors], const Mask<Real> (&counts)[Vectors]) {
  Vector<Real> p[Vectors];
#pragma GCC unroll 4
  for (std::size_t v = 0; v < Vectors; ++v) p[v] = term[0] * x[v] + term[1];
#pragma GCC unroll 10
  for (std::size_t i = 2; i < Terms; ++i) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < Vectors; ++v) p[v] = p[v] * x[v] + term[i];
  }
#pragma GCC unroll 4
  for (std::size_t v = 0; v < Vectors; ++v) {
    const Mask<Real> scale = reinterpret_cast<Mask<Real>>(shifted[v]) << Format<Real>::mantissa_bits;
    const Mask<Real> scaled = reinterpret_cast<Mask<Real>>(p[v]) + scale;
    x[v] = reinterpret_cast<Vector<Real>>(scaled & counts[v]);
  }
}

// exp(x) for x <= 0, as 2^n p(x - n log 2): Cody-Waite reduction in two parts, then the polynomial of least greatest
// relative error on |r| <= log(2) / 2 (Remez exchange; 2.2e-16 at degree 10 for float64, 1.9e-9 at degree 6 for
// float32). Within 3 units in the last place; zero where not `counts`, which must say x >= lowest, at least
// `smallest_exponent`.
template <class Real, std::size_t Vectors>
MIXFOLD_INLINE void exponentials(Vector<Real> (&x)[Vectors], Real lowest, const Mask<Real> (&counts)[Vectors]) {
  using F = Format<Real>;
  Vector<Real> shifted[Vectors];
#pragma GCC unroll 4
  for (std::size_t v = 0; v < Vectors; ++v) x[v] = counts[v] ? x[v] : broadcast<Real>(lowest);
#pragma GCC unroll 4
  for (std::size_t v = 0; v < Vectors; ++v) shifted[v] = x[v] * F::log2_e + F::round_to_integer;
#pragma GCC unroll 4
  for (std::size_t v = 0; v < Vectors; ++v) {
    const Vector<Real> n = shifted[v] - F::round_to_integer;
    x[v] = (x[v] - n * F::log_2_high) - n * F::log_2_low;
  }
  scaled_polynomials<Real>(F::exp_terms, x, shifted, counts);
}

// The terms of exp_terms for 2^r.
template <class Real>
struct BinaryTerms {
  static constexpr std::size_t count = sizeof Format<Real>::exp_terms / sizeof(Real);
  Real term[count];
  constexpr BinaryTerms() : term() {
    double power = 1.0;
    for (std::size_t i = count; i-- > 0; power *= 0x1.62e42fefa39efp-1) {
      term[i] = static_cast<Real>(static_cast<double>(Format<Real>::exp_terms[i]) * power);
    }
  }
};

// 2^x for x <= 0, as 2^n p(x - n) by the same polynomial: the reduction is exact. Zero where x < lowest; else as above.
template <class Real, std::size_t Vectors>
MIXFOLD_INLINE void powers_of_two(Vector<Real> (&x)[Vectors], Real lowest) {
  using F = Format<Real>;
  constexpr BinaryTerms<Real> terms;
  Vector<Real> shifted[Vectors];
  Mask<Real> counts[Vectors];
#pragma GCC unroll 4
  for (std::size_t v = 0; v < Vectors; ++v) counts[v] = x[v] >= lowest;
#pragma GCC unroll 4
  for (std::size_t v = 0; v < Vectors; ++v) x[v] = maximum<Real>(x[v], broadcast<Real>(lowest));
#pragma GCC unroll 4
  for (std::size_t v = 0; v < Vectors; ++v) shifted[v] = x[v] + F::round_to_integer;
#pragma GCC unroll 4
  for (std::size_t v = 0; v < Vectors; ++v) x[v] -= shifted[v] - F::round_to_integer;
  scaled_polynomials<Real>(terms.term, x, shifted, counts);
}

template <class Real>
MIXFOLD_INLINE Vector<Real> exponential(Vector<Real> x, Real lowest) {
  Vector<Real> one[1] = {x};
  const Mask<Real> counts[1] = {x >= lowest};
  exponentials<Real>(one, lowest, counts);
  return one[0];
}

// log(x) for normal x > 0, as e log 2 + 2 s + s^3 q(s^2) with m = x / 2^e in [sqrt(1/2), sqrt(2)), q of least greatest
// error and s = (m - 1) / (m + 1); within 2 units in the last place. Several vectors in step, as above.
template <class Real, std::size_t Vectors>
MIXFOLD_INLINE void logarithms(Vector<Real> (&x)[Vectors]) {
  using F = Format<Real>;
  constexpr std::size_t terms = sizeof F::log_terms / sizeof(Real);
  Vector<Real> e[Vectors], q[Vectors], u[Vectors];
#pragma GCC unroll 4
  for (std::size_t v = 0; v < Vectors; ++v) {
    const Mask<Real> bits = reinterpret_cast<Mask<Real>>(x[v]);
    const Mask<Real> exponent = (bits - F::sqrt_half) >> F::mantissa_bits;
    const Vector<Real> m = reinterpret_cast<Vector<Real>>(bits - (exponent << F::mantissa_bits));
    // As an integer to a floating-point number of this size: by the bits of a number whose unit in the last place is one.
    const Mask<Real> integer = exponent + reinterpret_cast<Mask<Real>>(broadcast<Real>(F::round_to_integer));
    e[v] = reinterpret_cast<Vector<Real>>(integer) - F::round_to_integer;
    x[v] = (m - 1) / (m + 1);
  }
#pragma GCC unroll 4
  for (std::size_t v = 0; v < Vectors; ++v) {
    u[v] = x[v] * x[v];
    q[v] = F::log_terms[0] * u[v] + F::log_terms[1];
  }
#pragma GCC unroll 8
  for (std::size_t i = 2; i < terms; ++i) {
#pragma GCC unroll 4
    for (std::size_t v = 0; v < Vectors; ++v) q[v] = q[v] * u[v] + F::log_terms[i];
  }
#pragma GCC unroll 4
  for (std::size_t v = 0; v < Vectors; ++v) {
    x[v] = e[v] * F::log_2_high + (2 * x[v] + (x[v] * u[v] * q[v] + e[v] * F::log_2_low));
  }
}

}  // namespace
}  // namespace mixfold
