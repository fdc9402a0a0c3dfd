import numpy as np
import pytest

from mixfold import GaussianMixture
from mixfold.datasets import load_faithful

skops = pytest.importorskip("skops.io", reason="skops is not installed")
FAITHFUL = load_faithful().data


def test_a_fitted_mixture_goes_through_a_file_that_executes_nothing(tmp_path):
    model = GaussianMixture(2, random_state=0).fit(FAITHFUL)
    skops.dump(model, tmp_path / "model.skops")
    untrusted = skops.get_untrusted_types(file=tmp_path / "model.skops")
    assert untrusted == ["mixfold.estimators.gaussian_mixture.GaussianMixture"]
    read = skops.load(tmp_path / "model.skops", trusted=untrusted)
    np.testing.assert_array_equal(read.predict_proba(FAITHFUL), model.predict_proba(FAITHFUL))
