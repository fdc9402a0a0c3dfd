"""The detector flags what is rare, at the rate that it promises, and remembers all of it in a file."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError

from mixfold import Mixture, MixtureOutlierDetector
from mixfold.errors import InputError, ModelFileError
from mixfold.typing import FloatArray

NORMAL: dict[str, Callable[[np.random.Generator, int], FloatArray]] = {
    "one Gaussian": lambda random, n: random.normal(size=(n, 3)),
    "two Gaussians": lambda random, n: random.normal(size=(n, 2)) + 5.0 * random.integers(0, 2, size=(n, 1)),
    "heavy tails": lambda random, n: random.standard_t(2.0, size=(n, 2)),
    "skewed": lambda random, n: random.lognormal(size=(n, 2)),
    "uniform": lambda random, n: random.uniform(size=(n, 2)),
    "counts, with many ties": lambda random, n: random.poisson(1.0, size=(n, 1)).astype(float),
}


@pytest.mark.parametrize("alpha", [pytest.param(0.01, marks=pytest.mark.nightly), 0.05])
@pytest.mark.parametrize("kind", NORMAL)
def test_the_false_positive_rate_is_at_most_alpha_on_average(kind: str, alpha: float) -> None:
    rates = []
    for seed in range(40):
        random = np.random.default_rng([seed, len(kind)])
        detector = MixtureOutlierDetector(2, alpha=alpha, n_init=1, random_state=seed).fit(NORMAL[kind](random, 500))
        rates.append(np.mean(detector.predict(NORMAL[kind](random, 500)) == -1))
    standard_error = np.std(rates) / np.sqrt(len(rates))
    assert np.mean(rates) <= alpha + 3.0 * standard_error
    if "ties" not in kind:
        assert np.mean(rates) >= 0.7 * alpha - 3.0 * standard_error  # it is no trick that never flags


def test_the_rate_of_one_detector_exceeds_its_bound_as_seldom_as_promised() -> None:
    exceeded = []
    for seed in range(100):
        random = np.random.default_rng(seed)
        detector = MixtureOutlierDetector(1, alpha=0.05, random_state=seed).fit(random.normal(size=(200, 1)))
        rate = np.mean(detector.predict(random.normal(size=(4000, 1))) == -1)
        exceeded.append(rate > detector.false_positive_bound(0.9))
    assert 0.01 <= np.mean(exceeded) <= 0.19  # 10 %, give or take three standard errors


def test_flagged_rows_are_those_whose_p_value_is_at_most_alpha() -> None:
    random = np.random.default_rng(0)
    for alpha, n in [(0.01, 198), (0.07, 198), (0.29, 198), (0.1, 57)]:
        detector = MixtureOutlierDetector(1, alpha=alpha, random_state=0).fit(random.normal(size=(n, 2)))
        X = random.normal(scale=2.0, size=(400, 2))
        np.testing.assert_array_equal(detector.predict(X) == -1, detector.p_values(X) <= alpha)


def test_p_values_are_uniform_on_normal_rows() -> None:
    random = np.random.default_rng(0)
    pooled = []
    for seed in range(50):
        detector = MixtureOutlierDetector(1, alpha=0.1, random_state=seed).fit(random.normal(size=(200, 2)))
        pooled.append(detector.p_values(random.normal(size=(200, 2))))
    shares = [np.mean(np.concatenate(pooled) <= level) for level in (0.1, 0.25, 0.5, 0.75)]
    np.testing.assert_allclose(shares, [0.1, 0.25, 0.5, 0.75], atol=0.04)


def test_without_alpha_a_share_of_the_training_rows_is_flagged(faithful: FloatArray) -> None:
    for contamination in (0.01, 0.05, 0.2):
        detector = MixtureOutlierDetector(2, contamination=contamination, random_state=0).fit(faithful)
        assert np.mean(detector.predict(faithful) == -1) == pytest.approx(contamination, abs=1.0 / len(faithful))


def test_the_number_of_components_is_chosen_where_it_is_not_given() -> None:
    random = np.random.default_rng(1)
    X = random.normal(size=(600, 2)) + 8.0 * np.array([[0, 0], [1, 0], [0, 1]])[random.integers(0, 3, 600)]
    assert MixtureOutlierDetector(random_state=0).fit(X).mixture_.n_components == 3
    assert MixtureOutlierDetector(max_components=2, random_state=0).fit(X).mixture_.n_components == 2


def test_too_few_rows_for_alpha_are_refused_with_how_many_are_needed() -> None:
    X = np.random.default_rng(0).normal(size=(150, 2))
    with pytest.raises(InputError, match=r"at least 1 / \(n \+ 1\) = 0\.0132 with n = 75 .* at least 198 rows"):
        MixtureOutlierDetector(alpha=0.01).fit(X)
    enough = np.random.default_rng(0).normal(size=(198, 2))
    assert len(MixtureOutlierDetector(1, alpha=0.01, random_state=0).fit(enough).calibration_scores_) == 99
    with pytest.raises(InputError, match="must leave at least 2 rows to learn from"):
        MixtureOutlierDetector(alpha=0.4, calibration_size=0.9).fit(X[:3])


def test_another_alpha_needs_no_other_fit() -> None:
    X = np.random.default_rng(0).normal(size=(400, 2))
    detector = MixtureOutlierDetector(1, alpha=0.05, random_state=0).fit(X)
    np.testing.assert_array_equal(detector.at(0.02).predict(X) == -1, detector.p_values(X) <= 0.02)
    assert detector.alpha == 0.05
    for alpha in (0.004, 1.0, -0.1):
        with pytest.raises(InputError, match="at least 1 / "):
            detector.at(alpha)


def test_questions_that_need_calibration_are_refused_without_it(faithful: FloatArray) -> None:
    detector = MixtureOutlierDetector(2, random_state=0).fit(faithful)
    for ask in (lambda: detector.p_values(faithful), detector.false_positive_bound, lambda: detector.at(0.1)):
        with pytest.raises(InputError, match="fitted without `alpha`"):
            ask()
    with pytest.raises(NotFittedError):
        MixtureOutlierDetector().explain(faithful)


def test_the_same_seed_gives_the_same_detector(faithful: FloatArray) -> None:
    first, second = (MixtureOutlierDetector(alpha=0.05, random_state=3).fit(faithful) for _ in range(2))
    assert first.mixture_ == second.mixture_
    np.testing.assert_array_equal(first.calibration_scores_, second.calibration_scores_)


def test_held_out_rows_take_no_part_in_the_mixture(faithful: FloatArray) -> None:
    detector = MixtureOutlierDetector(1, alpha=0.05, calibration_size=0.25, random_state=0).fit(faithful)
    order = np.random.RandomState(0).permutation(len(faithful))
    np.testing.assert_allclose(detector.mixture_.means[0], faithful[order[68:]].mean(axis=0))
    scores = detector.mixture_.log_density(faithful[order[:68]])
    np.testing.assert_array_equal(detector.calibration_scores_, np.sort(scores))


@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
@pytest.mark.parametrize("alpha", [None, 0.05])
def test_a_saved_detector_answers_as_before(suffix, alpha, tmp_path) -> None:
    X = load_iris(as_frame=True).data
    detector = MixtureOutlierDetector(alpha=alpha, random_state=0).fit(X)
    detector.save(tmp_path / f"d{suffix}")
    loaded = MixtureOutlierDetector.load(tmp_path / f"d{suffix}")
    np.testing.assert_array_equal(loaded.decision_function(X), detector.decision_function(X))
    np.testing.assert_array_equal(loaded.feature_names_in_, X.columns)
    if alpha:
        np.testing.assert_array_equal(loaded.p_values(X), detector.p_values(X))


def test_a_model_of_another_kind_is_no_detector(tmp_path) -> None:
    path = tmp_path / "m.json"
    Mixture([1.0], [[0.0]], [1.0], "spherical").save(path)
    with pytest.raises(ModelFileError, match="must hold a detector of outliers, but holds a mixture"):
        MixtureOutlierDetector.load(path)


@pytest.mark.parametrize("offset", ["low", None, [], {}])
def test_a_detector_that_somebody_wrote_wrongly_is_none(offset: object, tmp_path) -> None:
    path = tmp_path / "d.json"
    MixtureOutlierDetector(random_state=0).fit(load_iris().data).save(path)
    content = json.loads(path.read_text())
    content["fields"]["offset"] = offset
    path.write_text(json.dumps({**content, "sha256": None}))
    with pytest.raises(ModelFileError, match=r"d\.json must describe a detector of outliers"):
        MixtureOutlierDetector.load(path)


def test_rows_that_lack_values_are_judged_by_those_that_they_have(faithful: FloatArray) -> None:
    rows = np.where(np.random.default_rng(0).random(faithful.shape) < 0.1, np.nan, faithful)
    detector = MixtureOutlierDetector(2, random_state=0).fit(rows)
    assert np.mean(detector.predict(rows) == -1) == pytest.approx(0.05, abs=0.01)
    assert detector.predict([[3.0, np.nan], [30.0, np.nan]]).tolist() == [1, -1]
    explanation = detector.explain([[30.0, np.nan]])
    assert explanation.feature.tolist() == [0]
    assert np.isfinite(explanation.contributions).all()


def test_the_guarantee_holds_for_rows_that_lack_values() -> None:
    random, rates = np.random.default_rng(0), []
    for seed in range(20):
        rows = random.normal(size=(900, 2))
        rows[random.random(rows.shape) < 0.2] = np.nan
        detector = MixtureOutlierDetector(1, alpha=0.1, random_state=seed).fit(rows[:400])
        rates.append(np.mean(detector.predict(rows[400:]) == -1))
    assert np.mean(rates) < 0.12
