#include "interruption.hpp"

#include <nanobind/nanobind.h>

#include <exception>

namespace nb = nanobind;

namespace mixfold {
namespace {

constexpr double products_between = 1e8;                     // some tens of milliseconds
constexpr std::uint64_t abandoned = std::uint64_t{1} << 63;  // of a counter, as in engines/tasks.py

thread_local double products_made = 0.0;
thread_local const Tasks* tasks_of_this_thread = nullptr;
unsigned long main_thread = 0;

// Another thread abandoned the tasks of this one.
struct Interrupted : std::exception {};

}  // namespace

void hear_signals(double products) {
  products_made += products;
  if (products_made < products_between) return;
  products_made = 0.0;
  if (tasks_of_this_thread != nullptr && tasks_of_this_thread->are_abandoned()) throw Interrupted();
  if (PyThread_get_thread_ident() != main_thread) return;
  nb::gil_scoped_acquire acquire;
  if (PyErr_CheckSignals() != 0) throw nb::python_error();
}

Tasks::Tasks(std::uint64_t* next, std::uint64_t count)
    : next_(next),
      count_(count),
      exceptions_(std::uncaught_exceptions()),
      outer_(tasks_of_this_thread) {
  tasks_of_this_thread = this;
}

Tasks::~Tasks() {
  tasks_of_this_thread = outer_;
  if (std::uncaught_exceptions() > exceptions_) __atomic_store_n(next_, abandoned, __ATOMIC_RELAXED);
}

bool Tasks::take(std::uint64_t& task) {
  task = __atomic_fetch_add(next_, 1, __ATOMIC_RELAXED);
  return task < count_;
}

bool Tasks::are_abandoned() const { return __atomic_load_n(next_, __ATOMIC_RELAXED) >= abandoned; }

void prepare_to_hear_signals() {
  main_thread = nb::cast<unsigned long>(nb::module_::import_("threading").attr("main_thread")().attr("ident"));
  nb::register_exception_translator(
      [](const std::exception_ptr& pointer, void*) {
        try {
          std::rethrow_exception(pointer);
        } catch (const Interrupted&) {
          PyErr_SetNone(PyExc_KeyboardInterrupt);
        }
      },
      nullptr);
}

}  // namespace mixfold
