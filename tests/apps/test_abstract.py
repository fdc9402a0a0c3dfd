"""What applications that learn the density of rows have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixfold import MixtureClassifier, MixtureOutlierDetector, MixtureRegressor
from mixfold.covariance import Diag, FactorAnalytic
from mixfold.errors import ModelFileError
from tests.examples import blobs

ROWS, LABELS = blobs(40, 2, 3)


class Axes(Diag):  # type: ignore[misc]  # final for those who extend the library, and enough of a family for a test
    """A family of somebody's own."""

    name = "axes"


def predictions_of(covariance_type: Any) -> list[np.ndarray]:
    """Give what each application predicts."""
    settings = {"covariance_type": covariance_type, "random_state": 0}
    return [
        MixtureClassifier(1, **settings).fit(ROWS, LABELS).predict_proba(ROWS),
        MixtureRegressor(2, **settings).fit(ROWS[:, :2], ROWS[:, 2]).predict(ROWS[:, :2]),
        MixtureOutlierDetector(2, **settings).fit(ROWS).score_samples(ROWS),
    ]


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
@pytest.mark.parametrize(("family", "same"), [(Axes(), "diag"), (FactorAnalytic(1), "factor:1"), ("VVI", "diag")])
def test_a_family_of_any_kind_serves_applications(family: Any, same: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixfold.apps.number_of_components.TOL", 1e-3)
    for actual, expected in zip(predictions_of(family), predictions_of(same), strict=True):
        np.testing.assert_array_equal(actual, expected)


def test_a_family_of_somebodys_own_is_compared_over_numbers_of_components() -> None:
    own, known = (
        MixtureOutlierDetector(None, covariance_type=each, random_state=0).fit(ROWS) for each in (Axes(), "diag")
    )
    np.testing.assert_array_equal(own.score_samples(ROWS), known.score_samples(ROWS))


def test_what_is_no_family_is_refused() -> None:
    with pytest.raises(ValueError, match="'covariance_type' parameter of MixtureOutlierDetector must be"):
        MixtureOutlierDetector(2, covariance_type="round").fit(ROWS)


def test_a_detector_of_a_family_that_nobody_registered_is_not_written(tmp_path: Path) -> None:
    detector = MixtureOutlierDetector(2, covariance_type=Axes(), random_state=0).fit(ROWS)
    with pytest.raises(ModelFileError, match="nobody registered"):
        detector.save(tmp_path / "model.json")
    assert list(tmp_path.iterdir()) == []
