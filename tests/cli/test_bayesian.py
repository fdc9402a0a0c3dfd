"""`mixfold fit --bayesian` and `mixfold select --bayesian` find how many clusters there are, and say how sure that is."""

import json

import pytest

from mixfold import AutoGaussianMixture, BayesianGaussianMixture, Mixture


def test_a_posterior_finds_two_clusters_of_at_most_six_and_says_how_sure_it_is(mixfold, table, tmp_path):
    out = tmp_path / "results"
    result = mixfold("fit", table, "--bayesian", "--components", 6, "--report", "--out", out)
    assert result.exit_code == 0, result.output
    assert "That there are 2 is nearly certain" in " ".join(result.stdout.split())
    model = BayesianGaussianMixture.load(out / "model.safetensors")
    assert model.n_components_ == 2
    assert "That there are 2 is nearly certain" in (out / "report.html").read_text()
    assert Mixture.load(out / "model.safetensors").feature_names == ("eruptions", "waiting")
    predicted = mixfold("predict", out / "model.safetensors", table)
    assert predicted.exit_code == 0
    assert predicted.stdout.splitlines()[1].split(",")[2] in {"0", "1"}


def test_everything_is_in_one_document(mixfold, table, tmp_path):
    arguments = ("--bayesian", "-k", 4, "--json", "--out", tmp_path / "results")
    document = json.loads(mixfold("fit", table, *arguments).stdout)
    assert document["clusters"] == document["n_components"] == 2
    assert sum(document["probabilities"].values()) == pytest.approx(1.0)
    assert document["certainty"].startswith("That there are 2")


def test_what_keeps_all_clusters_does_not_say_how_sure_their_number_is(mixfold, table, tmp_path):
    arguments = ("--bayesian", "-k", 2, "--init", "kmeans", "--n-init", 1, "--out", tmp_path / "results")
    result = mixfold("fit", table, *arguments)
    assert result.exit_code == 0, result.output
    assert "not looked at" in result.stdout


@pytest.mark.parametrize(
    ("option", "value"),
    [("--covariance", "VVE"), ("--by", "eruptions"), ("--outliers", "uniform")],
)
def test_what_there_is_not_for_posteriors_is_refused(refused, table, tmp_path, option, value):
    line = refused("fit", table, "--bayesian", "-k", 3, option, value, "--out", tmp_path / "results")
    assert "--bayesian" in line
    assert "Leave one of them out" in line


def test_a_selection_by_posteriors_says_why(mixfold, table, tmp_path):
    out = tmp_path / "results"
    result = mixfold("select", table, "--bayesian", "-k", "1:4", "--families", "full,diag", "--report", "--out", out)
    assert result.exit_code == 0, result.output
    shown = " ".join(result.stdout.split())
    assert "full has the highest bound. That there are 2 is nearly certain" in shown
    assert "ELBO" in shown
    assert AutoGaussianMixture.load(out / "model.safetensors").criterion == "elbo"
    assert {"selection.csv", "selection.png", "entropy.png", "report.html"} <= {path.name for path in out.iterdir()}
