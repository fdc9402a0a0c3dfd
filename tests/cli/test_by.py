"""`mixfold fit --by`: a mixture for each group of a table."""

import json

import numpy as np
import pandas as pd
import pytest
from tests.examples import blobs

from mixfold import GaussianMixture

FAST = ("--init", "kmeans", "--reg-covar", "1e-6", "--n-init", 1)


@pytest.fixture
def grouped(tmp_path):
    """Write a table of three groups, the last of a single row."""
    rows = blobs(201, 2, 2, separation=6.0)[0]
    frame = pd.DataFrame({"plot": [7] * 120 + [3] * 80 + [9], "height": rows[:, 0], "width": rows[:, 1]})
    path = tmp_path / "plants.csv"
    frame.to_csv(path, index=False)
    return path, frame


@pytest.mark.parametrize("options", [(), FAST])
def test_each_group_is_fitted_as_it_would_be_alone(mixfold, grouped, tmp_path, options):
    path, frame = grouped
    result = mixfold("fit", path, "-k", 2, "--by", "plot", *options, "--out", tmp_path / "o")
    assert result.exit_code == 0, result.output
    assert sorted(each.name for each in (tmp_path / "o").iterdir()) == [
        "assignments.csv", "components.csv", "groups.csv",
    ]  # fmt: skip
    components = pd.read_csv(tmp_path / "o" / "components.csv")
    settings = {"init_params": "kmeans", "reg_covar": 1e-6} if options else {}
    for plot in (7, 3):
        rows = frame.loc[frame["plot"] == plot, ["height", "width"]].to_numpy()
        model = GaussianMixture(2, random_state=0, **settings).fit(rows)
        of_plot = components[components["group"] == plot]
        np.testing.assert_allclose(of_plot[["mean_height", "mean_width"]], model.means_, rtol=1e-12)
        np.testing.assert_allclose(of_plot["covariance_width_height"], model.covariances_[:, 1, 0], rtol=1e-12)
        assignments = pd.read_csv(tmp_path / "o" / "assignments.csv")
        np.testing.assert_array_equal(assignments.loc[assignments["plot"] == plot, "label"], model.predict(rows))


def test_groups_that_are_too_small_are_named(mixfold, grouped, tmp_path):
    result = mixfold("fit", grouped[0], "-k", 2, "--by", "plot", *FAST, "--out", tmp_path / "o")
    assert "9: Its 1 row(s) are too few for 2 component(s)" in result.stderr
    groups = pd.read_csv(tmp_path / "o" / "groups.csv")
    assert groups["n_components"].tolist() == [2, 2, 1]
    assert groups["group"].tolist() == [7, 3, 9]


def test_json_has_the_tables(mixfold, grouped, tmp_path):
    result = mixfold("fit", grouped[0], "-k", 2, "--by", "plot", *FAST, "--out", tmp_path / "o", "--json")
    document = json.loads(result.stdout)
    assert document["by"] == "plot"
    assert document["groups"]["n_rows"] == [120, 80, 1]
    assert len(document["components"]["weight"]) == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--by", "species"), "There is no column 'species'"),
        (("--by", "plot", "--columns", "plot,width"), "must not be one of `--columns`"),
        (("--by", "plot", "--report"), "`--report` is for a single mixture"),
        (("--by", "plot", "--checkpoint", "c.npz"), "`--checkpoint` is for a single mixture"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(mixfold, grouped, tmp_path, options, message):
    result = mixfold("fit", grouped[0], "-k", 2, *options, "--out", tmp_path / "o")
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "o").exists()


def test_results_of_another_command_are_not_mixed_with_these(mixfold, grouped, tmp_path):
    assert mixfold("fit", grouped[0], "-k", 2, "--by", "plot", *FAST, "--out", tmp_path / "o").exit_code == 0
    result = mixfold("fit", grouped[0], "-k", 2, "--out", tmp_path / "o")
    assert result.exit_code == 2
    assert "holds what `mixfold fit --by` wrote" in result.stderr
