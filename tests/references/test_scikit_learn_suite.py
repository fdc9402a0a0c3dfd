"""scikit-learn's own tests of `GaussianMixture` pass with this library's class in place of theirs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEAST_PASSED = 56
"""All. `.ci/nightly` adds those of tensors, which take a minute."""


def test_scikit_learns_own_tests_pass(tmp_path: Path) -> None:
    options = ["-c", os.devnull, "--rootdir", tmp_path, "-q", "-p", "no:cacheprovider"]
    tests = ["-p", "tests.references.scikit_learn_suite", "--pyargs", "sklearn.mixture.tests.test_gaussian_mixture"]
    environment = {name: value for name, value in os.environ.items() if name != "SCIPY_ARRAY_API"}
    environment["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-m", "pytest", *map(str, options), *tests]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout[-4000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed, done.stdout[-4000:]
    assert int(passed[1]) >= LEAST_PASSED
