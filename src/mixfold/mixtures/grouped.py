"""`GroupedMixtures`: a mixture for each of many groups, as columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, final, overload

import numpy as np
import numpy.typing as npt

from mixfold.covariance import CovarianceFamily, family_for
from mixfold.errors import InputError, MissingExtraError
from mixfold.mixtures.mixture import Mixture
from mixfold.parameters import Parameters
from mixfold.typing import FloatArray, IntArray


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class GroupedMixtures(Sequence[Mixture | None]):
    """A mixture for each of many groups: a sequence of `Mixture`, kept as a row of numbers for each component.

    Attributes
    ----------
    groups : ndarray of shape (n_groups,)
        The labels of the groups.
    starts : ndarray of int of shape (n_groups + 1,)
        Components ``starts[g]:starts[g + 1]`` are those of group g; none where it has no mixture.
    weights : ndarray of shape (n_components,)
        Of all groups, one after the other.
    means : ndarray of shape (n_components, n_features)
    covariances : ndarray
        In the shape of the family, for all components; of 'tied' and 'EEE' a matrix for each group.
    covariance_type : str
    n_rows : ndarray of int of shape (n_groups,)
    log_likelihood : ndarray of shape (n_groups,)
        Mean, in nats per unit of weight; NaN where there is no mixture.
    bic : ndarray of shape (n_groups,)
    n_iter : ndarray of int of shape (n_groups,)
    converged : ndarray of bool of shape (n_groups,)
    reasons : dict of int to str
        By the position of a group, why it has another mixture than was asked for, or none.
    feature_names : tuple of str or None

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import fit_many
    >>> rows = np.array([[0.0], [1.0], [9.0], [10.0], [-3.0], [-2.0], [5.0], [6.0]])
    >>> many = fit_many(rows, groups=list("aaaabbbb"), n_components=2, random_state=0)
    >>> len(many), np.sort(many.of("b").means.ravel()).round(2)
    (2, array([-2.5,  5.5]))
    >>> many.components()["group"]
    array(['a', 'a', 'b', 'b'], dtype='<U1')
    """

    groups: npt.NDArray[Any]
    starts: IntArray
    weights: FloatArray
    means: FloatArray
    covariances: FloatArray
    covariance_type: str
    n_rows: IntArray
    log_likelihood: FloatArray
    bic: FloatArray
    n_iter: IntArray
    converged: npt.NDArray[np.bool_]
    reasons: dict[int, str]
    feature_names: tuple[str, ...] | None = None

    def __len__(self) -> int:
        """Count the groups."""
        return len(self.groups)

    def __repr__(self) -> str:
        """Say how many groups and components there are."""
        return (
            f"GroupedMixtures(n_groups={len(self)}, n_components={len(self.weights)}, "
            f"n_features={self.means.shape[1]}, covariance_type={self.covariance_type!r})"
        )

    @overload
    def __getitem__(self, position: int) -> Mixture | None: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[Mixture | None]: ...
    def __getitem__(self, position: int | slice) -> Mixture | Sequence[Mixture | None] | None:
        """Give the mixture of the group at a position; None where it has none. `of` takes a label."""
        if isinstance(position, slice):
            return [self[i] for i in range(*position.indices(len(self)))]
        index = range(len(self))[position]
        span = slice(*self.starts[index : index + 2].tolist())
        if span.start == span.stop:
            return None
        covariances = self.covariances[index] if self.family.structure.is_shared else self.covariances[span]
        parameters = Parameters(self.weights[span], self.means[span], covariances)
        return Mixture.from_parameters(parameters, self.family, self.feature_names)

    def __iter__(self) -> Iterator[Mixture | None]:
        """Give the mixtures in the order of the groups."""
        return (self[position] for position in range(len(self)))

    @property
    def family(self) -> CovarianceFamily:
        """The covariance family."""
        return family_for(self.covariance_type)

    @property
    def n_components(self) -> IntArray:
        """How many components each group has, (n_groups,)."""
        return np.diff(self.starts)

    def of(self, group: object) -> Mixture:
        """Give the mixture of a group by its label.

        Raises
        ------
        InputError
            If there is no such group, or it has no mixture.
        """
        position = int(self.positions(np.asarray([group]))[0])
        mixture = self[position]
        if mixture is None:
            message = f"Group {group!r} has no mixture: {self.reasons[position]}"
            raise InputError(message)
        return mixture

    def positions(self, labels: npt.ArrayLike) -> IntArray:
        """Give the positions of groups by their labels.

        Raises
        ------
        InputError
            If a label is of no group.
        """
        wanted = np.asarray(labels)
        order = np.argsort(self.groups, kind="stable")
        try:
            at = np.searchsorted(self.groups[order], wanted)
        except TypeError:
            at = np.zeros(wanted.shape, np.intp)
        found = order[np.minimum(at, len(order) - 1)]
        unknown = np.asarray(self.groups[found] != wanted)
        if np.any(unknown):
            known = ", ".join(repr(group) for group in self.groups[:5].tolist())
            message = (
                f"Every group must be one that was fitted ({known}{', ...' if len(self) > 5 else ''}), got "
                f"{wanted[unknown].tolist()[0]!r}. Leave its rows out, or fit them too."
            )
            raise InputError(message)
        return np.asarray(found, dtype=np.int64)

    def components(self) -> dict[str, npt.NDArray[Any]]:
        """Give a table with a row for each component: a dict of columns.

        Returns
        -------
        columns : dict of str to ndarray
            "group", "component" (from 0 in each group), "weight", the mean of each feature and each entry of the lower
            triangle of the covariance matrix.
        """
        counts = self.n_components
        names = self.feature_names or tuple(f"x{i}" for i in range(self.means.shape[1]))
        columns: dict[str, npt.NDArray[Any]] = {
            "group": np.repeat(self.groups, counts),
            "component": np.arange(len(self.weights)) - np.repeat(self.starts[:-1], counts),
            "weight": self.weights,
        }
        columns |= {f"mean_{name}": self.means[:, i] for i, name in enumerate(names)}
        dense = self._dense(counts)
        for i, name in enumerate(names):
            columns |= {f"covariance_{name}_{names[j]}": dense[:, i, j] for j in range(i + 1)}
        return columns

    def summary(self) -> dict[str, npt.NDArray[Any]]:
        """Give a table with a row for each group: a dict of columns."""
        reason = np.array([self.reasons.get(position, "") for position in range(len(self))], dtype=object)
        return {
            "group": self.groups,
            "n_rows": self.n_rows,
            "n_components": self.n_components,
            "log_likelihood": self.log_likelihood,
            "bic": self.bic,
            "n_iter": self.n_iter,
            "converged": self.converged,
            "reason": reason,
        }

    def to_pandas(self) -> Any:
        """Give `components` as a pandas data frame.

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        try:
            import pandas as pd  # type: ignore[import-untyped]  # noqa: PLC0415  (optional)
        except ImportError as error:
            raise MissingExtraError("pandas", "pandas", "A data frame of components") from error
        return pd.DataFrame(self.components())

    def _dense(self, counts: IntArray) -> FloatArray:
        """Give the covariance matrix of every component, (n_components, D, D)."""
        k, d = self.means.shape
        if self.family.structure.is_shared:
            return np.repeat(self.covariances, counts, axis=0)
        return self.family.dense(self.covariances, k, d)
