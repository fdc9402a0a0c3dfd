"""skl2onnx converts mixtures without being told of them, alone and in pipelines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mixfold import AutoGaussianMixture, GaussianMixture
from tests.examples import blobs

ROWS = blobs(120, 2, 3)[0]


def outputs_of(model: Any, **settings: Any) -> list[np.ndarray]:
    skl2onnx = pytest.importorskip("skl2onnx", reason="needs skl2onnx")
    runtime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    content = skl2onnx.to_onnx(model, ROWS[:1], **settings).SerializeToString()
    found: list[np.ndarray] = runtime.InferenceSession(content).run(None, {"X": ROWS})
    return found


@pytest.mark.parametrize("covariance_type", ["tied", "VVE", "diag"])
def test_a_converted_model_gives_labels_probabilities_and_densities(covariance_type: str) -> None:
    model = GaussianMixture(2, covariance_type=covariance_type, init_params="kmeans", random_state=0).fit(ROWS)
    for chosen in (id(model), GaussianMixture):
        labels, probabilities, densities = outputs_of(model, options={chosen: {"score_samples": True}})
        np.testing.assert_array_equal(labels.ravel(), model.predict(ROWS))
        np.testing.assert_allclose(probabilities, model.predict_proba(ROWS), atol=1e-10)
        np.testing.assert_allclose(densities.ravel(), model.score_samples(ROWS), atol=1e-8)
    assert len(outputs_of(model)) == 2


def test_a_choice_is_converted_as_what_was_chosen_also_in_a_pipeline() -> None:
    model = make_pipeline(StandardScaler(), AutoGaussianMixture(n_components=[2], random_state=0)).fit(ROWS)
    np.testing.assert_allclose(outputs_of(model)[1], model.predict_proba(ROWS), atol=1e-8)


def test_the_choice_is_scikit_learns_own_estimator_once_it_is_made() -> None:
    model = AutoGaussianMixture(n_components=[2], random_state=0)
    with pytest.raises(NotFittedError):
        model.to_sklearn()
    model.fit(ROWS)
    theirs = model.to_sklearn()
    assert type(theirs).__module__.startswith("sklearn.")
    np.testing.assert_allclose(theirs.predict_proba(ROWS), model.predict_proba(ROWS), atol=1e-8)
