"""`ClusterDisplay`: which row belongs to which component, or cluster of several, and how surely."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self, TypeAlias, final

import numpy as np
import numpy.typing as npt

from mixfold.errors import InputError
from mixfold.mixtures import Mixture
from mixfold.plotting.canvas import INK, Axes, axes_or_new, counted, dress, listed, percent
from mixfold.plotting.outline import draw_center, draw_outlines, radius_of
from mixfold.plotting.palette import blended, colors_of, marker_of
from mixfold.plotting.plane import Features, plane_of
from mixfold.plotting.rows import MAX_ROWS, clusters_of, drawable, drawn_rows, fitted_mixture
from mixfold.search import labels_of_groups
from mixfold.typing import FloatArray

Assignment: TypeAlias = Literal["hard", "soft"] | int

SURE = 0.9
"""Rows whose best component has less than this share are circled in the soft picture."""
DARKER = 0.75
"""What outlines keep of the light of their component, to be seen on its rows."""
MOST_IN_LEGEND = 12
"""With more components than this, the numbers at the centers have to do."""


@final
class ClusterDisplay:
    """Rows colored by component, with the center and the probability ellipses of each.

    Where an estimator says that several components are one cluster these have the same color. With one feature the rows
    of each component lie in a strip of their own, and bars take the place of ellipses.

    Parameters
    ----------
    points : ndarray of shape (n_rows, 1 or 2)
        What is drawn.
    responsibilities : ndarray of shape (n_rows, n_components)
        Of these rows, from all features.
    mixture : Mixture
        The mixture on the axes drawn; its feature names label them.
    note : str
        What the picture leaves out.
    clusters : array-like of int of shape (n_components,), optional
        The cluster of each component, by which rows are colored; by default each is one.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.plotting import ClusterDisplay, new_figure
    >>> mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [6.0, 6.0]], [1.0, 1.0], "spherical")
    >>> X, _ = mixture.sample(100, random_state=0)
    >>> display = ClusterDisplay.from_mixture(mixture, X, ax=new_figure().subplots())
    >>> display.ax_.get_title("left")
    'Two clusters'
    """

    ax_: Axes
    figure_: Any

    def __init__(
        self,
        *,
        points: FloatArray,
        responsibilities: FloatArray,
        mixture: Mixture,
        note: str = "",
        clusters: npt.ArrayLike | None = None,
    ) -> None:
        self.points = points
        self.responsibilities = responsibilities
        self.mixture = mixture
        self.note = note
        self.clusters = np.arange(mixture.n_components) if clusters is None else np.asarray(clusters)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        assignment: Assignment = "hard",
        features: Features | None = None,
        masses: Sequence[float] = (0.5, 0.9),
        feature_names: Sequence[str] | None = None,
        max_rows: int = MAX_ROWS,
        ax: Axes | None = None,
    ) -> Self:
        """Draw what a fitted estimator makes of data.

        Parameters
        ----------
        estimator : estimator with a `mixture_`
        X : array-like, data frame or tensor of shape (n_rows, n_features)
        assignment : {'hard', 'soft'} or int, default='hard'
            'hard' gives each row the color of its most probable component, or cluster of several, 'soft' mixes the
            colors of all components by their responsibilities, a number shows the responsibility of that component
            alone.
        features : int, str, or one or two of them, optional
            Which features are drawn, by index or name. By default all of one or two, and of more the plane of their two
            principal components; the picture says so.
        masses : sequence of float, default=(0.5, 0.9)
            Shares of a component's probability that its ellipses hold, on the axes drawn.
        feature_names : sequence of str, optional
            By default those of `X` or of the mixture.
        max_rows : int, default=10000
            Of more rows a random sample is drawn; the picture says so.
        ax : matplotlib Axes, optional
            By default those of a new pyplot figure.

        Returns
        -------
        display : ClusterDisplay

        Raises
        ------
        ValueError
            If `X` cannot be used, or a parameter is out of its range.
        MissingExtraError
            If matplotlib is not installed.
        """
        mixture = fitted_mixture(estimator)
        rows, names = drawable(mixture, X, estimator, feature_names)
        display = cls._of(mixture, rows, names, features, max_rows, clusters_of(estimator))
        return display.plot(ax, assignment=assignment, masses=masses)

    @classmethod
    def from_mixture(
        cls,
        mixture: Mixture,
        X: Any,
        *,
        assignment: Assignment = "hard",
        features: Features | None = None,
        masses: Sequence[float] = (0.5, 0.9),
        feature_names: Sequence[str] | None = None,
        max_rows: int = MAX_ROWS,
        ax: Axes | None = None,
    ) -> Self:
        """Draw what a mixture makes of data; the parameters are those of `from_estimator`."""
        rows, names = drawable(mixture, X, None, feature_names)
        display = cls._of(mixture, rows, names, features, max_rows)
        return display.plot(ax, assignment=assignment, masses=masses)

    @classmethod
    def _of(
        cls,
        mixture: Mixture,
        rows: FloatArray,
        names: Sequence[str],
        features: Features | None,
        max_rows: int,
        clusters: npt.ArrayLike | None = None,
    ) -> Self:
        chosen, note = drawn_rows(len(rows), max_rows)
        plane = plane_of(mixture, rows, names, features)
        return cls(
            points=plane.rows(rows[chosen]),
            responsibilities=mixture.responsibilities(rows[chosen]),
            mixture=plane.mixture(mixture),
            note=" · ".join(part for part in (plane.note, note) if part),
            clusters=clusters,
        )

    def plot(
        self, ax: Axes | None = None, *, assignment: Assignment = "hard", masses: Sequence[float] = (0.5, 0.9)
    ) -> Self:
        """Draw, again if wanted; the parameters are those of `from_estimator`."""
        self._check(assignment, masses)
        ax = axes_or_new(ax)
        colors = colors_of(self.mixture.n_components)
        if assignment == "hard":
            self._draw_hard(ax, colors_of(self._n_clusters))
            colors = colors[self.clusters]
        elif assignment == "soft":
            self._draw_soft(ax, colors)
        else:
            self._draw_one(ax, assignment, colors[assignment])
            colors = np.where(np.arange(len(colors))[:, None] == assignment, colors, 0.6)  # the others in gray
        for component, color in enumerate(colors):
            draw_outlines(ax, self.mixture, component, masses, DARKER * color)
        for component, color in enumerate(colors):
            draw_center(ax, self.mixture, component, color)
        self._label(ax, assignment, masses)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _check(self, assignment: Assignment, masses: Sequence[float]) -> None:
        k = self.mixture.n_components
        is_component = isinstance(assignment, int | np.integer) and 0 <= assignment < k
        if assignment not in {"hard", "soft"} and not is_component:
            message = f"`assignment` must be 'hard', 'soft' or a component from 0 to {k - 1}, got {assignment!r}."
            raise InputError(message)
        for mass in masses:
            radius_of(mass, 2)

    def _draw_hard(self, ax: Axes, colors: FloatArray) -> None:
        labels = labels_of_groups(self.responsibilities, self.clusters)
        places, kind = self._places(), "cluster" if self._are_several else "component"
        for cluster, color in enumerate(colors):
            own = labels == cluster
            self._scatter(
                ax,
                places[own],
                color=[color],
                marker=marker_of(cluster),
                alpha=0.6,
                gid=f"rows {cluster}",
                label=f"{cluster}: {percent(own.mean())} of the rows",
            )
        if len(colors) <= MOST_IN_LEGEND:
            place = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
            legend = ax.legend(title=kind, frameon=False, fontsize=9, alignment="left", **place)
            for handle in legend.legend_handles:
                handle.set(sizes=[45.0], alpha=1.0)

    def _draw_soft(self, ax: Axes, colors: FloatArray) -> None:
        mixed, places = blended(self.responsibilities, colors), self._places()
        sure = self.responsibilities.max(axis=1) >= SURE
        self._scatter(ax, places[sure], color=mixed[sure], alpha=0.6, gid="sure rows")
        edge = {"edgecolor": INK, "linewidth": float(np.clip(25.0 / np.sqrt(len(places)), 0.2, 0.8))}
        label = f"less than {SURE:.0%} sure ({1.0 - sure.mean():.1%} of the rows)"
        self._scatter(ax, places[~sure], color=mixed[~sure], gid="unsure rows", label=label, **edge)
        if not sure.all():
            ax.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(0.0, -0.11), borderaxespad=0.0)

    def _draw_one(self, ax: Axes, component: int, color: FloatArray) -> None:
        from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415  (optional extra)

        share = self.responsibilities[:, component]
        order = np.argsort(share)  # likely rows on top
        scale = LinearSegmentedColormap.from_list("share", [(0.88, 0.88, 0.88), tuple(color)])
        drawn = self._scatter(ax, self._places()[order], c=share[order], cmap=scale, vmin=0.0, vmax=1.0, gid="rows")
        bar = ax.figure.colorbar(drawn, ax=ax, shrink=0.8, pad=0.02)
        bar.set_label(f"responsibility of component {component}", fontsize=9)
        bar.outline.set_visible(False)

    @property
    def _n_clusters(self) -> int:
        return int(np.max(self.clusters)) + 1

    @property
    def _are_several(self) -> bool:
        """Whether a cluster is several components."""
        return self._n_clusters < self.mixture.n_components

    def _places(self) -> FloatArray:
        """Give the points, those of a single feature spread over the strip of their component."""
        if self.points.shape[1] == 2:
            return self.points
        strip = self.responsibilities.argmax(axis=1)
        spread = np.random.default_rng(0).uniform(-0.32, 0.32, len(strip))
        return np.column_stack([self.points[:, 0], strip + spread])

    def _scatter(self, ax: Axes, places: FloatArray, **kwargs: Any) -> Any:
        size = float(np.clip(12_000.0 / max(len(self.points), 1), 5.0, 24.0))
        style = {"linewidth": 0.0, "zorder": 2, "rasterized": len(self.points) > 2_000, **kwargs}
        return ax.scatter(places[:, 0], places[:, 1], s=size, **style)

    def _label(self, ax: Axes, assignment: Assignment, masses: Sequence[float]) -> None:
        labels = self.mixture.feature_names or ("", "")
        ax.set_xlabel(labels[0], color=INK)
        ax.set_ylabel(labels[1] if self.mixture.n_features == 2 else "component", color=INK)
        shape = "ellipses" if self.mixture.n_features == 2 else "bars"
        held = f"{shape} hold {listed(masses)} of a component" if masses else ""
        hard = counted(self._n_clusters, "cluster")
        hard += f" of {counted(self.mixture.n_components, 'component').lower()}" if self._are_several else ""
        title = {"hard": hard, "soft": "Soft assignment: colors mix by responsibility"}
        dress(
            ax,
            title.get(str(assignment), f"Responsibility of component {assignment}"),
            " · ".join(part for part in (self.note, held) if part),
        )
        if self.mixture.n_features == 1:
            ax.set_yticks(range(self.mixture.n_components))
            ax.invert_yaxis()
