import numpy as np
import pytest

from mixfold import AutoGaussianMixture
from mixfold.datasets import load_faithful

anndata = pytest.importorskip("anndata", reason="anndata is not installed")
FAITHFUL = load_faithful().data


@pytest.fixture
def cells():
    made = anndata.AnnData(np.zeros((len(FAITHFUL), 3)))
    made.obsm["X_pca"] = np.column_stack([FAITHFUL, np.random.default_rng(0).normal(size=len(FAITHFUL))])
    return made


def test_cells_get_their_clusters_and_an_object_that_can_be_written(cells, tmp_path):
    from examples.recipes.anndata_clusters import density, mixture

    assert mixture(cells, n_dimensions=2) is None
    assert list(cells.obs["mixture"].cat.categories) == ["0", "1"]
    np.testing.assert_allclose(cells.obsm["X_mixture"].sum(axis=1), 1.0)
    cells.write_h5ad(tmp_path / "cells.h5ad")
    read = anndata.read_h5ad(tmp_path / "cells.h5ad")
    density(read)
    chosen = AutoGaussianMixture(range(1, 31), covariance_types=["full"], random_state=0).fit(FAITHFUL)
    np.testing.assert_allclose(read.obs["mixture_log_density"], chosen.score_samples(FAITHFUL), rtol=1e-9)


def test_a_copy_leaves_the_object_alone_and_a_number_is_kept(cells):
    from examples.recipes.anndata_clusters import mixture

    copied = mixture(cells, 3, copy=True, key_added="kinds")
    assert "kinds" not in cells.obs
    assert copied.obsm["X_kinds"].shape == (len(FAITHFUL), 3)


def test_a_representation_that_is_not_there_is_refused(cells):
    from examples.recipes.anndata_clusters import mixture

    with pytest.raises(KeyError, match="X_umap"):
        mixture(cells, use_rep="X_umap")
