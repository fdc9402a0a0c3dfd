// Ends long calls by what a signal raises, as Ctrl-C raises KeyboardInterrupt.
//
// The interpreter hears of signals in its main thread, and only when it is asked. Calls ask it themselves, of which work
// may take longer than a person waits; the threads that share a call's tasks end with whichever ends first.
#pragma once

#include <cstdint>

namespace mixfold {

// Says that a thread has made so many products, and is about to make more: every hundred million the interpreter is
// asked. Throws what a signal has raised, or where another thread abandoned the tasks that this one shares. Without the GIL.
void hear_signals(double products);

// The tasks of a call, which threads that make the same call at once share by a counter that starts at zero.
class Tasks {
 public:
  Tasks(std::uint64_t* next, std::uint64_t count);
  Tasks(const Tasks&) = delete;
  Tasks& operator=(const Tasks&) = delete;
  // Where it ends by an exception, the tasks are abandoned.
  ~Tasks();

  // Takes the next task; false where there is none, or they are abandoned.
  bool take(std::uint64_t& task);

  bool are_abandoned() const;

 private:
  std::uint64_t* const next_;
  const std::uint64_t count_;
  const int exceptions_;
  const Tasks* const outer_;
};

// As the module is imported, with the GIL.
void prepare_to_hear_signals();

}  // namespace mixfold
