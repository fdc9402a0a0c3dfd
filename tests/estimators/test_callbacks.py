"""Fits as tasks of scikit-learn's callbacks."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from mixfold import (
    AutoGaussianMixture,
    BayesianGaussianMixture,
    GaussianMixture,
    GroupedGaussianMixture,
    MixtureClassifier,
    StudentMixture,
)
from mixfold.apps import MixtureOutlierDetector
from mixfold.datasets import load_faithful

callbacks = pytest.importorskip("sklearn.callback", reason="scikit-learn 1.9 has callbacks")
FAITHFUL = load_faithful().data


class Witness:
    """A callback that writes down what it is told, and may ask to stop."""

    max_propagation_depth = None

    def __init__(self, stop_after=np.inf):
        self.begun, self.ended, self.scores, self.stop_after = [], [], [], stop_after
        self.metadata, self.is_up = [], False

    def setup(self, estimator, context):
        self.is_up = True

    def teardown(self, estimator, context):
        self.is_up = False

    def on_fit_task_begin(self, estimator, context):
        self.begun.append((context.estimator_name, context.task_name))

    def on_fit_task_end(self, estimator, context, *, X=None, metadata=None, fitted_estimator=None):
        self.ended.append((context.estimator_name, context.task_name))
        self.metadata.append(metadata)
        if hasattr(fitted_estimator, "score"):
            self.scores.append(fitted_estimator.score(X))
        return len(self.ended) >= self.stop_after


@pytest.mark.parametrize(
    ("estimator", "step"),
    [
        (GaussianMixture(2, random_state=0), "iteration"),
        (GaussianMixture(2, outliers="uniform", random_state=0), "iteration"),
        (BayesianGaussianMixture(n_components=2, random_state=0), "iteration"),
        (AutoGaussianMixture([1, 2, 3], covariance_types=["full"], random_state=0), "mixture"),
        (MixtureOutlierDetector(2, random_state=0), "iteration"),
    ],
    ids=["em", "outliers", "bayesian", "grid", "detector"],
)
def test_a_fit_is_a_task_and_each_step_of_it_a_task_within(estimator, step):
    witness, name = Witness(), type(estimator).__name__
    fitted = clone(estimator).set_callbacks(witness).fit(FAITHFUL)
    assert witness.begun[0] == (name, "fit") == witness.ended[-1]
    assert set(witness.begun[1:]) == {(name, step)}
    assert sorted(witness.begun) == sorted(witness.ended)
    assert not witness.is_up
    np.testing.assert_array_equal(fitted.mixture_.means, clone(estimator).fit(FAITHFUL).mixture_.means)


def test_what_is_fitted_is_ready_to_be_scored_when_the_task_ends():
    witness = Witness()
    model = GaussianMixture(2, random_state=0).set_callbacks(witness).fit(FAITHFUL)
    assert witness.scores == [model.score(FAITHFUL)]


def test_a_callback_that_asks_for_it_stops_a_fit():
    settings = {"n_components": 3, "init_params": "kmeans", "random_state": 0}
    stopped = GaussianMixture(**settings).set_callbacks(Witness(stop_after=3)).fit(FAITHFUL)
    assert stopped.n_iter_ == 2 < GaussianMixture(**settings).fit(FAITHFUL).n_iter_
    assert stopped.outcome_.name == "STOPPED"


def test_the_parameter_callback_is_called_beside_them():
    seen, witness = [], Witness()
    model = GaussianMixture(2, init_params="kmeans", callback=seen.append, random_state=0)
    model.set_callbacks(witness).fit(FAITHFUL)
    assert len(seen) == len(witness.ended) - 1 > 1


def test_the_parameter_callback_stops_a_fit_beside_them():
    stop = {"n_components": 3, "init_params": "kmeans", "callback": lambda step: step.number == 2, "random_state": 0}
    assert GaussianMixture(**stop).set_callbacks(Witness()).fit(FAITHFUL).n_iter_ == 2


def test_callbacks_are_told_of_the_weights_of_rows_and_taken_down_when_a_fit_fails():
    witness = Witness()
    GaussianMixture().set_callbacks(witness).fit(FAITHFUL, sample_weight=np.full(len(FAITHFUL), 2.0))
    assert witness.metadata[-1]["sample_weight"][0] == 2.0
    with pytest.raises(ValueError, match="n_samples"):
        GaussianMixture(9).set_callbacks(witness).fit(FAITHFUL[:3])
    assert not witness.is_up


def test_a_grid_search_passes_its_callbacks_on():
    witness = Witness()
    search = GridSearchCV(StudentMixture(random_state=0), {"n_components": [1, 2]}, cv=2).set_callbacks(witness)
    search.fit(FAITHFUL)
    assert witness.ended.count(("StudentMixture", "fit")) == 5


def test_scikit_learns_own_monitor_scores_a_classifier():
    monitor = callbacks.ScoringMonitor(scoring="accuracy")
    labels = FAITHFUL[:, 0] > 3.0
    model = MixtureClassifier(random_state=0).set_callbacks(monitor).fit(FAITHFUL, labels)
    log = monitor.get_logs()
    assert log.data[-1]["accuracy"] == model.score(FAITHFUL, labels)


@pytest.mark.parametrize("is_told", [False, True], ids=["alone", "task"])
@pytest.mark.parametrize(
    ("estimator", "facts"),
    [
        (GaussianMixture(2, random_state=0), {}),
        (BayesianGaussianMixture(n_components=2, random_state=0), {}),
        (AutoGaussianMixture([1, 2, 3], covariance_types=["full"], random_state=0), {}),
        (GroupedGaussianMixture(2, random_state=0), {"groups": np.arange(len(FAITHFUL)) // 100}),
    ],
    ids=["em", "bayesian", "grid", "groups"],
)
def test_a_fit_that_fails_leaves_the_one_before(estimator, facts, is_told):
    def interrupt(*_):
        raise KeyboardInterrupt

    model = clone(estimator)
    if is_told and hasattr(model, "set_callbacks"):
        model.set_callbacks(Witness())
    model.fit(FAITHFUL, **facts).set_params(callback=interrupt)
    before = dict(vars(model))
    with pytest.raises(KeyboardInterrupt):
        model.fit(FAITHFUL[:, :1], **facts)
    assert vars(model).keys() == before.keys()
    assert all(value is before[name] for name, value in vars(model).items())
    never = clone(model)
    with pytest.raises(KeyboardInterrupt):
        never.fit(FAITHFUL, **facts)
    assert not hasattr(never, "n_features_in_")
