"""Each pair of what rows and parameters may be: one E step against the formulas, row by row."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import gammaln

from mixfold.covariance import CovarianceFamily, Prior, family_for
from mixfold.engines import ArrayEngine, Engine, NativeEngine
from mixfold.errors import InputError
from mixfold.estimators.strata import Facts, in_strata
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.models import Frozen, Penalized
from mixfold.observations import Components
from mixfold.potentials import Potentials
from mixfold.rows import Marks
from mixfold.sources import ArraySource
from mixfold.typing import FloatArray
from tests.examples import blobs, parameters_of

N, D, K = 80, 3, 3
NAMES = (
    "weights",
    "missing",
    "noise of kinds",
    "noise of rows",
    "labels",
    "classes",
    "background",
    "tails",
    "known",
    "family",
)
TAILS_AND_NOISE = [{"tails", "noise of kinds"}, {"tails", "noise of rows"}]
OF_ONE_KIND = [{"noise of kinds", "noise of rows"}, {"labels", "classes"}]
PAIRS = [set(pair) for pair in itertools.combinations(NAMES, 2) if set(pair) not in OF_ONE_KIND]
RANDOM = np.random.default_rng(0)
VALUES, WEIGHTS = blobs(N, K, D, seed=0)[0], RANDOM.uniform(0.2, 2.0, N)
LACKS = (RANDOM.random((N, D)) < 0.3) & (np.arange(D) != RANDOM.integers(D, size=(N, 1)))
NOISE = {
    "noise of kinds": RANDOM.choice([0.3, 0.8], (N, 1)) * np.ones(D),
    "noise of rows": RANDOM.uniform(0.1, 1, (N, D)),
}
LABELS = np.where(RANDOM.random(N) < 0.3, RANDOM.integers(K, size=N), -1)
CLASSES = np.where(LABELS == K - 1, -1, LABELS)  # of which there are fewer than components: others are beside them
MEANS = np.array([[1.0, np.nan, np.nan], [np.nan] * 3, [0.0, 2.0, 1.0]])


def family_of(pair: set[str]) -> CovarianceFamily:
    """Give the family."""
    return family_for("VEI" if "family" in pair else "full")


def model_of(pair: set[str]) -> Penalized | Frozen:
    """Give the model."""
    model = Penalized(family_of(pair), Prior.from_ridge(1e-3))
    return Frozen(model, means=MEANS) if "known" in pair else model


def potentials_under(pair: set[str], model: Penalized | Frozen) -> Potentials:
    """Give what engines are told."""
    parameters = parameters_of(family_of(pair), K, D)
    potentials = model.potentials(model.begun(parameters) if isinstance(model, Frozen) else parameters)
    degrees = np.array([1.5, 4.0, 50.0]) if "tails" in pair else None
    if "background" in pair:
        potentials = replace(potentials, background=-8.0, log_sides=np.array([1.0, 2.0, 1.5]))
    return replace(potentials, degrees=degrees)


def row_by_row(pair: set[str], potentials: Potentials) -> dict[str, Any]:
    """Give the sums that complete rows without noise are expected to have."""
    parts, degrees = Components.of(potentials), potentials.degrees
    count, shift, scatter, total = np.zeros(K), np.zeros((K, D)), np.zeros((K, D, D)), 0.0
    noise = next((NOISE[name] for name in pair if name in NOISE), np.zeros((N, D)))
    labels = LABELS if "labels" in pair else CLASSES if "classes" in pair else np.full(N, -1)
    for n in range(N):
        seen = ~LACKS[n] if "missing" in pair else np.ones(D, dtype=bool)
        p, label = int(np.sum(seen)), labels[n]
        scores, scales, steps, rests = np.zeros(K + 1), np.ones(K), np.zeros((K, D)), np.zeros((K, D, D))
        for k in range(K):
            covariance = parts.covariances[k]
            inverse = np.linalg.inv((covariance + np.diag(noise[n] ** 2))[np.ix_(seen, seen)])
            away = (VALUES[n] - parts.means[k])[seen]
            q, half = away @ inverse @ away, 0.5 * np.linalg.slogdet(inverse)[1]
            if degrees is None:
                log_density = half - 0.5 * (p * np.log(2.0 * np.pi) + q)
            else:
                v = degrees[k]
                log_density = half + gammaln(0.5 * (v + p)) - gammaln(0.5 * v) - 0.5 * p * np.log(v * np.pi)
                log_density -= 0.5 * (v + p) * np.log1p(q / v)
                scales[k] = (v + p) / (v + q)
            gain = covariance[:, seen] @ inverse
            scores[k] = parts.log_weights[k] + log_density if label in {-1, k} else -np.inf
            steps[k], rests[k] = gain @ away, covariance - gain @ covariance[seen]
        scores[K] = potentials.background_of(~seen[None])[0] if label == -1 else -np.inf
        weight, log_density = WEIGHTS[n] if "weights" in pair else 1.0, np.logaddexp.reduce(scores)
        shares = weight * np.exp(scores - log_density)[:K]
        total, count = total + weight * log_density, count + shares
        shift += (shares * scales)[:, None] * steps
        scatter += (shares * scales)[:, None, None] * steps[:, :, None] * steps[:, None] + shares[:, None, None] * rests
    return {"count": count, "shift": shift, "scatter": scatter, "log_likelihood": total}


def fold_of(pair: set[str], engine: Engine) -> Fold:
    """Give the fold over the rows."""
    values = np.where(LACKS, np.nan, VALUES) if "missing" in pair else VALUES
    source = ArraySource(values, Marks(WEIGHTS if "weights" in pair else None))
    noise = next((NOISE[name] for name in pair if name in NOISE), None)
    facts = Facts.of(source, noise, LABELS if "labels" in pair else None, K)
    if "classes" in pair:
        facts = Facts.of(source, noise, CLASSES, K).beside_others
        assert facts.named == K - 1
    source, observations = in_strata(source, facts)
    return Fold(source, engine, LocalExecutor(), observations)


def assert_close(actual: FloatArray, expected: FloatArray) -> None:
    """Compare on the scale of the largest."""
    np.testing.assert_allclose(actual, expected, rtol=0.0, atol=1e-12 * max(1.0, float(np.max(np.abs(expected)))))


@pytest.mark.parametrize("engine", [ArrayEngine(), NativeEngine()], ids=lambda engine: engine.name)
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: " and ".join(sorted(pair)))
def test_an_e_step_is_that_of_the_rows_one_by_one(pair: set[str], engine: Engine) -> None:
    model = model_of(pair)
    potentials, fold = potentials_under(pair, model), fold_of(pair, engine)
    if pair in TAILS_AND_NOISE:
        with pytest.raises(InputError, match="need normal components"):
            fold.statistics(potentials, model.structure)
        return
    actual, expected = fold.statistics(potentials, model.structure), row_by_row(pair, potentials)
    expected["scatter"] = np.stack([model.structure.reduced(one, D) for one in expected["scatter"]])
    for name, wanted in expected.items():
        assert_close(np.asarray(getattr(actual, name)), np.asarray(wanted))
    if "known" in pair and "tails" not in pair:
        means = model.maximize(actual, parameters_of(family_of(pair), K, D)).means
        np.testing.assert_array_equal(means[~np.isnan(MEANS)], MEANS[~np.isnan(MEANS)])
