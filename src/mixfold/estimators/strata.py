"""What is known of rows beside their values: the strata that they fall into, and the observation of each.

Noise and labels make strata together, here alone: rows that have equal noise and may be of the same components are one
stratum. Of each values may be missing. Groups of rows that are of one component are marks beside the strata.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import array_api_compat
import numpy as np
import numpy.typing as npt

from mixfold.engines import to_numpy
from mixfold.errors import InputError, ShapeError
from mixfold.fold import has_gaps
from mixfold.observations import Complete, Incomplete, Linear, Observation, OwnNoise
from mixfold.rows import Marks, Source
from mixfold.sources import ArraySource, in_memory
from mixfold.typing import BoolArray, FloatArray, IntArray
from mixfold.validation import is_tensor, on_host

ROUNDING = 1e-12
"""Of the largest variance of a noise, which its eigenvalues may be below zero."""
MOST_KINDS = 64
"""Of noise, each of which is a stratum; where there are more, each row has its own."""
UNKNOWN = -1
"""The label of a row of which none is known."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a caller knows of rows beside their values.

    Attributes
    ----------
    noise : ndarray of shape (n or 1, n_features) or (n or 1, n_features, n_features), or None
        Variances or covariances of the noise of each row; None where there is none.
    allowed : ndarray of bool of shape (n, n_components), or None
        Of which components each row may be.
    links : ndarray of int of shape (n,), or None
        The group of each row, from 0, whose rows are of one component; -1 where a row is alone.
    named : int or None
        How many components labels name, where others are found beside these; None where all are there from the start.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.strata import Facts, in_strata
    >>> from mixfold.sources import ArraySource
    >>> source = ArraySource(np.array([[1.0], [2.0], [3.0]]))
    >>> facts = Facts.of(source, noise=0.5, labels=[-1, 1, 0], n_components=2)
    >>> marked, observations = in_strata(source, facts)
    >>> marked.marks.strata, len(observations)
    (array([1, 3, 2]), 4)
    """

    noise: FloatArray | None = None
    allowed: BoolArray | None = None
    links: IntArray | None = None
    named: int | None = None

    @classmethod
    def of(
        cls, source: Source, noise: Any = None, labels: Any = None, n_components: int = 1, must_link: Any = None
    ) -> Self:
        """Check what a caller says of the rows of a source.

        Parameters
        ----------
        source : Source
        noise : array-like of shape (), (n_features,), (n, n_features) or (n, n_features, n_features), optional
            Standard deviations, or covariances.
        labels : array-like of int of shape (n,) or of bool of shape (n, n_components), optional
        n_components : int
        must_link : array-like of int of shape (n,), optional

        Raises
        ------
        ShapeError
            If they do not fit the rows.
        InputError
            If noise is no deviation and no covariance, a label is no component, or labels of a group contradict each
            other.
        """
        allowed = None if labels is None else checked_labels(labels, source.n_rows, n_components)
        links = None if must_link is None else checked_links(must_link, source.n_rows)
        if allowed is not None and links is not None:
            refuse_contradictions(allowed, links)
        return cls(None if noise is None else checked_noise(noise, source), allowed, links)

    @property
    def beside_others(self) -> Self:
        """The same where as many components are found as there are, those that labels name the first of them.

        Raises
        ------
        ShapeError
            If labels are truth tables of all components.
        """
        if self.allowed is None:
            return self
        n_allowed = np.sum(self.allowed, axis=1)
        if not np.all((n_allowed == 1) | (n_allowed == self.allowed.shape[1])):
            message = (
                "`labels` must be whole numbers (n,), one for each row, where components are searched for: a row is of "
                f"the component that it names, or of any ({UNKNOWN}). Pass truth values to GaussianMixture."
            )
            raise ShapeError(message)
        known = self.allowed[n_allowed == 1]
        return replace(self, named=int(np.max(np.argmax(known, axis=1))) + 1)

    def allowed_to(self, row: int) -> BoolArray | None:
        """Give of which components a row may be: of those that are named, where others are found."""
        if self.allowed is None or np.all(self.allowed[row]):
            return None
        return self.allowed[row, : self.named]

    @property
    def are_none(self) -> bool:
        """Whether nothing is known."""
        return self.noise is None and self.allowed is None and self.links is None


NO_FACTS = Facts()
"""Nothing is known of rows but their values."""


def checked_noise(noise: Any, source: Source) -> FloatArray | None:
    """Give variances (n or 1, d) or covariances (n or 1, d, d) of noise as a caller says it; None where it is zero."""
    given, (n, d) = _numbers(noise), (source.n_rows, source.n_features)
    if given.shape not in {(), (d,), (n, d), (n, d, d), (1, d, d)}:
        message = (
            f"`noise` must be standard deviations, one number, ({d},) or ({n}, {d}), or covariances ({n}, {d}, {d}), "
            f"got shape {given.shape}. Pass covariances that are those of all rows as (1, {d}, {d})."
        )
        raise ShapeError(message)
    if np.any(np.isnan(given)):
        given = np.where(_of_missing(given, source), 0.0, given)
    if not np.all(np.isfinite(given)):
        message = (
            f"`noise` must be finite where there is a value, got {_first(given, ~np.isfinite(given))}. A value of "
            "which nothing is known is missing: make it NaN in X."
        )
        raise InputError(message)
    if not np.any(given):
        return None
    if given.ndim < 3:
        if np.any(given < 0.0):
            message = (
                f"`noise` must be standard deviations of at least 0, got {_first(given, given < 0.0)}. Pass "
                f"covariances (n_samples, {d}, {d}) where errors depend on each other."
            )
            raise InputError(message)
        return np.atleast_2d(np.broadcast_to(given, (d,)) if given.ndim < 2 else given) ** 2
    size = np.max(np.abs(given), axis=(1, 2))
    asymmetry = np.max(np.abs(given - np.swapaxes(given, 1, 2)), axis=(1, 2))
    bad = (asymmetry > 1e-8 * size) | (np.linalg.eigvalsh(given)[:, 0] < -ROUNDING * size)
    if np.any(bad):
        message = (
            f"`noise` must be covariances: symmetric, without negative eigenvalues; that of row {np.argmax(bad)} is "
            "none. Pass standard deviations (n, n_features) where you have these."
        )
        raise InputError(message)
    return np.asarray(0.5 * (given + np.swapaxes(given, 1, 2)))


def _numbers(noise: Any) -> FloatArray:
    """Give noise as numbers, NaN where one is masked."""
    try:
        if np.ma.isMaskedArray(noise):
            return np.asarray(np.ma.filled(noise.astype(np.float64), np.nan))
        return np.asarray(_told(noise), dtype=np.float64)
    except (TypeError, ValueError) as error:
        message = f"`noise` must be real numbers, standard deviations or covariances: {error}. Convert it to an array."
        raise ShapeError(message) from error


def _of_missing(noise: FloatArray, source: Source) -> BoolArray:
    """Say which numbers are of the noise of values that are missing, in the shape of noise or one that goes with it."""
    if len(noise) != source.n_rows or noise.ndim < 2:
        return np.zeros(1, dtype=bool)
    lacks = np.isnan(on_host(in_memory(source).values))
    return lacks if noise.ndim == 2 else lacks[:, :, None] | lacks[:, None, :]


def _told(values: Any) -> npt.NDArray[Any]:
    """Give what a caller says of rows as an array on the host."""
    is_lazy = array_api_compat.is_dask_array(values)
    return np.asarray(to_numpy(values) if is_tensor(values) and not is_lazy else values)


def _first(noise: FloatArray, is_bad: BoolArray) -> str:
    """Say the first number of noise that is bad, and of what it is."""
    at = tuple(np.argwhere(is_bad)[0].tolist())
    row = f" in row {at[0]}" if noise.ndim > 1 and len(noise) > 1 else ""
    features = at[1:] if noise.ndim > 1 else at
    feature = f" of feature {' and '.join(map(str, sorted(set(features))))}" if features else ""
    return f"{noise[at]:g}{feature}{row}"


def _first_row(values: npt.NDArray[Any], is_good: BoolArray) -> str:
    """Say the first value that is bad, and its row."""
    row = int(np.argmin(is_good))
    return f"{values[row]:g} in row {row}"


def checked_labels(labels: Any, n: int, k: int) -> BoolArray | None:
    """Give of which components each row may be, (n, k), of what a caller says of labels; None where that is of all."""
    given = _told(labels)
    if given.dtype.kind == "f":
        given = np.where(np.isnan(given), UNKNOWN, given)  # as data frames say it
    if given.shape == (n, k) and given.dtype == np.bool_:
        if not np.all(np.any(given, axis=1)):
            message = (
                "Every row of `labels` must allow at least one component, but row "
                f"{np.argmin(np.any(given, axis=1))} allows none. Allow all where nothing is known."
            )
            raise InputError(message)
        return None if np.all(given) else given
    if given.shape != (n,) or given.dtype.kind not in "iuf":
        message = (
            f"`labels` must be whole numbers ({n},), one for each row, or truth values ({n}, {k}) that say which "
            f"components a row may be of, got {given.dtype} {given.shape}. Number your classes from 0."
        )
        raise ShapeError(message)
    is_good = (given >= UNKNOWN) & (given < k) & (given == np.floor(given))
    if not np.all(is_good):
        message = (
            f"`labels` must be whole numbers from 0 to n_components - 1 = {k - 1}, or {UNKNOWN} where none is known, "
            f"got {_first_row(given, is_good)}. Number classes from 0, or fit more components."
        )
        raise InputError(message)
    return None if np.all(given == UNKNOWN) else (given[:, None] == np.arange(k)) | (given[:, None] == UNKNOWN)


def checked_links(must_link: Any, n: int) -> IntArray | None:
    """Give the group of each row, from 0, of what a caller says; None where all rows are alone."""
    given = _told(must_link)
    if given.shape != (n,) or given.dtype.kind not in "iuf":
        message = (
            f"`must_link` must be whole numbers ({n},), one for each row: that of its group, or {UNKNOWN} where a row "
            f"is alone; got {given.dtype} {given.shape}. Number your groups from 0."
        )
        raise ShapeError(message)
    is_good = (given >= UNKNOWN) & (given == np.floor(given))
    if not np.all(is_good):
        message = (
            f"`must_link` must be whole numbers from 0, or {UNKNOWN} where a row is alone, got "
            f"{_first_row(given, is_good)}. Number your groups from 0."
        )
        raise InputError(message)
    linked, links = given >= 0, np.full(n, UNKNOWN, dtype=np.int64)
    links[linked] = np.unique(given[linked], return_inverse=True)[1].reshape(-1)
    return links if np.any(linked) else None


def refuse_contradictions(allowed: BoolArray, links: IntArray) -> None:
    """Refuse groups of rows for which no component is left that all of them may be of."""
    linked = links >= 0
    left = np.ones((np.max(links) + 1, allowed.shape[1]), dtype=bool)
    np.logical_and.at(left, links[linked], allowed[linked])
    if np.all(np.any(left, axis=1)):
        return
    rows = np.flatnonzero(links == np.argmin(np.any(left, axis=1)))
    message = (
        f"The rows of a group must have a component that `labels` allow all of them, but rows {shown(rows)}, which "
        "`must_link` says are of one, have none in common. Correct their labels, or let them be alone (-1)."
    )
    raise InputError(message)


def shown(rows: IntArray) -> str:
    """Give a few numbers of rows."""
    return ", ".join(map(str, rows[:5].tolist())) + (", ..." if len(rows) > 5 else "")


def in_strata(source: Source, facts: Facts = NO_FACTS) -> tuple[Source, tuple[Observation, ...]]:
    """Give the source with its strata, and the observation of each: none where all rows are complete.

    Stratum 0 is of rows of which nothing is known but their values; there are no strata where that is all of them. Of
    sources that are not in memory nothing is missing; they are read where facts are known of their rows.
    """
    if not source.is_in_memory and facts.are_none:
        return source, ()
    source = in_memory(source)
    may_lack = not source.is_finite and has_gaps(source.values)
    if facts.links is not None:
        source = source.with_marks(replace(source.marks, links=facts.links))
    if facts.noise is None and facts.allowed is None:
        return source, (Incomplete(),) if may_lack else ()
    if _have_their_own(facts.noise):
        return _with_own_noise(source, facts)
    forbidden = None if facts.allowed is None else np.packbits(~facts.allowed, axis=1)
    numbers = [_numbered(one, source.n_rows) for one in (facts.noise, forbidden)]
    _, first, strata = np.unique(np.stack(numbers, axis=1), axis=0, return_index=True, return_inverse=True)
    observations = [_observation(facts, at) for at in first.tolist()]
    n_before = 0 if observations[0].is_complete else 1
    marks = Marks(source.weights, np.ravel(strata).astype(np.int64) + n_before, links=facts.links)
    seen = (Complete(), *observations[1 - n_before :])
    return source.with_marks(marks), tuple(Incomplete(one) for one in seen) if may_lack else seen


def _have_their_own(noise: FloatArray | None) -> bool:
    """Whether the noise of rows is so various that each has its own, rather than a stratum."""
    if noise is None or len(noise) <= MOST_KINDS:
        return False
    first = np.unique(noise[: 8 * MOST_KINDS].reshape(-1, int(np.prod(noise.shape[1:]))), axis=0)
    return len(first) > MOST_KINDS or len(np.unique(noise.reshape(len(noise), -1), axis=0)) > MOST_KINDS


def _with_own_noise(source: ArraySource, facts: Facts) -> tuple[Source, tuple[Observation, ...]]:
    """Give the source with the noise of each row in its marks, and a stratum for each label."""
    if facts.allowed is None:
        return source.with_marks(Marks(source.weights, None, facts.noise, facts.links)), (OwnNoise(),)
    _, first, strata = np.unique(facts.allowed, axis=0, return_index=True, return_inverse=True)
    observations = tuple(OwnNoise(facts.allowed_to(row)) for row in first.tolist())
    marks = Marks(source.weights, np.ravel(strata).astype(np.int64), facts.noise, facts.links)
    return source.with_marks(marks), observations


def _numbered(column: npt.NDArray[Any] | None, n_rows: int) -> IntArray:
    """Give a number for what each row has, (n,), in the order of what it is: nothing comes first."""
    if column is None or len(column) == 1:
        return np.zeros(n_rows, dtype=np.intp)
    return np.ravel(np.unique(column.reshape(n_rows, -1), axis=0, return_inverse=True)[1])


def _observation(facts: Facts, row: int) -> Observation:
    """Give the observation of a row, which is that of its stratum."""
    noise = None if facts.noise is None else facts.noise[row if len(facts.noise) > 1 else 0]
    noise = None if noise is None or not np.any(noise) else noise
    allowed = facts.allowed_to(row)
    return Complete() if noise is None and allowed is None else Linear(noise=noise, allowed=allowed)
