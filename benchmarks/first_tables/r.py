"""R, where there is one."""

from __future__ import annotations

import functools
import shutil
import subprocess


@functools.cache
def has_mclust() -> bool:
    """Say whether there is an R with the package mclust."""
    if shutil.which("Rscript") is None:
        return False
    try:
        output_of_r("-e", "loadNamespace('mclust')")
    except subprocess.CalledProcessError:
        return False
    return True


def output_of_r(*arguments: str) -> str:
    rscript = shutil.which("Rscript")
    assert rscript is not None
    return subprocess.run([rscript, *arguments], capture_output=True, text=True, check=True).stdout  # noqa: S603  (ours)
