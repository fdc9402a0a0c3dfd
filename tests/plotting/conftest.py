"""Fitted models and empty paper."""

import pytest
from sklearn.datasets import load_iris

from mixfold import GaussianMixture
from mixfold.datasets import load_faithful
from mixfold.plotting import new_figure


@pytest.fixture
def ax():
    return new_figure().subplots()


@pytest.fixture(scope="session")
def faithful():
    X = load_faithful().data
    return GaussianMixture(2, random_state=0, n_init=3).fit(X), X


@pytest.fixture(scope="session")
def iris():
    X = load_iris(as_frame=True).data
    return GaussianMixture(3, random_state=0).fit(X), X


def drawn(ax, gid):
    """Give the one artist of that name."""
    (artist,) = [artist for artist in ax.get_children() if artist.get_gid() == gid]
    return artist


@pytest.fixture(name="drawn")
def _drawn():
    return drawn
