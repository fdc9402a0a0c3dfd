"""`mixfold fit` does what the issue of a newcomer needs: a model, the rows, the pictures, and the numbers."""

import json
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from mixfold import GaussianMixture, Mixture
from mixfold.datasets import load_faithful
from mixfold.estimators import GaussianMixture as Fitted
from mixfold.formats import read_document
from mixfold.tables import read_table, write_table

PICTURES = ["clusters.png", "convergence.png", "responsibilities.png"]


@pytest.mark.usefixtures("drawn")
def test_old_faithful_falls_into_its_two_regimes(mixfold, table, tmp_path):
    out = tmp_path / "results" / "new"
    result = mixfold("fit", table, "--components", 2, "--out", out)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in out.iterdir()) == sorted(["assignments.csv", "model.safetensors", *PICTURES])
    assert float(re.search(r"log-likelihood per row +(-[\d.]+)", result.stdout)[1]) == pytest.approx(-4.155, abs=0.005)
    assert Mixture.load(out / "model.safetensors").feature_names == ("eruptions", "waiting")
    for name in PICTURES:
        assert (out / name).read_bytes().startswith(b"\x89PNG")


def test_the_fit_is_the_library_s_with_the_same_options(mixfold, table, tmp_path):
    options = "--covariance tied --init random_from_data --n-init 3 --seed 5 --tol 1e-4 --max-iter 50 --reg-covar 1e-6"
    result = mixfold("fit", table, "-k", 3, *options.split(), "--jobs", 2, "--out", tmp_path / "o")
    assert result.exit_code == 0, result.output
    X = load_faithful().data
    expected = GaussianMixture(
        3, covariance_type="tied", init_params="random_from_data", n_init=3, random_state=5, tol=1e-4, max_iter=50,
        reg_covar=1e-6,
    ).fit(X)  # fmt: skip
    mixture = Mixture.load(tmp_path / "o" / "model.safetensors")
    np.testing.assert_array_equal(mixture.means, expected.means_)
    np.testing.assert_array_equal(mixture.covariances, expected.covariances_)
    assert re.search(rf"BIC +{expected.bic(X):.3f} ", result.stdout)
    assert re.search(rf"AIC +{expected.aic(X):.3f} ", result.stdout)
    assert len(re.findall(r" converged|iteration limit", result.stdout)) == 4  # three restarts, and the best again


def test_the_model_is_the_estimator_s_own_file(mixfold, table, tmp_path):
    result = mixfold("fit", table, "-k", 2, "--covariance", "tied", "--out", tmp_path / "o")
    model = GaussianMixture.load(tmp_path / "o" / "model.safetensors")
    assert list(model.feature_names_in_) == ["eruptions", "waiting"]
    frame = pd.DataFrame(load_faithful().data, columns=["eruptions", "waiting"])
    assert re.search(rf"BIC +{model.bic(frame):.3f} ", result.stdout)
    assert model.get_params()["covariance_type"] == "tied"


def test_the_summary_names_weights_means_and_the_end_of_each_restart(mixfold, table, tmp_path):
    result = mixfold("fit", table, "-k", 1, "--n-init", 2, "--out", tmp_path / "o")
    assert re.search(r"weight +1\.0000", result.stdout)
    assert re.search(r"eruptions +3\.49 ± 1\.14", result.stdout)
    assert re.search(r"waiting +70\.9 ± 13\.6", result.stdout)
    assert re.search(r"1 +\d+ +-4\.74\d+ +converged \(best\)", result.stdout)


def test_a_search_is_the_default_and_says_what_came_of_it(mixfold, table, tmp_path):
    result = mixfold("fit", table, "-k", 3, "--reg-covar", "weak", "--out", tmp_path / "o")
    assert re.search(r"Search\n \d+ starts raced, and nothing better than what is kept", result.stdout)
    assert "restart" not in result.output
    # Eight k-means restarts end at -4.11476.
    assert float(re.search(r"log-likelihood per row +(-[\d.]+)", result.stdout)[1]) > -4.102
    expected = GaussianMixture(3, reg_covar="weak", random_state=0).fit(load_faithful().data)
    np.testing.assert_array_equal(Mixture.load(tmp_path / "o" / "model.safetensors").means, expected.means_)


def test_each_restart_is_reported_while_it_runs(mixfold, table, tmp_path):
    result = mixfold("fit", table, "-k", 2, "--init", "kmeans", "--n-init", 3, "--out", tmp_path / "o")
    lines = re.findall(r"restart (\d) of 3: log-likelihood -4\.15\d+ per row after \d+ iterations", result.stderr)
    assert lines == ["1", "2", "3"]


def test_the_model_file_says_how_it_was_fitted(mixfold, table, tmp_path):
    mixfold("fit", table, "-k", 2, "--n-init", 2, "--out", tmp_path / "o")
    notes = read_document(tmp_path / "o" / "model.safetensors", "mixture", 1).fields["notes"]
    expected = {"data": "faithful.csv", "n_rows": 272, "n_init": 2, "random_state": 0, "outcome": "converged"}
    assert expected.items() <= notes.items()


@pytest.mark.parametrize("suffix", [".csv.gz", ".tsv", ".parquet", ".feather"])
def test_the_rows_come_back_in_the_format_of_the_input_with_label_and_responsibilities(mixfold, tmp_path, suffix):
    X = load_faithful().data[:60]
    data = pa.table({"id": [f"row {index}" for index in range(60)], "long": X[:, 0], "wait": X[:, 1]})
    write_table(tmp_path / f"t{suffix}", data)
    result = mixfold("fit", tmp_path / f"t{suffix}", "-k", 2, "--n-init", 1, "--out", tmp_path / "o")
    assert result.exit_code == 0, result.output
    assert "left out: 'id' (text); `--columns` chooses otherwise" in result.stderr
    rows = read_table(tmp_path / "o" / f"assignments{suffix}")
    assert rows.column_names == ["id", "long", "wait", "label", "responsibility_0", "responsibility_1"]
    assert rows.select(["id", "long", "wait"]).to_pydict() == data.to_pydict()
    shares = Mixture.load(tmp_path / "o" / "model.safetensors").responsibilities(X)
    np.testing.assert_array_equal(np.column_stack([rows["responsibility_0"], rows["responsibility_1"]]), shares)
    np.testing.assert_array_equal(rows["label"], shares.argmax(axis=1))


def test_a_matrix_without_names_gives_a_model_without_names(mixfold, tmp_path):
    np.save(tmp_path / "t.npy", load_faithful().data[:, 0])
    result = mixfold("fit", tmp_path / "t.npy", "-k", 2, "--n-init", 1, "--out", tmp_path / "o")
    assert result.exit_code == 0, result.output
    assert Mixture.load(tmp_path / "o" / "model.safetensors").feature_names is None
    rows = np.load(tmp_path / "o" / "assignments.npy")
    assert rows.shape == (272, 4)
    np.testing.assert_allclose(rows[:, 2:].sum(axis=1), 1.0)


def test_only_named_columns_are_used_and_a_label_of_the_user_s_stays(mixfold, tmp_path):
    X = load_faithful().data
    write_table(tmp_path / "t.csv", pa.table({"label": X[:, 0], "nothing": [None] * len(X), "wait": X[:, 1]}))
    result = mixfold("fit", tmp_path / "t.csv", "-k", 2, "--columns", "wait", "--n-init", 1, "--out", tmp_path / "o")
    assert result.exit_code == 0, result.output
    assert Mixture.load(tmp_path / "o" / "model.safetensors").feature_names == ("wait",)
    rows = read_table(tmp_path / "o" / "assignments.csv")
    assert rows.column_names[:4] == ["label", "nothing", "wait", "label_"]
    np.testing.assert_array_equal(rows["label"], X[:, 0])


def test_the_same_seed_writes_the_same_bytes(mixfold, table, tmp_path):
    for name in ("a", "b"):
        mixfold("fit", table, "-k", 3, "--init", "random", "--n-init", 2, "--seed", 4, "--out", tmp_path / name)
    for name in ("model.safetensors", "assignments.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_fit_that_does_not_converge_warns_in_one_line_and_still_writes(mixfold, table, tmp_path):
    options = ["--max-iter", 1, "--tol", 0, "--init", "random", "--n-init", 1]
    result = mixfold("fit", table, "-k", 2, *options, "--out", tmp_path / "o")
    assert result.exit_code == 0
    (warning,) = [line for line in result.stderr.splitlines() if line.startswith("Warning:")]
    assert "Increase `max_iter` or `tol`" in warning
    assert (tmp_path / "o" / "model.safetensors").is_file()


def test_a_fit_whose_every_restart_collapses_is_one_error_and_no_folder(mixfold, tmp_path):
    (tmp_path / "t.csv").write_text("a\n" + "1\n" * 30 + "2\n3\n")
    start = ["--init", "kmeans", "--n-init", 3]  # a search finds a way
    result = mixfold("fit", tmp_path / "t.csv", "-k", 3, "--reg-covar", 0, *start, "--out", tmp_path / "o")
    assert result.exit_code == 2
    assert "symmetric and positive definite" in result.stderr
    assert not (tmp_path / "o").exists()


def test_hostile_tables_still_give_a_sound_fit(mixfold, tmp_path):
    random = np.random.default_rng(0)
    a = random.normal(size=12)
    (tmp_path / "t.csv").write_text(
        "a,twice,constant\n" + "".join(f"{value},{2 * value},7\n" for value in np.repeat(a, 2))
    )
    result = mixfold("fit", tmp_path / "t.csv", "-k", 3, "--n-init", 2, "--out", tmp_path / "o")
    assert result.exit_code == 0, result.output
    assert np.isfinite(Mixture.load(tmp_path / "o" / "model.safetensors").means).all()


def test_nothing_is_left_when_the_work_fails_halfway(mixfold, table, tmp_path, monkeypatch):
    def fail(*_):
        message = "no space"
        raise OSError(28, message)

    monkeypatch.setattr("mixfold.cli.fit.write_pictures", fail)
    result = mixfold("fit", table, "-k", 2, "--n-init", 1, "--out", tmp_path / "a" / "b")
    assert result.exit_code == 2
    assert "the disk is full" in result.stderr
    assert not (tmp_path / "a").exists()


def test_files_of_an_earlier_fit_stay_when_a_later_one_fails(mixfold, table, tmp_path, monkeypatch):
    out = tmp_path / "o"
    out.mkdir()
    (out / "model.safetensors").write_text("before")

    def fail(*_):
        raise OSError(28, "no space")

    monkeypatch.setattr("mixfold.cli.fit.write_pictures", fail)
    mixfold("fit", table, "-k", 2, "--n-init", 1, "--out", out)
    assert [path.name for path in out.iterdir()] == ["model.safetensors"]
    assert (out / "model.safetensors").read_text() == "before"


def test_a_defect_keeps_its_traceback(mixfold, table, tmp_path, monkeypatch):
    monkeypatch.setattr(Fitted, "fit", lambda *_, **__: 1 / 0)
    assert isinstance(mixfold("fit", table, "-k", 2, "--out", tmp_path / "o").exception, ZeroDivisionError)


def test_a_report_says_which_command_made_it(mixfold, table, tmp_path):
    options = ["--n-init", 2, "--seed", 3, "--columns", "waiting, eruptions", "--report"]
    result = mixfold("fit", table, "-k", 2, "--out", tmp_path / "o", *options)
    assert result.exit_code == 0, result.output
    page = (tmp_path / "o" / "report.html").read_text(encoding="utf-8")
    assert "Two clusters in faithful.csv" in page
    said = f"mixfold fit {table} --components 2 --out {tmp_path / 'o'} --n-init 2 --seed 3 --columns &#39;waiting, eruptions&#39;"
    assert said in page


def test_json_is_all_that_is_printed(mixfold, table, tmp_path):
    out = tmp_path / "o"
    result = mixfold("fit", table, "-k", 2, "--max-iter", 9, "--tol", 0, "--init", "kmeans", "--out", out, "--json")
    found = json.loads(result.stdout)
    assert found["weights"] == Mixture.load(out / "model.safetensors").weights.tolist()
    assert {"bic", "aic", "log_likelihood", "outcome", "covariances", "tol"} <= found.keys()
    (warning,) = found["warnings"]
    assert "The fit reached `max_iter`" in warning
    assert "model.safetensors" in found["written"]


def test_of_many_features_the_rest_is_counted(mixfold, tmp_path):
    rows = np.random.default_rng(0).normal(size=(60, 13))
    np.savetxt(tmp_path / "t.csv", rows, delimiter=",", header=",".join(f"f{n}" for n in range(13)), comments="")
    result = mixfold("fit", tmp_path / "t.csv", "-k", 1, "--out", tmp_path / "o")
    assert "... and 1 more feature, which `mixfold inspect` shows." in result.stdout
    assert re.search(r"^ f11 ", result.stdout, re.MULTILINE)
    assert not re.search(r"^ f12 ", result.stdout, re.MULTILINE)


@pytest.mark.parametrize("init", ["auto", "kmeans", "random"])
def test_components_come_in_one_order_the_largest_first_on_the_screen_and_in_every_file(mixfold, table, tmp_path, init):
    result = mixfold("fit", table, "-k", 3, "--init", init, "--out", tmp_path / "o", "--report")
    weights = [float(weight) for weight in re.search(r"weight +(\d.*)", result.stdout)[1].split()]
    assert weights == sorted(weights, reverse=True)
    mixture = Mixture.load(tmp_path / "o" / "model.safetensors")
    np.testing.assert_allclose(mixture.weights, weights, atol=1e-4)
    labels = read_table(tmp_path / "o" / "assignments.csv").column("label").to_numpy()
    np.testing.assert_array_equal(labels, mixture.labels(load_faithful().data))
    page = (tmp_path / "o" / "report.html").read_text("utf-8")
    shown = re.findall(r'</i>(\d)</span></th><td class="number">([\d.]+)%', page)
    assert [int(component) for component, _ in shown] == [0, 1, 2]
    np.testing.assert_allclose([float(weight) / 100 for _, weight in shown], weights, atol=1e-3)
