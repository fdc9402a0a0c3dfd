"""What is asked of rows with noise, or that are linked."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from mixfold.estimators.mixins import BesideOutlying
from mixfold.estimators.rows import folding
from mixfold.estimators.strata import Facts, in_strata
from mixfold.typing import Array


class Noisy(BesideOutlying):
    """Prediction and scores of rows that were measured with noise, which is for the caller to say.

    Without `noise`, rows are taken as they are: as draws from the mixture itself.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import GaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> model = GaussianMixture(2, random_state=0).fit(load_faithful().data)
    >>> model.predict_proba([[3.0, 68.0]], noise=[0.0, 20.0]).round(2)  # the second feature tells next to nothing
    array([[0.78, 0.22]])
    """

    def predict(self, X: Any, *, noise: npt.ArrayLike | None = None, must_link: npt.ArrayLike | None = None) -> Array:
        """Give the most probable component of each row.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)
        noise : array-like, optional
            With which `X` was measured, as for `fit`; by default without.
        must_link : array-like of int of shape (n_samples,), optional
            Groups of rows, each of one component, as for `fit`; by default all are alone.

        Returns
        -------
        labels : ndarray or tensor of shape (n_samples,)
            After a fit with `outliers` -1 where a row belongs to no component. Of a Dask collection or a Spark data
            frame one of its kind (column ``prediction``), computed when asked for.
        """
        if noise is None and must_link is None:
            return super().predict(X)
        return self._without_left_out(self._told(X, "labels", noise, must_link), X, noise)

    def predict_proba(
        self, X: Any, *, noise: npt.ArrayLike | None = None, must_link: npt.ArrayLike | None = None
    ) -> Array:
        """Give the posterior probability of each component for each row.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)
        noise : array-like, optional
            With which `X` was measured, as for `fit`; by default without.
        must_link : array-like of int of shape (n_samples,), optional
            Groups of rows, each of one component, as for `fit`; by default all are alone.

        Returns
        -------
        responsibilities : ndarray or tensor of shape (n_samples, n_components)
            Rows sum to one; dtype and device of `X`. Lazy data frames get a column ``probability`` of arrays.
        """
        if noise is None and must_link is None:
            return super().predict_proba(X)
        return self._told(X, "responsibilities", noise, must_link)

    def score_samples(self, X: Any, *, noise: npt.ArrayLike | None = None) -> Array:
        """Give the log density of each row: of what was observed where its noise is given, else of a row without noise.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)
        noise : array-like, optional
            With which `X` was measured, as for `fit`: a row is scored by the mixture blurred with it.

        Returns
        -------
        log_density : ndarray or tensor of shape (n_samples,)
            In nats; dtype and device of `X`. Lazy data frames get a column ``log_density``.
        """
        return super().score_samples(X) if noise is None else self._told(X, "log_density", noise)

    def _told(
        self, X: Any, question: str, noise: npt.ArrayLike | None, must_link: npt.ArrayLike | None = None
    ) -> Array:
        potentials = self._potentials_for(question)
        source = self._source(X, n_features=potentials.n_features)
        source, observations = in_strata(source, Facts.of(source, noise, must_link=must_link))
        with folding(source, self.engine, self.n_jobs, self.executor, observations=observations) as fold:
            return getattr(fold, question)(potentials)
