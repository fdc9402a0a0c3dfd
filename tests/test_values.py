"""Dataclasses that set their fields by slots are what they were otherwise."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, dataclass, field, replace
from inspect import signature
from typing import Any

import pytest

from mixfold.values import made_by_slots


def counted(decorate: Any) -> Any:
    @decorate
    @dataclass(frozen=True, slots=True)
    class Counted:
        count: int
        names: list[str] = field(default_factory=list)
        share: float = 0.5
        seen: list[int] = field(default_factory=list, init=False)
        total: float | None = field(default=None, init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "total", self.count * self.share)

    return Counted


FAST, PLAIN = counted(made_by_slots), counted(lambda cls: cls)


@made_by_slots
@dataclass(frozen=True, slots=True)
class Kept:
    """Where `pickle` finds it."""

    value: int


@pytest.mark.parametrize(("given", "named"), [((3,), {}), ((3, ["a"]), {"share": 0.25}), ((), {"count": 2})])
def test_fields_are_those_of_a_plain_dataclass(given: tuple[Any, ...], named: dict[str, Any]) -> None:
    one, other = FAST(*given, **named), PLAIN(*given, **named)
    assert repr(one).split(".")[-1] == repr(other).split(".")[-1]
    assert one == FAST(*given, **named)
    assert replace(one, count=9).total == replace(other, count=9).total


def test_the_signature_is_that_of_a_plain_dataclass() -> None:
    assert str(signature(FAST)) == str(signature(PLAIN))
    assert FAST.__init__.__doc__ == PLAIN.__init__.__doc__


def test_each_has_a_list_of_its_own() -> None:
    one, other = FAST(1), FAST(1)
    one.names.append("a")
    one.seen.append(1)
    assert (other.names, other.seen) == ([], [])


def test_what_lacks_an_argument_is_refused() -> None:
    with pytest.raises(TypeError, match="count"):
        FAST()


def test_fields_stay_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        FAST(1).count = 2


def test_a_copy_through_a_file_is_equal() -> None:
    assert pickle.loads(pickle.dumps(Kept(3))) == Kept(3)
