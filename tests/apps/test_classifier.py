"""One mixture for each class."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal
from sklearn.datasets import load_iris
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.naive_bayes import GaussianNB

from mixfold import MixtureClassifier
from mixfold.errors import InputError
from tests.examples import blobs

X, Y = load_iris(return_X_y=True)


def rings(n_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Give a class of two far blobs with the other class between them."""
    random = np.random.default_rng(seed)
    labels = random.integers(2, size=n_rows)
    side = np.where(random.random(n_rows) < 0.5, -4.0, 4.0) * labels
    return random.normal(size=(n_rows, 2)) + np.column_stack([side, np.zeros(n_rows)]), labels


def test_one_full_component_a_class_is_quadratic_discriminant_analysis() -> None:
    ours = MixtureClassifier(1, reg_covar=0.0).fit(X, Y).predict_proba(X)
    densities = np.array(
        [
            multivariate_normal(X[label == Y].mean(axis=0), np.cov(X[label == Y].T, bias=True)).pdf(X)
            for label in range(3)
        ]
    ).T
    np.testing.assert_allclose(ours, densities / densities.sum(axis=1, keepdims=True), atol=1e-9)
    theirs = QuadraticDiscriminantAnalysis().fit(X, Y)  # which divides by n - 1
    assert np.mean(theirs.predict(X) == np.argmax(ours, axis=1)) > 0.99


def test_one_diagonal_component_a_class_is_naive_bayes() -> None:
    ours = MixtureClassifier(1, covariance_type="diag", reg_covar=0.0).fit(X, Y).predict_proba(X)
    np.testing.assert_allclose(ours, GaussianNB(var_smoothing=0.0).fit(X, Y).predict_proba(X), atol=1e-9)


def test_the_number_of_components_is_chosen_for_each_class() -> None:
    rows, labels = rings(600, 0)
    classifier = MixtureClassifier(random_state=0).fit(rows, labels)
    assert [mixture.n_components for mixture in classifier.mixtures_] == [1, 2]
    fresh, truth = rings(600, 1)
    assert classifier.score(fresh, truth) > 0.95 > LinearDiscriminantAnalysis().fit(rows, labels).score(fresh, truth)


def test_probabilities_follow_bayes_rule_and_stay_finite_far_away() -> None:
    classifier = MixtureClassifier(1, priors=[0.2, 0.3, 0.5]).fit(X, Y)
    densities = np.exp([mixture.log_density(X[:9]) for mixture in classifier.mixtures_]).T * [0.2, 0.3, 0.5]
    np.testing.assert_allclose(classifier.predict_proba(X[:9]), densities / densities.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(classifier.score_samples(X[:9]), np.log(densities.sum(axis=1)))
    far = classifier.predict_log_proba(X[:1] + 1e6)
    assert np.isfinite(far).all()
    np.testing.assert_allclose(np.exp(far).sum(), 1.0)


def test_priors_are_frequencies_unless_given() -> None:
    part = X[25:], Y[25:]
    np.testing.assert_allclose(MixtureClassifier(1).fit(*part).priors_, [0.2, 0.4, 0.4])
    np.testing.assert_allclose(MixtureClassifier(1, priors="balanced").fit(*part).priors_, 1 / 3)
    weights = np.where(part[1] == 0, 2.0, 1.0)
    np.testing.assert_allclose(MixtureClassifier(1).fit(*part, weights).priors_, [1 / 3, 1 / 3, 1 / 3])


def test_a_prior_of_zero_is_never_predicted() -> None:
    assert 0 not in MixtureClassifier(1, priors=[0.0, 0.5, 0.5]).fit(X, Y).predict(X)


@pytest.mark.parametrize("priors", [[0.5, 0.5], [0.5, 0.5, 0.5], [-0.5, 0.5, 1.0]])
def test_priors_that_are_no_distribution_over_the_classes_are_refused(priors: list[float]) -> None:
    with pytest.raises(InputError, match="priors"):
        MixtureClassifier(1, priors=priors).fit(X, Y)


def test_classes_may_have_names_and_so_may_features() -> None:
    frame = pd.DataFrame(X, columns=list("abcd"))
    names = np.array(["setosa", "versicolor", "virginica"])[Y]
    classifier = MixtureClassifier(1).fit(frame, names)
    assert set(classifier.predict(frame[::50])) == {"setosa", "versicolor", "virginica"}
    assert classifier.mixtures_[0].feature_names == ("a", "b", "c", "d")


@pytest.mark.parametrize("n_components", [None, 1])
def test_a_class_of_few_rows_gets_the_covariance_that_classes_share(n_components: int | None) -> None:
    few = np.concatenate([[0, 1], np.arange(50, 150)])
    classifier = MixtureClassifier(n_components, reg_covar=0.0).fit(X[few], Y[few])
    pooled = LinearDiscriminantAnalysis(solver="lsqr", store_covariance=True).fit(X[few], Y[few]).covariance_
    np.testing.assert_allclose(classifier.mixtures_[0].covariances[0], pooled, rtol=1e-9)
    assert classifier.score(X[:50], Y[:50]) > 0.9


def test_a_class_of_fewer_rows_than_components_is_refused_by_name() -> None:
    few = np.concatenate([[0, 1], np.arange(50, 150)])
    with pytest.raises(InputError, match=r"at least 3 rows of positive weight, but class .*0.* has 2"):
        MixtureClassifier(3).fit(X[few], Y[few])


def test_labels_may_be_tensors_of_any_device() -> None:
    torch = pytest.importorskip("torch")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    rows, labels = blobs(200, 2, 2)
    X, y = torch.tensor(rows, device=device), torch.tensor(labels, device=device)
    expected = MixtureClassifier(random_state=0).fit(rows, labels).predict(rows)
    np.testing.assert_array_equal(MixtureClassifier(random_state=0).fit(X, y).predict(X), expected)


def test_probabilities_of_a_row_beyond_all_numbers_sum_to_one() -> None:
    random = np.random.default_rng(0)
    rows = np.concatenate([random.normal(size=(150, 2)), random.normal(4.0, 1.0, size=(150, 2))])
    model = MixtureClassifier(random_state=0).fit(rows, np.repeat([0, 1], 150))
    probabilities = model.predict_proba([[1e3, 1e3], [1e150, 0.0], [1e200, 0.0]])
    np.testing.assert_allclose(np.sum(probabilities, axis=1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(probabilities[2], [0.5, 0.5])


def test_features_that_rows_lack_are_left_out_of_their_densities() -> None:
    rows = np.where(np.random.default_rng(0).random(X.shape) < 0.2, np.nan, X)
    classifier = MixtureClassifier(1, random_state=0).fit(rows, Y)
    assert classifier.score(rows, Y) > 0.9
    expected = []
    for mixture in classifier.mixtures_:
        variance = mixture.covariances[0][2, 2]
        expected.append(multivariate_normal(mixture.means[0, 2], variance).logpdf(4.5))
    joint = np.array(expected) + np.log(classifier.priors_)
    found = classifier.predict_log_proba([[np.nan, np.nan, 4.5, np.nan]])[0]
    np.testing.assert_allclose(found, joint - np.logaddexp.reduce(joint), rtol=1e-10, atol=1e-10)


def test_a_class_of_few_rows_has_the_mean_of_the_values_that_it_has() -> None:
    rows = np.concatenate([X[:50], [[5.0, np.nan, 1.0, 0.2], [7.0, 3.0, np.nan, 0.4]]])
    labels = np.append(np.zeros(50, int), [1, 1])
    classifier = MixtureClassifier(1, random_state=0).fit(rows, labels)
    np.testing.assert_allclose(classifier.mixtures_[1].means[0], [6.0, 3.0, 1.0, 0.3])


def test_a_feature_that_a_class_of_few_rows_lacks_wholly_has_the_mean_of_all_rows() -> None:
    rows = np.concatenate([X[:50], [[5.0, np.nan, 1.0, 0.2], [7.0, np.nan, 1.5, 0.4]]])
    classifier = MixtureClassifier(1, random_state=0).fit(rows, np.append(np.zeros(50, int), [1, 1]))
    np.testing.assert_allclose(classifier.mixtures_[1].means[0], [6.0, np.mean(X[:50, 1]), 1.25, 0.3])
