"""The pictures of a command: which files there are, and what is on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixfold import AutoGaussianMixture, GaussianMixture, MixtureOutlierDetector, segment
from mixfold.cli import figures
from mixfold.datasets import load_faithful
from mixfold.images import read_image

pytestmark = pytest.mark.usefixtures("drawn")

BUNCH = load_faithful()
ROWS, NAMES = BUNCH.data, BUNCH.feature_names


@pytest.fixture(scope="module")
def fitted() -> GaussianMixture:
    return GaussianMixture(2, random_state=0).fit(ROWS)


def size_of(path: Path) -> tuple[int, int]:
    """Give the height and the width of a picture in dots."""
    height, width, *_ = read_image(path).shape
    return height, width


def test_a_fit_is_drawn_hard_and_soft_and_as_it_converged(tmp_path: Path, fitted: GaussianMixture) -> None:
    figures.write_pictures(tmp_path, fitted, ROWS, NAMES)
    assert {path.name for path in tmp_path.iterdir()} == {"clusters.png", "responsibilities.png", "convergence.png"}
    hard, soft = (read_image(tmp_path / name) for name in ("clusters.png", "responsibilities.png"))
    assert hard.shape == soft.shape
    assert np.any(hard != soft)


def test_outliers_are_drawn(tmp_path: Path) -> None:
    detector = MixtureOutlierDetector(random_state=0).fit(ROWS)
    figures.write_outliers(tmp_path, detector, ROWS, NAMES)
    assert [path.name for path in tmp_path.iterdir()] == ["anomalies.png"]


def test_a_legend_of_any_picture_is_as_large_as_can_be_read(tmp_path: Path) -> None:
    heights = []
    for height, width in ((4, 80), (80, 4)):
        picture = np.random.default_rng(0).random((height, width))
        picture[: height // 2, : width // 2] += 4.0
        figures.write_legend(tmp_path, segment(picture, 2, random_state=0), 5.0)
        heights.append(size_of(tmp_path / "legend.png")[0] / figures.DOTS_PER_INCH)
    assert 1.0 < heights[0] < 3.0
    assert 6.0 < heights[1] < 13.0


def test_a_choice_is_drawn_as_files_or_as_one_picture(tmp_path: Path) -> None:
    choice = AutoGaussianMixture([1, 2, 3], covariance_types=["full"], random_state=0).fit(ROWS)
    figures.write_choice(tmp_path, choice, ROWS, NAMES)
    assert {path.name for path in tmp_path.iterdir()} == {"selection.png", "clusters.png", "entropy.png", "tree.png"}
    figures.write_overview(tmp_path / "all.png", choice, ROWS, NAMES)
    height, width = size_of(tmp_path / "all.png")
    assert width > 3 * height


def test_a_report_is_one_page_with_what_it_is_told(tmp_path: Path, fitted: GaussianMixture) -> None:
    figures.write_report(tmp_path, fitted, ROWS, NAMES, "geyser.csv", "mixfold fit geyser.csv", {"time": "1 s"})
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert all(word in page for word in ("geyser.csv", "mixfold fit geyser.csv", *NAMES))
