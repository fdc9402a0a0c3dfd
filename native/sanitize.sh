#!/bin/sh
# Run the tests of the native engine with the kernels compiled for the address and undefined-behavior sanitizers.
#
# Usage: native/sanitize.sh [--all] [python]
#   --all     the kernels of every instruction set of this processor, and more tests, of the callers of the kernels; for
#             every night. Without it: those that are chosen here
#   python    with mixfold, nanobind, pytest and pytest-xdist installed, and cmake beside it or on the path
# The build goes to a folder of its own and nothing is installed. GCC on Linux.
set -eu

tests="tests/engines/test_native.py tests/engines/test_native_choice.py tests/engines/test_native_loop.py"
sets="kernels.available_instruction_sets()[:1]"
if [ "${1:-}" = --all ]; then
  shift
  tests="tests/engines tests/contracts/test_engines.py tests/contracts/test_executors.py tests/fold"
  sets="kernels.available_instruction_sets()"  # those that it cannot run would only be compiled
fi
python=$("${1:-python3}" -c "import sys; print(sys.executable)")
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
cd "$root"
PATH=$(dirname "$python"):$PATH

sets=$("$python" -c "from mixfold.engines import kernels; print(';'.join($sets))")
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS="-O1 -g1" -DMIXFOLD_STRICT=ON \
  -DMIXFOLD_SANITIZE=address,undefined "-DMIXFOLD_INSTRUCTION_SETS=$sets" -DPython_EXECUTABLE="$python" \
  -Dnanobind_DIR="$("$python" -m nanobind --cmake_dir)"
cmake --build "$build" --parallel 2

# A copy of the package with the sanitized kernels inside, which an editable installation must not hide.
cp -r src "$build/src"
cp "$build"/_native*.so "$build/src/mixfold/engines/"
cat > "$build/src/sitecustomize.py" <<'PYTHON'
import sys

sys.meta_path[:] = [finder for finder in sys.meta_path if not type(finder).__module__.startswith("_editable")]
PYTHON

# The interpreter is not instrumented, so the runtime comes first; what it and NumPy never free is not ours.
LD_PRELOAD=
for name in asan ubsan stdc++; do LD_PRELOAD="$LD_PRELOAD:$(gcc -print-file-name=lib$name.so)"; done
export LD_PRELOAD ASAN_OPTIONS=detect_leaks=0:strict_init_order=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export OMP_NUM_THREADS=1 PYTHONPATH="$build/src"
"$python" - "$build" <<'PYTHON'
import sys
from mixfold.engines import _native

if not _native.__file__.startswith(sys.argv[1]):
    sys.exit(f"The sanitized kernels are in {sys.argv[1]}, but Python found {_native.__file__}.")
PYTHON
# shellcheck disable=SC2086 # the tests are a list
"$python" -m pytest -q -n 2 -p no:cacheprovider -o addopts=--import-mode=importlib $tests
