"""Whether an object of the caller's own has what a contract asks for."""

from __future__ import annotations

from typing import NoReturn

from mixfold.errors import InputError

CALLED = ("__call__", "__enter__", "__exit__")
"""Names with underscores that a contract may ask for."""


def members_of(contract: type) -> list[str]:
    """Name what an object must have to fulfil a contract.

    Parameters
    ----------
    contract : type
        A protocol.

    Returns
    -------
    members : list of str
        In the order of the protocol: attributes, then methods.

    Examples
    --------
    >>> from mixfold.contracts import members_of
    >>> from mixfold.initialization import Initializer
    >>> members_of(Initializer)
    ['name', '__call__']
    """
    declared = [*vars(contract).get("__annotations__", {}), *vars(contract)]
    return [name for name in dict.fromkeys(declared) if not name.startswith("_") or name in CALLED]


def missing_members(value: object, contract: type) -> list[str]:
    """Name what an object would need to fulfil a contract, and has not.

    Parameters
    ----------
    value : object
    contract : type
        A protocol.

    Returns
    -------
    missing : list of str

    Examples
    --------
    >>> from mixfold.contracts import missing_members
    >>> from mixfold.initialization import Initializer
    >>> missing_members(len, Initializer)
    ['name']
    """
    return [name for name in members_of(contract) if not hasattr(value, name)]


def fulfills(value: object, contract: type) -> bool:
    """Whether an object has all that a contract asks for; a class is no object of its kind.

    Parameters
    ----------
    value : object
    contract : type
        A protocol.

    Returns
    -------
    fulfills : bool

    Examples
    --------
    >>> from mixfold.contracts import fulfills
    >>> from mixfold.initialization import Initializer, KMeans
    >>> fulfills(KMeans(), Initializer), fulfills(KMeans, Initializer), fulfills("kmeans", Initializer)
    (True, False, False)
    """
    return not isinstance(value, type) and not missing_members(value, contract)


def refuse_value(value: object, contract: type, parameter: str, names: list[str]) -> NoReturn:
    """Say what a parameter takes: one of some names, or an object with all that a contract asks for.

    Parameters
    ----------
    value : object
        What came.
    contract : type
        A protocol.
    parameter : str
        Its name.
    names : list of str

    Raises
    ------
    InputError
        Which says what the object that came is missing.

    Examples
    --------
    >>> from mixfold.contracts import refuse_value
    >>> from mixfold.initialization import Initializer
    >>> refuse_value(len, Initializer, "init_params", ["kmeans"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    mixfold.errors.InputError: `init_params` must be one of ['kmeans'] or an object ... which has no `name`. Add ...
    """
    where = f"{contract.__module__.rpartition('.')[0]}.{contract.__name__}"
    wanted = f"`{parameter}` must be one of {names} or an object with all that `{where}` asks for"
    if isinstance(value, str):
        message = f"{wanted}, got {value!r}."
    elif isinstance(value, type):
        message = f"{wanted}, got the class {value.__name__}. Pass an object of it: {value.__name__}()."
    else:
        missing = ", ".join(f"`{name}`" for name in missing_members(value, contract))
        message = f"{wanted}, got {value!r}, which has no {missing}. Add what is missing."
    raise InputError(message)
