// Rows copied so that those of each feature lie side by side: where rows are walked over again and again, a tile of them is
// then a copy of spans, and no transposition. Same values, and so the same bits. The last row is there as often as kernels
// read beyond it.
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
    const std::size_t stride = (source.count + most_panel_rows - 1) / most_panel_rows * most_panel_rows;
    values_.resize(stride * source.features);
    const char* row = source.data;
    for (std::size_t n = 0; n < stride; ++n) {
      const char* from = row;
      for (std::size_t d = 0; d < source.features; ++d, from += source.column_stride) {
        std::memcpy(&values_[d * stride + n], from, sizeof(Real));
      }
      if (n + 1 < source.count) row += source.row_stride;
    }
    rows_.data = reinterpret_cast<const char*>(values_.data());
    rows_.row_stride = sizeof(Real);
    rows_.column_stride = static_cast<std::ptrdiff_t>(stride * sizeof(Real));
    rows_.padded = true;
  }
  ByColumn(const ByColumn&) = delete;
  ByColumn& operator=(const ByColumn&) = delete;

  const Rows<Real>& rows() const { return rows_; }

 private:
  std::vector<Real> values_;
  Rows<Real> rows_;
};

}  // namespace mixfold
