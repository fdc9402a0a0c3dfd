"""`Report`: a fit as one page of HTML."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Self, final

import numpy as np
import numpy.typing as npt

from mixfold.atomic import written_whole
from mixfold.errors import MissingExtraError
from mixfold.estimators.cluster_stability import ClusterStability
from mixfold.fitting import Run
from mixfold.mixtures import Mixture
from mixfold.plotting.convergence import BOUND, position_of_best, what_is_climbed
from mixfold.plotting.report.certainty import Certainty
from mixfold.plotting.report.drawing import SAME, Axes, agreeing, drawing, lines_of
from mixfold.plotting.report.plotlyjs import LIBRARY, compressed_library
from mixfold.plotting.report.review import Review
from mixfold.plotting.report.rows_seen import RowsSeen, seen_of
from mixfold.plotting.report.selection_curve import SelectionCurve
from mixfold.plotting.report.splits import Splits
from mixfold.plotting.report.words import (
    MOST_COLUMNS,
    anomalous_rows,
    component_rows,
    constant_last,
    headline,
    lead,
    overlaps,
    shape_in_words,
    uncertain_rows,
)
from mixfold.plotting.rows import clusters_of, drawable, fitted_mixture
from mixfold.plotting.selection import CLOSE
from mixfold.search import LikelihoodRatioTest
from mixfold.tables.skewness import about_skewed_columns
from mixfold.typing import FloatArray

MOST_ROWS_IN_A_TABLE = 10
PACKAGES = ("mixfold", "numpy", "scipy", "scikit-learn", "plotly")


@final
class Report:
    """A fit as one self-contained page of HTML, for people without Python.

    The page holds the rows that it draws (all of up to 10 000, of more a density) and those that it lists, so treat it
    as you treat the data. It needs no network and may be opened from a disk.

    Parameters
    ----------
    mixture : Mixture
    rows : ndarray of shape (n_rows, n_features)
    feature_names : sequence of str
    restarts : sequence of Run
        Whose convergence is drawn; may be empty.
    data_name : str
        What the title calls the data.
    command : str
        What makes this fit again.
    facts : mapping
        More to list beside it.
    selection : SelectionCurve, optional
    warnings : sequence of str
        What the fit warned about.
    seen : RowsSeen, optional
        What rows lack, which belong to no cluster, and with what errors they were measured.
    certainty : Certainty, optional
        How often a selection finds its numbers again in parts of the rows.
    splits : Splits, optional
        How far apart the two groups are that each split of a selection's clusters parts.
    groups : array-like of int of shape (n_components,), optional
        The group of each bell-shaped cluster; by default each is one.

    Examples
    --------
    >>> from mixfold import GaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> from mixfold.plotting import Report
    >>> X = load_faithful().data
    >>> model = GaussianMixture(2, random_state=0).fit(X)
    >>> report = Report.from_estimator(model, X, data_name="Old Faithful")
    >>> report.title
    'Two clusters in Old Faithful'
    """

    def __init__(
        self,
        mixture: Mixture,
        rows: FloatArray,
        feature_names: Sequence[str],
        *,
        restarts: Sequence[Run] = (),
        data_name: str = "the data",
        command: str = "",
        facts: Mapping[str, Any] | None = None,
        selection: SelectionCurve | None = None,
        warnings: Sequence[str] = (),
        seen: RowsSeen | None = None,
        certainty: Certainty | None = None,
        splits: Splits | None = None,
        groups: npt.ArrayLike | None = None,
    ) -> None:
        self.mixture = mixture
        self.rows = rows
        self.feature_names = tuple(feature_names)
        self.restarts = tuple(restarts)
        self.data_name = data_name
        self.command = command
        self.facts = dict(facts or {})
        self.selection = selection
        self.warnings = tuple(warnings)
        self.seen = seen
        self.certainty = certainty
        self.splits = splits
        self.groups = np.arange(mixture.n_components) if groups is None else np.asarray(groups)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        feature_names: Sequence[str] | None = None,
        data_name: str = "the data",
        command: str | None = None,
        facts: Mapping[str, Any] | None = None,
        selection: SelectionCurve | None = None,
        noise: Any = None,
        stability: ClusterStability | None = None,
        split_tests: Mapping[int, LikelihoodRatioTest] | None = None,
    ) -> Self:
        """Gather what a fitted estimator makes of data.

        Parameters
        ----------
        estimator : estimator with a `mixture_`
        X : array-like, data frame or tensor of shape (n_rows, n_features)
            Of rows that lack values, NaN, an estimator that was fitted to such ones draws what it expects.
        feature_names : sequence of str, optional
            By default those of `X` or of the mixture.
        data_name : str
            What the title calls the data.
        command : str, optional
            What makes this fit again; by default the call in Python.
        facts : mapping, optional
            More to list beside it, the criteria say.
        selection : SelectionCurve, optional
            The models that were compared; by default those of an estimator that chose between some.
        noise : array-like, optional
            The errors that `X` was measured with, as for `fit`.
        stability : ClusterStability, optional
            What `AutoGaussianMixture.cluster_stability` gives: how sure the number of clusters is, and each of them.
        split_tests : mapping of int to LikelihoodRatioTest, optional
            What `AutoGaussianMixture.split_test` says of the split into so many clusters; the dip test is shown anyway.

        Returns
        -------
        report : Report

        Raises
        ------
        ValueError
            If `X` cannot be used.
        """
        mixture = fitted_mixture(estimator)
        seen, drawn = seen_of(estimator, X, noise)
        rows, names = drawable(mixture, drawn, estimator, feature_names)
        if selection is None and hasattr(estimator, "results_"):
            selection = SelectionCurve.from_estimator(estimator)
        return cls(
            mixture,
            rows,
            names,
            restarts=getattr(estimator, "restarts_", ()),
            data_name=data_name,
            command=f"{estimator!r}.fit(X)" if command is None else command,
            facts=facts,
            selection=selection,
            warnings=getattr(estimator, "warnings_", ()),
            seen=seen,
            certainty=None if stability is None else Certainty.of(stability, estimator.clusters_),
            splits=Splits.of(estimator, split_tests or {}) if getattr(estimator, "cluster_splits_", ()) else None,
            groups=clusters_of(estimator),
        )

    @property
    def title(self) -> str:
        """The heading of the page."""
        return headline(self.mixture, self.data_name, self.n_groups)

    @property
    def n_groups(self) -> int:
        """How many groups bell-shaped clusters make."""
        return int(np.max(self.groups)) + 1

    @property
    def html(self) -> str:
        """The page.

        Raises
        ------
        MissingExtraError
            If plotly or jinja2 is not installed.
        """
        order = constant_last(self.rows)
        mixture, rows, seen = self.mixture, self.rows, self.seen
        names = tuple(self.feature_names[at] for at in order)
        if np.any(order != np.arange(len(order))):
            mixture, rows = Mixture.marginal(mixture, order.tolist()), rows[:, order]
            seen = None if seen is None else seen.in_order(order)
        review = Review.of(mixture, rows)
        axes = Axes.of(mixture, rows, names)
        uncertain = review.most_uncertain(MOST_ROWS_IN_A_TABLE) if mixture.n_components > 1 else np.arange(0)
        anomalous = review.most_anomalous(MOST_ROWS_IN_A_TABLE)
        best = position_of_best(self.restarts) if self.restarts else 0
        content = drawing(mixture, rows, axes, review, {*map(int, uncertain), *map(int, anomalous)}, self.groups)
        content["restarts"], content["sameHeight"] = lines_of(self.restarts, best), SAME
        climbed = what_is_climbed(self.restarts, best) if self.restarts else ""
        content["climbed"] = climbed
        content["selection"] = None if self.selection is None else self.selection.content()
        return _page().render(
            title=self.title,
            lead=lead(mixture, review, len(rows), self.n_groups),
            seen=seen,
            missing_picture="" if seen is None or not seen.n_missing else seen.missing_picture(names),
            rows_picture="" if seen is None or not seen.has_rows else seen.rows_picture(mixture, rows, names),
            warnings=[*self.warnings, *filter(None, [about_skewed_columns(self.rows, self.feature_names)])],
            shape=shape_in_words(self.mixture),
            constant=[name for name, column in zip(names, rows.T, strict=True) if np.ptp(column) == 0.0],
            tiles=self._tiles(review),
            shown_names=names[:MOST_COLUMNS],
            n_hidden=max(0, len(names) - MOST_COLUMNS),
            components=component_rows(mixture, names, rows, review, self.groups),
            n_groups=self.n_groups,
            light=content["light"],
            dark=content["dark"],
            axes=axes,
            n_axes=len(content["axes"]),
            n_rows=len(rows),
            n_components=mixture.n_components,
            overlaps=overlaps(review),
            uncertain=uncertain_rows(uncertain, review, rows),
            anomalous=anomalous_rows(anomalous, mixture, review, rows, names),
            restarts=content["restarts"],
            has_gaps=any(None in line["y"] for line in content["restarts"]),
            n_agreeing=agreeing(self.restarts, best),
            climbed=climbed,
            is_bound=climbed == BOUND,
            selection=self.selection,
            certainty=self.certainty,
            splits=self.splits,
            close=f"{CLOSE:g}",
            command=self.command,
            facts={name: f"{each:.10g}" if isinstance(each, float) else str(each) for name, each in self.facts.items()},
            versions={"Python": sys.version.split()[0], **{name: version(name) for name in PACKAGES}},
            platform=platform.platform(),
            library_name=LIBRARY,
            library=compressed_library(),
            content=_json_for_html(content),
            style=_asset("page.css"),
            script=_asset("page.js"),
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page to the file `path`, which appears whole or not at all."""
        html = self.html
        with written_whole(path) as unfinished:
            unfinished.write_text(html, encoding="utf-8")

    def _tiles(self, review: Review) -> dict[str, str]:
        mixture = self.mixture
        tiles = {
            "rows": f"{len(self.rows):,}",
            "columns": str(mixture.n_features),
            **({"groups": str(self.n_groups)} if self.n_groups < mixture.n_components else {}),
            "clusters": str(mixture.n_components),
            "cluster shape": mixture.covariance_type,
            "mean log density": f"{review.log_density.mean():.5g}",
        }
        if mixture.n_components > 1:
            tiles["rows assigned with ≥ 90%"] = f"{review.sure:.1%}"
        return tiles


def _json_for_html(content: Mapping[str, Any]) -> str:
    r"""Give JSON that no name in it can end the script element of.

    Examples
    --------
    >>> _json_for_html({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _asset(name: str) -> str:
    return (files("mixfold.plotting.report") / name).read_text(encoding="utf-8")


@cache
def _page() -> Any:
    try:
        from jinja2 import Environment, StrictUndefined  # noqa: PLC0415  (optional extra)
    except ImportError as error:
        package = "jinja2"
        raise MissingExtraError(package, "report", "Writing a report") from error
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_asset("page.html"))
