"""A bug report says what is installed and what the kernels run on."""

from __future__ import annotations

import pytest

import mixfold
from mixfold.engines import ENGINES
from mixfold.engines.kernels import instruction_set


def test_versions_name_python_packages_engines_and_kernels(capsys: pytest.CaptureFixture[str]) -> None:
    mixfold.show_versions()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("python 3.")
    assert f"mixfold {mixfold.__version__}" in lines
    assert any(line.startswith("numpy ") for line in lines)
    assert f"engines {', '.join(ENGINES)}" in lines
    assert (instruction_set() or "were not built") in lines[-1]
