import numpy as np
import pytest
from examples.recipes.drop_in import mixtures_in

from mixfold import GaussianMixture
from mixfold.datasets import load_faithful

FAITHFUL = load_faithful().data
SPREAD = np.vstack([FAITHFUL, [[9.0, 20.0], [0.0, 150.0]]])


def test_a_module_has_its_own_class_again_after_the_block():
    module = pytest.importorskip("sklego.mixture.gmm_outlier_detector", reason="scikit-lego is not installed")
    theirs = module.GaussianMixture
    with mixtures_in(module.__name__):
        assert module.GaussianMixture is GaussianMixture
    assert module.GaussianMixture is theirs


def test_a_module_without_mixtures_is_refused():
    with pytest.raises(ImportError, match="json"), mixtures_in("json"):
        pass


def test_pyod_finds_the_same_outliers():
    module = pytest.importorskip("pyod.models.gmm", reason="pyod is not installed")
    theirs = module.GMM(n_components=2, contamination=0.01, random_state=0).fit(SPREAD)
    with mixtures_in("pyod.models.gmm"):
        ours = module.GMM(n_components=2, contamination=0.01, random_state=0).fit(SPREAD)
    assert isinstance(ours.detector_, GaussianMixture)
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    np.testing.assert_allclose(ours.decision_scores_, theirs.decision_scores_, rtol=0.05)


@pytest.mark.filterwarnings("ignore::mixfold.errors.SpuriousComponentWarning")
def test_scikit_lego_detects_and_classifies_alike():
    lego = pytest.importorskip("sklego.mixture", reason="scikit-lego is not installed")
    labels = (FAITHFUL[:, 0] > 3.0).astype(int)
    with mixtures_in("sklego.mixture.gmm_outlier_detector", "sklego.mixture.gmm_classifier"):
        detector = lego.GMMOutlierDetector(n_components=2, threshold=0.99, random_state=0).fit(FAITHFUL)
        classifier = lego.GMMClassifier(n_components=1, random_state=0).fit(FAITHFUL, labels)
    assert isinstance(detector.gmm_, GaussianMixture)
    theirs = lego.GMMOutlierDetector(n_components=2, threshold=0.99, random_state=0).fit(FAITHFUL)
    assert np.mean(detector.predict(SPREAD) == theirs.predict(SPREAD)) > 0.99
    assert classifier.score(FAITHFUL, labels) > 0.99


@pytest.mark.filterwarnings("ignore")  # of that package's own, on its way in and in its use of others
def test_scboolseq_gives_genes_of_two_modes_the_same_bits():
    scboolseq = pytest.importorskip("scboolseq.binarization", reason="scBoolSeq is not installed")
    random = np.random.default_rng(0)
    genes = np.where(random.random((300, 4)) < 0.4, 1.0, 8.0) + random.normal(size=(300, 4))
    theirs = scboolseq.GaussianMixtureBinarizer(random_state=0).fit(genes).transform(genes)
    with mixtures_in("scboolseq.binarization"):
        ours = scboolseq.GaussianMixtureBinarizer(random_state=0).fit(genes).transform(genes)
    assert np.mean(np.nan_to_num(ours, nan=-1.0) == np.nan_to_num(theirs, nan=-1.0)) > 0.99
