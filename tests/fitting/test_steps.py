"""Steps that follow others are theirs and those after them."""

from __future__ import annotations

from mixfold.errors import CollapseError
from mixfold.fitting import Steps


def test_joined_steps_end_where_the_last_ones_did_and_as_they_did():
    error = CollapseError("Every covariance must be positive definite.")
    before, after = Steps("first", [-2.0], [-3.0]), Steps("last", [-1.5, -1.0], [-2.5, -2.0], error)
    joined = before.then(after)
    assert joined.point == "last"
    assert (joined.log_likelihoods, joined.objectives) == ([-2.0, -1.5, -1.0], [-3.0, -2.5, -2.0])
    assert joined.collapse is error
