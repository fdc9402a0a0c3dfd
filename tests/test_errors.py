"""Errors are their own types, and the builtins that a caller would catch."""

from __future__ import annotations

import pytest
from sklearn.exceptions import ConvergenceWarning as ScikitLearnConvergenceWarning

from mixfold.errors import (
    CollapseError,
    ConvergenceWarning,
    InputError,
    MissingExtraError,
    MixfoldError,
    ModelFileError,
    ShapeError,
)


@pytest.mark.parametrize("error", [InputError, ShapeError, CollapseError, ModelFileError])
def test_an_error_is_a_value_error(error: type[Exception]) -> None:
    assert issubclass(error, MixfoldError)
    assert issubclass(error, ValueError)


def test_a_missing_extra_says_what_to_install() -> None:
    error = MissingExtraError("safetensors", "io", "Saving models")
    assert isinstance(error, ImportError)
    assert str(error) == (
        "Saving models needs the package `safetensors`, which is not installed. "
        "Install it with `pip install 'mixfold[io]'`."
    )


def test_code_that_catches_scikit_learns_warning_catches_this_one() -> None:
    assert issubclass(ConvergenceWarning, ScikitLearnConvergenceWarning)
