"""Estimators to files and back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from mixfold import AutoGaussianMixture, FactorAnalytic, GaussianMixture, Mixture
from mixfold.covariance import FAMILIES
from mixfold.errors import InputError, ModelFileError
from mixfold.formats import FORMATS, read_document, write_document
from mixfold.mixtures import KIND, VERSION
from tests.examples import mixture_of


@pytest.fixture(scope="module")
def rows():
    return mixture_of("full", 3, 3).sample(300, random_state=0)[0]


def assert_answers_are_equal(one, two, rows):
    assert one.mixture_ == two.mixture_
    for name in ("predict", "predict_proba", "score_samples"):
        np.testing.assert_array_equal(getattr(one, name)(rows), getattr(two, name)(rows))
    assert (one.bic(rows), one.aic(rows), one.score(rows)) == (two.bic(rows), two.aic(rows), two.score(rows))
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), strict=True)


@pytest.mark.parametrize("suffix", list(FORMATS))
@pytest.mark.parametrize("covariance_type", [*FAMILIES, "factor:1"])
def test_a_fitted_model_comes_back_with_the_same_answers(suffix, covariance_type, rows, tmp_path):
    model = GaussianMixture(2, covariance_type=covariance_type, init_params="kmeans", tol=1e-3, random_state=0).fit(
        rows
    )
    model.save(tmp_path / f"model{suffix}")
    again = GaussianMixture.load(tmp_path / f"model{suffix}")
    assert_answers_are_equal(model, again, rows)
    for name in ("lower_bound_", "lower_bounds_", "objective_", "n_iter_", "converged_", "outcome_", "warnings_"):
        assert getattr(again, name) == getattr(model, name)
        assert type(getattr(again, name)) is type(getattr(model, name))
    assert again.get_params() == model.get_params()


def test_rows_that_counted_as_intervals_do_so_in_the_criteria_of_a_loaded_model(rows, tmp_path):
    recorded = rows.round(0)
    model = GaussianMixture(2, random_state=0).fit(recorded)
    model.save(tmp_path / "model.json")
    again = GaussianMixture.load(tmp_path / "model.json")
    assert again.bic(recorded) == model.bic(recorded)
    again._jitter = None
    assert again.bic(recorded) != model.bic(recorded)


def test_a_loaded_model_learns_on_as_the_saved_one_would(rows, tmp_path):
    model = GaussianMixture(2, random_state=0).fit(rows[:150])
    model.save(tmp_path / "model.safetensors")
    again = GaussianMixture.load(tmp_path / "model.safetensors")
    assert again.partial_fit(rows[150:]).mixture_ == model.partial_fit(rows[150:]).mixture_


def test_a_warm_start_goes_on_from_a_loaded_model_as_from_the_saved_one(rows, tmp_path):
    model = GaussianMixture(2, random_state=0, warm_start=True).fit(rows)
    model.save(tmp_path / "model.npz")
    again = GaussianMixture.load(tmp_path / "model.npz").fit(rows)
    assert again.mixture_ == model.fit(rows).mixture_
    assert again.n_iter_ == model.n_iter_


def test_the_dtype_of_the_rows_comes_back(rows, tmp_path):
    single = rows.astype(np.float32)
    model = GaussianMixture(2, random_state=0).fit(single)
    model.save(tmp_path / "model.npz")
    again = GaussianMixture.load(tmp_path / "model.npz")
    assert again.means_.dtype == np.float32
    assert_answers_are_equal(model, again, single)


def test_names_of_features_come_back(rows, tmp_path):
    table = pd.DataFrame(rows, columns=["a", "b", "c"])
    GaussianMixture(2, random_state=0).fit(table).save(tmp_path / "model.npz")
    again = GaussianMixture.load(tmp_path / "model.npz")
    assert list(again.feature_names_in_) == list(again.mixture_.feature_names) == ["a", "b", "c"]
    assert again.n_features_in_ == 3
    assert len(again.predict(table)) == len(table)


def test_parameters_that_no_file_can_hold_are_left_at_their_defaults(rows, tmp_path):
    model = GaussianMixture(
        2,
        covariance_type=FactorAnalytic(1),
        means_init=rows[:2],
        random_state=np.random.RandomState(0),
        callback=lambda _: None,
        checkpoint=tmp_path / "fit.checkpoint",
        tol=np.float64(0.5),
    ).fit(rows)
    model.save(tmp_path / "model.json")
    parameters = GaussianMixture.load(tmp_path / "model.json").get_params()
    assert parameters == {**GaussianMixture(2, tol=0.5).get_params(), "covariance_type": "factor:1"}


def test_a_file_does_not_say_where_the_next_fit_writes(rows, tmp_path):
    GaussianMixture(2, random_state=0).fit(rows).save(tmp_path / "model.json")
    document = read_document(tmp_path / "model.json", KIND, VERSION)
    document.fields["estimator"]["parameters"]["checkpoint"] = "elsewhere"
    write_document(tmp_path / "model.json", document)
    assert GaussianMixture.load(tmp_path / "model.json").checkpoint is None


def test_what_estimators_save_the_value_reads_and_the_other_way_round(rows, tmp_path):
    model = GaussianMixture(2, covariance_type="diag", random_state=0).fit(rows)
    model.save(tmp_path / "model.json")
    assert Mixture.load(tmp_path / "model.json") == model.mixture_
    model.mixture_.save(tmp_path / "mixture.json")
    again = GaussianMixture.load(tmp_path / "mixture.json")
    assert again.mixture_ == model.mixture_
    assert again.get_params() == GaussianMixture(2, covariance_type="diag").get_params()


def test_a_model_of_a_bare_mixture_has_no_sums_to_learn_on_from(rows, tmp_path):
    mixture_of("full", 2, 3).save(tmp_path / "mixture.json")
    with pytest.raises(InputError, match="`partial_fit` needs the sums"):
        GaussianMixture.load(tmp_path / "mixture.json").partial_fit(rows)


@pytest.mark.filterwarnings("ignore:The choice is at the edge")
def test_a_choice_comes_back_with_its_table(rows, tmp_path):
    model = AutoGaussianMixture([1, 2, 3], covariance_types=["full", "diag"], random_state=0).fit(rows)
    model.save(tmp_path / "model.safetensors")
    again = AutoGaussianMixture.load(tmp_path / "model.safetensors")
    assert_answers_are_equal(model, again, rows)
    np.testing.assert_array_equal(again.cluster_labels(rows), model.cluster_labels(rows))
    pd.testing.assert_frame_equal(pd.DataFrame(again.results_), pd.DataFrame(model.results_).drop(columns="seconds"))
    for name in (
        "n_components_",
        "covariance_type_",
        "n_clusters_",
        "best_value_",
        "lower_bound_",
        "n_iter_",
        "reason_",
        "warnings_",
    ):
        assert getattr(again, name) == getattr(model, name)
    assert again.get_params() == model.get_params()


def test_the_file_of_another_estimator_is_refused(rows, tmp_path):
    GaussianMixture(2, random_state=0).fit(rows).save(tmp_path / "model.json")
    with pytest.raises(ModelFileError, match="must hold what `AutoGaussianMixture` saved, but holds a GaussianMixture"):
        AutoGaussianMixture.load(tmp_path / "model.json")
    mixture_of().save(tmp_path / "mixture.json")
    with pytest.raises(ModelFileError, match="holds a mixture without an estimator"):
        AutoGaussianMixture.load(tmp_path / "mixture.json")


def _changed(path, change):
    document = read_document(path, KIND, VERSION)
    about = document.fields["estimator"]
    arrays = change(about, dict(document.arrays))
    write_document(path, replace(document, fields={**document.fields, "estimator": about}, arrays=arrays))


@pytest.mark.parametrize(
    "change",
    [
        lambda about, arrays: about.pop("parameters") and arrays,
        lambda about, arrays: about["parameters"].update(n_component=3) or arrays,
        lambda about, arrays: about.update(fit=None) or arrays,
        lambda about, arrays: about.update(parameters=[1]) or arrays,
        lambda about, arrays: about["fit"].update(dtype="float33") or arrays,
        lambda about, arrays: about["fit"].update(outcome_="EXCELLENT") or arrays,
        lambda about, arrays: about["fit"]["stream"].update(sums=[1.0]) or arrays,
        lambda _, arrays: arrays | {"stream.shift": np.zeros((7, 7))},
        lambda _, arrays: {name: array for name, array in arrays.items() if name != "lower_bounds"},
    ],
)
def test_content_that_is_no_fitted_estimator_is_refused(change, rows, tmp_path):
    path = tmp_path / "model.json"
    GaussianMixture(2, random_state=0).fit(rows).save(path)
    _changed(path, change)
    with pytest.raises(ModelFileError, match="must describe a fitted GaussianMixture"):
        GaussianMixture.load(path)


def test_what_is_not_fitted_is_not_saved(tmp_path):
    with pytest.raises(NotFittedError):
        GaussianMixture(2).save(tmp_path / "model.json")
    assert list(tmp_path.iterdir()) == []


def test_a_model_of_tensors_comes_back_with_arrays(rows, tmp_path):
    torch = pytest.importorskip("torch")
    model = GaussianMixture(2, random_state=0).fit(torch.asarray(rows.astype(np.float32)))
    model.save(tmp_path / "model.json")
    again = GaussianMixture.load(tmp_path / "model.json")
    assert isinstance(again.means_, np.ndarray)
    np.testing.assert_array_equal(again.means_, model.means_.numpy(), strict=True)


@pytest.mark.filterwarnings("ignore:The choice is at the edge")
def test_equal_fits_give_equal_files(rows, tmp_path):
    for name in ("one.json", "two.json"):
        AutoGaussianMixture([1, 2], covariance_types=["full"], random_state=0).fit(rows).save(tmp_path / name)
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
