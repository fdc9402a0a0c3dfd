"""The benchmarks run, on their smallest workload."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mixfold.engines import native


@pytest.mark.skipif(not native.NATIVE_AVAILABLE, reason="built without the native kernels")
def test_the_tiny_benchmark_agrees_with_its_rivals_and_prints_their_times() -> None:
    root = Path(__file__).parent.parent
    command = [sys.executable, "-m", "benchmarks", "--tiny", "--rounds", "1"]
    output = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    line = output.splitlines()[-1]
    assert line.startswith("600, 2, 3 full | ")
    assert "scikit-learn" in line
