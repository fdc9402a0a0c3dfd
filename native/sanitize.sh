#!/bin/sh
# Run the tests of the native engine with the kernels compiled for the address and undefined-behavior sanitizers.
#
# Usage: native/sanitize.sh [python]     with nanobind, scikit-build-core, pytest and mixfold's dependencies installed.
# The build goes to a folder of its own and nothing is installed. GCC on Linux.
set -eu

python=${1:-python3}
root=$(cd "$(dirname "$0")/.." && pwd)
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DMIXFOLD_STRICT=ON \
  -DMIXFOLD_SANITIZE=address,undefined -DPython_EXECUTABLE="$(command -v "$python")" \
  -Dnanobind_DIR="$("$python" -m nanobind --cmake_dir)"
cmake --build "$build" --parallel

# A copy of the package with the sanitized kernels inside, found before any that is installed.
cp -r "$root/src" "$build/src"
cp "$build"/_native*.so "$build/src/mixfold/engines/"

# The interpreter is not instrumented, so the runtime comes first; what it and NumPy never free is not ours.
LD_PRELOAD="$(for name in asan ubsan stdc++; do gcc -print-file-name=lib$name.so; done)" \
ASAN_OPTIONS=detect_leaks=0:strict_init_order=1 \
UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
PYTHONPATH="$build/src" \
"$python" -m pytest -q -p no:cacheprovider --rootdir "$root" -o addopts= "$root/tests/engines/test_native.py" \
  "$root/tests/engines/test_native_loop.py"
