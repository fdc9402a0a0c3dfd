"""Names that packages give when they are first asked for: a stub, which type checkers read, is the one list of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

LINE = re.compile(r"^from (\S+) import (\w+) as \2$", re.MULTILINE)


def homes_of(package: str) -> dict[str, str]:
    """Give the public names of a package, and the module that has each.

    Parameters
    ----------
    package : str
        Its `__init__.py`, beside which is a stub with a line for each name.

    Returns
    -------
    homes : dict of str to str

    Examples
    --------
    >>> import mixfold
    >>> from mixfold.lazy import homes_of
    >>> homes_of(mixfold.__file__)["GaussianMixture"]
    'mixfold.estimators'
    """
    stub = Path(package).with_suffix(".pyi").read_text(encoding="utf-8")
    return {name: home for home, name in LINE.findall(stub)}


def loaded(package: str, homes: Mapping[str, str], name: str) -> Any:
    """Load a name of a package.

    Parameters
    ----------
    package : str
        Its name.
    homes : mapping of str to str
        What `homes_of` gave.
    name : str

    Returns
    -------
    value : object

    Raises
    ------
    AttributeError
        If it has none of that name.

    Examples
    --------
    >>> import mixfold
    >>> from mixfold.lazy import homes_of, loaded
    >>> loaded("mixfold", homes_of(mixfold.__file__), "Mixture").__name__
    'Mixture'
    """
    if name in homes:
        return getattr(import_module(homes[name]), name)
    message = f"module {package!r} has no attribute {name!r}"
    raise AttributeError(message)
