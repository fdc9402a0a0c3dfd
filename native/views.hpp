// Arrays as they come from Python: checked to have the shape and the type that the kernels rely on.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>

#include "kernels.hpp"

namespace mixfold {
namespace nb = nanobind;

// A view of an array of Elements, held until the end of a call.
template <class Element>
class View {
 public:
  View(nb::handle array, const char* name, int dimensions, bool writable = false) : name_(name) {
    const int flags = PyBUF_STRIDES | PyBUF_FORMAT | (writable ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(array.ptr(), &buffer_, flags) != 0) throw nb::python_error();
    if (buffer_.ndim != dimensions || buffer_.itemsize != static_cast<Py_ssize_t>(sizeof(Element))) {
      const std::string message = std::string(name) + " must have " + std::to_string(dimensions) +
                                  " dimensions of items of " + std::to_string(sizeof(Element)) + " bytes, got " +
                                  std::to_string(buffer_.ndim) + " of " + std::to_string(buffer_.itemsize) + ".";
      PyBuffer_Release(&buffer_);
      throw std::invalid_argument(message);
    }
  }
  View(const View&) = delete;
  View& operator=(const View&) = delete;
  ~View() { PyBuffer_Release(&buffer_); }

  std::size_t size(int dimension) const { return static_cast<std::size_t>(buffer_.shape[dimension]); }

  // The elements, for an array that must be C-contiguous, aligned and of this shape.
  template <class... Sizes>
  Element* contiguous(Sizes... sizes) const {
    const std::size_t expected[] = {static_cast<std::size_t>(sizes)...};
    bool right = sizeof...(sizes) == static_cast<std::size_t>(buffer_.ndim) && PyBuffer_IsContiguous(&buffer_, 'C') &&
                 reinterpret_cast<std::uintptr_t>(buffer_.buf) % alignof(Element) == 0;
    for (std::size_t i = 0; right && i < sizeof...(sizes); ++i) right = size(static_cast<int>(i)) == expected[i];
    if (!right) {
      std::string shape;
      for (std::size_t length : expected) shape += std::to_string(length) + ", ";
      throw std::invalid_argument(std::string(name_) + " must be C-contiguous, aligned and of shape (" + shape +
                                  "). Convert it with numpy.ascontiguousarray.");
    }
    return static_cast<Element*>(buffer_.buf);
  }

  Rows<Element> rows() const {
    if (size(0) > std::numeric_limits<std::uint32_t>::max()) {  // kernels sort numbers of rows of 32 bits
      throw std::invalid_argument(std::string(name_) + " must be fewer than 2^32 in one call, got " +
                                  std::to_string(size(0)) + ". Pass them in chunks.");
    }
    return {static_cast<const char*>(buffer_.buf), buffer_.strides[0], buffer_.strides[1], size(0), size(1)};
  }

 private:
  const char* name_;
  Py_buffer buffer_;
};

template <class Real>
struct WeightsView {
  WeightsView(nb::handle weights, std::size_t rows) {
    if (!weights.is_none()) data = view.emplace(weights, "weights", 1).contiguous(rows);
  }

  std::optional<View<Real>> view;
  const Real* data = nullptr;
};

}  // namespace mixfold
