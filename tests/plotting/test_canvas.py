"""Without matplotlib there is one clear sentence."""

import sys

import pytest

from mixfold import Mixture
from mixfold.errors import MissingExtraError
from mixfold.plotting import ClusterDisplay, new_figure


def test_a_figure_for_a_file_is_not_part_of_pyplot():
    from matplotlib import pyplot as plt

    before = plt.get_fignums()
    new_figure()
    assert plt.get_fignums() == before


def test_without_matplotlib_the_error_names_the_extra(monkeypatch):
    for name in ("matplotlib", "matplotlib.figure", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    mixture = Mixture([1.0], [[0.0]], [1.0], "spherical")
    with pytest.raises(MissingExtraError, match=r"pip install '\.\[plot\]'"):
        ClusterDisplay.from_mixture(mixture, [[0.0]])
    with pytest.raises(MissingExtraError, match=r"pip install '\.\[plot\]'"):
        new_figure()
