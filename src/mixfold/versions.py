"""What a bug report needs to say about an installation."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from mixfold.engines import ENGINES
from mixfold.engines.kernels import available_instruction_sets, instruction_set

PACKAGES = (
    "mixfold",
    "numpy",
    "scipy",
    "scikit-learn",
    "array-api-compat",
    "threadpoolctl",
    "torch",
    "triton",
    "pyarrow",
)


def show_versions() -> None:
    """Print the versions of Python, this package and those it uses, the engines, and the kernels' instruction set.

    Examples
    --------
    >>> from mixfold import show_versions
    >>> show_versions()  # doctest: +ELLIPSIS
    python ...
    """
    print("python", sys.version.split()[0], platform.platform())
    for package in PACKAGES:
        try:
            print(package, version(package))
        except PackageNotFoundError:
            print(package, "is not installed")
    print("engines", ", ".join(ENGINES))
    if instruction_set() is None:
        print("native kernels were not built: install with a C++20 compiler for speed")
    else:
        others = ", ".join(available_instruction_sets())
        print(f"native kernels run on {instruction_set()}; this processor can run {others}")
