"""Coordinates of models lead there and back; those of Gaussian ones are tested where steps are extrapolated, too."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.covariance import family_for
from mixfold.models import Penalized, Student, StudentParameters, WithBackground
from mixfold.parameters import Parameters
from mixfold.prior import Prior
from tests.examples import NO_PRIOR

PRIOR = Prior.from_rows(1.0, np.eye(2))
HERE = StudentParameters(
    np.array([0.3, 0.7]),
    np.array([[0.0, 1.0], [5.0, 5.0]]),
    np.stack([np.eye(2), 2.0 * np.eye(2)]),
    np.array([3.0, 9.0]),
)
THERE = StudentParameters(
    np.array([0.4, 0.6]),
    np.array([[1.0, 1.0], [5.0, 4.0]]),
    np.stack([3.0 * np.eye(2), np.eye(2)]),
    np.array([2.0, 50.0]),
)


@pytest.mark.parametrize("model", [Penalized(family_for("full"), PRIOR), Student(family_for("full"), PRIOR)])
def test_they_lead_there_and_back(model: Penalized | Student) -> None:
    coordinates = model.coordinates(HERE)
    back = coordinates.parameters(coordinates.of(THERE))
    for name in ("weights", "means", "covariances", *(["degrees"] if isinstance(model, Student) else [])):
        np.testing.assert_allclose(getattr(back, name), getattr(THERE, name), rtol=1e-12)


def test_degrees_stay_where_they_are_possible() -> None:
    coordinates = Student(family_for("full"), PRIOR).coordinates(HERE)
    far = coordinates.of(THERE) + np.append(np.zeros(2 + 4 + 6), [-9.0, 9.0])
    np.testing.assert_allclose(coordinates.parameters(far).degrees, [1.0, 200.0])
    known = Student(family_for("full"), PRIOR, degrees=4.0).coordinates(HERE)
    np.testing.assert_array_equal(known.parameters(known.of(HERE)).degrees, [4.0, 4.0])


def test_only_objectives_that_em_climbs_have_some() -> None:
    assert Student(family_for("full"), PRIOR).has_coordinates
    assert not Student(family_for("full"), NO_PRIOR).has_coordinates
    assert not Penalized(family_for("full"), NO_PRIOR).has_coordinates
    assert not WithBackground(Penalized(family_for("full"), PRIOR), 0.0).has_coordinates


def test_models_without_them_say_so() -> None:
    with pytest.raises(NotImplementedError):
        WithBackground(Penalized(family_for("full"), PRIOR), 0.0).coordinates(
            Parameters(HERE.weights, HERE.means, HERE.covariances)
        )
