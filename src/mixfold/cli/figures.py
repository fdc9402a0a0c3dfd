"""Pictures as PNG files, and the page of HTML that has them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mixfold.estimators.cluster_stability import ClusterStability
from mixfold.plotting import (
    ClusterDisplay,
    ClusterTreeDisplay,
    ConvergenceDisplay,
    EntropyDisplay,
    OutlierDisplay,
    SegmentationDisplay,
    SelectionDisplay,
    new_figure,
)
from mixfold.plotting.report import Report
from mixfold.search import LikelihoodRatioTest
from mixfold.typing import FloatArray

DOTS_PER_INCH = 150


def write_pictures(folder: Path, estimator: Any, rows: FloatArray, names: Sequence[str]) -> None:
    """Write clusters.png, responsibilities.png and convergence.png."""
    figure = new_figure()
    clusters = ClusterDisplay.from_estimator(estimator, rows, feature_names=names, ax=figure.subplots())
    figure.savefig(folder / "clusters.png", dpi=DOTS_PER_INCH)
    figure = new_figure()
    clusters.plot(figure.subplots(), assignment="soft")
    figure.savefig(folder / "responsibilities.png", dpi=DOTS_PER_INCH)
    figure = new_figure()
    ConvergenceDisplay.from_estimator(estimator, ax=figure.subplots())
    figure.savefig(folder / "convergence.png", dpi=DOTS_PER_INCH)


def write_outliers(folder: Path, detector: Any, rows: Any, names: Sequence[str]) -> None:
    """Write anomalies.png."""
    figure = new_figure()
    OutlierDisplay.from_estimator(detector, rows, feature_names=names, ax=figure.subplots())
    figure.savefig(folder / "anomalies.png", dpi=DOTS_PER_INCH)


def write_legend(folder: Path, segmentation: Any, white: float) -> None:
    """Write legend.png."""
    height, width = segmentation.labels.shape
    figure = new_figure(9.5, min(max(5.5 * height / width, 3.0), 12.0))
    SegmentationDisplay.from_segmentation(segmentation, white=white, ax=figure.subplots())
    figure.savefig(folder / "legend.png", dpi=DOTS_PER_INCH, bbox_inches="tight")


def write_choice(folder: Path, estimator: Any, rows: FloatArray, names: Sequence[str]) -> None:
    """Write selection.png, clusters.png, entropy.png and tree.png."""
    figure = new_figure()
    SelectionDisplay.from_estimator(estimator, ax=figure.subplots())
    figure.savefig(folder / "selection.png", dpi=DOTS_PER_INCH)
    figure = new_figure()
    ClusterDisplay.from_estimator(estimator, rows, feature_names=names, ax=figure.subplots())
    figure.savefig(folder / "clusters.png", dpi=DOTS_PER_INCH)
    figure = new_figure()
    combined = EntropyDisplay.from_estimator(estimator, rows, ax=figure.subplots()).combined
    figure.savefig(folder / "entropy.png", dpi=DOTS_PER_INCH)
    figure = new_figure()
    ClusterTreeDisplay(combined=combined, n_clusters=estimator.n_clusters_).plot(figure.subplots())
    figure.savefig(folder / "tree.png", dpi=DOTS_PER_INCH)


def write_overview(path: Path, estimator: Any, rows: FloatArray, names: Sequence[str]) -> None:
    """Write one picture of what a choice found: clusters, how sure they are, and why so many."""
    figure = new_figure(17.0, 5.2)
    left, middle, right = figure.subplots(1, 3)
    clusters = ClusterDisplay.from_estimator(estimator, rows, feature_names=names, ax=left)
    clusters.plot(middle, assignment="soft")
    SelectionDisplay.from_estimator(estimator, ax=right)
    figure.savefig(path, dpi=DOTS_PER_INCH)


def write_report(
    folder: Path,
    estimator: Any,
    rows: FloatArray,
    names: Sequence[str],
    data_name: str,
    command: str,
    facts: Mapping[str, Any],
    noise: FloatArray | None = None,
    stability: ClusterStability | None = None,
    split_tests: Mapping[int, LikelihoodRatioTest] | None = None,
) -> None:
    """Write report.html."""
    page = Report.from_estimator(
        estimator,
        rows,
        feature_names=names,
        data_name=data_name,
        command=command,
        facts=facts,
        noise=noise,
        stability=stability,
        split_tests=split_tests,
    )
    page.save(folder / "report.html")
