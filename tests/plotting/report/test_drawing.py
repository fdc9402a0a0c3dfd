"""The numbers that the charts of a page draw, read back as a browser does."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest

from mixfold import GaussianMixture, Mixture
from mixfold.plotting.report import drawing as module
from mixfold.plotting.report.drawing import Axes, agreeing, drawing, lines_of, packed, themes
from mixfold.plotting.report.review import Review
from mixfold.typing import FloatArray

RANDOM = np.random.default_rng(0)
ROWS = RANDOM.normal(size=(60, 3)) * [1.0, 3.0, 1.0] + np.repeat([[0.0], [6.0]], 30, axis=0)
MIXTURE = Mixture([0.5, 0.5], [[0.0] * 3, [6.0] * 3], [[1.0, 9.0, 1.0]] * 2, "diag")


def unpacked(text: str, dtype: Any) -> FloatArray:
    return np.frombuffer(base64.b64decode(text), np.dtype(dtype).newbyteorder("<"))


def content_of(mixture: Mixture, rows: FloatArray, marked: tuple[int, ...] = ()) -> tuple[dict[str, Any], Axes]:
    """Give what is drawn, which JSON must be able to say."""
    axes = Axes.of(mixture, rows, [f"x{index}" for index in range(mixture.n_features)])
    content = drawing(mixture, rows, axes, Review.of(mixture, rows), marked, np.arange(mixture.n_components))
    assert json.loads(json.dumps(content)) == content
    return content, axes


def test_components_of_one_group_have_one_color() -> None:
    mixture = Mixture([0.25] * 4, [[0.0], [1.0], [6.0], [7.0]], [[1.0]] * 4, "diag")
    rows = np.random.default_rng(0).normal(size=(20, 1))
    axes, review = Axes.of(mixture, rows, ["x"]), Review.of(mixture, rows)
    content = drawing(mixture, rows, axes, review, (), np.array([1, 0, 1, 2]))
    for theme, colors in zip(("light", "dark"), themes(3), strict=True):
        assert content[theme] == [colors[1], colors[0], colors[1], colors[2]]


def test_rows_are_given_on_every_axis() -> None:
    content, axes = content_of(MIXTURE, ROWS, (7,))
    assert content["axes"][:3] == ["x0", "x1", "x2"]
    assert (len(content["axes"]), content["n_principal"]) == (5, 2)
    columns = [unpacked(column, np.float32) for column in content["rows"]["columns"]]
    there = np.array(columns).T + content["rows"]["offsets"]
    np.testing.assert_allclose(there[:, :3], ROWS, atol=1e-5)
    np.testing.assert_allclose(there, axes.plane.rows(ROWS), atol=1e-5)
    np.testing.assert_allclose(content["marked"]["7"][:3], ROWS[7])
    np.testing.assert_array_equal(unpacked(content["rows"]["labels"], np.uint16), MIXTURE.labels(ROWS))


def test_components_are_given_on_every_axis() -> None:
    content, axes = content_of(MIXTURE, ROWS)
    directions = axes.plane.axes
    np.testing.assert_allclose(content["means"], (MIXTURE.means - axes.plane.origin) @ directions.T)
    expected = directions @ np.diag([1.0, 9.0, 1.0]) @ directions.T
    np.testing.assert_allclose(content["covariances"], [expected] * 2, rtol=1e-6, atol=1e-6)


def test_far_rows_keep_their_digits() -> None:
    far = Mixture(MIXTURE.weights, MIXTURE.means + 1e9, MIXTURE.covariances, "diag")
    content, _ = content_of(far, ROWS + 1e9)
    column = unpacked(content["rows"]["columns"][0], np.float32) + (content["rows"]["offsets"][0] - 1e9)
    np.testing.assert_allclose(column, ROWS[:, 0], atol=1e-5)


def test_one_feature_is_a_histogram_of_every_component() -> None:
    rows = ROWS[:, :1]
    content, _ = content_of(Mixture([0.5, 0.5], [[0.0], [6.0]], [1.0, 1.0], "spherical"), rows)
    counts = np.array(content["histogram"]["counts"])
    np.testing.assert_array_equal(counts.sum(axis=0), np.histogram(rows, content["histogram"]["edges"])[0])
    assert counts.sum(axis=1).tolist() == [30, 30]


def test_many_rows_are_counted_in_cells_that_the_strongest_component_owns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ROWS", 10)
    content, _ = content_of(MIXTURE, ROWS)
    assert "rows" not in content
    density = content["density"]
    pair = density["pairs"]["0 2"]
    counts, owners = unpacked(pair["counts"], np.uint32), unpacked(pair["owners"], np.uint16)
    assert counts.sum() == len(ROWS)
    assert len(counts) == density["cells"] ** 2
    assert set(owners[counts > 0].tolist()) == {0, 1}
    (at,) = np.nonzero(counts[: len(counts) // 3])  # low cells are near the first component
    assert set(owners[at].tolist()) == {0}


def test_of_many_features_those_are_axes_in_which_components_differ_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_AXES", 2)
    axes = Axes.of(MIXTURE, ROWS, ["a", "b", "c"])
    assert axes.plane.labels[:2] == ("a", "c")
    assert axes.note == "The 2 of 3 columns in which the clusters differ most can be chosen."


def test_rows_are_counted_by_how_sure_their_component_is_of_them() -> None:
    content, _ = content_of(MIXTURE, ROWS)
    table = np.array(content["sureness"])
    assert table.sum(axis=1).tolist() == np.bincount(MIXTURE.labels(ROWS)).tolist()
    shares = MIXTURE.responsibilities(ROWS).max(axis=1)
    assert table[:, 9].sum() == np.sum(shares >= 0.9)
    assert table[:, :5].sum() == 0


@pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")
def test_a_line_has_few_points_and_its_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    model = GaussianMixture(3, init_params="random", n_init=2, tol=1e-9, random_state=0).fit(ROWS)
    whole = lines_of(model.restarts_, 0)
    monkeypatch.setattr(module, "MOST_POINTS_OF_A_LINE", 4)
    few = lines_of(model.restarts_, 1)
    assert [line["best"] for line in whole + few] == [True, False, False, True]
    for long, short in zip(whole, few, strict=True):
        assert len(short["x"]) <= 5 < len(long["x"])
        assert (short["x"][-1], short["y"][-1]) == (long["x"][-1], long["y"][-1])


def test_restarts_that_end_as_high_as_the_best_agree() -> None:
    model = GaussianMixture(2, init_params="kmeans", n_init=3, random_state=0).fit(ROWS)
    heights = [run.log_likelihood for run in model.restarts_]
    assert agreeing(model.restarts_, 0) == sum(abs(height - heights[0]) < module.SAME for height in heights) >= 1


def test_numbers_are_packed_with_the_least_byte_first() -> None:
    assert base64.b64decode(packed(np.array([1, 258]), np.uint16)) == bytes([1, 0, 2, 1])


def test_colors_on_dark_paper_are_never_darker() -> None:
    light, dark = themes(6)
    assert len(set(light)) == len(set(dark)) == 6
    for on_light, on_dark in zip(light, dark, strict=True):
        assert all(int(on_dark[at : at + 2], 16) >= int(on_light[at : at + 2], 16) for at in (1, 3, 5))
