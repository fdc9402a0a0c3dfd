"""What a type checker knows about estimators, as users' programs see them."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys

import pytest
import sklearn.base

from mixfold.estimators import scikit_learn

pytest.importorskip("mypy", reason="the type checker is of the lint group")

PROGRAM = """
import numpy as np
from mixfold import AutoGaussianMixture, GaussianMixture, MixtureClassifier, MixtureOutlierDetector, MixtureRegressor

X, y = np.zeros((9, 2)), np.zeros(9)
reveal_type(GaussianMixture(2).fit(X))
reveal_type(AutoGaussianMixture().fit(X))
reveal_type(MixtureOutlierDetector().fit(X))
reveal_type(MixtureClassifier().fit(X, y))
reveal_type(MixtureRegressor().fit(X, y))
reveal_type(GaussianMixture(2).fit(X).set_params(tol=0.1).bic(X))
reveal_type(MixtureClassifier().fit(X, y).score(X, y))
model = GaussianMixture(2)
model.set_output(transform="pandas").fit_transform(X)
model.predictt(X)
GaussianMixture(2, tolerance=0.1)
MixtureClassifier().fit(X)
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What mypy says about a user's program, by its lines."""
    program = tmp_path_factory.mktemp("user") / "program.py"
    program.write_text(PROGRAM)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", str(program.parent)]
    ended = subprocess.run([*command, str(program)], capture_output=True, text=True, check=False, cwd=program.parent)
    lines = PROGRAM.splitlines()
    return [
        (lines[int(number) - 1], message)
        for number, message in re.findall(r"^program\.py:(\d+): (.*)$", ended.stdout, re.MULTILINE)
    ]


def test_what_fit_gives_is_the_estimator_and_what_it_says_has_its_type(said):
    revealed = {line: message for line, message in said if message.startswith("note: Revealed")}
    types = [re.search(r'"(?:.*\.)?(\w+)"', message).group(1) for message in revealed.values()]
    names = ["GaussianMixture", "AutoGaussianMixture", "MixtureOutlierDetector", "MixtureClassifier"]
    assert types == [*names, "MixtureRegressor", "float", "float"]


def test_what_an_estimator_does_not_have_is_an_error_and_nothing_else_is(said):
    errors = {line: message for line, message in said if message.startswith("error")}
    assert list(errors) == ["model.predictt(X)", "GaussianMixture(2, tolerance=0.1)", "MixtureClassifier().fit(X)"]
    assert '"GaussianMixture" has no attribute "predictt"' in errors["model.predictt(X)"]


def test_bases_are_scikit_learn_s_own_while_the_program_runs():
    assert scikit_learn.BaseEstimator is sklearn.base.BaseEstimator
    assert set(scikit_learn.__all__) <= {name.removeprefix("_") for name in vars(sklearn.base)}


def test_what_the_types_promise_of_the_bases_is_there():
    source = inspect.getsource(scikit_learn)
    found = re.findall(r"^    class (\w+):\n((?:.*\n)*?)(?=\n    class|\nelse)", source, re.MULTILINE)
    promised = [
        (name, method) for name, body in found for method in re.findall(r"^        def (\w+)\(", body, re.MULTILINE)
    ]
    requests = {"set_fit_request", "set_score_request"}  # made for each method that takes metadata
    assert len(promised) > 8
    assert all(hasattr(getattr(sklearn.base, name), method) for name, method in promised if method not in requests)
