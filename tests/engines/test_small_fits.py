"""Fits of many small tables in one call, against those of one table at a time."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans

from mixfold.covariance import family_for
from mixfold.engines import Limits, NativeEngine, Tables
from mixfold.engines.kernels import NATIVE_AVAILABLE
from mixfold.engines.small_fits import kmeans_draws
from mixfold.executors import LocalExecutor
from mixfold.fitting import Stopping, em
from mixfold.fold import Fold
from mixfold.models import Penalized, Problem
from mixfold.outcome import Outcome
from mixfold.parameters import Parameters
from mixfold.prior import Prior
from mixfold.rows import Marks
from mixfold.structures import SPHERICAL
from tests.examples import blobs

pytestmark = pytest.mark.skipif(not NATIVE_AVAILABLE, reason="built without the native kernels")

LIMITS = Limits(max_steps=200, block=8, tolerance=1e-8, resolution=1e-15)


def tables(n_tables: int = 7, dtype: type = np.float64) -> Tables:
    """Give tables of different lengths, with weights."""
    random = np.random.default_rng(0)
    lengths = random.integers(20, 400, n_tables)
    rows = np.concatenate([blobs(int(n), 3, 2, separation=3.0, seed=int(n))[0] for n in lengths])
    ends = np.cumsum(lengths)
    spans = np.stack([ends - lengths, ends], axis=1)
    return Tables(rows.astype(dtype), random.uniform(0.5, 2.0, len(rows)).astype(dtype), spans)


def kmeans(of: Tables, seed: int = 0, in_every_thread=None) -> tuple[np.ndarray, np.ndarray]:
    """Give the centers of k-means and the inertia of each table."""
    uniforms = np.random.RandomState(seed).uniform(size=(1, kmeans_draws(3)))
    centers, sums = NativeEngine().kmeans_of_tables(
        of, 3, SPHERICAL, uniforms, max_steps=300, tolerance=0.0, in_every_thread=in_every_thread
    )
    inertia = [np.sum(sums.of_chunk(i, centers[i], 1).scatter) for i in range(len(of))]
    return centers, np.array(inertia)


def one(of: Tables, number: int) -> Tables:
    """Give one of the tables alone."""
    at = slice(*of.spans[number])
    return Tables(of.rows[at], of.weights[at], np.array([[0, at.stop - at.start]]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_kmeans_of_each_table_has_the_bits_of_that_table_alone(dtype: type) -> None:
    all_of_them = tables(dtype=dtype)
    together = kmeans(all_of_them)[0]
    for number in range(len(all_of_them)):
        np.testing.assert_array_equal(together[number], kmeans(one(all_of_them, number))[0][0])


def test_kmeans_ends_where_scikit_learns_lloyd_stays() -> None:
    some = tables()
    centers, inertia = kmeans(some)
    for number in range(len(some)):
        alone = one(some, number)
        theirs = KMeans(3, init=centers[number], n_init=1, tol=0.0).fit(alone.rows, sample_weight=alone.weights)
        np.testing.assert_allclose(centers[number], theirs.cluster_centers_, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(inertia[number], theirs.inertia_, rtol=1e-9)


def test_kmeans_does_not_depend_on_the_order_of_rows() -> None:
    alone = one(tables(), 3)
    order = np.random.default_rng(1).permutation(len(alone.rows))
    other = Tables(alone.rows[order], alone.weights[order], alone.spans)
    np.testing.assert_allclose(kmeans(alone)[0], kmeans(other)[0], rtol=1e-12)


def test_rows_without_weight_are_no_centers() -> None:
    rows = np.array([[0.0], [1.0], [50.0], [100.0]])
    some = Tables(rows, np.array([1.0, 1.0, 0.0, 1.0]), np.array([[0, 4]]))
    for seed in range(20):
        assert sorted(kmeans(some, seed)[0].ravel()) == [0.0, 1.0, 100.0]


def test_threads_do_not_change_a_bit() -> None:
    some = tables(40)
    with LocalExecutor(3) as executor:
        np.testing.assert_array_equal(kmeans(some)[0], kmeans(some, in_every_thread=executor.in_every_thread)[0])


@pytest.mark.parametrize("name", ["full", "tied", "diag", "spherical"])
def test_em_of_each_table_has_the_bits_and_the_ending_of_a_single_fit(name: str) -> None:
    some, family, prior = tables(), family_for(name), Prior.from_ridge(1e-6)
    folds = [Fold.of_rows(alone.rows, Marks(alone.weights)) for alone in (one(some, i) for i in range(len(some)))]
    starts = []
    for i, fold in enumerate(folds):
        means = kmeans(some)[0][i]
        first = Parameters(np.full(3, 1 / 3), means, np.broadcast_to(_unit(name), family.shape(3, 2)).copy())
        starts.append((first, fold))
    stacked = tuple(
        np.stack([getattr(each, part) for each, _ in starts]) for part in ("weights", "means", "covariances")
    )
    fits = NativeEngine().climb_tables(some, stacked, family.structure, prior, LIMITS)
    for i, (start, fold) in enumerate(starts):
        stopping = Stopping(LIMITS.tolerance, LIMITS.max_steps)
        run = em(Problem(fold, Penalized(family, prior)), start, stopping, restart=0, name="given", callback=None)
        np.testing.assert_array_equal(fits.means[i], run.parameters.means)
        np.testing.assert_array_equal(fits.covariances[i], run.parameters.covariances)
        np.testing.assert_array_equal(fits.weights[i], run.parameters.weights)
        assert (fits.n_steps[i], fits.log_likelihood[i]) == (run.n_iter, run.log_likelihood)
        assert fits.ended(Outcome.CONVERGED)[i] == (str(run.outcome) == "converged")


def _unit(name: str) -> np.ndarray:
    return np.eye(2) if name in {"full", "tied"} else np.ones(())


def test_a_table_whose_covariance_is_singular_says_so_and_stops_no_other() -> None:
    rows = np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 4.0], [0.0, 0.0], [1.0, 2.0], [2.0, 3.0]])
    some = Tables(rows, None, np.array([[0, 3], [3, 6]]))
    start = np.ones((2, 1)), np.ones((2, 1, 2)), np.broadcast_to(np.eye(2), (2, 1, 2, 2))
    fits = NativeEngine().climb_tables(some, start, family_for("full").structure, Prior.from_ridge(0.0), LIMITS)
    assert fits.ended(Outcome.COLLAPSED).tolist() == [True, False]


def test_spans_without_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="spans must each hold"):
        kmeans(Tables(np.zeros((4, 1)), None, np.array([[0, 2], [2, 2]])))
