"""Values that rows lack, filled in by a fitted mixture."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from mixfold.errors import InputError
from mixfold.estimators.exported import exported
from mixfold.estimators.missing import imputed
from mixfold.estimators.mixins import BesideFace
from mixfold.estimators.rows import folding, source_of
from mixfold.estimators.unseen import spread_of_unseen
from mixfold.sources import in_memory
from mixfold.typing import FloatArray
from mixfold.validation import is_tensor, on_host


class Imputing(BesideFace):
    """Conditional means, deviations and draws of values that are missing.

    Examples
    --------
    >>> from mixfold import GaussianMixture
    >>> from mixfold.estimators.impute import Imputing
    >>> issubclass(GaussianMixture, Imputing)
    True
    """

    def __sklearn_tags__(self) -> Any:
        """Give what scikit-learn needs to know of the estimator."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "em"
        return tags

    def impute(
        self,
        X: Any,
        n_draws: int | None = None,
        *,
        random_state: int | np.random.RandomState | None = None,
        return_std: bool = False,
        calibrated: bool = False,
    ) -> Any:
        """Fill in the values that are missing: by what is expected of them given the others of the row, or by draws.

        Parameters
        ----------
        X : array-like or data frame of shape (n_samples, n_features)
            NaN, nulls and masked values are missing.
        n_draws : int, optional
            For multiple imputation: so many tables, each of which has values drawn given the others of the row.
        random_state : int, RandomState or None
            Of the draws.
        return_std : bool, default=False
            Whether to give standard deviations too.
        calibrated : bool, default=False
            Whether draws and deviations are widened to what values of `X` say that are taken away and looked for, so
            that nine of ten lie where nine of ten should. For the rows that the mixture was fitted to; as many
            components are fitted five times more.

        Returns
        -------
        filled : array or data frame of shape (n_samples, n_features), or list of `n_draws` of them
            A frame of a frame of pandas or polars, a tensor of a tensor, else an array.
        std : array or data frame of shape (n_samples, n_features)
            Only with `return_std`: of each value that was missing given the others; zero where there was one.

        Raises
        ------
        InputError
            If `X` does not fit the mixture, `n_draws` is no number of draws, or rows are too few to calibrate by.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold import GaussianMixture
        >>> from mixfold.datasets import load_faithful
        >>> model = GaussianMixture(2, random_state=0).fit(load_faithful().data)
        >>> filled, std = model.impute([[2.0, np.nan], [4.5, np.nan]], return_std=True)
        >>> filled.round(1), std.round(1)
        (array([[ 2. , 54.3],
               [ 4.5, 81.1]]), array([[0. , 5.5],
               [0. , 5.6]]))
        """
        if n_draws is not None and n_draws < 1:
            message = f"`n_draws` must be a number of at least 1, or None for what is expected, got {n_draws!r}."
            raise InputError(message)
        mixture, random = self._known_mixture(), check_random_state(random_state)
        source = in_memory(source_of(on_host(X), estimator=self, n_features=mixture.n_features, gaps=True))
        spread = spread_of_unseen(source.values, mixture, random) if calibrated else 1.0
        with folding(source, self.engine, self.n_jobs) as fold:
            mean, std, drawn = imputed(fold, mixture.potentials, n_draws or 0, random, spread)
        filled = [_framed(table, X) for table in drawn] if n_draws else _framed(mean, X)
        return (filled, _framed(std, X)) if return_std else filled


def _framed(values: FloatArray, like: Any) -> Any:
    """Give values as a frame of the kind and names of another, or as a tensor; as they are where that is neither."""
    if is_tensor(like):
        return exported(values, like)
    kind = type(like)
    library = kind.__module__.partition(".")[0]
    if library == "pandas":
        return kind(values, index=like.index, columns=like.columns)
    return kind(values, schema=like.columns) if library == "polars" else values
