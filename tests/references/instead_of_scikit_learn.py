"""A plugin of pytest that puts this library's class where other packages look for scikit-learn's.

python -m pytest -p tests.references.instead_of_scikit_learn path/to/their/tests
"""

from __future__ import annotations

import sklearn.mixture

from mixfold import GaussianMixture


def pytest_configure() -> None:
    """Replace it before anything imports it."""
    sklearn.mixture.GaussianMixture = GaussianMixture
