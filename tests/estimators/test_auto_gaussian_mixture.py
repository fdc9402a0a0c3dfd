"""AutoGaussianMixture chooses, says why, and is the mixture that it chose."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris, make_blobs
from sklearn.metrics import adjusted_rand_score

from mixfold import AutoGaussianMixture, GaussianMixture
from mixfold.datasets import load_faithful
from mixfold.errors import ConvergenceWarning, InputError, SelectionWarning
from mixfold.search import CRITERIA

FAITHFUL = load_faithful().data


@pytest.fixture(scope="module", name="model")
def _model() -> AutoGaussianMixture:
    return AutoGaussianMixture(random_state=0).fit(FAITHFUL)


def test_old_faithful_has_three_components_of_one_covariance_as_mclust_has_it() -> None:
    """Scrucca et al. (2016), The R Journal 8(1): EEE with 3 components, BIC -2314.316 in mclust's sign."""
    model = AutoGaussianMixture(range(1, 6), tie_break=None, random_state=0).fit(FAITHFUL)
    assert (model.n_components_, model.covariance_type_) in {(3, "tied"), (3, "EEE")}
    of_points = -2.0 * 272 * model.score(FAITHFUL) + model.mixture_.n_parameters * np.log(272)
    assert of_points <= 2314.4  # the prior moves it by less than a tenth
    assert of_points < model.best_value_ < of_points + 1.0  # minutes are intervals


def test_of_cells_that_rows_cannot_tell_apart_the_clearest_is_chosen(model: AutoGaussianMixture) -> None:
    """Two components are 6.0 behind three, 0.8 standard errors of that difference."""
    rows = pd.DataFrame(model.results_)
    assert model.n_components_ == 2
    assert 5.0 < model.best_value_ - rows.bic.min() < 7.0
    assert rows.icl[rows.chosen].item() < rows.icl[rows.bic.idxmin()]


def test_the_results_are_a_table_of_every_cell(model: AutoGaussianMixture) -> None:
    frame = pd.DataFrame(model.results_)
    assert set(CRITERIA) - {"held_out"} < set(frame.columns)
    assert not frame.duplicated(["n_components", "covariance_type"]).any()
    (chosen,) = frame[frame.chosen].itertuples()
    assert (chosen.n_components, chosen.covariance_type) == (model.n_components_, model.covariance_type_)
    assert chosen.bic == model.best_value_
    assert chosen.n_parameters == model.mixture_.n_parameters


def test_the_attributes_are_those_of_the_choice(model: AutoGaussianMixture) -> None:
    best = model.best_estimator_
    assert isinstance(best, GaussianMixture)
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        np.testing.assert_array_equal(getattr(model, name), getattr(best, name))
    assert model.converged_
    assert model.bic(FAITHFUL) == pytest.approx(model.best_value_, abs=1e-8)
    np.testing.assert_array_equal(model.predict(FAITHFUL), best.predict(FAITHFUL))
    assert model.predict_proba(FAITHFUL).shape == (272, model.n_components_)
    assert model.mixture_ == best.mixture_


def test_a_seed_repeats_the_choice_to_the_bit(model: AutoGaussianMixture) -> None:
    assert clone(model).set_params(n_jobs=2).fit(FAITHFUL).mixture_ == model.mixture_


def test_a_fitted_choice_survives_pickling(model: AutoGaussianMixture) -> None:
    assert pickle.loads(pickle.dumps(model)).mixture_ == model.mixture_


@pytest.mark.filterwarnings("ignore:The choice is at the edge")
@pytest.mark.parametrize("criterion", sorted(set(CRITERIA) - {"held_out"}))
def test_the_choice_has_the_smallest_criterion(criterion: str) -> None:
    model = AutoGaussianMixture(range(1, 5), covariance_types=["full", "tied"], criterion=criterion, random_state=0)
    rows = model.set_params(tie_break=None).fit(FAITHFUL).results_
    assert model.best_value_ == min(row[criterion] for row in rows if not math.isnan(row[criterion]))
    assert model.reason_ == f"It has the smallest {criterion.upper()}."


@pytest.mark.parametrize("criterion", ["aic", "aicc", "icl", "sabic"])
def test_ties_are_broken_by_default_for_bic_only(criterion: str) -> None:
    model = AutoGaussianMixture(range(1, 7), covariance_types=["full"], criterion=criterion, random_state=0)
    rows = model.fit(FAITHFUL).results_
    assert model.best_value_ == min(row[criterion] for row in rows if not math.isnan(row[criterion]))


def test_the_reason_names_the_model_that_the_tie_break_passed_over(model: AutoGaussianMixture) -> None:
    best = min(model.results_, key=lambda row: row["bic"])
    assert model.reason_.startswith("ICL decides")
    assert (
        f"{best['n_components']} component(s), {best['covariance_type']}, with the smallest BIC, {best['bic']:.3f}"
        in model.reason_
    )


def test_the_tie_break_adds_no_components_against_very_strong_evidence() -> None:
    """A narrow and a wide normal around one place: ICL would put more components beside them."""
    random = np.random.default_rng(0)
    rows = np.where(random.random((1000, 1)) < 0.9, 1, 5) * random.normal(size=(1000, 1))
    model = AutoGaussianMixture(range(1, 7), random_state=0).fit(rows)
    assert model.n_components_ == 2
    assert model.best_value_ < min(row["bic"] for row in model.results_) + 10.0


def test_two_normals_that_bic_tells_apart_clearly_are_not_called_one() -> None:
    random = np.random.default_rng(4)
    rows = np.concatenate([random.normal(0.0, 1.0, (100, 1)), random.normal(3.0, 1.0, (100, 1))])
    model = AutoGaussianMixture(range(1, 4), random_state=0).fit(rows)
    one, two = (min(row["bic"] for row in model.results_ if row["n_components"] == k) for k in (1, 2))
    assert one > two + 10.0
    assert model.n_components_ == 2


@pytest.mark.parametrize("family", ["full", "tied", "diag", "spherical"])
def test_the_choice_is_as_good_as_a_plain_fit_of_its_size_and_family(family: str) -> None:
    rows, _ = make_blobs(400, n_features=4, centers=8, random_state=0)
    model = AutoGaussianMixture([2, 8, 9], covariance_types=[family], tie_break=None, random_state=0).fit(rows)
    plain = GaussianMixture(model.n_components_, covariance_type=family, random_state=0).fit(rows)
    # A plain fit may have learned how alike components are, which costs likelihood.
    assert model.score(rows) >= plain.score(rows) - 1e-4


def test_reasons_tell_which_cells_had_a_search_of_their_own(model: AutoGaussianMixture) -> None:
    rows = pd.DataFrame(model.results_)
    assert rows.reason[rows.chosen].item() == "EM converged, from the best that a search of its own found."
    others = rows[(rows.outcome == "converged") & (rows.n_components != model.n_components_)]
    assert set(others.reason) == {"Converged: what EM is predicted to gain still is below `tol`."}


def test_a_choice_at_the_edge_of_what_was_tried_is_warned_about() -> None:
    rows = np.concatenate([np.random.default_rng(0).normal(shift, 1.0, (60, 1)) for shift in (0.0, 9.0, 18.0)])
    model = AutoGaussianMixture(range(1, 3), random_state=0)
    with pytest.warns(SelectionWarning, match="2 is the largest number of components that was tried") as said:
        model.fit(rows)
    assert model.warnings_ == (str(said[0].message),)
    assert AutoGaussianMixture(range(1, 5), random_state=0).fit(rows).warnings_ == ()
    assert AutoGaussianMixture(2, random_state=0).fit(rows).warnings_ == ()  # nothing else was asked for


def test_a_search_that_time_cut_is_warned_about_and_what_was_not_tried_says_so() -> None:
    model = AutoGaussianMixture([1, 2, 3], covariance_types=["full", "tied"], random_state=0, max_time=1e-9)
    with pytest.warns((SelectionWarning, ConvergenceWarning)) as said:
        model.fit(FAITHFUL)
    assert "`max_time` was over" in model.warnings_[0]
    assert "of 6 combinations, up to 1 component" in model.warnings_[0]
    assert tuple(str(one.message) for one in said)[-1] == model.warnings_[0]
    assert {row["reason"] for row in model.results_ if row["n_components"] > 1} == {"Not tried: `max_time` was over."}


@pytest.mark.parametrize("unit", [1.0 / 200.0, 250.0])
def test_the_choice_does_not_depend_on_the_unit_of_weights(unit: float) -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal(place, 1.0, (100, 2)) for place in (0.0, 5.0)])
    weights = random.uniform(0.5, 1.5, 200)
    model = AutoGaussianMixture(range(1, 5), covariance_types=["full", "tied", "EII"], random_state=0)
    one, other = (clone(model).fit(rows, sample_weight=factor * weights) for factor in (1.0, unit))
    assert (one.n_components_, one.covariance_type_) == (other.n_components_, other.covariance_type_)
    assert one.n_components_ == 2
    assert other.best_value_ == pytest.approx(one.best_value_, abs=1e-4)
    assert other.bic(rows, sample_weight=unit * weights) == pytest.approx(other.best_value_, abs=1e-6)


def test_equal_weights_change_nothing() -> None:
    model = AutoGaussianMixture(range(1, 4), covariance_types=["full", "tied"], random_state=0)
    weighted = clone(model).fit(FAITHFUL, sample_weight=np.full(len(FAITHFUL), 1.0 / len(FAITHFUL)))
    plain = clone(model).fit(FAITHFUL)
    assert weighted.best_value_ == pytest.approx(plain.best_value_, abs=1e-6)
    np.testing.assert_allclose(weighted.means_, plain.means_, rtol=1e-6)


def test_uneven_weights_count_as_fewer_rows() -> None:
    model = AutoGaussianMixture([2], covariance_types=["full"], random_state=0)
    weights = np.random.default_rng(0).integers(0, 3, len(FAITHFUL)) / 2.0
    evidence = model.fit(FAITHFUL, sample_weight=weights).grid_models_[0].evidence
    assert evidence is not None
    assert evidence.n_rows == pytest.approx(np.sum(weights) ** 2 / np.sum(weights**2))


def test_whole_weights_count_as_rows_that_are_there_as_often() -> None:
    weights = np.random.default_rng(0).integers(0, 3, len(FAITHFUL))
    weighted, repeated = (AutoGaussianMixture([1, 2, 3], covariance_types=["full"], random_state=0) for _ in range(2))
    weighted.fit(FAITHFUL, sample_weight=weights)
    repeated.fit(np.repeat(FAITHFUL, weights, axis=0))
    assert weighted.n_components_ == repeated.n_components_
    assert weighted.best_value_ == pytest.approx(repeated.best_value_, rel=1e-3)


@pytest.mark.parametrize("seed", [3, 5, 7])
def test_counts_choose_what_as_many_copies_of_the_rows_do(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = np.concatenate([random.normal(size=(80, 3)), random.normal(size=(80, 3)) * np.array([3.0, 1.0, 0.3]) + 4.0])
    counts = random.integers(0, 4, 160)
    weighted = AutoGaussianMixture(random_state=0).fit(rows, sample_weight=counts)
    repeated = AutoGaussianMixture(random_state=0).fit(np.repeat(rows, counts, axis=0))
    assert (weighted.covariance_type_, weighted.n_components_) == (repeated.covariance_type_, repeated.n_components_)
    assert weighted.best_value_ == pytest.approx(repeated.best_value_, rel=1e-6)
    np.testing.assert_array_equal(np.repeat(weighted.cluster_labels_, counts), repeated.cluster_labels_)


def test_column_names_are_kept() -> None:
    model = AutoGaussianMixture([2], covariance_types=["full"], random_state=0)
    model.fit(load_iris(as_frame=True).data)
    assert model.mixture_.feature_names == tuple(model.feature_names_in_)
    assert list(model.best_estimator_.feature_names_in_) == list(model.feature_names_in_)


def test_single_precision_gives_single_precision() -> None:
    model = AutoGaussianMixture([1, 2, 3], covariance_types=["full", "tied"], random_state=0)
    assert model.fit(FAITHFUL.astype(np.float32)).means_.dtype == np.float32


def test_tensors_come_back_as_tensors() -> None:
    torch = pytest.importorskip("torch")
    model = AutoGaussianMixture([1, 2, 3], covariance_types=["full", "tied"], random_state=0)
    assert isinstance(model.fit(torch.tensor(FAITHFUL)).means_, torch.Tensor)


def test_files_are_swept_like_arrays(tmp_path) -> None:  # type: ignore[no-untyped-def]
    np.save(tmp_path / "rows.npy", FAITHFUL)
    model = AutoGaussianMixture([1, 2, 3], covariance_types=["full"], random_state=0)
    assert clone(model).fit(str(tmp_path / "rows.npy")).mixture_ == clone(model).fit(FAITHFUL).mixture_


@pytest.mark.parametrize("levels", [[], [0, 1], [1.5], "many", [True, "two"]])
def test_numbers_of_components_that_are_none_are_refused(levels: object) -> None:
    with pytest.raises(ValueError, match="n_components"):
        AutoGaussianMixture(levels).fit(FAITHFUL)  # type: ignore[arg-type]


@pytest.mark.parametrize("families", [[], ["round"], "round"])
def test_families_that_are_none_are_refused(families: object) -> None:
    with pytest.raises(ValueError, match="covariance_types"):
        AutoGaussianMixture([1], covariance_types=families).fit(FAITHFUL)  # type: ignore[arg-type]


def test_fewer_rows_than_components_are_refused() -> None:
    with pytest.raises(InputError, match="n_samples = 3"):
        AutoGaussianMixture([4, 5]).fit(FAITHFUL[:3])


def test_verbose_prints_a_line_for_each_cell(capsys: pytest.CaptureFixture[str]) -> None:
    AutoGaussianMixture([1, 2, 3], covariance_types=["full"], random_state=0, verbose=1).fit(FAITHFUL)
    assert capsys.readouterr().out.count("converged") >= 2


def test_more_verbose_prints_a_line_for_each_start(capsys: pytest.CaptureFixture[str]) -> None:
    model = AutoGaussianMixture([1, 2, 3], covariance_types=["full"], random_state=0, verbose=2).fit(FAITHFUL)
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    first = model.restarts_[0]
    said = f"{first.start}: {first.log_likelihood:.6f} per row, {first.outcome}, {first.n_iter} iterations"
    assert lines.count(said) == 1
    assert any(line.startswith("all rows: ") for line in lines)


def test_one_feature_is_enough() -> None:
    rows = np.concatenate([np.random.default_rng(0).normal(shift, 1.0, 100) for shift in (0.0, 8.0)])[:, None]
    assert AutoGaussianMixture(random_state=0).fit(rows).n_components_ == 2


@pytest.mark.parametrize("levels", [range(1, 10**9), range(1, 10**30)])
def test_more_numbers_than_a_search_may_try_are_refused_at_once(levels: range) -> None:
    with pytest.raises(InputError, match="must be at most 10000 numbers"):
        AutoGaussianMixture(levels).fit(FAITHFUL)


def test_icl_is_that_of_the_table_and_the_summary_names_the_choice() -> None:
    model = AutoGaussianMixture([1, 2, 3], covariance_types=["full"], random_state=0).fit(FAITHFUL)
    (chosen,) = [row for row in model.results_ if row["chosen"]]
    assert model.icl(FAITHFUL) == pytest.approx(chosen["icl"], rel=1e-9)
    assert "AutoGaussianMixture: 'full' with 2 components chosen of 3, bic " in model.summary()


@pytest.mark.parametrize("seed", range(4))
def test_one_component_goes_by_a_name_that_people_know(seed: int) -> None:
    """With one component eight families are one model."""
    rows = np.random.default_rng(seed).normal(size=(60, 3)) @ np.triu(np.ones((3, 3)))
    assert AutoGaussianMixture([1], random_state=0).fit(rows).covariance_type_ == "full"


def test_icl_counts_weighted_rows_as_bic_does() -> None:
    weights = np.where(np.arange(len(FAITHFUL)) % 2, 250.5, 501.0)
    model = AutoGaussianMixture([1, 2, 3], covariance_types=["full"], random_state=0).fit(
        FAITHFUL, sample_weight=weights
    )
    (chosen,) = [row for row in model.results_ if row["chosen"]]
    assert model.icl(FAITHFUL, weights) == pytest.approx(chosen["icl"], rel=1e-9)
    assert model.icl(FAITHFUL, 3.25 * weights) == pytest.approx(model.icl(FAITHFUL, weights), rel=1e-12)


def test_rows_may_lack_values_and_criteria_count_what_was_observed() -> None:
    rows = np.where(np.random.default_rng(0).random((300, 2)) < 0.1, np.nan, make_blobs(300, random_state=1)[0])
    model = AutoGaussianMixture([2, 3, 4], covariance_types=["full", "EEI"], random_state=0).fit(rows)
    assert model.n_components_ == 3
    assert model.n_missing_.tolist() == np.isnan(rows).sum(axis=0).tolist()
    assert model.best_value_ == pytest.approx(model.bic(rows), rel=1e-9)
    assert not np.isnan(model.impute(rows)).any()
    assert model.predict(rows).shape == (300,)
    with pytest.raises(ValueError, match="NaN"):
        AutoGaussianMixture([2], missing="raise").fit(rows)


def test_files_that_lack_values_are_swept(tmp_path) -> None:
    rows = make_blobs(17000, random_state=1)[0]
    rows[::9, 1] = np.nan
    np.save(tmp_path / "rows.npy", rows)
    model = AutoGaussianMixture([2, 3], covariance_types=["EII"], random_state=0)
    with pytest.warns(SelectionWarning, match="edge"):
        model.fit(tmp_path / "rows.npy")
    assert model.n_components_ == 3
    assert model.n_missing_.tolist() == [0, int(np.isnan(rows[:, 1]).sum())]


@pytest.mark.filterwarnings("ignore::mixfold.errors.SelectionWarning", "ignore::mixfold.errors.ConvergenceWarning")
def test_more_components_than_rows_are_not_searched_for_beside_what_was_chosen() -> None:
    rows = np.random.default_rng(0).normal(size=(4, 2))
    model = AutoGaussianMixture([4, 5], covariance_types=["full"], random_state=0).fit(rows)
    assert model.n_components_ == 4
    assert model.results_[-1]["reason"] == "Not tried: there are only 4 rows."


@pytest.mark.parametrize("seed", range(3))
def test_groups_are_found_in_fewer_rows_than_directions_need(seed: int) -> None:
    """Two means of forty features are more parameters than sixty rows, and more than one component was not tried."""
    random = np.random.default_rng(seed)
    labels = np.arange(60) % 3
    rows = (1.2 * random.normal(size=(3, 40)))[labels] + random.normal(size=(60, 40))
    model = AutoGaussianMixture(random_state=0).fit(rows)
    assert adjusted_rand_score(labels, model.cluster_labels_) == 1.0
    one = AutoGaussianMixture(random_state=0).fit(random.normal(size=(60, 40)))
    assert one.n_components_ == 1
