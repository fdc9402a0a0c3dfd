"""Arrays that are watched from when somebody first gets hold of them."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.estimators.watched import SEEN, WatchedArray, changed, unseen


class Model:
    """Two arrays."""

    a_ = WatchedArray()
    b_ = WatchedArray()


@pytest.fixture(name="model")
def _model() -> Model:
    model = Model()
    vars(model).update(a_=np.zeros(2), b_=np.ones(2))
    return model


def test_nothing_is_remembered_of_what_nobody_looked_at(model: Model) -> None:
    assert changed(model) == set()
    assert SEEN not in vars(model)


def test_only_what_was_written_to_has_changed(model: Model) -> None:
    _ = model.a_, model.b_
    assert changed(model) == set()
    model.a_[0] = 1.0
    assert changed(model) == {"a_"}
    model.a_[0] = 0.0
    assert changed(model) == set()


def test_what_was_replaced_has_changed_unless_it_is_equal(model: Model) -> None:
    model.a_ = np.zeros(2)
    assert changed(model) == set()
    model.a_ = np.full(2, np.nan)
    assert changed(model) == {"a_"}


def test_what_was_deleted_or_is_new_has_changed(model: Model) -> None:
    del model.a_
    assert not hasattr(model, "a_")
    assert changed(model) == {"a_"}
    fresh = Model()
    fresh.b_ = np.zeros(1)
    assert changed(fresh) == {"b_"}


def test_what_was_handed_out_is_watched_further(model: Model) -> None:
    held = model.a_
    held[0] = 1.0
    unseen(model)
    assert changed(model) == set()
    held[0] = 2.0
    assert changed(model) == {"a_"}


def test_tensors_are_watched_like_arrays() -> None:
    torch = pytest.importorskip("torch")
    model = Model()
    vars(model)["a_"] = torch.zeros(2)
    model.a_[1] = 3.0
    assert changed(model) == {"a_"}


def test_what_is_not_there_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="'Model' object has no attribute 'a_'"):
        _ = Model().a_
    assert isinstance(Model.a_, WatchedArray)
