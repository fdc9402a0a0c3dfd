"""`mixfold anomalies` flags rows, says why, and remembers how it judged."""

import re

import numpy as np
import pyarrow as pa
import pytest

from mixfold import MixtureOutlierDetector
from mixfold.datasets import load_faithful
from mixfold.tables import read_table, write_table

X = load_faithful().data


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    """A detector file of Old Faithful's eruptions."""
    path = tmp_path_factory.mktemp("detector") / "detector.safetensors"
    table = pa.table({"eruptions": X[:, 0], "waiting": X[:, 1]})
    MixtureOutlierDetector(2, alpha=0.05, random_state=0).fit(table).save(path)
    return path


def test_alpha_alone_prints_the_flagged_rows_and_the_guarantee(mixfold, table):
    result = mixfold("anomalies", table, "--alpha", 0.05)
    assert result.exit_code == 0, result.output
    assert re.search(r"6 +0\.0146 +1 +eruptions +2\.883 +2\.0\d+ ± 0\.26", result.stdout)
    assert re.search(r"flagged +\d of 272 rows", result.stdout)
    words = " ".join(result.stdout.split())
    assert "at most 0.05 of new normal rows are flagged on average" in words
    assert "by 136 held-out rows" in words


@pytest.mark.usefixtures("drawn")
def test_a_folder_gets_the_verdicts_the_picture_and_the_detector(mixfold, table, tmp_path):
    out = tmp_path / "o"
    result = mixfold("anomalies", table, "--alpha", 0.05, "--out", out)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in out.iterdir()) == ["anomalies.csv", "anomalies.png", "detector.safetensors"]
    assert (out / "anomalies.png").read_bytes().startswith(b"\x89PNG")
    rows = read_table(out / "anomalies.csv")
    new = ["anomaly", "p_value", "log_density", "component", "unusual_feature", "expected_value"]
    assert rows.column_names == ["eruptions", "waiting", *new]
    loaded = MixtureOutlierDetector.load(out / "detector.safetensors")
    data = rows.select(["eruptions", "waiting"])
    np.testing.assert_array_equal(rows["p_value"], loaded.p_values(data))
    np.testing.assert_array_equal(rows["anomaly"].to_numpy() == 1, loaded.predict(data) == -1)
    explanation = loaded.explain(data)
    assert rows["unusual_feature"].to_pylist() == [("eruptions", "waiting")[index] for index in explanation.feature]
    expected = np.take_along_axis(explanation.expected, explanation.feature[:, None], axis=1)[:, 0]
    np.testing.assert_array_equal(rows["expected_value"], expected)


def test_a_saved_detector_judges_new_rows_by_name_at_any_alpha(mixfold, detector, tmp_path):
    new = pa.table({"note": ["usual", "odd"], "waiting": [80.0, 20.0], "eruptions": [4.3, 9.0]})
    write_table(tmp_path / "new.parquet", new)
    command = ["anomalies", tmp_path / "new.parquet", "--model", detector, "--alpha", 0.01, "--out", tmp_path / "o"]
    result = mixfold(*command)
    assert result.exit_code == 0, result.output
    rows = read_table(tmp_path / "o" / "anomalies.parquet")
    assert rows["anomaly"].to_pylist() == [0, 1]
    assert rows["p_value"].to_pylist()[1] == pytest.approx(1 / 137)
    assert not (tmp_path / "o" / "detector.safetensors").exists()


def test_without_alpha_five_percent_are_flagged(mixfold, table):
    result = mixfold("anomalies", table, "--components", 2)
    assert re.search(r"flagged +14 of 272 rows", result.stdout)
    assert "... and 4 more." in result.stdout


def test_a_matrix_without_names_gets_numbers_for_features(mixfold, tmp_path):
    np.save(tmp_path / "t.npy", X)
    result = mixfold("anomalies", tmp_path / "t.npy", "-k", 2, "--contamination", 0.1, "--out", tmp_path / "o")
    assert result.exit_code == 0, result.output
    rows = np.load(tmp_path / "o" / "anomalies.npy")
    assert rows.shape == (272, 7)
    assert rows[:, 2].sum() == pytest.approx(27, abs=1)
    assert set(rows[:, 5]) == {0.0, 1.0}


def test_a_table_too_small_for_alpha_is_refused_with_what_it_needs(refused, table, tmp_path):
    line = refused("anomalies", table, "--alpha", 0.005, "--out", tmp_path / "o")
    assert "`alpha` must be at least 1 / (n + 1) = 0.0073 with n = 136 held-out rows" in line
    assert not (tmp_path / "o").exists()


def test_an_alpha_below_what_a_saved_detector_can_guarantee_is_refused(refused, detector, table):
    line = refused("anomalies", table, "--model", detector, "--alpha", 0.001)
    assert "n = 136 held-out rows of this detector" in line


def test_a_model_of_the_wrong_kind_is_refused(refused, model, table):
    assert "must hold a detector of outliers, but holds a mixture" in refused("anomalies", table, "--model", model)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--alpha", 0.1, "--contamination", 0.1], "two ways to draw one line"),
        (["--alpha", 0], "`--alpha` must be a share"),
        (["--contamination", 0.7], "`--contamination` must be a share, more than 0 and at most 0.5"),
        (["--model", "none.safetensors", "-k", 2], "already knows its clusters"),
        (["--model", "none.safetensors"], "There is no model file"),
    ],
)
def test_contradictions_are_refused(refused, table, options, message):
    assert message in refused("anomalies", table, *options)


def test_a_table_without_the_columns_of_the_detector_is_refused(refused, detector, tmp_path):
    (tmp_path / "t.csv").write_text("eruptions,pause\n4.5,80\n")
    assert "lacks waiting" in refused("anomalies", tmp_path / "t.csv", "--model", detector)


def test_a_missing_value_is_refused_and_nothing_written(refused, tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n3,\n5,6\n")
    assert "Column 'b' must hold a finite number" in refused("anomalies", tmp_path / "t.csv", "--out", tmp_path / "o")
    assert not (tmp_path / "o").exists()
