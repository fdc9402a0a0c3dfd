import numpy as np
import pytest
from examples.recipes.dsb_background import background_means


def cells_of(random, n_cells=40, n_proteins=60):
    """Cells whose proteins are background around a level of the cell, and a third of them above it."""
    levels = random.normal(0.0, 0.5, n_cells)
    signal = np.arange(n_proteins) % 3 == 0
    return levels[:, None] + 6.0 * signal + random.normal(size=(n_cells, n_proteins)), levels


def test_the_background_of_a_cell_is_found_below_what_it_has():
    cells, levels = cells_of(np.random.default_rng(0))
    assert np.max(np.abs(background_means(cells) - levels)) < 0.6


@pytest.mark.filterwarnings("ignore")  # muon's own
def test_it_is_that_of_muons_loop_over_cells():
    muon = pytest.importorskip("muon", reason="muon is not installed")
    anndata = pytest.importorskip("anndata")
    random = np.random.default_rng(1)
    names = [f"protein {number}" for number in range(60)]
    empty = random.poisson(20.0, (200, 60)).astype(float)
    filled = random.poisson(np.where(np.arange(60) % 3 == 0, 400.0, 25.0), (30, 60)).astype(float)
    raw = anndata.AnnData(np.vstack([empty, filled]))
    raw.var_names = names
    cells = raw[200:].copy()
    muon.prot.pp.dsb(cells, raw, random_state=0)
    logs = np.log(filled + 10.0)
    around = np.log(empty + 10.0)
    scaled = (logs - around.mean(axis=0)) / around.std(axis=0, ddof=1)
    background = background_means(scaled)
    slopes = np.linalg.lstsq(np.column_stack([np.ones(30), background]), scaled, rcond=None)[0][1]
    ours = scaled - background[:, None] * slopes
    assert np.corrcoef(ours.ravel(), np.asarray(cells.X).ravel())[0, 1] > 0.98  # its starts are drawn at random
