"""Covariances integrated out: the closed form, and what it chooses where components have few rows each."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_t
from sklearn.metrics import adjusted_rand_score

from mixfold import AutoGaussianMixture
from mixfold.errors import SelectionWarning
from mixfold.fitting.likeness import LEAST, ROWS
from mixfold.fold import Fold
from mixfold.outcome import Outcome
from mixfold.parameters import Parameters
from mixfold.rows import Marks
from mixfold.search.criteria import Evidence
from mixfold.search.finish import SEARCHED
from mixfold.search.grid_model import GridModel
from mixfold.search.integrated import (
    ROWS_FOR_BIC,
    SIZES,
    Integrated,
    IntegratedLevels,
    has_few_each,
    integrated,
    log_evidence,
)
from mixfold.typing import FloatArray, IntArray


def in_turn(rows: FloatArray, degrees: float, scale: FloatArray) -> float:
    """Give the log probability of rows by the predictive of each after those before it (Murphy 2007, section 8)."""
    d, total = rows.shape[1], 0.0
    mean, n_mean, scale = np.mean(rows, axis=0), 1.0, scale.copy()
    for row in rows:
        freedom = degrees - d + 1.0
        shape = scale * (n_mean + 1.0) / (n_mean * freedom)
        total += float(multivariate_t.logpdf(row, mean, shape, freedom))
        scale += n_mean / (n_mean + 1.0) * np.outer(row - mean, row - mean)
        mean = (n_mean * mean + row) / (n_mean + 1.0)
        n_mean, degrees = n_mean + 1.0, degrees + 1.0
    return total


def unlike_groups(seed: int = 0) -> tuple[FloatArray, IntArray]:
    """Four groups of 60 rows in fifteen features, of covariances that have little in common."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(4), 60)
    roots = random.standard_normal((4, 15, 17)) / np.sqrt(17.0)
    rows = 0.3 * random.standard_normal((4, 15))[labels]
    return rows + np.einsum("nij,nj->ni", roots[labels], random.standard_normal((240, 17))), labels


def test_it_is_the_product_of_predictives() -> None:
    rows = np.random.default_rng(0).standard_normal((9, 2)) @ np.array([[2.0, 0.0], [1.0, 0.5]])
    within = np.cov(rows.T, bias=True)
    within *= 1.0 + LEAST
    expected = max(in_turn(rows, degrees + 1.0, (degrees + 1.0) * size * within) for degrees in ROWS for size in SIZES)
    assert log_evidence(rows, np.ones((9, 1))) == pytest.approx(expected, rel=1e-6)


def test_units_do_not_change_which_shares_are_more_probable() -> None:
    rows, labels = unlike_groups()
    mapped = rows @ np.random.default_rng(1).standard_normal((15, 15))
    shares = [np.eye(4)[labels], np.eye(2)[labels // 2]]
    before, after = ([log_evidence(some, share) for share in shares] for some in (rows, mapped))
    assert after[0] - after[1] == pytest.approx(before[0] - before[1], rel=1e-4)


def test_weights_are_repeated_rows() -> None:
    rows, labels = unlike_groups()
    shares, copies = np.eye(4)[labels], np.random.default_rng(2).integers(1, 4, len(rows))
    repeated = log_evidence(np.repeat(rows, copies, axis=0), np.repeat(shares, copies, axis=0))
    assert log_evidence(rows, shares * copies[:, None]) == pytest.approx(repeated)


def test_where_features_determine_each_other_there_is_no_density() -> None:
    rows, labels = unlike_groups()
    assert log_evidence(np.column_stack([rows, np.zeros(len(rows))]), np.eye(4)[labels]) == -np.inf


@pytest.mark.parametrize(("apart", "slack"), [(3.0, 2.0), (6.0, 0.1)])
def test_the_evidence_of_rows_alone_is_a_bound_of_that_of_all_ways_to_share_them_out(
    apart: float, slack: float
) -> None:
    rows = np.random.default_rng(0).standard_normal((8, 1)) + np.repeat([[0.0], [apart]], 4, axis=0)
    parameters = Parameters(np.full(2, 0.5), np.array([[0.0], [apart]]), np.ones((2, 1, 1)))
    cell = GridModel(2, "full", Outcome.CONVERGED, "", parameters)
    fold = Fold.of_rows(rows)
    ways = [np.eye(2)[list(labels)] for labels in product((0, 1), repeat=8) if 0 < sum(labels) < 8]
    of_all = float(logsumexp([log_evidence(rows, shares) for shares in ways]))
    assert -0.5 * integrated(fold, cell) < max(log_evidence(rows, shares) for shares in ways)
    assert of_all - slack < -0.5 * integrated(fold, cell, of_rows_alone=True) < of_all


@pytest.mark.parametrize("of_rows_alone", [False, True])
def test_evidence_counts_weights_as_repeated_rows(*, of_rows_alone: bool) -> None:
    random, weights = np.random.default_rng(0), np.tile([1.0, 2.0, 3.0], 10)
    rows = random.standard_normal((30, 2)) + np.repeat([[0.0, 0.0], [2.0, 0.0]], 15, axis=0)
    parameters = Parameters(np.full(2, 0.5), np.array([[0.0, 0.0], [2.0, 0.0]]), np.tile(np.eye(2), (2, 1, 1)))
    cell = GridModel(2, "full", Outcome.CONVERGED, "", parameters)
    folds = Fold.of_rows(rows, Marks(weights)), Fold.of_rows(np.repeat(rows, weights.astype(int), axis=0))
    weighted, repeated = (integrated(fold, cell, of_rows_alone=of_rows_alone) for fold in folds)
    assert weighted == pytest.approx(repeated, rel=1e-12)


def test_a_component_without_rows_does_not_count() -> None:
    rows = np.random.default_rng(0).normal(size=(100, 2))
    rows[50:] += 9.0
    halves = Parameters(np.array([0.5, 0.5]), np.array([[0.0, 0.0], [9.0, 9.0]]), np.tile(np.eye(2), (2, 1, 1)))
    tiny = np.array([0.5, 0.5 - 1e-300, 1e-300])
    beside = Parameters(tiny, np.vstack([halves.means, [[99.0, 99.0]]]), np.tile(np.eye(2), (3, 1, 1)))
    two, three = (GridModel(len(one.weights), "full", Outcome.CONVERGED, "", one) for one in (halves, beside))
    fold = Fold.of_rows(rows)
    values = [integrated(fold, cell, of_rows_alone=True) for cell in (two, three)]
    assert values[0] == pytest.approx(values[1], rel=1e-12)


def test_many_groups_are_found_that_bic_takes_together_though_each_has_rows_enough() -> None:
    random, labels = np.random.default_rng(9), np.repeat(np.arange(10), 80)
    roots = random.standard_normal((10, 5, 7)) / np.sqrt(7.0)
    rows = 1.2 * random.standard_normal((10, 5))[labels]
    rows += np.einsum("nij,nj->ni", roots[labels], random.standard_normal((800, 7)))
    assert not has_few_each(len(rows), 11, 5, 0.5 * ROWS_FOR_BIC)
    model = AutoGaussianMixture(covariance_types=["full"], random_state=0).fit(rows)
    least = min(model.results_, key=lambda row: row["bic"])
    assert (least["n_components"], model.n_components_, model.n_clusters_) == (8, 10, 10)


def test_no_more_groups_are_found_than_as_many_full_covariances_are_better_than() -> None:
    """What was chosen is of another family, and not as probable with covariances integrated out as a full one."""
    random, labels = np.random.default_rng(2), np.repeat(np.arange(16), 100)
    means = random.standard_normal((16, 7))
    roots = random.standard_normal((16, 7, 9)) / np.sqrt(9.0) * random.uniform(0.5, 1.5, (16, 1, 1))
    rows = means[labels] + np.einsum("nij,nj->ni", roots[labels], random.standard_normal((1600, 9)))
    model = AutoGaussianMixture(range(12, 20), covariance_types=["full", "VEV"], random_state=0).fit(rows)
    assert (model.n_components_, model.covariance_type_) == (16, "VEV")


def test_groups_of_few_rows_each_are_found_that_bic_takes_together() -> None:
    rows, labels = unlike_groups()
    assert has_few_each(len(rows), 4, rows.shape[1])
    model = AutoGaussianMixture(random_state=0).fit(rows)
    best = AutoGaussianMixture(tie_break=None, random_state=0).fit(rows)
    assert best.n_components_ < 4
    assert (model.n_components_, model.n_clusters_) == (4, 4)
    over = min((cell for cell in model.results_ if not cell["chosen"]), key=lambda cell: cell["bic"])
    assert model.reason_.startswith("Each component has few rows for its covariance, of which BIC asks too much. With ")
    assert model.reason_.endswith(f"whose BIC is {over['bic']:.3f}.")
    chosen = next(cell for cell in model.results_ if cell["chosen"])
    assert chosen["outcome"] == "converged"
    assert adjusted_rand_score(labels, best.predict(rows)) < 0.6
    assert adjusted_rand_score(labels, model.predict(rows)) > 0.9


def test_groups_are_found_that_the_sweep_did_not_come_to() -> None:
    random, labels = np.random.default_rng(4), np.repeat(np.arange(10), 80)
    roots = random.standard_normal((10, 8, 10)) / np.sqrt(10.0)
    rows = 0.8 * random.standard_normal((10, 8))[labels]
    rows += np.einsum("nij,nj->ni", roots[labels], random.standard_normal((800, 10)))
    assert not has_few_each(len(rows), 10, 8)
    assert has_few_each(len(rows), 10, 8, ROWS_FOR_BIC)
    swept = AutoGaussianMixture(covariance_types=["full"], tie_break=None, random_state=0).fit(rows)
    assert max(row["n_components"] for row in swept.results_) < 10
    model = AutoGaussianMixture(covariance_types=["full"], random_state=0).fit(rows)
    assert (model.n_components_, model.n_clusters_) == (10, 10)
    few = AutoGaussianMixture(range(1, 9), covariance_types=["full"], random_state=0).fit(rows)
    assert few.n_components_ <= 8


def test_one_normal_of_many_features_is_one() -> None:
    rows = np.random.default_rng(3).standard_normal((150, 15))
    model = AutoGaussianMixture(random_state=0).fit(rows)
    assert (model.n_components_, model.n_clusters_) == (1, 1)


def test_nothing_is_searched_for_beyond_components_that_are_not_gaussian() -> None:
    # With covariances integrated out more of them are better, and none may be chosen.
    random = np.random.default_rng(5)
    rows = np.concatenate([random.exponential(size=(100, 5)), random.exponential(size=(100, 5)) + 4.0])
    model = AutoGaussianMixture(covariance_types=["full", "diag"], random_state=0).fit(rows)
    larger = [cell for cell in model.results_ if cell["n_components"] > model.n_components_]
    assert len([cell for cell in larger if cell["reason"] == SEARCHED]) == 1


def test_a_sweep_goes_on_while_more_components_are_better() -> None:
    rows, _ = unlike_groups()
    model = AutoGaussianMixture([1, 2, 3, 4], covariance_types=["full"], tie_break=None, random_state=0).fit(rows)
    levels, fold = IntegratedLevels(), Fold.of_rows(rows)
    assert levels.goes_down(fold, model.grid_models_)
    assert list(levels.values) == [1, 2, 3, 4]
    assert not IntegratedLevels({1: 0.0, 2: 9.0, 3: 9.0, 4: 9.0}).goes_down(fold, model.grid_models_)


@pytest.mark.filterwarnings("ignore::mixfold.errors.SelectionWarning")  # all the work is done, and it says so
def test_a_sweep_goes_on_while_many_components_find_groups_though_all_work_is_done() -> None:
    random, labels = np.random.default_rng(0), np.repeat(np.arange(20), 90)
    roots = random.standard_normal((20, 8, 10)) / np.sqrt(10.0)
    rows = 0.9 * random.standard_normal((20, 8))[labels]
    rows += np.einsum("nij,nj->ni", roots[labels], random.standard_normal((1800, 10)))
    model = AutoGaussianMixture(covariance_types=["full"], random_state=0).fit(rows)
    assert (model.n_components_, model.n_clusters_) == (20, 20)


def test_levels_find_groups_where_one_of_the_last_two_is_clearly_better() -> None:
    rows = np.random.default_rng(0).standard_normal((200, 2))
    fold = Fold.of_rows(rows)
    cells = [
        GridModel(
            k, "full", Outcome.CONVERGED, "", Parameters(np.full(k, 1.0 / k), rows[:k], np.tile(np.eye(2), (k, 1, 1)))
        )
        for k in (7, 8, 9, 10)
    ]
    known = {8: 0.0, 9: 0.0}
    assert IntegratedLevels(_of_rows_alone={**known, 10: -11.0}).find_groups(fold, cells)
    assert not IntegratedLevels(_of_rows_alone={**known, 10: -9.0}).find_groups(fold, cells)
    assert not IntegratedLevels(_of_rows_alone={**known, 10: -11.0}).find_groups(fold, cells[:3])  # but two are many


def groups_of_more_parameters_than_rows() -> FloatArray:
    """Four groups of 50 rows in ten features, of which mixtures have 263 parameters."""
    random, groups = np.random.default_rng(2), []
    for _ in range(4):
        axes = np.linalg.qr(random.normal(size=(10, 10)))[0]
        widths = np.exp(random.normal(0.0, 0.8, 10))
        groups.append(random.normal(0.0, 1.6, 10) + random.normal(size=(50, 10)) * widths @ axes.T)
    return np.vstack(groups)


def test_it_is_said_where_the_choice_has_the_smaller_bic_too_but_a_flaw() -> None:
    model = AutoGaussianMixture([3, 4, 5], covariance_types=["full"], random_state=0)
    model.fit(groups_of_more_parameters_than_rows())
    three, four, _ = model.results_
    assert four["chosen"]
    assert four["bic"] < three["bic"]
    assert f"than 3 component(s), full, whose BIC is {three['bic']:.3f}. Its own BIC is smaller, too," in model.reason_
    flaw = "a component's smallest variance is the prior's, not its rows'"
    assert model.reason_.endswith(f"{four['bic']:.3f}, for which alone it would not be chosen: {flaw}.")


@pytest.mark.parametrize(
    ("log_likelihood", "said"),
    [(-150.0, "whose BIC is 246.052."), (-10.0, "whose BIC is 246.052. Its own BIC is smaller, too, 66.052.")],
)
def test_what_is_said_of_bic_is_so(log_likelihood: float, said: str) -> None:
    parameters = Parameters(np.ones(1), np.zeros((1, 1)), np.ones((1, 1, 1)))
    best, cell = (
        GridModel(k, "full", Outcome.CONVERGED, "", parameters, Evidence(value, 10, 100.0))
        for k, value in ((2, -100.0), (3, log_likelihood))
    )
    assert Integrated(best, cell, 7.0).told("bic", "icl").endswith(f"better by 7.0 than 2 component(s), full, {said}")


def test_the_next_number_is_searched_for_where_components_hold_two_groups_though_all_work_is_done() -> None:
    random, (n, k, d) = np.random.default_rng(16), (1000, 6, 20)
    roots = random.standard_normal((k, d, d + 2)) / np.sqrt(d + 2.0) * random.uniform(0.5, 1.5, (k, 1, 1))
    means = 0.25 * random.standard_normal((k, d))
    groups = random.choice(k, n, p=random.dirichlet(np.full(k, 4.0)))
    rows = means[groups] + np.einsum("nij,nj->ni", roots[groups], random.standard_normal((n, d + 2)))
    with pytest.warns(SelectionWarning, match="all the work was done"):
        model = AutoGaussianMixture(random_state=0).fit(rows)
    assert (model.n_components_, model.n_clusters_) == (k, k)


def test_one_component_more_that_is_better_at_one_in_twenty_is_taken() -> None:
    random, (n, k, d) = np.random.default_rng(12), (600, 6, 12)
    roots = random.standard_normal((k, d, d + 2)) / np.sqrt(d + 2.0) * random.uniform(0.5, 1.5, (k, 1, 1))
    means = 0.35 * random.standard_normal((k, d))
    groups = random.choice(k, n, p=random.dirichlet(np.full(k, 4.0)))
    rows = means[groups] + np.einsum("nij,nj->ni", roots[groups], random.standard_normal((n, d + 2)))
    model = AutoGaussianMixture(covariance_types=["full", "VEV"], random_state=0).fit(rows)
    assert (model.n_components_, model.n_clusters_) == (k, k)
