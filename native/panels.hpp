// The panels of a segment of rows: which rows are looked at together, from the components that they seem to belong to.
//
// A caller may keep panels from one call to the next with their ceilings (ceilings.hpp); they last while the rows of each
// go on to belong together.
// Threads: none, no state but scratch.
#pragma once

#include "tile.hpp"

namespace mixfold {
namespace {

template <class Real>
class Panels {
 public:
  Panels(std::size_t components, std::size_t most_rows)
      : components_(components),
        place_(components + 1),
        grouped_(most_rows),
        order_(4 * most_rows + panel<Real>),  // a panel for each fourth of one, and the last
        own_(4 * most_rows / panel<Real> + 1) {}

  std::size_t count() const { return count_; }
  // The rows of a panel; the last one stands in for those that it lacks.
  const std::uint32_t* rows(std::size_t p) const { return order_ + p * panel<Real>; }
  // How many they are.
  std::size_t own(std::size_t p) const { return own_[p]; }

  // Lists `n_rows` rows in panels: those of one guess together, and no others with them if they fill `least` rows of a
  // panel, a quarter at least. Guesses come in their own order, or by their `position`.
  void arrange(std::size_t n_rows, const std::int32_t* guesses, std::size_t least = panel<Real> / 4,
               const std::uint32_t* position = nullptr) {
    const auto place_of = [=](std::size_t n) {
      const std::size_t guess = static_cast<std::size_t>(guesses[n]);
      return position == nullptr ? guess : position[guess];
    };
    place_.clear();
    for (std::size_t n = 0; n < n_rows; ++n) ++place_[place_of(n) + 1];
    for (std::size_t k = 0; k < components_; ++k) place_[k + 1] += place_[k];
    for (std::size_t n = 0; n < n_rows; ++n) grouped_[place_[place_of(n)]++] = static_cast<std::uint32_t>(n);
    std::size_t n_left = 0;
    count_ = 0;
    for (std::size_t k = 0, n = 0; k < components_; n = place_[k++]) {
      for (; n + least <= place_[k]; n += panel<Real>) {
        add(grouped_ + n, place_[k] - n < panel<Real> ? place_[k] - n : panel<Real>);
      }
      for (; n < place_[k]; ++n) grouped_[n_left++] = grouped_[n];
    }
    for (std::size_t n = 0; n < n_left; n += panel<Real>) {
      add(grouped_ + n, n_left - n < panel<Real> ? n_left - n : panel<Real>);
    }
  }

  // Finds the panels of the last call in what is known of a segment, which begins there, or arranges new ones and keeps
  // them; false where they are new. They are where there are none, and where more rows than before lie beside such as seem
  // to belong elsewhere.
  bool recall(std::size_t n_rows, const std::int32_t* guesses, const std::uint32_t* position, std::uint32_t call,
              std::uint32_t* segment, std::uint32_t* order) {
    bool is_known = segment[1] == n_rows && segment[2] + 1 == call;
    if (is_known) {
      count_ = 0;
      for (std::size_t n = 0; n < n_rows; n += own_[count_ - 1]) add(order + n, segment[4 * count_]);
      is_known = n_seams(guesses) <= 2 * segment[3] + n_rows / 16;
    }
    if (!is_known) {
      arrange(n_rows, guesses, panel<Real> / 2, position);
      std::size_t n = 0;
      for (std::size_t p = 0; p < count_; ++p) {
        segment[4 * p] = own_[p];
        for (std::size_t i = 0; i < own_[p]; ++i) order[n++] = rows(p)[i];
      }
      segment[1] = static_cast<std::uint32_t>(n_rows);
      segment[3] = static_cast<std::uint32_t>(n_seams(guesses));
    }
    segment[2] = call;
    return is_known;
  }

 private:
  void add(const std::uint32_t* rows, std::size_t own) {
    std::uint32_t* const order = order_ + count_ * panel<Real>;
    for (std::size_t n = 0; n < panel<Real>; ++n) order[n] = rows[n < own ? n : own - 1];
    own_[count_++] = static_cast<std::uint32_t>(own);
  }

  // In how many places of panels rows of two guesses lie side by side.
  std::size_t n_seams(const std::int32_t* guesses) const {
    std::size_t seams = 0;
    for (std::size_t p = 0; p < count_; ++p) {
      for (std::size_t n = 1; n < own_[p]; ++n) seams += guesses[rows(p)[n]] != guesses[rows(p)[n - 1]];
    }
    return seams;
  }

  const std::size_t components_;
  Buffer<std::uint32_t> place_;
  Buffer<std::uint32_t> grouped_;
  Buffer<std::uint32_t> order_;
  Buffer<std::uint32_t> own_;
  std::size_t count_ = 0;
};

}  // namespace
}  // namespace mixfold
