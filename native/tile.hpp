// A tile: a few dozen rows, copied once from whatever layout they have, so that kernels see one layout only.
//
// `columns` holds feature d of all rows contiguously, at columns + d stride: lanes run over rows, so that any number of
// features is vectorized. `rows` (only where asked for) holds the features of row n contiguously, padded with zeros.
// Both are far smaller than a level-2 cache. Rows beyond `count` are zero and must be given no weight.
#pragma once

#include <new>
#include <optional>

#include "kernels.hpp"
#include "vector.hpp"

namespace mixfold {
namespace {

constexpr std::size_t cache_line = 64;
constexpr std::size_t panel_vectors = 4;  // vectors of rows that the kernels of the scores take at once

template <class Real>
constexpr std::size_t panel = panel_vectors * lanes<Real>;

constexpr std::size_t round_up(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Memory that buffers of this thread have let go, for those to come: small problems fold so often that to ask for it
// anew would be a sixth of their time. Blocks are of 1, 2, ... 64 KiB, at most 32 of each: a fold holds 25 buffers.
class Blocks {
 public:
  Blocks() = default;
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;
  ~Blocks() {
    for (std::size_t kind = 0; kind < kinds; ++kind) {
      while (count_[kind] > 0) ::operator delete(kept_[kind][--count_[kind]]);
    }
  }

  void* take(std::size_t size) {
    const std::size_t kind = kind_of(size);
    if (kind == kinds) return ::operator new(size);
    return count_[kind] > 0 ? kept_[kind][--count_[kind]] : ::operator new(smallest << kind);
  }

  void give(void* block, std::size_t size) {
    const std::size_t kind = kind_of(size);
    if (kind == kinds || count_[kind] == most) return ::operator delete(block);
    kept_[kind][count_[kind]++] = block;
  }

 private:
  static constexpr std::size_t smallest = 1024, kinds = 7, most = 32;

  static std::size_t kind_of(std::size_t size) {
    std::size_t kind = 0;
    while (kind < kinds && (smallest << kind) < size) ++kind;
    return kind;
  }

  void* kept_[kinds][most];
  std::size_t count_[kinds] = {};
};

inline Blocks& blocks() {
  static thread_local Blocks of_this_thread;
  return of_this_thread;
}

// An array that is aligned to a cache line, let go when it goes out of scope, and not filled. (Aligned by hand: the
// aligned operator new is several times slower, which small problems would notice.)
template <class Element>
class Buffer {
 public:
  explicit Buffer(std::size_t count) : memory_(blocks().take(count * sizeof(Element) + cache_line)), count_(count) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory_);
    data_ = reinterpret_cast<Element*>((address + cache_line - 1) / cache_line * cache_line);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { blocks().give(memory_, count_ * sizeof(Element) + cache_line); }

  operator Element*() { return data_; }
  operator const Element*() const { return data_; }
  void clear() { std::memset(static_cast<void*>(data_), 0, count_ * sizeof(Element)); }

 private:
  void* memory_;
  Element* data_;
  std::size_t count_;
};

// Rows in a tile: such that its scores and its rows stay in a level-1 or level-2 cache.
template <class Real>
std::size_t tile_rows(std::size_t components, std::size_t features) {
  const std::size_t budget = 48 * 1024 / (sizeof(Real) * (components + 2 * features));
  const std::size_t most = 256, least = features > 16 ? 128 : 64;
  const std::size_t bounded = budget > most ? most : budget < least ? least : budget;
  return round_up(bounded, panel<Real>);
}

template <class Real>
class Tile {
 public:
  Tile(std::size_t capacity, std::size_t features, std::size_t row_padding)
      : capacity(capacity),
        stride(capacity + cache_line / sizeof(Real)),  // not a power of two, which would crowd a few cache sets
        features(features),
        row_stride(row_padding == 0 ? 0 : round_up(features, row_padding)),
        columns(stride * features),
        rows(capacity * row_stride) {
    rows.clear();  // for the padding
  }

  // The rows from `first` on, as many as there are and fit.
  void fill(const Rows<Real>& source, std::size_t first) {
    const std::size_t left = source.count - first, rows_now = left < capacity ? left : capacity;
    if (row_stride == 0 && source.row_stride == sizeof(Real)) {
      copy_columns(source, first, rows_now);
    } else {
      fill_by(source, rows_now, [=](std::size_t n) { return first + n; });
    }
  }

  // The listed rows.
  void gather(const Rows<Real>& source, const std::uint32_t* list, std::size_t rows) {
    fill_by(source, rows, [=](std::size_t n) { return list[n]; });
  }

  // The rows that the kernels compute: whole panels.
  std::size_t padded() const { return round_up(count, panel<Real>); }

  const std::size_t capacity;
  const std::size_t stride;
  const std::size_t features;
  const std::size_t row_stride;
  std::size_t count = 0;
  Buffer<Real> columns;
  Buffer<Real> rows;

 private:
  // Of a source that has the rows of a feature side by side.
  void copy_columns(const Rows<Real>& source, std::size_t first, std::size_t rows_now) {
    count = rows_now;
    const char* from = source.data + first * sizeof(Real);
    for (std::size_t d = 0; d < features; ++d, from += source.column_stride) {
      Real* to = columns + d * stride;
      std::memcpy(to, from, count * sizeof(Real));
      for (std::size_t n = count; n < padded(); ++n) to[n] = Real{0};
    }
  }

  template <class Index>
  MIXFOLD_INLINE void fill_by(const Rows<Real>& source, std::size_t rows_now, Index index) {
    count = rows_now;
    std::size_t d = 0;
    for (; d + 4 <= features; d += 4) fill_columns<4>(source, d, index);
    if (features - d == 1) fill_columns<1>(source, d, index);
    if (features - d == 2) fill_columns<2>(source, d, index);
    if (features - d == 3) fill_columns<3>(source, d, index);
    if (row_stride == 0) return;
    for (std::size_t n = 0; n < count; ++n) {
      const char* from = source.data + static_cast<std::ptrdiff_t>(index(n)) * source.row_stride;
      Real* row = rows + n * row_stride;
      for (std::size_t i = 0; i < features; ++i, from += source.column_stride) std::memcpy(row + i, from, sizeof(Real));
    }
  }

  // Some columns at once, so that a cache line of the source is read while it is near.
  template <std::size_t Columns, class Index>
  MIXFOLD_INLINE void fill_columns(const Rows<Real>& source, std::size_t d, Index index) {
    const char* start = source.data + static_cast<std::ptrdiff_t>(d) * source.column_stride;
    const std::ptrdiff_t row_stride = source.row_stride, column_stride = source.column_stride;
    Real* to = columns + d * stride;
    for (std::size_t n = 0; n < count; ++n) {
      const char* from = start + static_cast<std::ptrdiff_t>(index(n)) * row_stride;
#pragma GCC unroll 4
      for (std::size_t i = 0; i < Columns; ++i) {
        std::memcpy(to + i * stride + n, from + static_cast<std::ptrdiff_t>(i) * column_stride, sizeof(Real));
      }
    }
    for (std::size_t i = 0; i < Columns; ++i) {
      for (std::size_t n = count; n < padded(); ++n) to[i * stride + n] = Real{0};
    }
  }
};

// Centers in the type of the rows; for float32 in two parts, so that x - m is exact to the precision of the rows even
// when m needs more of it.
template <class Real>
class Centers {
 public:
  Centers(const double* center, std::size_t components, std::size_t features, std::size_t stride)
      : stride(stride),
        high(components * stride),
        low(components * stride) {
    high.clear();
    low.clear();
    for (std::size_t k = 0; k < components; ++k) {
      for (std::size_t d = 0; d < features; ++d) {
        const double value = center[k * features + d];
        high[k * stride + d] = static_cast<Real>(value);
        low[k * stride + d] = static_cast<Real>(value - rounded<Real>(value));
      }
    }
  }

  struct Coordinate {
    Real high;
    Real low;

    MIXFOLD_INLINE Vector<Real> difference(Vector<Real> x) const {
      if constexpr (sizeof(Real) == sizeof(double)) return x - high;
      return (x - high) - low;
    }
  };

  struct Center {
    const Real* high;
    const Real* low;

    // x - m for feature d of rows that lie in lanes.
    MIXFOLD_INLINE Vector<Real> difference(Vector<Real> x, std::size_t d) const { return (*this)[d].difference(x); }

    MIXFOLD_INLINE Coordinate operator[](std::size_t d) const { return {high[d], low[d]}; }

    // x - m for the features from d on, in lanes, of one row.
    MIXFOLD_INLINE Vector<Real> row_difference(Vector<Real> x, std::size_t d) const {
      if constexpr (sizeof(Real) == sizeof(double)) return x - load(high + d);
      return (x - load(high + d)) - load(low + d);
    }
  };

  Center operator[](std::size_t k) const { return {high + k * stride, low + k * stride}; }

 private:
  const std::size_t stride;
  Buffer<Real> high;
  Buffer<Real> low;
};

}  // namespace
}  // namespace mixfold
