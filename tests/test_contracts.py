"""What an object of the caller's own must have."""

from __future__ import annotations

import pytest

from mixfold.contracts import fulfills, members_of, missing_members, refuse_value
from mixfold.engines import ArrayEngine, Engine
from mixfold.errors import InputError
from mixfold.executors import Executor, LocalExecutor
from mixfold.initialization import Initializer, KMeans


def test_a_contract_is_its_public_members_and_what_it_is_called_by() -> None:
    assert members_of(Initializer) == ["name", "__call__"]
    assert {"accepts", "statistics", "labels", "name"} <= set(members_of(Engine))
    assert {"each", "sum", "__enter__", "__exit__"} <= set(members_of(Executor))
    assert not [name for name in members_of(Engine) if name.startswith("_")]


@pytest.mark.parametrize(
    ("value", "contract"), [(ArrayEngine(), Engine), (LocalExecutor(), Executor), (KMeans(), Initializer)]
)
def test_what_is_ours_fulfills_its_contract(value: object, contract: type) -> None:
    assert missing_members(value, contract) == []
    assert fulfills(value, contract)


def test_a_class_is_no_object_of_it() -> None:
    assert not fulfills(KMeans, Initializer)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            "oracle",
            r"`init_params` must be one of \['kmeans'\] or an object .*initialization.Initializer.*got 'oracle'",
        ),
        (KMeans, r"got the class KMeans. Pass an object of it: KMeans\(\)"),
        (3, "got 3, which has no `name`, `__call__`. Add what is missing"),
    ],
)
def test_a_refusal_says_what_is_missing(value: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        refuse_value(value, Initializer, "init_params", ["kmeans"])
