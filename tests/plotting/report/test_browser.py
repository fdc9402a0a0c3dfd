"""The page in a real browser: it needs Node with playwright-core and axe-core on NODE_PATH, and Chromium."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mixfold import AutoGaussianMixture, GaussianMixture
from mixfold.datasets import load_faithful
from mixfold.plotting import Report

NODE, CHROMIUM = shutil.which("node"), shutil.which("chromium")
DRIVER = Path(__file__).with_name("browser.cjs")


def _lacks():
    if NODE is None or CHROMIUM is None:
        return "needs node and chromium"
    asked = subprocess.run(
        [NODE, "-e", "require('playwright-core'); require('axe-core')"], capture_output=True, check=False
    )
    return "needs playwright-core and axe-core on NODE_PATH" if asked.returncode else ""


pytestmark = pytest.mark.skipif(bool(_lacks()), reason=_lacks())


def _columns(n):
    return [f"column {at} </script> <b>" for at in range(n)]


PAGES = {
    "points": (load_faithful().data, 2),
    "four columns": (np.random.default_rng(0).normal(size=(200, 4)) + np.repeat([[0.0], [6.0]], 100, axis=0), 2),
    "density": (np.random.default_rng(0).normal(size=(11_000, 3)) + np.repeat([[0.0], [6.0]], 5_500, axis=0), 2),
    "one column": (load_faithful().data[:, 1:], 2),
}


def _looked_at(report, path):
    """Use the page in a browser, and give what was seen after what must hold of every page."""
    report.save(path)
    run = subprocess.run(
        [NODE, DRIVER, path, CHROMIUM], capture_output=True, text=True, check=False, env=dict(os.environ), timeout=300
    )
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout)
    assert seen["errors"] == []
    assert seen["requests"] == []
    assert seen["faults"] == []
    assert seen["overflow"] is False  # on a phone
    assert seen["themes"] == ["light", "dark"]
    return seen


@pytest.mark.parametrize("name", PAGES)
def test_the_page_works_in_chromium_and_is_accessible(name, tmp_path):
    X, n_components = PAGES[name]
    model = GaussianMixture(n_components, init_params="kmeans", random_state=0).fit(X)
    seen = _looked_at(Report.from_estimator(model, X, feature_names=_columns(X.shape[1])), tmp_path / "report.html")
    assert seen["toggled"] == seen["traces"] - (3 if X.shape[1] > 1 else 2)  # its rows and both its ellipses
    if X.shape[1] > 2:
        assert seen["axis_before"] != seen["axis_after"]
        assert seen["data_before"] != seen["data_after"]
        assert seen["thumbnail"] is True
    if X.shape[1] > 1:
        assert seen["marked"] is True


@pytest.mark.parametrize(("tie_break", "height"), [(None, 0.0), ("icl", 0.599)])
def test_a_choice_is_drawn_with_the_kept_model_at_its_height_above_the_best(tie_break, height, tmp_path):
    X = load_faithful().data
    model = AutoGaussianMixture(range(1, 4), tie_break=tie_break, random_state=0).fit(X)
    seen = _looked_at(Report.from_estimator(model, X), tmp_path / "report.html")
    *lines, kept = seen["selection"]
    assert len(lines) == 14
    assert kept == {"name": "this page", "x": [model.n_components_], "y": pytest.approx([height], abs=1e-3)}
    assert lines[-1]["name"] == "tied"  # the best is drawn over the others
    *_, kept = seen["convergence"]
    assert kept == pytest.approx([run.objective for run in model.restarts_][-1])
