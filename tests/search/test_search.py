"""The search finds what single starts miss, and says what it did."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest
from sklearn.datasets import load_iris, load_wine, make_blobs
from sklearn.metrics import adjusted_rand_score

from mixfold import GaussianMixture
from mixfold.covariance import FAMILIES
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.fitting import DataScale, Iteration, Outcome
from mixfold.fitting.invariant_coordinates import InvariantCoordinates
from mixfold.fold import Fold
from mixfold.models import Penalized, Point, Problem
from mixfold.parameters import Parameters
from mixfold.search import Effort, search
from mixfold.search.race import Race
from mixfold.search.search import Search
from mixfold.search.split_merge import shares_of, softened
from mixfold.search.start import Start
from mixfold.search.trajectory import MAX_EM_STEPS, TOL_NATS, Trajectory, best_past

RNG = np.random.default_rng(5)
BANDS = np.concatenate([RNG.normal(size=(150, 2)) * [12.0, 0.4] + [0.0, 3.0 * band] for band in range(4)])
"""Four elongated bands."""
APART = np.random.default_rng(0).normal(size=(180, 2)) + np.repeat([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], 60, axis=0)
"""Three clusters far apart."""


def purity(labels: np.ndarray, n_components: int) -> float:
    """Give the share of rows in the band that most of their component is of."""
    bands = np.repeat(np.arange(4), 150)
    return sum(np.max(np.bincount(bands[labels == k], minlength=4)) for k in range(n_components)) / len(bands)


@pytest.mark.parametrize("seed", range(3))
def test_elongated_bands_are_found(seed: int) -> None:
    model = GaussianMixture(4, random_state=seed).fit(BANDS)
    assert purity(model.predict(BANDS), 4) > 0.98


@pytest.mark.parametrize("covariance_type", list(FAMILIES))
def test_no_single_start_does_better(covariance_type: str) -> None:
    rows = load_iris().data
    found = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(rows).objective_
    for init_params in ("kmeans", "random_from_data"):
        single = GaussianMixture(3, covariance_type=covariance_type, init_params=init_params, n_init=3, random_state=0)
        sound = [run for run in single.fit(rows).restarts_ if run.smallest_count > 5.0]
        assert found > max((run.objective for run in sound), default=-np.inf) - 1e-4


def test_every_start_of_the_race_is_in_the_table_with_its_end() -> None:
    model = GaussianMixture(3, random_state=0).fit(BANDS)
    *race, last = model.restarts_
    assert [run.restart for run in race] == list(range(len(race)))
    assert {run.start for run in race} >= {"equal covariances", "k-means, neighbors", "groups, neighbors"}
    assert all(run.outcome.left_race for run in race)
    assert sum(run.outcome is Outcome.WON for run in race) == 1
    assert last.start == "search"
    assert last.outcome is Outcome.CONVERGED
    assert all(run.parameters is None and run.n_iter > 0 for run in race)
    assert all(np.isfinite(run.log_likelihood) and np.isinf(run.smallest_count) for run in race)
    assert last.smallest_count > 0.0
    assert last.smallest_eigenvalue > 0.0


def test_where_starts_meet_on_the_best_optimum_no_more_are_made() -> None:
    *race, _ = GaussianMixture(3, random_state=0).fit(APART).restarts_
    won, met = ([run for run in race if run.outcome is one] for one in (Outcome.WON, Outcome.DUPLICATE))
    assert len(race) < 10
    assert any(abs(run.objective - won[0].objective) < 1e-5 for run in met)


def searched(rows: np.ndarray, n_components: int, effort: Effort) -> Search:
    """Search for full covariances."""
    fold, full = Fold.of_rows(rows), FAMILIES["full"]
    scale = DataScale.of(fold, n_components=n_components)
    problem = Problem(fold, Penalized(full, scale.prior(full, n_components)))
    found = Search(problem, scale, n_components, np.random.RandomState(0), effort)
    found.best()
    return found


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="without loops starts are looked at after every step")
def test_where_steps_are_dear_two_starts_are_enough_and_looked_at_sooner() -> None:
    dear, cheap = (searched(APART, 3, Effort(n_random, patience=2)).runs for n_random in (4, 5))
    assert (len(dear), len(cheap)) == (2, 3)
    assert max(run.n_iter for run in dear) < min(run.n_iter for run in cheap)


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="without loops a step is a call of its own")
def test_only_the_end_of_a_search_converges_on_all_of_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    climbed, n_rows = Trajectory.climbed, list[int]()

    def counted(self: Trajectory, *args: object, **kwargs: object) -> Trajectory:
        n_rows.append(self.problem.fold.source.n_rows)
        return climbed(self, *args, **kwargs)

    monkeypatch.setattr(Trajectory, "climbed", counted)
    found = searched(np.random.default_rng(0).standard_t(3.0, size=(6000, 2)), 4, Effort(5, 6))
    assert found.end.problem.fold.source.n_rows == 6000
    assert n_rows[-1] == 6000
    assert set(n_rows[:-1]) == {4096}
    assert len(n_rows) > 2


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="without loops moves are made one by one anyway")
def test_a_thrifty_search_makes_moves_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    n_moves: list[int] = []
    monkeypatch.setattr(search, "best_past", lambda *a: n_moves.append(len(a[1])) or best_past(*a))
    for is_thrifty, at_once in ((True, 1), (False, 6)):
        n_moves.clear()
        searched(BANDS, 7, Effort(4, 6, is_thrifty=is_thrifty))
        assert n_moves[0] == at_once


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="without loops a search looks at each step")
def test_a_dear_start_that_would_not_come_to_the_best_of_the_race_in_the_steps_that_are_left_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = searched(BANDS, 4, Effort(9, 2))
    values = (
        np.full(4, 0.25),
        found.end.point.parameters.means[[0, 0, 1, 1]],
        9.0 * found.end.point.parameters.covariances,
    )
    slow = Trajectory(found.end.problem, Point.at(found.end.problem, Parameters(*values)))
    monkeypatch.setattr(Trajectory, "predicted_gain", 1e9)  # as it may be where gains waver
    alone, behind = (found._thriftily(Race(racers), [slow], 72)[0] for racers in ([], [found.end]))
    assert behind.n_steps < alone.n_steps == 72


def test_the_first_starts_of_the_first_race_are_kept() -> None:
    met, apart = searched(APART, 3, Effort(5, 2, n_turns=2)), searched(BANDS, 7, Effort(9, 2))
    assert len(met.runs) == 6
    assert [start.index for start in met.starts] == [0, 1, 2]
    assert len(apart.runs) > 5
    assert [start.index for start in apart.starts] == [0, 1, 2, 3, 4]


def test_where_three_starts_meet_and_no_exchange_promises_much_no_move_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[int] = []
    monkeypatch.setattr(search, "best_past", lambda *a: tried.append(1) or best_past(*a))
    rng = np.random.default_rng(0)
    blobs = np.concatenate([rng.normal(size=(60, 2)) + center for center in ([0.0, 0.0], [9.0, 0.0], [0.0, 9.0])])
    GaussianMixture(3, random_state=0).fit(blobs)
    assert not tried
    GaussianMixture(5, random_state=1).fit(BANDS)
    assert tried


@pytest.mark.skipif(not NATIVE_AVAILABLE, reason="without loops moves are made one by one")
def test_a_move_must_pass_what_the_last_one_led_to(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = list[tuple[float, float]]()

    def noted(problem: Problem, starts: list[Start], to_beat: float) -> Trajectory | None:
        found = best_past(problem, starts, to_beat)
        calls.append((to_beat, found.objective if found else -np.inf))
        return found

    monkeypatch.setattr(search, "best_past", noted)
    searched(BANDS, 5, Effort(5, 6))
    passed = [(reached, then) for (to_beat, reached), (then, _) in pairwise(calls) if reached > to_beat]
    assert passed
    assert all(then >= reached for reached, then in passed)


def test_winners_of_races_are_compared_on_all_rows_of_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).normal(size=(9000, 2))
    best_of_all = Parameters(np.ones(1), rows.mean(axis=0)[None], np.cov(rows.T)[None])

    def race(self: Search, problem: Problem, part: object, *, is_first: bool) -> Trajectory:
        here = Trajectory(problem, Point.at(problem, best_of_all), "of all rows" if is_first else "of a part")
        return here if is_first else here.climbed(3)

    monkeypatch.setattr(Search, "_race", race)
    assert searched(rows, 1, Effort(5, 2, n_turns=2)).end.name == "of all rows"


def test_clusters_far_apart_are_not_moved_though_a_thousand_rows_would_not_tell_what_splits_of_all_gain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried: list[int] = []
    monkeypatch.setattr(search, "best_past", lambda *a: tried.append(1) or best_past(*a))
    random = np.random.default_rng(0)
    rows = random.normal(size=(10, 64))[random.integers(10, size=3000)] + 0.3 * random.normal(size=(3000, 64))
    GaussianMixture(10, random_state=0).fit(rows)
    assert not tried


@pytest.mark.parametrize("seed", range(1, 4))
def test_starts_that_are_on_their_optima_but_have_not_met_are_not_enough(seed: int) -> None:
    *race, _ = (
        GaussianMixture(5, random_state=seed, reg_covar="weak").fit(BANDS).restarts_
    )  # of four bands: one is two, in many ways
    assert len(race) >= 10


def test_where_starts_do_not_meet_every_way_is_tried() -> None:
    square = np.random.default_rng(1).uniform(size=(300, 2))
    *race, _ = GaussianMixture(7, random_state=0, reg_covar="weak").fit(square).restarts_
    ways = {run.start.partition(",")[0] for run in race}
    assert ways >= {"equal covariances", "k-means", "groups", "k-means++", "random rows"}


@pytest.mark.parametrize("covariance_type", list(FAMILIES))
def test_the_components_of_most_weight_come_first(covariance_type: str) -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal(size=(n, 2)) + 9.0 * n for n in (30, 90, 60)])
    model = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(rows)
    np.testing.assert_allclose(model.weights_, [0.5, 1 / 3, 1 / 6], atol=1e-3)
    np.testing.assert_array_equal(np.bincount(model.predict(rows)), [90, 60, 30])


def test_a_seed_repeats_the_search_to_the_bit() -> None:
    first, second = (GaussianMixture(4, random_state=3).fit(BANDS).mixture_ for _ in range(2))
    assert first == second


@pytest.mark.parametrize("seed", range(4))
def test_more_restarts_never_end_lower(seed: int) -> None:
    objectives = [GaussianMixture(6, n_init=n_init, random_state=seed).fit(BANDS).objective_ for n_init in (1, 2, 4)]
    assert np.all(np.diff(objectives) > -1e-6)


def test_data_larger_than_the_sample_are_searched_on_a_sample_and_fitted_whole() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(20_000, 2)) + 8.0 * random.integers(3, size=(20_000, 1))
    model = GaussianMixture(3, random_state=0).fit(rows)
    np.testing.assert_allclose(np.sort(model.means_[:, 0]), [0.0, 8.0, 16.0], atol=0.1)
    assert model.lower_bound_ == pytest.approx(model.score(rows), abs=1e-12)


def test_rows_far_on_either_side_leave_a_search_the_digits_of_all_others() -> None:
    rows = np.random.default_rng(0).normal(size=(900, 4))
    rows[0, 0], rows[1, 0] = 1e7, -1e7
    model = GaussianMixture(2, covariance_type="tied", random_state=0).fit(rows)
    np.testing.assert_allclose(np.linalg.eigvalsh(model.covariances_)[:3], 1.0, atol=0.15)


def test_a_callback_can_stop_the_search() -> None:
    seen: list[Iteration] = []

    def stop(iteration: Iteration) -> bool:
        seen.append(iteration)
        return len(seen) == 5

    model = GaussianMixture(4, random_state=0, callback=stop).fit(BANDS)
    assert model.outcome_ in {Outcome.STOPPED, Outcome.CONVERGED}
    assert np.isfinite(model.lower_bound_)


def test_a_time_limit_ends_with_the_best_so_far() -> None:
    began = time.perf_counter()
    with pytest.warns(Warning, match="max_time"):
        model = GaussianMixture(30, random_state=0, max_time=0.01).fit(np.random.default_rng(0).normal(size=(5000, 4)))
    assert time.perf_counter() - began < 30.0
    assert np.isfinite(model.lower_bound_)


@pytest.mark.parametrize("n_features", [1, 3, 70])
def test_one_constant_feature_does_not_keep_the_search_busy(n_features: int) -> None:
    rows = np.column_stack([np.random.default_rng(0).normal(size=(60, n_features)), np.full(60, 3.0)])
    assert np.isfinite(GaussianMixture(2, random_state=0).fit(rows).lower_bound_)


@pytest.mark.parametrize("weight", [1 / 15, 1 / 150, 1e-6])
def test_weights_that_sum_to_one_find_the_optimum_of_equal_rows(weight: float) -> None:
    rows = load_iris().data
    equal = GaussianMixture(3, random_state=0).fit(rows)
    weighted = GaussianMixture(3, random_state=0).fit(rows, sample_weight=np.full(len(rows), weight))
    assert weighted.score(rows) == pytest.approx(equal.score(rows), abs=1e-8)


def test_a_constant_feature_has_differences_of_zero_in_a_frame() -> None:
    rows = np.column_stack([np.random.default_rng(0).normal(size=22), np.full(22, -1.1e137)])
    weights = np.random.default_rng(1).uniform(size=22)
    coordinates = InvariantCoordinates.of(rows, weights, FAMILIES["spherical"])
    np.testing.assert_array_equal(coordinates.into(rows)[:, 1], 0.0)


@pytest.mark.parametrize("covariance_type", ["spherical", "full"])
def test_features_hundreds_of_orders_of_magnitude_apart_have_a_fit(covariance_type: str) -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(12, 54)) * 10.0 ** random.uniform(-150.0, 142.0, 54)
    assert np.isfinite(GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(rows).objective_)


def test_what_is_nothing_beside_the_rest_is_zero_where_one_scale_is_for_all() -> None:
    rows = np.random.default_rng(0).normal(size=(20, 2)) * [1e-140, 1e3]
    weights = np.ones(20)
    for name, is_zero in (("spherical", True), ("diag", False), ("full", False)):
        coordinates = InvariantCoordinates.of(rows, weights, FAMILIES[name])
        assert np.all(coordinates.into(rows)[:, 0] == 0.0) == is_zero


@pytest.mark.parametrize("unit", [1.0, 1000.0])
def test_a_feature_of_two_values_hides_no_optimum_from_a_search(unit: float) -> None:
    switch = np.random.default_rng(2).integers(0, 2, 150)
    rows = np.column_stack([load_iris().data, unit * switch])
    single = GaussianMixture(3, init_params="kmeans", random_state=0).fit(rows / [1, 1, 1, 1, unit])
    for seed in range(4):
        found = GaussianMixture(3, random_state=seed).fit(rows)
        assert 150 * (found.objective_ + np.log(unit) - single.objective_) > -0.01


def test_grades_hide_no_group_of_a_few_rows_from_a_search() -> None:
    rows, of_blob = make_blobs(n_samples=1500, random_state=170)
    kept = np.concatenate([np.flatnonzero(of_blob == blob)[:size] for blob, size in enumerate((500, 100, 10))])
    graded = np.column_stack([rows[kept], np.random.default_rng(34).integers(1, 6, 610)])
    assert np.sort(np.bincount(GaussianMixture(3, random_state=0).fit_predict(graded))).tolist() == [10, 100, 500]


@pytest.mark.parametrize("seed", [6, 11, 18])
def test_rows_shared_out_less_surely_lead_nowhere_higher_than_a_search(seed: int) -> None:
    fold, family = Fold.of_rows(np.random.default_rng(seed).standard_t(4.0, size=(300, 10))), FAMILIES["full"]
    scale = DataScale.of(fold, None, 6, learns_likeness=True)
    problem = Problem(fold, Penalized(family, scale.prior(family, 6)))
    one = search.Search(problem, scale, 6, np.random.RandomState(0), Effort.usual(problem, 6))
    one.best()
    assert one.sample is not None
    assert one.end is not None
    shares = shares_of(one.sample, one.sample.dense(one.end.point.parameters, family))
    softer = one.sample.components_of(softened(shares))
    starts = [Start("softer", each, one.sample.family) for each in softer]
    found = best_past(one.end.problem, starts, one.end.objective, TOL_NATS, MAX_EM_STEPS)
    assert found is None or found.objective <= one.end.objective + TOL_NATS


@pytest.mark.parametrize("of_search", [0, 2])
def test_optima_close_beside_each_other_are_told_apart_where_rows_are_few_for_their_features(of_search: int) -> None:
    wine, _ = load_wine(return_X_y=True)
    rows = np.column_stack([wine, np.random.default_rng(6).integers(0, 2, 178)])
    found, best = (GaussianMixture(3, random_state=of_search, n_init=turns).fit(rows) for turns in (1, 10))
    assert 178 * (best.objective_ - found.objective_) < 0.01


@pytest.mark.parametrize(("seed", "of_search"), [(17, 0), (51, 1), (51, 2)])
def test_moves_go_on_from_where_rows_shared_out_less_surely_lead(seed: int, of_search: int) -> None:
    random, cluster = np.random.default_rng(seed), np.arange(700) % 7  # of fewer rows than parameters
    axes, means = random.standard_normal((7, 30, 4)), random.standard_normal((7, 30))
    skewed = np.einsum("nij,nj->ni", axes[cluster], random.gamma(2.0, 1.0, (700, 4)))
    rows = np.maximum(np.round(means[cluster] + skewed + 0.5 * random.standard_normal((700, 30))), 0.0)
    assert adjusted_rand_score(cluster, GaussianMixture(7, random_state=of_search).fit_predict(rows)) == 1.0


@pytest.mark.parametrize("seed", range(4, 7))
def test_two_clusters_that_overlap_are_found_in_eight_features(seed: int) -> None:
    cluster = np.repeat([0, 1], 1024)  # 2.6 deviations apart
    rows = np.random.default_rng(seed).standard_normal((2048, 8)) + 2.6 / np.sqrt(8.0) * cluster[:, None]
    assert adjusted_rand_score(cluster, GaussianMixture(2, random_state=0).fit_predict(rows)) > 0.5


@pytest.mark.parametrize(("spread", "is_moved"), [(1.0, True), (0.01, False)])
def test_nothing_is_moved_where_no_exchange_promises_to_come_near(spread: float, *, is_moved: bool) -> None:
    centers = np.array([[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]])
    rows = centers[np.arange(400) % 4] + spread * np.random.default_rng(0).normal(size=(400, 3))
    fold, family = Fold.of_rows(rows), FAMILIES["full"]
    scale = DataScale.of(fold)
    problem = Problem(fold, Penalized(family, scale.prior(family, 4)))
    one = search.Search(problem, scale, 4, np.random.RandomState(0), Effort.usual(problem, 4))
    one.best()
    assert one.sample is not None
    assert one.end is not None
    drawn = one.random_state.get_state()[2]
    as_if_none_had_met = {"turn": 0, "agreement": 0.0, "met": 0.0}
    one._moved(one.end.problem, one.sample, one.sample, one.end, as_if_none_had_met)
    assert (one.random_state.get_state()[2] != drawn) is is_moved
