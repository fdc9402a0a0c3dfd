// Rows copied so that those of each feature lie side by side: where rows are walked over again and again, a tile of them is
// then a copy of spans, and no transposition. Same values, and so the same bits.
#pragma once

#include <cstring>
#include <vector>

#include "kernels.hpp"

namespace mixfold {

template <class Real>
class ByColumn {
 public:
  explicit ByColumn(const Rows<Real>& source) : rows_(source) {
    // In more features the kernels ask for whole rows, too.
    constexpr std::size_t most_features = 32;
    if (source.features > most_features || source.row_stride == static_cast<std::ptrdiff_t>(sizeof(Real))) return;
    values_.resize(source.count * source.features);
    for (std::size_t n = 0; n < source.count; ++n) {
      const char* from = source.data + static_cast<std::ptrdiff_t>(n) * source.row_stride;
      for (std::size_t d = 0; d < source.features; ++d, from += source.column_stride) {
        std::memcpy(&values_[d * source.count + n], from, sizeof(Real));
      }
    }
    rows_.data = reinterpret_cast<const char*>(values_.data());
    rows_.row_stride = sizeof(Real);
    rows_.column_stride = static_cast<std::ptrdiff_t>(source.count * sizeof(Real));
  }
  ByColumn(const ByColumn&) = delete;
  ByColumn& operator=(const ByColumn&) = delete;

  const Rows<Real>& rows() const { return rows_; }

 private:
  std::vector<Real> values_;
  Rows<Real> rows_;
};

}  // namespace mixfold
