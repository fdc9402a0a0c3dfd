"""`mixfold inspect` shows all of a model."""

import re

from mixfold import Mixture


def test_components_and_sizes_are_shown(mixfold, model):
    result = mixfold("inspect", model)
    assert result.exit_code == 0, result.output
    assert re.search(r"features +2 \(eruptions, waiting\)", result.stdout)
    assert re.search(r"free parameters +11", result.stdout)
    assert re.search(r"0 +0\.6441 +4\.290 ± 0\.41\d +79\.97 ± \d\.\d\d", result.stdout)
    assert "How it was fitted" not in result.stdout


def test_a_fitted_model_tells_how_it_was_fitted(mixfold, table, tmp_path):
    mixfold("fit", table, "-k", 2, "--n-init", 1, "--out", tmp_path / "o")
    result = mixfold("inspect", tmp_path / "o" / "model.safetensors")
    assert re.search(r"data +faithful\.csv", result.stdout)
    assert re.search(r"log_likelihood_per_row +-4\.156", result.stdout)


def test_all_of_many_features_are_shown_and_names_are_no_markup(mixfold, tmp_path):
    names = ["[bold]a[/bold]", *(f"f{index}" for index in range(1, 13))]
    Mixture([1.0], [range(13)], [1.0], "spherical", names).save(tmp_path / "m.json")
    result = mixfold("inspect", tmp_path / "m.json")
    for index in range(1, 13):
        assert re.search(rf"\bf{index}\b", result.stdout)
        assert f"{index}.00 ± 1.00" in result.stdout
    assert result.stdout.count("[bold]a[/bold]") >= 1
