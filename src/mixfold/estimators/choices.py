"""Parameters that take a name or an object of the caller's own, as scikit-learn checks them."""

from __future__ import annotations

from collections.abc import Callable

from sklearn.utils._param_validation import StrOptions

from mixfold.contracts import members_of
from mixfold.covariance import ALIASES, FAMILIES, CovarianceFamily, is_family
from mixfold.engines import ENGINES, Engine, is_engine
from mixfold.executors import EXECUTORS, Executor, is_executor
from mixfold.initialization import INITIALIZERS, Initializer, is_initializer


class Choice(StrOptions):  # type: ignore[misc]  # untyped, and no face of ours
    """A name of a registry, or what else the registry makes one of.

    Parameters
    ----------
    names : set of str
    is_one : callable
        Whether something is one; the registry's own.
    others : str
        What else there is, for the message.
    """

    def __init__(self, names: set[str], is_one: Callable[[object], bool], others: str) -> None:
        super().__init__(names)
        self.is_one, self.others = is_one, others

    def is_satisfied_by(self, val: object) -> bool:
        """Whether it is one, or the name of one."""
        return super().is_satisfied_by(val) or self.is_one(val)

    def __str__(self) -> str:
        """Name them."""
        return f"{super().__str__()}, {self.others}"


def _an_object_with(contract: type) -> str:
    members = ", ".join(f"`{name}`" for name in members_of(contract))
    return f"an object with {members} (`{contract.__module__.rpartition('.')[0]}.{contract.__name__}`)"


FAMILY = Choice(
    {*FAMILIES, *ALIASES},
    is_family,
    "'factor:RANK', an instance of 'FactorAnalytic' or of another class that derives from "
    f"`mixfold.covariance.{CovarianceFamily.__name__}`",
)
ENGINE = Choice({"auto", *ENGINES}, is_engine, _an_object_with(Engine))
EXECUTOR = Choice(set(EXECUTORS), is_executor, _an_object_with(Executor))
INITIALIZER = Choice({"auto", *INITIALIZERS}, is_initializer, _an_object_with(Initializer))
