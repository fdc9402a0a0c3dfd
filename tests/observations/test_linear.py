"""Linear observations: what they refuse, and what they know exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mixfold.errors import CollapseError, InputError, ShapeError
from mixfold.observations import Components, Incomplete, Linear, OwnNoise
from mixfold.structures import DIAGONAL, FULL
from tests.examples import potentials_of

EYE = np.eye(3)


@pytest.mark.parametrize(
    ("parts", "error", "message"),
    [
        ({"matrix": np.ones(3)}, ShapeError, r"`matrix` must be a finite array \(p, n_features\), got shape \(3,\)"),
        ({"matrix": np.ones((2, 3))}, InputError, "linearly independent"),
        ({"matrix": EYE[:2], "columns": np.array([0])}, ShapeError, "as many columns as `matrix` has rows, 2, got 1"),
        ({"matrix": EYE[:2], "noise": EYE}, ShapeError, r"for p = 2 values seen, got \(3, 3\)"),
        ({"noise": np.array([0.1, -0.1])}, InputError, "must be a covariance"),
        ({"noise": np.array([[1.0, 0.5], [0.0, 1.0]])}, InputError, "must be a covariance"),
        ({"noise": np.array(np.nan)}, InputError, "must be a covariance"),
        ({"allowed": np.zeros(2, dtype=bool)}, InputError, "at least one component"),
    ],
)
def test_parts_that_say_nothing_are_refused(parts: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Linear(**parts)


def test_rows_of_a_map_may_depend_on_each_other_where_there_is_noise() -> None:
    twice = Linear(np.ones((2, 3)), noise=np.array(0.1))
    assert twice.down(Components.of(potentials_of(FULL, 2, 3))).n_features == 2


def test_labels_alone_keep_the_structure_and_the_whitener() -> None:
    potentials = potentials_of(DIAGONAL, 2, 3)
    down = Linear(allowed=np.array([True, False])).down(Components.of(potentials))
    assert down.whitener is potentials.whitener
    assert down.offset.tolist() == [potentials.offset[0], -np.inf]


def test_what_is_seen_without_noise_is_known_exactly_however_features_depend_on_each_other() -> None:
    covariance = np.array([[1.0, 1.0 - 1e-13, 0.1], [1.0 - 1e-13, 1.0, 0.1], [0.1, 0.1, 1.0]])
    components = Components(np.zeros(1), np.zeros((1, 3)), covariance[None], potentials_of(FULL, 1, 3))
    view = Linear.of_features(np.array([True, True, False])).view(components)
    assert view.gain is not None
    assert view.residual is not None
    np.testing.assert_array_equal(view.gain[0, :2], np.eye(2))
    np.testing.assert_array_equal(view.residual[0, :2], 0.0)


def test_features_that_are_observed_keep_their_part_of_the_noise() -> None:
    observed, noise = np.array([True, False, True]), np.arange(9.0).reshape(3, 3)
    some = Linear.of_features(observed, noise @ noise.T)
    np.testing.assert_array_equal(some.noise, (noise @ noise.T)[np.ix_([0, 2], [0, 2])])
    np.testing.assert_array_equal(Linear.of_features(observed, np.array([1.0, 2.0, 3.0])).noise, np.diag([1.0, 3.0]))


def test_a_covariance_of_what_is_seen_that_is_none_is_said() -> None:
    components = Components(np.zeros(1), np.zeros((1, 2)), -np.eye(2)[None], potentials_of(FULL, 1, 2))
    with pytest.raises(CollapseError, match="covariance of an observation"):
        Linear.of_features(np.array([True, False])).view(components)


def test_what_is_seen_is_exact_where_nothing_but_labels_is_known() -> None:
    labelled = Linear(allowed=np.array([True, False]))
    assert labelled.is_exact
    assert Incomplete(labelled).is_exact
    assert Incomplete().is_exact
    assert not Linear(noise=np.array(0.5)).is_exact
    assert not Incomplete(Linear(noise=np.array(0.5))).is_exact
    assert not Linear(np.array([[1.0, 0.0]])).is_exact
    assert not OwnNoise().is_exact


def test_components_beyond_those_that_labels_name_are_not_allowed() -> None:
    components = Components.of(potentials_of(FULL, 3))
    for named, all_of_them in (([True], [True, False, False]), ([False, True], [False, True, False])):
        offset = Linear(allowed=np.array(named)).down(components).offset
        np.testing.assert_array_equal(offset, Linear(allowed=np.array(all_of_them)).down(components).offset)
    np.testing.assert_array_equal(Linear().log_allowed(2), [0.0, 0.0])
    with pytest.raises(ShapeError, match="at most the 3 components that there are, got 4"):
        Linear(allowed=np.eye(4, dtype=bool)[0]).down(components)
