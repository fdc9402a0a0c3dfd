"""Values that are made by the hundred in a fit of few rows: frozen dataclasses that set their fields by their slots."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from inspect import signature
from typing import Any, ClassVar, Protocol, TypeVar


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


Value = TypeVar("Value", bound=_Dataclass)


def made_by_slots(cls: type[Value]) -> type[Value]:
    """Let a frozen dataclass set its fields by its slots, which takes a third of the time of setting them by name.

    Its ``__init__`` takes the same arguments; fields may not be keyword-only.

    Parameters
    ----------
    cls : type

    Returns
    -------
    cls : type
        The same.

    Examples
    --------
    >>> from dataclasses import dataclass, field
    >>> from mixfold.values import made_by_slots
    >>> @made_by_slots
    ... @dataclass(frozen=True, slots=True)
    ... class Counted:
    ...     count: int
    ...     names: list[str] = field(default_factory=list)
    >>> Counted(3)
    Counted(count=3, names=[])
    """
    before, scope, lines = cls.__init__, dict[str, Any](), list[str]()
    arguments = {name: one.default for name, one in signature(before).parameters.items()}
    for each in fields(cls):
        name, value = each.name, each.name
        scope[f"set_{name}"] = getattr(cls, name).__set__
        if each.default_factory is not MISSING:
            scope |= {f"make_{name}": each.default_factory, f"absent_{name}": arguments.get(name)}
            value = f"make_{name}() if {name} is absent_{name} else {name}" if each.init else f"make_{name}()"
        elif not each.init:
            scope[f"default_{name}"], value = each.default, f"default_{name}"
        lines.append(f"set_{name}(self, {value})")
    if "__post_init__" in dir(cls):
        lines.append("self.__post_init__()")
    exec("\n    ".join([f"def __init__({', '.join(arguments)}):", *lines]), scope)  # noqa: S102  (as dataclasses do)
    made = scope["__init__"]
    for told in ("__defaults__", "__annotations__", "__qualname__", "__doc__", "__module__"):
        setattr(made, told, getattr(before, told))
    cls.__init__ = made  # type: ignore[method-assign]
    return cls
