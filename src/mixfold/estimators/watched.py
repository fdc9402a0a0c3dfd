"""Fitted arrays that a caller may replace or write to, watched from when somebody first gets hold of them.

What nobody has looked at, nobody has changed: until then an estimator needs no copy of its arrays to compare them with.
"""

from __future__ import annotations

from typing import Any, Self, final, overload

import numpy as np

from mixfold.engines import to_numpy
from mixfold.typing import Array

SEEN = "_seen"
"""Under which name an instance holds the values that its watched arrays had when they were handed out."""


@final
class WatchedArray:
    """An attribute of an instance, whose value is kept under its own name in ``vars(instance)``.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.watched import WatchedArray, changed
    >>> class Model:
    ...     means_ = WatchedArray()
    >>> model = Model()
    >>> vars(model)["means_"] = np.zeros(2)
    >>> model.means_[0] = 5.0
    >>> changed(model)
    {'means_'}
    """

    def __set_name__(self, owner: type, name: str) -> None:
        """Learn under which name values are kept."""
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Array: ...

    def __get__(self, instance: object | None, owner: type) -> Self | Array:
        """Hand the array out, its values remembered."""
        if instance is None:
            return self
        if self._name not in vars(instance):
            message = f"{owner.__name__!r} object has no attribute {self._name!r}"
            raise AttributeError(message)
        _remember(instance, self._name)
        return vars(instance)[self._name]

    def __set__(self, instance: object, value: Any) -> None:
        """Replace the array."""
        _remember(instance, self._name)
        vars(instance)[self._name] = value

    def __delete__(self, instance: object) -> None:
        """Forget the array."""
        _remember(instance, self._name)
        vars(instance).pop(self._name)


def unseen(instance: object) -> None:
    """Take the arrays as they are now for what they should be: those handed out are watched further.

    Parameters
    ----------
    instance : object

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from mixfold.estimators.watched import changed, unseen
    >>> unseen(model := SimpleNamespace())
    >>> changed(model)
    set()
    """
    seen = vars(instance).get(SEEN, {})
    vars(instance)[SEEN] = {name: _copied(_values(instance, name)) for name in seen}


def changed(instance: object) -> set[str]:
    """Name the watched arrays that are other than when they were first handed out.

    Parameters
    ----------
    instance : object

    Returns
    -------
    changed : set of str

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from mixfold.estimators.watched import changed
    >>> changed(SimpleNamespace())
    set()
    """
    seen = vars(instance).get(SEEN)
    return {name for name, then in seen.items() if then != _values(instance, name)} if seen else set()


def _remember(instance: object, name: str) -> None:
    seen = vars(instance).setdefault(SEEN, {})
    if name not in seen:
        seen[name] = _copied(_values(instance, name))


def _values(instance: object, name: str) -> memoryview | None:
    """Give the bytes of an array, which a `bytearray` is compared with at once; None where there is none."""
    array = vars(instance).get(name)
    if array is None:
        return None
    return np.ascontiguousarray(array if isinstance(array, np.ndarray) else to_numpy(array)).data


def _copied(values: memoryview | None) -> bytearray | None:
    return None if values is None else bytearray(values)
