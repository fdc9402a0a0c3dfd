"""The estimator: what a user of scikit-learn's GaussianMixture relies on, and what is new."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mixfold import GaussianMixture, Mixture
from mixfold.covariance import FAMILIES, Diag, register, registry
from mixfold.engines import to_numpy
from mixfold.errors import CollapseError, ConvergenceWarning, InputError, ModelFileError, SpuriousComponentWarning
from mixfold.fitting import Iteration, Outcome
from mixfold.initialization import INITIALIZERS
from mixfold.rows import CHUNK_ROWS
from mixfold.typing import Array, FloatArray
from tests.examples import blobs

ROWS, LABELS = blobs(240, 3, 2, separation=6.0)
families = pytest.mark.parametrize("covariance_type", list(FAMILIES))
ignore_convergence = pytest.mark.filterwarnings("ignore::mixfold.errors.ConvergenceWarning")


def model_of(**parameters: Any) -> GaussianMixture:
    """Give a mixture of three components with a seed."""
    return GaussianMixture(3, **{"init_params": "kmeans", "random_state": 0, **parameters})


@pytest.fixture
def by_hand() -> GaussianMixture:
    model = GaussianMixture(2)
    model.weights_ = np.array([0.25, 0.75])
    model.means_ = np.array([[0.0, 0.0], [4.0, 4.0]])
    model.precisions_cholesky_ = np.stack([np.eye(2), 2.0 * np.eye(2)])
    return model


# What a fit gives


@families
def test_separated_clusters_are_found(covariance_type: str) -> None:
    rows, labels = blobs(240, 3, 2, separation=60.0)
    predicted = model_of(covariance_type=covariance_type).fit_predict(rows)
    assert len({(a, b) for a, b in zip(labels, predicted, strict=True)}) == 3


@families
def test_lower_bound_is_the_score_of_the_returned_parameters(covariance_type: str) -> None:
    model = model_of(covariance_type=covariance_type).fit(ROWS)
    assert model.lower_bound_ == pytest.approx(model.score(ROWS), rel=1e-13)


@families
def test_lower_bound_is_the_weighted_score(covariance_type: str) -> None:
    weights = np.random.default_rng(0).uniform(size=240)
    model = model_of(covariance_type=covariance_type).fit(ROWS, sample_weight=weights)
    assert model.lower_bound_ == pytest.approx(model.score(ROWS, sample_weight=weights), rel=1e-13)


@ignore_convergence
@pytest.mark.parametrize("max_iter", [1, 2, 5, 200])
def test_lower_bound_is_the_score_wherever_a_fit_ends(max_iter: int) -> None:
    model = model_of(max_iter=max_iter, init_params="random").fit(ROWS)
    assert model.lower_bound_ == pytest.approx(model.score(ROWS), rel=1e-13)
    assert model.lower_bound_ == model.lower_bounds_[-1] == model.history_[-1].log_likelihood
    assert model.n_iter_ <= max_iter


@families
def test_fit_predict_is_fit_then_predict(covariance_type: str) -> None:
    labels = model_of(covariance_type=covariance_type).fit_predict(ROWS)
    np.testing.assert_array_equal(labels, model_of(covariance_type=covariance_type).fit(ROWS).predict(ROWS))


@families
def test_fitted_precisions_are_the_inverse_covariances(covariance_type: str) -> None:
    model = model_of(covariance_type=covariance_type).fit(ROWS)
    family = FAMILIES[covariance_type]
    product = family.dense(model.precisions_, 3, 2) @ family.dense(model.covariances_, 3, 2)
    np.testing.assert_allclose(product, np.stack([np.eye(2)] * 3), atol=1e-9)


@families
def test_a_seed_repeats_the_fit_to_the_bit(covariance_type: str) -> None:
    first, second = (
        model_of(covariance_type=covariance_type, init_params="random_from_data").fit(ROWS) for _ in range(2)
    )
    assert first.mixture_ == second.mixture_


def test_fitting_again_begins_anew() -> None:
    model = model_of(random_state=0).fit(ROWS[:50])
    assert model.fit(ROWS).mixture_ == model_of(random_state=0).fit(ROWS).mixture_


def test_the_data_are_not_changed() -> None:
    rows, weights = ROWS.copy(), np.ones(240)
    model_of().fit(rows, sample_weight=weights).predict_proba(rows)
    np.testing.assert_array_equal(rows, ROWS)
    np.testing.assert_array_equal(weights, np.ones(240))


@families
def test_bic_and_aic_follow_their_formulas(covariance_type: str) -> None:
    model = model_of(covariance_type=covariance_type).fit(ROWS)
    log_likelihood, p = 240 * model.score(ROWS), model.mixture_.n_parameters
    assert model.bic(ROWS) == pytest.approx(-2 * log_likelihood + p * np.log(240))
    assert model.aic(ROWS) == pytest.approx(-2 * log_likelihood + 2 * p)


def test_responsibilities_are_the_transform() -> None:
    model = model_of().fit(ROWS)
    np.testing.assert_array_equal(model.transform(ROWS), model.predict_proba(ROWS))
    assert model.get_feature_names_out().tolist() == [f"gaussianmixture{k}" for k in range(3)]


def test_a_sample_is_in_the_library_of_the_fit(library: Callable[[FloatArray], Array]) -> None:
    rows = library(ROWS)
    drawn, labels = model_of().fit(rows).sample(30.0)
    assert type(drawn) is type(labels) is type(rows)
    expected, expected_labels = model_of().fit(ROWS).sample(30)
    np.testing.assert_allclose(to_numpy(drawn), expected, rtol=1e-7, atol=1e-9)
    np.testing.assert_array_equal(to_numpy(labels), expected_labels)


def test_the_lower_bound_is_a_number_of_numpy() -> None:
    model = model_of().fit(ROWS)
    assert type(model.lower_bound_) is np.float64


def test_a_sample_has_the_seed_of_the_estimator() -> None:
    model = model_of().fit(ROWS)
    rows, labels = model.sample(30)
    assert rows.shape == (30, 2)
    assert labels.shape == (30,)
    np.testing.assert_array_equal(rows, model.sample(30)[0])


# Where a fit begins


@ignore_convergence
@families
def test_no_iteration_gives_the_start(covariance_type: str) -> None:
    model = model_of(covariance_type=covariance_type, labels_init=LABELS, max_iter=0).fit(ROWS)
    expected = [np.mean(ROWS[component == LABELS], axis=0) for component in range(3)]
    np.testing.assert_allclose(model.means_, expected, rtol=1e-10)
    assert (model.n_iter_, model.lower_bounds_, model.converged_) == (0, [], False)
    assert model.lower_bound_ == pytest.approx(model.score(ROWS))


@families
def test_given_parameters_are_the_start(covariance_type: str) -> None:
    fitted = model_of(covariance_type=covariance_type).fit(ROWS)
    given = {"weights_init": fitted.weights_, "means_init": fitted.means_, "precisions_init": fitted.precisions_}
    start = model_of(covariance_type=covariance_type, max_iter=0, **given).fit(ROWS)
    np.testing.assert_allclose(start.weights_, fitted.weights_, rtol=1e-12)
    np.testing.assert_allclose(start.means_, fitted.means_, rtol=1e-12)
    np.testing.assert_allclose(start.covariances_, fitted.covariances_, rtol=1e-8, atol=1e-9)


@families
@pytest.mark.parametrize("name", ["weights_init", "means_init", "precisions_init"])
def test_one_given_parameter_is_kept_and_the_others_are_found(covariance_type: str, name: str) -> None:
    fitted = model_of(covariance_type=covariance_type).fit(ROWS)
    attribute = name.replace("_init", "_")
    start = model_of(covariance_type=covariance_type, max_iter=0, **{name: getattr(fitted, attribute)}).fit(ROWS)
    np.testing.assert_allclose(getattr(start, attribute), getattr(fitted, attribute), rtol=1e-8, atol=1e-9)
    assert np.isfinite(start.lower_bound_)


@families
def test_given_responsibilities_are_the_start(covariance_type: str) -> None:
    shares = np.random.default_rng(0).dirichlet(np.ones(3), size=240)
    start = model_of(covariance_type=covariance_type, max_iter=0, responsibilities_init=shares).fit(ROWS)
    np.testing.assert_allclose(start.weights_, np.mean(shares, axis=0))


def test_a_start_beside_rows_of_weight_zero_is_aligned() -> None:
    weights = (np.arange(240) % 3 != 0).astype(float)
    kept = weights > 0
    ours = model_of(labels_init=LABELS, max_iter=0).fit(ROWS, sample_weight=weights)
    expected = model_of(labels_init=LABELS[kept], max_iter=0).fit(ROWS[kept])
    np.testing.assert_allclose(ours.means_, expected.means_)


def test_the_best_of_several_restarts_is_kept() -> None:
    model = model_of(n_init=6, init_params="random_from_data").fit(ROWS)
    assert len(model.restarts_) == 6
    assert model.history_[-1].objective == max(run.objective for run in model.restarts_)


def test_restarts_begin_differently() -> None:
    model = model_of(n_init=4, init_params="random").fit(ROWS)
    assert len({run.history[0].log_likelihood for run in model.restarts_}) == 4


def test_more_restarts_are_never_worse() -> None:
    one, many = (model_of(n_init=n, init_params="random_from_data").fit(ROWS) for n in (1, 5))
    assert many.history_[-1].objective >= one.history_[-1].objective


@ignore_convergence
def test_a_warm_start_goes_on_where_the_last_fit_ended() -> None:
    model = model_of(init_params="random", warm_start=True, max_iter=2, tol=0.0).fit(ROWS)
    before = model.history_[-1].objective
    model.fit(ROWS)
    assert model.history_[0].objective == pytest.approx(before, rel=1e-12)
    assert model.history_[-1].objective >= before


@ignore_convergence
def test_a_warm_start_reaches_what_one_long_fit_does() -> None:
    settings = {"init_params": "random", "tol": 0.0}
    model = model_of(warm_start=True, max_iter=40, **settings).fit(ROWS)
    for _ in range(9):
        model.fit(ROWS)
    long = model_of(max_iter=400, **settings).fit(ROWS)
    assert model.lower_bound_ == pytest.approx(long.lower_bound_, abs=1e-5)


@pytest.mark.parametrize(("change", "columns"), [({"n_components": 2}, 2), ({"covariance_type": "diag"}, 2), ({}, 1)])
def test_a_warm_start_of_another_shape_is_refused(change: dict[str, Any], columns: int) -> None:
    model = model_of(warm_start=True).fit(ROWS)
    with pytest.raises(InputError, match=r"A warm start needs .* Set `warm_start=False`"):
        model.set_params(**change).fit(ROWS[:, :columns])


def test_a_warm_start_begins_at_parameters_changed_by_hand() -> None:
    model = model_of(warm_start=True).fit(ROWS)
    moved = model.means_ + 1.0
    model.means_ = moved
    model.set_params(max_iter=0).fit(ROWS)
    np.testing.assert_allclose(model.means_, moved)


# How a fit ends


def test_the_default_search_is_as_good_as_any_single_start() -> None:
    auto = model_of(init_params="auto").fit(ROWS)
    for name in INITIALIZERS:
        assert auto.objective_ >= model_of(init_params=name).fit(ROWS).objective_ - 1e-5


def test_the_default_search_finds_what_it_found_before() -> None:
    first, second = (model_of(init_params="auto").fit(ROWS) for _ in range(2))
    assert first.mixture_ == second.mixture_
    assert first.lower_bound_ == pytest.approx(first.score(ROWS), rel=1e-13)


def test_a_time_limit_ends_the_fit_with_what_it_has() -> None:
    with pytest.warns(ConvergenceWarning, match="`max_time`"):
        model = model_of(init_params="random", tol=0.0, max_iter=10**6, max_time=0.05).fit(ROWS)
    assert model.outcome_ is Outcome.TIME_LIMIT
    assert model.lower_bound_ == pytest.approx(model.score(ROWS))


def test_a_component_of_few_rows_is_warned_about() -> None:
    rows = np.concatenate([ROWS, [[1e3, 1e3], [1e3, 1e3 + 1.0]]])
    with pytest.warns(
        SpuriousComponentWarning, match="Of 3 components, component 2 has fewer rows than the 3 that a covariance needs"
    ):
        model_of(means_init=[[0.0, 0.0], [5.0, 5.0], [1e3, 1e3]]).fit(rows)


@pytest.mark.parametrize("more", [np.zeros((122, 0)), np.ones((122, 1))], ids=["plain", "with a constant"])
@pytest.mark.parametrize("method", ["fit", "fit_predict"])
def test_a_warning_is_about_the_callers_line(more: np.ndarray, method: str) -> None:
    rows = np.concatenate([ROWS[:120], [[1e3, 1e3], [1e3, 1e3 + 1.0]]])
    with pytest.warns(SpuriousComponentWarning) as caught:
        getattr(GaussianMixture(3, random_state=0), method)(np.column_stack([rows, more]))
    assert {warning.filename for warning in caught} == {__file__}


def test_a_fit_that_converged_says_so() -> None:
    model = model_of(max_iter=1000).fit(ROWS)
    assert (model.converged_, model.outcome_) == (True, Outcome.CONVERGED)


def test_a_fit_that_did_not_converge_warns_what_to_do() -> None:
    with pytest.warns(
        ConvergenceWarning,
        match="reached `max_iter` after 1 iterations before it converged.*Increase `max_iter` or `tol`",
    ):
        model = model_of(max_iter=1, tol=0.0, init_params="random").fit(ROWS)
    assert (model.converged_, model.outcome_) == (False, Outcome.ITERATION_LIMIT)


def test_a_callback_sees_every_iteration_of_every_restart() -> None:
    seen: list[Iteration] = []
    model = model_of(n_init=3, init_params="random", callback=seen.append, max_iter=1000).fit(ROWS)
    assert {iteration.restart for iteration in seen} == {0, 1, 2}
    best = [iteration for iteration in seen if iteration.restart == model.history_[0].restart]
    assert tuple(best) == model.history_


def test_a_callback_that_answers_true_stops_the_fit() -> None:
    model = model_of(init_params="random", tol=0.0, callback=lambda iteration: iteration.number == 3).fit(ROWS)
    assert (model.outcome_, model.n_iter_, model.converged_) == (Outcome.STOPPED, 3, False)
    assert model.lower_bound_ == pytest.approx(model.score(ROWS))


def test_an_error_in_the_callback_reaches_the_caller() -> None:
    def fail(iteration: Iteration) -> None:
        raise KeyError(iteration.number)

    with pytest.raises(KeyError):
        model_of(callback=fail).fit(ROWS)


def test_one_collapsing_restart_among_several_does_not_raise_and_is_not_kept() -> None:
    # Four equal rows far away: a restart that gives them a component of their own collapses without regularization.
    rows = np.concatenate([ROWS, np.full((4, 2), 1e3)])
    settings = {"reg_covar": 0.0, "n_init": 12, "init_params": "random_from_data", "random_state": 0, "max_iter": 1000}
    model = GaussianMixture(2, **settings).fit(rows)
    assert Outcome.COLLAPSED in {run.outcome for run in model.restarts_}
    assert model.outcome_ is Outcome.CONVERGED
    assert np.isfinite(model.lower_bound_)


def test_a_fit_of_which_every_restart_collapsed_says_what_to_do() -> None:
    rows = np.concatenate([ROWS, np.full((4, 2), 1e3)])
    with pytest.raises(CollapseError, match="Try to decrease the number of components.*leave it at 'auto'"):
        GaussianMixture(2, reg_covar=0.0, init_params="random", random_state=0, max_iter=1000).fit(rows)


def test_when_every_start_is_singular_the_error_says_what_to_do() -> None:
    with pytest.raises(CollapseError, match="Fit fewer components, increase `reg_covar`, or leave it at 'auto'"):
        GaussianMixture(2, reg_covar=0.0, init_params="kmeans", random_state=0).fit(np.repeat(ROWS[:2], 5, axis=0))


def test_nothing_is_printed_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    model_of().fit(ROWS)
    assert capsys.readouterr() == ("", "")


# Drop-in


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_frames_give_the_fit_of_their_numbers_and_their_names(frame: Callable[..., Any]) -> None:
    table = frame({"height": ROWS[:, 0], "width": ROWS[:, 1]})
    model = model_of().fit(table)
    assert model.feature_names_in_.tolist() == ["height", "width"]
    assert model.mixture_.feature_names == ("height", "width")
    plain = model_of().fit(ROWS)
    np.testing.assert_array_equal(model.means_, plain.means_)
    np.testing.assert_array_equal(model.predict(table), plain.predict(ROWS))


def test_columns_in_another_order_are_refused() -> None:
    table = pd.DataFrame(ROWS, columns=["a", "b"])
    model = model_of().fit(table)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(table[["b", "a"]])


@pytest.mark.parametrize(("container", "kind"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame)])
def test_set_output_gives_frames(container: Any, kind: type) -> None:
    shares = model_of().set_output(transform=container).fit(ROWS).transform(ROWS)
    assert isinstance(shares, kind)
    assert list(shares.columns) == ["gaussianmixture0", "gaussianmixture1", "gaussianmixture2"]


def test_a_clone_has_the_parameters_and_no_fit() -> None:
    model = model_of(covariance_type="diag", means_init=ROWS[:3]).fit(ROWS)
    copied = clone(model)
    assert copied.get_params()["covariance_type"] == "diag"
    assert not hasattr(copied, "weights_")
    assert copied.fit(ROWS).mixture_ == model.mixture_


@families
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("how", ["pickle", "joblib"])
def test_a_pickled_estimator_answers_the_same(covariance_type: str, dtype: type, how: str, tmp_path: Path) -> None:
    rows = ROWS.astype(dtype)
    model = model_of(covariance_type=covariance_type).fit(rows)
    if how == "pickle":
        other = pickle.loads(pickle.dumps(model))
    else:
        joblib.dump(model, tmp_path / "model.joblib")
        other = joblib.load(tmp_path / "model.joblib")
    assert other.mixture_ == model.mixture_
    np.testing.assert_array_equal(other.predict_proba(rows), model.predict_proba(rows))
    np.testing.assert_array_equal(other.score_samples(rows), model.score_samples(rows))


def test_a_pipeline_and_a_grid_search_take_it() -> None:
    pipeline = make_pipeline(StandardScaler(), GaussianMixture(init_params="kmeans", random_state=0))
    search = GridSearchCV(pipeline, {"gaussianmixture__n_components": [1, 3]}, cv=3).fit(ROWS)
    assert search.best_params_ == {"gaussianmixture__n_components": 3}


@families
def test_float32_in_gives_float32_out(covariance_type: str, library: Callable[[FloatArray], Array]) -> None:
    rows = library(ROWS.astype(np.float32))
    model = model_of(covariance_type=covariance_type).fit(rows)
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        assert getattr(model, name).dtype == rows.dtype
    assert model.score_samples(rows).dtype == rows.dtype
    assert model.predict_proba(rows).dtype == rows.dtype
    double = model_of(covariance_type=covariance_type).fit(ROWS)
    np.testing.assert_allclose(to_numpy(model.means_), double.means_, atol=0.02)


@families
def test_a_tensor_gives_the_fit_of_the_array(covariance_type: str) -> None:
    torch = pytest.importorskip("torch")
    rows = torch.tensor(ROWS)
    model, expected = (model_of(covariance_type=covariance_type).fit(data) for data in (rows, ROWS))
    for name in ("weights_", "means_", "covariances_", "precisions_cholesky_"):
        assert isinstance(getattr(model, name), torch.Tensor)
        np.testing.assert_allclose(getattr(model, name).numpy(), getattr(expected, name), rtol=1e-8, atol=1e-9)
    assert isinstance(model.predict(rows), torch.Tensor)
    np.testing.assert_array_equal(model.predict(rows).numpy(), expected.predict(ROWS))
    assert model.score(rows) == pytest.approx(expected.score(ROWS))


def test_a_tensor_that_records_gradients_is_fitted() -> None:
    torch = pytest.importorskip("torch")
    model = model_of().fit(torch.tensor(ROWS, requires_grad=True))
    np.testing.assert_allclose(model.means_.numpy(), model_of().fit(ROWS).means_)


def test_attributes_are_copies_that_may_be_written() -> None:
    model = model_of().fit(ROWS)
    model.means_[0] = 0.0
    assert model.means_[0].tolist() == [0.0, 0.0]


# Parameters set by hand


def test_parameters_set_by_hand_answer(by_hand: GaussianMixture) -> None:
    expected = Mixture([0.25, 0.75], by_hand.means_, [np.eye(2), np.eye(2) / 4.0])
    np.testing.assert_allclose(by_hand.score_samples(ROWS), expected.log_density(ROWS), rtol=1e-12)
    np.testing.assert_array_equal(by_hand.predict(ROWS), expected.labels(ROWS))
    np.testing.assert_allclose(by_hand.predict_proba(ROWS), expected.responsibilities(ROWS), atol=1e-12)
    assert by_hand.score(ROWS) == pytest.approx(float(np.mean(expected.log_density(ROWS))))
    assert np.isfinite(by_hand.bic(ROWS))
    assert by_hand.sample(5)[0].shape == (5, 2)


def test_parameters_set_by_hand_refuse_other_features(
    by_hand: GaussianMixture, library: Callable[[FloatArray], Array]
) -> None:
    with pytest.raises(ValueError, match="X must have 2 features"):
        by_hand.predict(library(np.zeros((4, 3))))


def test_parameters_set_by_hand_answer_a_file(by_hand: GaussianMixture, tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    np.testing.assert_array_equal(by_hand.predict(tmp_path / "rows.npy"), by_hand.predict(ROWS))


def test_covariances_set_by_hand_are_enough_to_sample() -> None:
    model = GaussianMixture(1, random_state=0)
    model.weights_, model.means_, model.covariances_ = np.ones(1), np.zeros((1, 2)), np.eye(2)[None] * 4.0
    assert np.std(model.sample(2000)[0]) == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize("in_place", [True, False])
@pytest.mark.parametrize("name", ["means_", "weights_", "precisions_cholesky_", "covariances_"])
def test_a_changed_attribute_is_followed(name: str, in_place: bool) -> None:
    model = model_of().fit(ROWS)
    values = {"weights_": np.array([0.2, 0.3, 0.5]), "means_": model.means_ + 1.0}
    new = values.get(name, getattr(model, name) * 1.5)
    expected = {
        "weights": model.weights_.copy(),
        "means": model.means_.copy(),
        "covariances": model.covariances_.copy(),
    }
    if in_place:
        getattr(model, name)[...] = new
    else:
        setattr(model, name, new)
    if name == "precisions_cholesky_":
        expected["covariances"] = expected["covariances"] / 1.5**2
    else:
        expected[name[:-1]] = new
    np.testing.assert_allclose(model.score_samples(ROWS), Mixture(**expected).log_density(ROWS), rtol=1e-9)


def test_fitting_forgets_what_was_set_by_hand() -> None:
    model = model_of().fit(ROWS)
    model.means_ = model.means_ + 100.0
    assert model.fit(ROWS).mixture_ == model_of().fit(ROWS).mixture_


# Files


@families
def test_a_file_gives_the_fit_of_its_array(covariance_type: str, tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    for path in (tmp_path / "rows.npy", str(tmp_path / "rows.npy")):
        model = model_of(covariance_type=covariance_type).fit(path)
        expected = model_of(covariance_type=covariance_type).fit(ROWS)
        assert model.mixture_ == expected.mixture_
        np.testing.assert_array_equal(model.predict(path), expected.predict(ROWS))
        assert model.score(path) == expected.score(ROWS)


def test_a_file_of_several_chunks_is_predicted_in_order(tmp_path: Path) -> None:
    rows = np.tile(ROWS, (CHUNK_ROWS // 100, 1))
    np.save(tmp_path / "rows.npy", rows)
    model = model_of().fit(ROWS)
    np.testing.assert_array_equal(model.predict(tmp_path / "rows.npy"), model.predict(rows))


def test_a_file_takes_weights(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    weights = np.random.default_rng(0).uniform(size=240)
    ours = model_of().fit(tmp_path / "rows.npy", sample_weight=weights)
    np.testing.assert_allclose(ours.means_, model_of().fit(ROWS, sample_weight=weights).means_)


def test_a_file_of_float32_gives_float32(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS.astype(np.float32))
    assert model_of().fit(tmp_path / "rows.npy").means_.dtype == np.float32


def test_fitting_a_file_forgets_the_names_of_a_frame(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    model = model_of().fit(pd.DataFrame(ROWS, columns=["a", "b"])).fit(tmp_path / "rows.npy")
    assert not hasattr(model, "feature_names_in_")
    assert model.predict(ROWS).shape == (240,)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_the_row_of_a_file_that_is_not_finite_is_named(bad: float, tmp_path: Path) -> None:
    rows = ROWS.copy()
    rows[17, 1] = bad
    np.save(tmp_path / "rows.npy", rows)
    with pytest.raises(InputError, match="feature 1 is missing, NaN or infinite in row 17 of .*rows.npy"):
        model_of(missing="raise").fit(tmp_path / "rows.npy")


@pytest.mark.parametrize("n", [0, 1])
def test_a_file_of_too_few_rows_is_refused(n: int, tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS[:n])
    with pytest.raises(ValueError, match="at least 2 row|must hold rows"):
        GaussianMixture().fit(tmp_path / "rows.npy")


def test_a_file_of_other_features_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", np.ones((5, 7)))
    with pytest.raises(ValueError, match=r"X must have 2 features, the number of the mixture, got 7"):
        model_of().fit(ROWS).predict(tmp_path / "rows.npy")


def test_a_file_with_too_few_rows_of_positive_weight_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    with pytest.raises(InputError, match="n_components = 3, n_samples = 2"):
        model_of().fit(tmp_path / "rows.npy", sample_weight=np.r_[1.0, 1.0, np.zeros(238)])


def test_a_missing_file_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no \.npy file nowhere\.npy"):
        model_of().fit("nowhere.npy")


# Bad input


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_rows_that_are_not_finite_are_refused(bad: float, library: Callable[[FloatArray], Array]) -> None:
    rows = ROWS.copy()
    rows[3, 0] = bad
    with pytest.raises(ValueError, match="NaN|infinity"):
        model_of(missing="raise").fit(library(rows))
    with pytest.raises(ValueError, match="NaN|infinity"):
        model_of(missing="raise").fit(ROWS).predict(rows)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([["a", "b"], ["c", "d"]], "could not convert string"),
        (np.ones((5, 2), dtype=complex), "Complex data not supported"),
        (np.empty((0, 2)), "0 sample"),
        (np.empty((5, 0)), r"0 feature"),
        (np.ones((1, 2)), "minimum of 2"),
        (np.ones((2, 2)), "n_samples >= n_components but got n_components = 3, n_samples = 2"),
        (np.ones(5), "Reshape your data"),
        (np.array([[np.inf, 1.0], [2.0, 3.0]], dtype=object), "infinity"),
    ],
    ids=["strings", "complex", "no rows", "no features", "one row", "few rows", "one dimension", "objects"],
)
def test_rows_that_cannot_be_fitted_are_refused(rows: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model_of().fit(rows)


def test_another_number_of_features_is_refused() -> None:
    model = model_of().fit(ROWS)
    for rows in (ROWS[:, :1], np.ones((5, 3))):
        with pytest.raises(ValueError, match="features"):
            model.predict(rows)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (-np.ones(240), "negative|Negative"),
        (np.zeros(240), "every weight is zero|at least one non-zero"),
        (np.full(240, np.nan), "NaN"),
        (np.ones(7), "shape"),
        (np.r_[np.ones(2), np.zeros(238)], "n_samples = 2 \\(rows of positive weight\\)"),
    ],
)
def test_useless_weights_are_refused(weights: FloatArray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model_of().fit(ROWS, sample_weight=weights)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_components": 0}, "n_components"),
        ({"covariance_type": "round"}, "covariance_type"),
        ({"tol": -1.0}, "tol"),
        ({"reg_covar": -1.0}, "reg_covar"),
        ({"reg_covar": "lots"}, "reg_covar"),
        ({"max_iter": -1}, "max_iter"),
        ({"n_init": 0}, "n_init"),
        ({"init_params": "luck"}, "init_params"),
        ({"engine": "steam"}, "engine"),
        ({"callback": 7}, "callback"),
        ({"verbose_interval": 0}, "verbose_interval"),
        ({"random_state": "seed"}, "random_state"),
        ({"n_jobs": 1.5}, "n_jobs"),
    ],
)
def test_a_parameter_out_of_range_is_named(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"The '{message}' parameter"):
        GaussianMixture(**parameters).fit(ROWS)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "score_samples", "score", "bic", "aic", "transform"])
def test_an_estimator_that_was_not_fitted_says_so(method: str) -> None:
    with pytest.raises(NotFittedError, match="not fitted"):
        getattr(GaussianMixture(), method)(ROWS)


def test_a_sample_without_a_fit_is_refused() -> None:
    with pytest.raises(NotFittedError):
        GaussianMixture().sample()
    with pytest.raises(AttributeError, match="not fitted yet.*Call `fit` first"):
        GaussianMixture().mixture_  # noqa: B018


class Axes(Diag):  # type: ignore[misc]  # final for those who extend the library, and enough of a family for a test
    """A family of somebody's own."""

    name = "axes"


def test_a_family_of_somebody_s_own_does_what_the_library_s_do() -> None:
    theirs, ours = (GaussianMixture(2, covariance_type=family, random_state=0).fit(ROWS) for family in (Axes(), "diag"))
    assert theirs.bic(ROWS) == ours.bic(ROWS)
    np.testing.assert_array_equal(theirs.predict(ROWS), ours.predict(ROWS))
    again = pickle.loads(pickle.dumps(theirs))
    assert again.mixture_ == theirs.mixture_
    theirs.means_ = theirs.means_ + 1.0
    assert theirs.mixture_.covariance_type == "axes"


def test_a_family_of_somebody_s_own_streams() -> None:
    model = GaussianMixture(2, covariance_type=Axes(), random_state=0).partial_fit(ROWS[::2]).partial_fit(ROWS[1::2])
    assert model.mixture_.covariance_type == "axes"


def test_saving_says_that_a_family_of_somebody_s_own_must_be_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_REGISTERED", {})
    model = GaussianMixture(2, covariance_type=Axes(), random_state=0).fit(ROWS)
    with pytest.raises(ModelFileError, match=r"Call `mixfold.covariance.register\(family\)`"):
        model.save(tmp_path / "model.json")
    register(Axes())
    model.save(tmp_path / "model.json")
    assert GaussianMixture.load(tmp_path / "model.json").bic(ROWS) == model.bic(ROWS)


def test_a_fit_that_ends_on_a_plateau_says_so_and_a_smaller_tol_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mixfold.fitting.stopping.DEAR", 1e5)
    rows = np.random.default_rng(0).normal(size=(500, 2))
    settings: dict[str, Any] = {"init_params": "kmeans", "random_state": 0, "reg_covar": 1e-6, "max_iter": 3000}
    with pytest.warns(ConvergenceWarning, match="ended on a plateau after .* iterations.*smaller `tol`"):
        model = GaussianMixture(4, **settings).fit(rows)
    assert (model.converged_, model.outcome_) == (False, Outcome.PLATEAU)
    longer = GaussianMixture(4, tol=1e-9, **settings).fit(rows)
    assert longer.n_iter_ > model.n_iter_
    assert longer.lower_bound_ > model.lower_bound_


def test_a_search_in_the_span_of_wide_rows_ends_where_em_in_all_features_does() -> None:
    rows = np.random.default_rng(0).normal(size=(60, 90))
    labels = np.repeat([0, 1], 30)
    rows += 2.0 * labels[:, None]
    found = GaussianMixture(2, covariance_type="tied", random_state=0).fit(rows)
    told = GaussianMixture(2, covariance_type="tied", labels_init=labels).fit(rows)
    np.testing.assert_array_equal(np.sort(np.bincount(found.predict(rows))), [30, 30])
    assert abs(found.objective_ - told.objective_) < 1e-6
    np.testing.assert_allclose(found.covariances_, told.covariances_, rtol=1e-3, atol=1e-6)
