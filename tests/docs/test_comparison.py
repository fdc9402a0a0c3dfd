"""The page that compares programs names those of its benchmark, which runs."""

import re
from pathlib import Path

import numpy as np
from benchmarks.comparison import PROGRAMS, measured, planted

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "comparison.md"


def test_the_table_of_measures_has_a_line_for_each_program_of_the_benchmark():
    measures = PAGE.read_text(encoding="utf-8").partition("| program |")[2]
    assert re.findall(r"^\| (\S+) \| [\d.]+ \| -[\d.]+ \|$", measures, re.MULTILINE) == list(PROGRAMS)


def test_a_fit_that_is_compared_ends_where_the_score_of_its_rows_says():
    _, score = measured(lambda rows, seed: float(np.mean(rows)) + seed, seeds=1)
    assert score == float(np.mean(planted(0)))
