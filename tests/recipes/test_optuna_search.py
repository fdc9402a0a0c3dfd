import pytest

from mixfold.datasets import load_faithful

optuna = pytest.importorskip("optuna", reason="Optuna is not installed")


@pytest.mark.filterwarnings("ignore::mixfold.errors.SpuriousComponentWarning")
def test_a_study_finds_the_two_kinds_of_eruptions():
    from examples.recipes.optuna_search import objective

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(objective(load_faithful().data, most=4), n_trials=12)
    assert study.best_params["n_components"] >= 2
    assert study.best_value > study.trials_dataframe().value.min()
