"""`mixfold fit --bayesian` and `mixfold select --bayesian` find how many clusters there are, and say how sure that is."""

import csv
import json

import numpy as np
import pytest

from mixfold import AutoGaussianMixture, BayesianGaussianMixture, Mixture
from mixfold.datasets import FAITHFUL_CSV


@pytest.fixture
def table(tmp_path):
    """Half of the eruptions."""
    header, *lines = FAITHFUL_CSV.read_text().splitlines()
    path = tmp_path / "faithful.csv"
    path.write_text("\n".join([header, *lines[::2]]) + "\n")
    return path


def test_a_posterior_finds_two_clusters_of_at_most_three_and_says_how_sure_it_is(mixfold, table, tmp_path):
    out = tmp_path / "results"
    result = mixfold("fit", table, "--bayesian", "--components", 3, "--report", "--out", out)
    assert result.exit_code == 0, result.output
    assert "That there are 2 is nearly certain" in " ".join(result.stdout.split())
    model = BayesianGaussianMixture.load(out / "model.safetensors")
    assert model.n_components_ == 2
    assert "That there are 2 is nearly certain" in (out / "report.html").read_text()
    assert Mixture.load(out / "model.safetensors").feature_names == ("eruptions", "waiting")
    predicted = mixfold("predict", out / "model.safetensors", table)
    assert predicted.exit_code == 0
    assert predicted.stdout.splitlines()[1].split(",")[2] in {"0", "1"}


def test_who_says_no_number_is_told_what_finds_it(refused, table, tmp_path):
    line = refused("fit", table, "--out", tmp_path / "results")
    assert "mixfold select" in line
    assert "--bayesian" in line


def test_a_covariance_type_may_have_its_other_name(mixfold, table, tmp_path):
    result = mixfold(
        "fit", table, "--bayesian", "--components", 3, "--covariance", "VVV", "--out", tmp_path / "results"
    )
    assert result.exit_code == 0, result.output


def test_everything_is_in_one_document_without_a_number(mixfold, table, tmp_path):
    arguments = ("--bayesian", "--json", "--out", tmp_path / "results")
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
    [("--by", "eruptions"), ("--outliers", "auto")],
)
def test_what_there_is_not_for_posteriors_is_refused(refused, table, tmp_path, option, value):
    line = refused("fit", table, "--bayesian", "-k", 3, option, value, "--out", tmp_path / "results")
    assert "--bayesian" in line
    assert "Leave one of them out" in line


@pytest.mark.parametrize(
    ("name", "reason"),
    [("VVE", "`GaussianMixture` fits them"), ("student-t", "`StudentMixture` fits them"), ("ful", "got 'ful'.")],
)
@pytest.mark.parametrize(("command", "option"), [("fit", "--covariance"), ("select", "--families")])
def test_shapes_without_posteriors_are_refused_with_the_reason(refused, table, tmp_path, command, option, name, reason):
    line = refused(command, table, "--bayesian", option, name, "--out", tmp_path / "results")
    assert f"With `--bayesian`, `{option}` must be of full, tied, diag, spherical, EEI, EII" in line
    assert reason in line
    assert "VEV" not in line


def test_clusters_are_found_beside_those_that_labels_name(mixfold, tmp_path):
    random = np.random.default_rng(0)
    rows = (random.normal(size=(90, 2)) + np.repeat([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], 30, axis=0)).round(6)
    path, out = tmp_path / "birds.csv", tmp_path / "results"
    known = {0: "wren", 1: "wren", 60: "lark", 61: "lark"}
    lines = [f"{x},{y},{known.get(at, '')}" for at, (x, y) in enumerate(rows.tolist())]
    path.write_text("\n".join(["x,y,kind", *lines]) + "\n")
    result = mixfold("fit", path, "--bayesian", "-k", 4, "--label-column", "kind", "--json", "--out", out)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert (document["clusters"], document["classes"]) == (3, ["lark", "wren"])
    with (out / "assignments.csv").open() as written:
        labels = [row["label"] for row in csv.DictReader(written)]
    assert labels == ["1"] * 30 + ["2"] * 30 + ["0"] * 30


def test_a_selection_by_posteriors_says_why(mixfold, table, tmp_path):
    out = tmp_path / "results"
    result = mixfold(
        "select",
        table,
        "--bayesian",
        "-k",
        "1:2",
        "--families",
        "full,diag",
        "--stability",
        1,
        "--report",
        "--out",
        out,
    )
    assert result.exit_code == 0, result.output
    shown = " ".join(result.stdout.split())
    assert "full has the highest bound. That there are 2 is nearly certain" in shown
    assert "-2 ELBO" in shown
    assert AutoGaussianMixture.load(out / "model.safetensors").criterion == "elbo"
    assert {"selection.csv", "selection.png", "entropy.png", "report.html"} <= {path.name for path in out.iterdir()}


def test_a_posterior_of_noisy_rows_of_which_some_belong_to_no_cluster(mixfold, tmp_path):
    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal(size=(60, 2)), random.normal(12.0, 1.0, size=(60, 2))])
    rows = np.concatenate([rows, random.uniform(-40.0, 60.0, size=(14, 2))]).round(6)
    path, out = tmp_path / "stars.csv", tmp_path / "results"
    lines = [f"{x},{y},0.5,0.5,{'' if at else 'a'}" for at, (x, y) in enumerate(rows.tolist())]
    path.write_text("\n".join(["x,y,x_err,y_err,pair", *lines]) + "\n")
    arguments = ("--noise-columns", "x_err,y_err", "--outliers", "uniform", "--must-link-column", "pair", "--report")
    result = mixfold("fit", path, "--bayesian", "-k", 3, *arguments, "--out", out)
    assert result.exit_code == 0, result.output
    assert "of the rows" in result.stdout
    with (out / "assignments.csv").open() as written:
        labels = [row["label"] for row in csv.DictReader(written)]
    assert labels.count("-1") >= 11
    assert len(set(labels[:60])) == len(set(labels[60:120])) == 1
    model = BayesianGaussianMixture.load(out / "model.safetensors")
    assert model.n_components_ == 2
    assert 0.05 < model.outlier_share_ < 0.15
