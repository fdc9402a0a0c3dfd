"""What comes in from callers, checked once at the door."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import array_api_compat
import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import _check_sample_weight, validate_data

from mixfold.errors import InputError, ShapeError
from mixfold.masks_and_times import refuse_masks_and_times
from mixfold.typing import Array, FloatArray

READY_ROWS = 1024
"""Of which it costs little to see that all are finite."""
ADVICE = {
    "Complex data": "Complex data not supported: X must be real. Pass the real and imaginary parts as features.",
    "could not convert string": "{}. X must hold numbers: leave columns of text out, or encode them.",
    "Input X contains NaN": "Input X contains NaN, which `GaussianMixture(missing='em')` takes. Drop or impute it.",
}
"""By the beginning of what scikit-learn says."""


def is_tensor(data: object) -> bool:
    """Whether `data` is an array of another array API library than NumPy, to be computed where it lies.

    Parameters
    ----------
    data : object

    Returns
    -------
    is_tensor : bool

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.validation import is_tensor
    >>> is_tensor(np.zeros(3)), is_tensor([0.0])
    (False, False)
    """
    return bool(array_api_compat.is_array_api_obj(data)) and not array_api_compat.is_numpy_array(data)


def on_host(values: Any) -> Any:
    """Give a tensor, wherever it is, as a NumPy array; anything else as it came.

    Parameters
    ----------
    values : object

    Returns
    -------
    values : object

    Examples
    --------
    >>> from mixfold.validation import on_host
    >>> on_host([1, 2])
    [1, 2]
    """
    if array_api_compat.is_torch_array(values):
        return values.detach().cpu().numpy()
    if array_api_compat.is_cupy_array(values):
        return values.get()
    bring = np.asarray if array_api_compat.is_jax_array(values) else np.from_dlpack  # which brings nothing from a GPU
    return bring(values) if is_tensor(values) else values


def rows_of(
    X: Any, *, estimator: Any = None, reset: bool = False, n_features: int | None = None, gaps: bool | None = False
) -> Array:
    """Give `X` as a two-dimensional array of float32 or float64, or refuse it.

    Parameters
    ----------
    X : array-like, data frame or tensor of shape (n_rows, n_features)
    estimator : BaseEstimator, optional
        Whose `n_features_in_` and `feature_names_in_` are set (with `reset`) or compared, by scikit-learn's rules.
    reset : bool
        Whether this is the call that fits the estimator.
    n_features : int, optional
        The number of features that is needed.
    gaps : bool or None
        Whether values may be NaN; None says that all are known to be finite.

    Returns
    -------
    rows : ndarray or tensor of shape (n_rows, n_features)
        On the device of `X`. Other real types than float32 become float64.

    Raises
    ------
    ValueError
        If `X` is empty, not two-dimensional or complex, holds dates, masks, NaN or infinity, or has other features.

    Examples
    --------
    >>> from mixfold.validation import rows_of
    >>> rows_of([[1, 2], [3, 4]]).dtype
    dtype('float64')
    >>> rows_of([[1.0, float("nan")]])
    Traceback (most recent call last):
        ...
    ValueError: Input contains NaN.
    """
    if is_tensor(X):
        return _tensor_rows(X, estimator, reset, n_features, gaps=bool(gaps))
    if not reset and is_ready(X, estimator, n_features):
        return X
    refuse_masks_and_times(X)
    X = np.asarray(X) if isinstance(X, list | tuple) else X  # so that lists of complex numbers are known as such
    kwargs: dict[str, Any] = {"dtype": [np.float64, np.float32], "ensure_min_samples": 2 if reset else 1}
    kwargs["ensure_all_finite"] = {True: "allow-nan", False: True, None: False}[gaps]
    try:
        rows = check_array(X, **kwargs) if estimator is None else validate_data(estimator, X, reset=reset, **kwargs)
    except ValueError as error:
        advice = next((said for begin, said in ADVICE.items() if str(error).startswith(begin)), None)
        if advice is None:
            raise
        raise InputError(advice.format(error)) from error
    refuse_other_features(int(rows.shape[1]), n_features)
    return rows


def is_ready(X: object, estimator: Any, n_features: int | None) -> bool:
    """Whether `X` is what `rows_of` would give: the short way for repeated predictions on few rows.

    Parameters
    ----------
    X : object
    estimator : BaseEstimator or None
        One that was fitted to named columns takes the long way, where scikit-learn's rules on names are.
    n_features : int or None

    Returns
    -------
    is_ready : bool

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import numpy as np
    >>> from mixfold.validation import is_ready
    >>> is_ready(np.zeros((1, 2)), SimpleNamespace(), 2), is_ready(np.array([[np.nan, 0.0]]), SimpleNamespace(), 2)
    (True, False)
    """
    return (
        type(X) is np.ndarray
        and X.dtype == np.float64
        and X.shape[1:] == (n_features,)
        and 0 < X.shape[0] <= READY_ROWS
        and not hasattr(estimator, "feature_names_in_")
        and bool(np.isfinite(X).all())
    )


def _tensor_rows(X: Array, estimator: Any, reset: bool, n_features: int | None, *, gaps: bool) -> Array:
    xp = array_api_compat.array_namespace(X)
    if X.ndim != 2:
        message = (
            f"X must be two-dimensional (n_rows, n_features), got shape {tuple(X.shape)}. "
            "Reshape a single feature with `X.reshape(-1, 1)` or a single row with `X.reshape(1, -1)`."
        )
        raise ShapeError(message)
    if xp.isdtype(X.dtype, "complex floating"):
        message = "Complex data not supported: X must be real. Pass the real and imaginary parts as features."
        raise InputError(message)
    rows = X if X.dtype in (xp.float32, xp.float64) else xp.astype(X, xp.float64)
    if reset and array_api_compat.is_torch_array(rows):
        rows = rows.detach()  # a density can be differentiated, a fit cannot
    minimum = 2 if reset else 1
    if rows.shape[0] < minimum or rows.shape[1] < 1:
        message = f"X must have at least {minimum} row(s) and 1 feature, got shape {tuple(X.shape)}."
        raise ShapeError(message)
    if not bool(xp.all(~xp.isinf(rows) if gaps else xp.isfinite(rows))):
        message = f"X must be finite, but holds {'' if gaps else 'NaN or '}infinity. Drop or impute those rows."
        raise InputError(message)
    if reset:
        name_features(estimator, int(rows.shape[1]), None)
    refuse_other_features(int(rows.shape[1]), n_features)
    return rows


def name_features(estimator: Any, n_features: int, names: Sequence[str] | None) -> None:
    """Set scikit-learn's attributes on the features of the data that an estimator is fitted to.

    Parameters
    ----------
    estimator : BaseEstimator
    n_features : int
    names : sequence of str or None
        None removes those of an earlier fit.

    Returns
    -------
    None
        `n_features_in_` and, with names, `feature_names_in_` are set.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from mixfold.validation import name_features
    >>> estimator = SimpleNamespace()
    >>> name_features(estimator, 2, ["height", "weight"])
    >>> estimator.n_features_in_, estimator.feature_names_in_.tolist()
    (2, ['height', 'weight'])
    """
    estimator.n_features_in_ = n_features
    if hasattr(estimator, "feature_names_in_"):
        del estimator.feature_names_in_
    if names is not None:
        estimator.feature_names_in_ = np.array(names, dtype=object)


def refuse_other_features(n_features: int, expected: int | None) -> None:
    """Refuse data that have not the number of features of a mixture, where one is expected.

    Parameters
    ----------
    n_features : int
    expected : int or None

    Raises
    ------
    ShapeError
        If they differ.

    Examples
    --------
    >>> from mixfold.validation import refuse_other_features
    >>> refuse_other_features(3, None)
    >>> refuse_other_features(3, 2)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    mixfold.errors.ShapeError: X must have 2 features, the number of the mixture, got 3. Select the ...
    """
    if expected is not None and n_features != expected:
        message = (
            f"X must have {expected} features, the number of the mixture, got {n_features}. "
            "Select the columns that the mixture was made for, in their order."
        )
        raise ShapeError(message)


LARGEST_WEIGHT = 2.0**60
"""Of a row in a fit: squares of sums of it can be held, and the prior, which is a row or so, is nothing beside it."""


def weights_of(sample_weight: Any, rows: Array, *, to_fit: bool = False) -> Array | None:
    """Give `sample_weight` as an array beside `rows` (same library, dtype and device), or refuse it.

    Parameters
    ----------
    sample_weight : array-like of shape (n_rows,), or None
    rows : ndarray or tensor of shape (n_rows, n_features)
    to_fit : bool
        Whether they are for a fit, which a common factor changes nothing in where all are tiny or some are enormous:
        then it is a power of two that brings the largest to between `LARGEST_WEIGHT` and its inverse.

    Returns
    -------
    weights : ndarray or tensor of shape (n_rows,), or None for ones

    Raises
    ------
    ValueError
        If a weight is negative or not finite, if all are zero, or if their number is not that of the rows.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.validation import weights_of
    >>> weights_of([1, 2], np.zeros((2, 3), dtype=np.float32)).dtype
    dtype('float32')
    >>> weights_of(None, np.zeros((2, 3))) is None
    True
    """
    if sample_weight is None:
        return None
    refuse_masks_and_times(sample_weight, "sample_weight")
    if is_tensor(rows):
        xp = array_api_compat.array_namespace(rows)
        weights = xp.asarray(sample_weight, dtype=rows.dtype, device=array_api_compat.device(rows))
        if tuple(weights.shape) != (rows.shape[0],):
            message = f"sample_weight must have shape ({rows.shape[0]},), got {tuple(weights.shape)}."
            raise ShapeError(message)
        finite = bool(xp.all(xp.isfinite(weights)))
    else:
        weights = _check_sample_weight(sample_weight, rows, dtype=np.float64)
        xp, finite = np, True
    lowest, largest = float(xp.min(weights)), float(xp.max(weights))
    if not finite or lowest < 0.0:
        what = f"the smallest is {lowest:g}" if finite else "there is NaN or infinity"
        message = f"sample_weight must be finite and not negative, but {what}. Drop those rows instead."
        raise InputError(message)
    if to_fit and largest > 0.0 and not 1.0 / LARGEST_WEIGHT <= largest <= LARGEST_WEIGHT:
        exponent = math.frexp(largest)[1] - int(math.copysign(math.log2(LARGEST_WEIGHT), math.log2(largest)))
        for half in (exponent // 2, exponent - exponent // 2):  # the whole factor may be more than can be held
            weights = weights * 2.0**-half
    if not is_tensor(rows):
        weights = weights.astype(rows.dtype, copy=False)
    if not float(xp.max(weights)) > 0.0:
        message = "sample_weight must have a positive sum, but every weight is zero. Give at least one row a weight."
        raise InputError(message)
    return weights


def array_of_shape(values: Any, shape: tuple[int, ...], name: str, axes: str) -> FloatArray:
    """Give `values` as finite float64 of exactly this shape, or say what came instead.

    Parameters
    ----------
    values : array-like
    shape : tuple of int
    name : str
        What the caller calls it, for the message.
    axes : str
        The names of the axes, for the message: "(n_components, n_features)".

    Returns
    -------
    array : ndarray of float64

    Raises
    ------
    ShapeError
        If the shape is another.
    InputError
        If a value is not finite.

    Examples
    --------
    >>> from mixfold.validation import array_of_shape
    >>> array_of_shape([[0.0, 1.0]], (1, 2), "`means_init`", "(n_components, n_features)").shape
    (1, 2)
    """
    try:
        array = np.asarray(on_host(values))
        if array.dtype.kind == "c":
            raise TypeError("they are complex")  # noqa: TRY003, TRY301
        array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        message = f"`{name}` must hold real numbers in shape {axes} = {shape}, but cannot be read so: {error}."
        raise InputError(message) from error
    refuse_masks_and_times(values, f"`{name}`")
    if array.shape != shape:
        hint = " Pass its transpose if components are in columns." if array.shape == shape[::-1] else ""
        message = f"`{name}` must have shape {axes} = {shape}, got {array.shape}.{hint}"
        raise ShapeError(message)
    if not np.all(np.isfinite(array)):
        message = f"`{name}` must be finite, but holds NaN or infinity."
        raise InputError(message)
    return array


def feature_indices(features: Sequence[int | str], names: Sequence[str] | None, n_features: int) -> list[int]:
    """Give the positions of features named by index or by name, or say which is unknown.

    Parameters
    ----------
    features : sequence of int or str
    names : sequence of str or None
    n_features : int

    Returns
    -------
    indices : list of int

    Raises
    ------
    InputError
        If a feature is unknown.

    Examples
    --------
    >>> from mixfold.validation import feature_indices
    >>> feature_indices(["waiting", 0], ["eruptions", "waiting"], 2)
    [1, 0]
    """
    indices = []
    for feature in features:
        if isinstance(feature, str):
            if names is None or feature not in names:
                message = f"Feature {feature!r} is unknown; the features are {list(names or range(n_features))}."
                raise InputError(message)
            indices.append(list(names).index(feature))
        elif isinstance(feature, int | np.integer) and -n_features <= feature < n_features:
            indices.append(int(feature) % n_features)
        else:
            message = f"Feature {feature!r} must be an index from 0 to {n_features - 1}, or a name."
            raise InputError(message)
    if len(set(indices)) != len(indices) or not indices:
        message = f"Features must be named once each, and at least one of them, got {list(features)}."
        raise InputError(message)
    return indices
