// How columns were recorded, as mixfold.fitting.recording says it value by
// value: in which steps, how wide they are, and with which variance a value
// counts as spread around itself. All in float64. Threads: none, no state.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>

namespace mixfold {

// Values in ascending order with the weights that they have, or one weight for
// all where `weights` is null.
struct Column {
  const double* values;
  const double* weights;
  std::size_t count;
  double weight;
};

struct Recorded {
  double variance, lowest,
      highest;  // of near values, and between which values are near
  double step;  // in which near values were recorded; zero where there is none
  double value_variance;
};

Recorded recorded(const Column& column);

void bind_recording(nanobind::module_& module);

}  // namespace mixfold
