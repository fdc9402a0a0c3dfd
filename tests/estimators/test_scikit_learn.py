"""The bases of estimators, of which tests/typed says what a type checker knows."""

from __future__ import annotations

import inspect
import re

import sklearn.base

from mixfold.estimators import scikit_learn


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
