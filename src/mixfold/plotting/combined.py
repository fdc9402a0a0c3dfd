"""What displays of combined components have in common: whose they are, and how many clusters are asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

from mixfold.plotting.canvas import Axes, counted
from mixfold.plotting.rows import drawable, fitted_mixture
from mixfold.search import CombinedComponents


class CombinedDisplay(ABC):
    """A picture of how components are combined to clusters.

    Parameters
    ----------
    combined : CombinedComponents
    n_clusters : int, optional
        The number of clusters that is shown; by default that of `combined`.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    """

    ax_: Axes
    figure_: Any

    def __init__(self, *, combined: CombinedComponents, n_clusters: int | None = None) -> None:
        self.combined = combined
        self.n_clusters = combined.n_clusters if n_clusters is None else n_clusters

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, *, n_clusters: int | None = None, ax: Axes | None = None) -> Self:
        """Draw how a fitted estimator's components are combined.

        Parameters
        ----------
        estimator : estimator with a `mixture_`
        X : array-like, data frame or tensor of shape (n_rows, n_features)
            The rows that were fitted, or others of their kind.
        n_clusters : int, optional
            The number that is shown; by default `n_clusters_` of the estimator, or that of `combined`.
        ax : matplotlib Axes, optional
            By default those of a new pyplot figure.

        Returns
        -------
        display : CombinedDisplay
        """
        mixture = fitted_mixture(estimator)
        rows, _ = drawable(mixture, X, estimator, None)
        combined = CombinedComponents.of(mixture, rows)
        return cls(combined=combined, n_clusters=n_clusters or getattr(estimator, "n_clusters_", None)).plot(ax)

    @abstractmethod
    def plot(self, ax: Axes | None = None) -> Self:
        """Draw, again if wanted, on `ax` or on those of a new pyplot figure."""

    @property
    def title(self) -> str:
        """How many clusters of how many components."""
        return f"{counted(self.n_clusters, 'cluster')} of {counted(self.combined.n_components, 'component').lower()}"
