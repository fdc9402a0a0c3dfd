// Which components anything has been added to since the last flush: of many most have nothing.
#pragma once

#include "tile.hpp"

namespace mixfold {
namespace {

class Added {
 public:
  explicit Added(std::size_t components) : is_added_(components), list_(components) { is_added_.clear(); }

  // Whether it is the first time.
  bool add(std::size_t k) {
    if (is_added_[k]) return false;
    is_added_[k] = 1;
    list_[count_++] = static_cast<std::uint32_t>(k);
    return true;
  }

  // Calls function(k) for each, and forgets them.
  template <class Function>
  void for_each(Function function) {
    for (std::size_t i = 0; i < count_; ++i) {
      function(static_cast<std::size_t>(list_[i]));
      is_added_[list_[i]] = 0;
    }
    count_ = 0;
  }

 private:
  Buffer<std::uint8_t> is_added_;
  Buffer<std::uint32_t> list_;
  std::size_t count_ = 0;
};

}  // namespace
}  // namespace mixfold
