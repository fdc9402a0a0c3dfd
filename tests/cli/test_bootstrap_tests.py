"""What `mixfold select` chose is tested, and a test that cannot be made costs nothing else."""

import json

from mixfold import AutoGaussianMixture
from mixfold.cli.bootstrap_tests import BootstrapTests
from mixfold.datasets import load_faithful


def test_one_component_less_and_more_and_each_split_are_tested():
    rows = load_faithful().data
    model = AutoGaussianMixture([2], covariance_types=["tied"], random_state=0).fit(rows)
    tests = BootstrapTests.of(model, rows, 3, 0, 1)
    assert [(test["n_components"], test["covariance_type"]) for test in tests.of_components] == [
        (1, "tied"),
        (2, "tied"),
    ]
    assert [test["n_clusters"] for test in tests.of_splits] == [2]
    assert tests.splits[2].p_value == tests.of_splits[0]["p_value"] == 0.25
    assert tests.in_words()[-1].startswith("split into 2 clusters, one normal or two: likelihood ratio")
    assert BootstrapTests.of(model, rows, 0, 0, 1).in_words() == []


def test_a_test_that_cannot_be_made_loses_no_output(mixfold, tmp_path):
    path = tmp_path / "few.csv"
    path.write_text("x\n0.0\n1.0\n50.0\n")
    chosen = (path, "-k", 3, "--families", "EII", "--stability", 0, "--bootstrap", 2)
    result = mixfold("select", *chosen, "--json", "--out", tmp_path / "o")
    assert result.exit_code == 0, result.output
    less, more = json.loads(result.stdout)["bootstrap"]
    assert less["p_value"] is not None
    assert (more["statistic"], more["p_value"]) == (None, None)
    assert more["reason"] == "X must have more than n_components = 3 rows, got 3. Test fewer components."
    result = mixfold("select", *chosen, "--out", tmp_path / "p")
    assert result.exit_code == 0, result.output
    assert "3 against 4 components, EII: not tested. X must have more than" in result.stdout
    assert "Written to" in result.stdout


def test_the_report_has_the_tests_of_splits(mixfold, table, tmp_path):
    chosen = ("-k", 2, "--families", "tied", "--stability", 0, "--bootstrap", 3, "--report", "--out", tmp_path / "o")
    result = mixfold("select", table, *chosen)
    assert result.exit_code == 0, result.output
    page = (tmp_path / "o" / "report.html").read_text()
    assert "one cloud, bootstrap" in page
    assert "p = 0.25<" in page
