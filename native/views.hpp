// Arrays as the kernels get them from Python: by the buffer protocol, which alone passes strides in bytes and pointers of
// any alignment (DLPack's strides, and so nanobind's arrays, are whole items).
#pragma once

#include <nanobind/nanobind.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "kernels.hpp"

namespace mixfold {

// A view of an array of Elements, held while it lives. As the parameter of a bound function it says in the signature what
// it is, and an array of other items, or one that may not be written to where it must be, is no argument for it.
template <class Element, bool Writable = false>
class View {
 public:
  View() = default;
  View(View&& other) noexcept : buffer_(std::exchange(other.buffer_, Py_buffer{})) {}
  View& operator=(View&&) = delete;
  ~View() { close(); }

  // False if it is no array of Elements.
  bool open(PyObject* array) noexcept {
    close();
    if (PyObject_GetBuffer(array, &buffer_, PyBUF_STRIDES | PyBUF_FORMAT | (Writable ? PyBUF_WRITABLE : 0)) != 0) {
      PyErr_Clear();
      buffer_.obj = nullptr;
      return false;
    }
    if (buffer_.itemsize == static_cast<Py_ssize_t>(sizeof(Element)) && holds_elements(buffer_.format)) return true;
    close();
    return false;
  }

  std::size_t size(int dimension) const {
    return dimension < buffer_.ndim ? static_cast<std::size_t>(buffer_.shape[dimension]) : 0;
  }

  // The elements, for an array that must be C-contiguous, aligned and of this shape.
  template <class... Sizes>
  std::conditional_t<Writable, Element, const Element>* contiguous(const char* name, Sizes... sizes) const {
    const std::size_t expected[] = {static_cast<std::size_t>(sizes)...};
    bool right = sizeof...(sizes) == static_cast<std::size_t>(buffer_.ndim) && PyBuffer_IsContiguous(&buffer_, 'C') &&
                 reinterpret_cast<std::uintptr_t>(buffer_.buf) % alignof(Element) == 0;
    for (std::size_t i = 0; right && i < sizeof...(sizes); ++i) right = size(static_cast<int>(i)) == expected[i];
    if (!right) {
      std::string shape;
      for (std::size_t length : expected) shape += std::to_string(length) + ", ";
      throw std::invalid_argument(std::string(name) + " must be C-contiguous, aligned and of shape (" + shape +
                                  "). Convert it with numpy.ascontiguousarray.");
    }
    return static_cast<Element*>(buffer_.buf);
  }

  // A matrix of any layout; `incomplete` says whether NaN stands for a value that is missing.
  Rows<Element> rows(const char* name, bool incomplete = false) const {
    if (buffer_.ndim != 2) {
      throw std::invalid_argument(std::string(name) + " must have 2 dimensions, got " + std::to_string(buffer_.ndim) +
                                  ".");
    }
    if (size(0) > std::numeric_limits<std::uint32_t>::max()) {  // kernels sort numbers of rows of 32 bits
      throw std::invalid_argument(std::string(name) + " must be fewer than 2^32 in one call, got " +
                                  std::to_string(size(0)) + ". Pass them in chunks.");
    }
    return {
        static_cast<const char*>(buffer_.buf), buffer_.strides[0], buffer_.strides[1], size(0), size(1), incomplete};
  }

 private:
  // Whether a format of the struct module is that of Elements in the machine's byte order.
  static bool holds_elements(const char* format) {
    if (format == nullptr) return false;
    const char own = std::endian::native == std::endian::little ? '<' : '>';  // what h5py reads says it at length
    if (*format == '@' || *format == '=' || *format == own) ++format;
    if (*format == '\0' || format[1] != '\0') return false;
    const std::string codes = std::is_floating_point_v<Element> ? "fd" : std::is_signed_v<Element> ? "ilq" : "HILQ";
    return codes.find(*format) != std::string::npos;
  }

  void close() noexcept {
    if (buffer_.obj != nullptr) PyBuffer_Release(&buffer_);
    buffer_.obj = nullptr;
  }

  Py_buffer buffer_{};
};

template <class Element>
using Output = View<Element, true>;

template <class Element>
using Optional = std::optional<View<Element>>;

template <class Real>
const Real* weights_of(const Optional<Real>& weights, std::size_t rows) {
  return weights ? weights->contiguous("weights", rows) : nullptr;
}

// The structure of a code of mixfold.engines.kernels.
inline Structure structure_of(int code) {
  if (code < 0 || code > static_cast<int>(Structure::spherical)) {
    throw std::invalid_argument("A structure must be one of 0 to 3, got " + std::to_string(code) + ".");
  }
  return static_cast<Structure>(code);
}

inline const double* structured(const View<double>& view, const char* name, Structure structure, std::size_t k,
                                std::size_t d) {
  if (structure == Structure::full) return view.contiguous(name, k, d, d);
  if (structure == Structure::pooled) return view.contiguous(name, d, d);
  return structure == Structure::diagonal ? view.contiguous(name, k, d) : view.contiguous(name, k);
}

}  // namespace mixfold

namespace nanobind::detail {

template <class Element>
constexpr auto name_of_item() {
  if constexpr (std::is_same_v<Element, double>) {
    return const_name("numpy.float64");
  } else if constexpr (std::is_same_v<Element, float>) {
    return const_name("numpy.float32");
  } else if constexpr (std::is_same_v<Element, std::int32_t>) {
    return const_name("numpy.int32");
  } else if constexpr (std::is_same_v<Element, std::int64_t>) {
    return const_name("numpy.int64");
  } else if constexpr (std::is_same_v<Element, std::uint16_t>) {
    return const_name("numpy.uint16");
  } else {
    static_assert(std::is_same_v<Element, std::uint64_t>);
    return const_name("numpy.uint64");
  }
}

template <class Element, bool Writable>
struct type_caster<mixfold::View<Element, Writable>> {
  using Array = mixfold::View<Element, Writable>;
  NB_TYPE_CASTER(Array, const_name("numpy.typing.NDArray[") + name_of_item<Element>() + const_name("]"))

  bool from_python(handle source, std::uint8_t, cleanup_list*) noexcept { return value.open(source.ptr()); }
};

}  // namespace nanobind::detail
