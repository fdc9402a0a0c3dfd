"""What `import mixfold` gives."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import mixfold


def test_the_version_is_the_installed_one() -> None:
    assert mixfold.__version__ == version("mixfold")


def test_every_public_name_exists() -> None:
    assert all(hasattr(mixfold, name) for name in mixfold.__all__)


def test_importing_loads_no_package_of_an_extra() -> None:
    code = (
        "import sys, mixfold; "
        "print(*[name for name in ('torch', 'polars', 'matplotlib', 'safetensors') if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
