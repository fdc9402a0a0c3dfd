"""Let a package that imports scikit-learn's mixtures use these instead, without a change to it.

    with mixtures_in("muon._prot.preproc"):
        muon.prot.pp.dsb(cells, raw)

Tested with pyod, scikit-lego and scBoolSeq. Parameters that a package passes are scikit-learn's, and mean the same.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

import sklearn.mixture

import mixfold

NAMES = ("GaussianMixture", "BayesianGaussianMixture")


@contextmanager
def mixtures_in(*modules: str) -> Iterator[None]:
    """Replace what modules imported from `sklearn.mixture` while a block runs.

    Parameters
    ----------
    modules : str
        Names of the modules that say ``from sklearn.mixture import GaussianMixture``.
    """
    places = [importlib.import_module(name) for name in modules]
    theirs = [
        (place, name) for place in places for name in NAMES if vars(place).get(name) is getattr(sklearn.mixture, name)
    ]
    missing = {place.__name__ for place in places} - {place.__name__ for place, _ in theirs}
    if missing:
        message = (
            f"Modules must import a mixture from sklearn.mixture, which {sorted(missing)} do not. Name those that do."
        )
        raise ImportError(message)
    try:
        for place, name in theirs:
            setattr(place, name, getattr(mixfold, name))
        yield
    finally:
        for place, name in theirs:
            setattr(place, name, getattr(sklearn.mixture, name))
