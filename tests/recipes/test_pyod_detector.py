import numpy as np
import pytest
from sklearn.base import clone

from mixfold.datasets import load_faithful

pytest.importorskip("pyod.models.base", reason="pyod is not installed")
FAITHFUL = load_faithful().data


def test_rows_far_from_all_others_have_the_highest_scores():
    from examples.recipes.pyod_detector import MixtureDetector

    rows = np.vstack([FAITHFUL, [[9.0, 20.0], [0.0, 150.0]]])
    detector = clone(MixtureDetector(contamination=2 / len(rows), random_state=0)).fit(rows)
    assert np.flatnonzero(detector.labels_).tolist() == [len(FAITHFUL), len(FAITHFUL) + 1]
    np.testing.assert_array_equal(detector.predict(rows[-3:]), [0, 1, 1])
    assert detector.predict_proba(rows).shape == (len(rows), 2)
    np.testing.assert_array_equal(detector.decision_function(rows), detector.decision_scores_)
