"""The numbers of a mixture for people."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pytest

from mixfold import Mixture
from mixfold.covariance import FAMILIES
from mixfold.mixtures import Description, with_deviations
from tests.examples import mixture_of


def described(k: int, d: int, names: list[str] | None = None) -> Description:
    """Give a description of k components in d features."""
    return Description("Title", np.full(k, 1.0 / k), np.zeros((k, d)), np.ones((k, d)), names)


@pytest.mark.parametrize("covariance_type", list(FAMILIES))
def test_a_summary_has_a_line_for_each_component(covariance_type: str) -> None:
    lines = mixture_of(covariance_type, 3, 2).summary().splitlines()
    assert [line.split()[0] for line in lines] == ["Mixture", "component", "0", "1", "2"]
    assert len({len(line) for line in lines[1:]}) == 1


def test_numbers_have_the_decimals_that_their_deviations_need() -> None:
    text = Mixture([1.0], [[1234.5678, 0.000012345]], [[100.0, 1e-12]], "diag").summary()
    assert "1234.6 ± 10.0" in text
    assert "1.234e-05 ± 1e-06" in text


def test_what_is_left_out_is_counted() -> None:
    text = described(41, 8).text()
    assert text.endswith("... and 1 more component\n... and 2 more features")
    assert "x5" in text
    assert "x6" not in text


def test_the_table_of_a_notebook_has_the_cells_of_the_text() -> None:
    cells: list[str] = []

    class Cells(HTMLParser):
        def handle_data(self, data: str) -> None:
            cells.append(data)

    mixture = Mixture([0.25, 0.75], [[0.0], [9.0]], [1.0, 1.0], "spherical", ["size"])
    Cells().feed(mixture._repr_html_())
    title, *rest = cells
    assert title == mixture.summary().splitlines()[0]
    table, picture = rest[:9], rest[9:]
    assert table == ["component", "weight", "size", "0", "0.2500", "0.00 ± 1.00", "1", "0.7500", "9.00 ± 1.00"]
    assert picture == ["2 components", "size"]


def test_names_of_features_are_no_markup() -> None:
    page = described(1, 1, ["<script>alert(1)</script>"]).html()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("deviation", "expected"),
    [(0.5, "2.000 ± 0.500"), (31.0, "2.0 ± 31.0"), (400.0, "2 ± 400"), (1e-9, "2 ± 1e-09"), (0.0, "2 ± 0")],
)
def test_a_deviation_has_three_digits_and_its_mean_as_many_decimals(deviation: float, expected: str) -> None:
    assert with_deviations(np.array([2.0]), np.array([deviation])) == [expected]
