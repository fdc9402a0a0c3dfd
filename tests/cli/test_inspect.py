"""`mixfold inspect` shows all of a model."""

import json
import re

from mixfold import Mixture


def test_components_and_sizes_are_shown(mixfold, model):
    result = mixfold("inspect", model)
    assert result.exit_code == 0, result.output
    assert re.search(r"features +2 \(eruptions, waiting\)", result.stdout)
    assert re.search(r"free parameters +11", result.stdout)
    assert re.search(r"weight +0\.6437 +0\.3563", result.stdout)
    assert re.search(r"eruptions +4\.290 ± 0\.4\d\d +2\.037 ± 0\.27\d", result.stdout)
    assert re.search(r"waiting +79\.98 ± \d\.\d\d +54\.49 ± \d\.\d\d", result.stdout)
    assert "How it was fitted" not in result.stdout


def test_a_fitted_model_tells_how_it_was_fitted(mixfold, table, tmp_path):
    mixfold("fit", table, "-k", 2, "--n-init", 1, "--out", tmp_path / "o")
    result = mixfold("inspect", tmp_path / "o" / "model.safetensors")
    assert re.search(r"data +faithful\.csv", result.stdout)
    assert re.search(r"log_likelihood_per_row +-4\.157", result.stdout)


def test_all_of_many_features_are_shown_and_names_are_no_markup(mixfold, tmp_path):
    names = ["[bold]a[/bold]", *(f"f{index}" for index in range(1, 13))]
    Mixture([1.0], [range(13)], [1.0], "spherical", names).save(tmp_path / "m.json")
    result = mixfold("inspect", tmp_path / "m.json")
    for index in range(1, 13):
        assert re.search(rf"\bf{index}\b", result.stdout)
        assert f"{index}.00 ± 1.00" in result.stdout
    assert result.stdout.count("[bold]a[/bold]") >= 1


def test_a_number_is_never_parted_from_its_deviation(mixfold, tmp_path):
    names = [f"a rather long name of a feature, number {index}" for index in range(3)]
    means = [[k, 1000.0 * k, 1e-7 * k] for k in range(10)]
    Mixture([0.1] * 10, means, [1e-3] * 10, "spherical", names).save(tmp_path / "m.json")
    result = mixfold("inspect", tmp_path / "m.json")
    tables = result.stdout[result.stdout.index("Components: ") :]
    assert max(map(len, tables.splitlines())) <= 80
    assert len(re.findall(r"-?[\d.]+ ± [\d.]+", tables)) == 30
    assert tables.count("±") == 30 + tables.count("Components: ")


def test_full_shows_every_covariance(mixfold, model):
    usual, full = mixfold("inspect", model).stdout, mixfold("inspect", model, "--full").stdout
    assert "Covariances" not in usual
    for component, matrix in enumerate(Mixture.load(model).component_covariances):
        assert f"Covariances of component {component}" in full
        for value in matrix.ravel():
            assert f"{value:.6g}" in full


def test_a_covariance_that_all_share_is_shown_once(mixfold, tmp_path):
    Mixture([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], [[1.0, 0.5], [0.5, 2.0]], "tied").save(tmp_path / "m.json")
    assert mixfold("inspect", tmp_path / "m.json", "--full").stdout.count("Covariances of") == 1


def test_json_holds_all_parameters_and_nothing_else_is_printed(mixfold, table, tmp_path):
    mixfold("fit", table, "-k", 2, "--out", tmp_path / "o")
    path = tmp_path / "o" / "model.safetensors"
    found, mixture = json.loads(mixfold("inspect", path, "--json").stdout), Mixture.load(path)
    assert found["feature_names"] == ["eruptions", "waiting"]
    assert found["weights"] == mixture.weights.tolist()
    assert found["means"] == mixture.means.tolist()
    assert found["covariances"] == mixture.covariances.tolist()
    assert found["notes"]["n_rows"] == 272


def test_what_the_fit_warned_of_is_kept_in_its_file(mixfold, table, tmp_path):
    mixfold("fit", table, "-k", 2, "--max-iter", 9, "--tol", 0, "--init", "kmeans", "--out", tmp_path / "o")
    path = tmp_path / "o" / "model.safetensors"
    (warning,) = json.loads(mixfold("inspect", path, "--json").stdout)["notes"]["warnings"]
    assert "The fit reached `max_iter`" in warning
    assert "did not converge" in " ".join(mixfold("inspect", path).stdout.split())
