"""The background of each cell's protein counts (dsb, Mule et al. 2022), all cells in one call.

muon's `dsb` fits two mixtures of two components to each cell, one with equal variances and one without, takes that of
lower BIC, and calls its lower mean the background. As a loop over cells that takes minutes; `fit_many` is one call.

    background = background_means(cells)                # cells: (n_cells, n_proteins), on dsb's scale
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mixfold import fit_many

SCIKIT_LEARN = {"init_params": "kmeans", "reg_covar": 1e-6, "tol": 1e-3}


def background_means(cells: npt.ArrayLike, random_state: int = 0) -> npt.NDArray[np.float64]:
    """Give the lower of two means of each cell, under the better of equal and free variances.

    Parameters
    ----------
    cells : array-like of shape (n_cells, n_proteins)
        Scaled by the empty droplets, as dsb's first step does.
    random_state : int
    """
    rows = np.asarray(cells, dtype=np.float64)
    values = rows.reshape(-1, 1)
    groups = np.repeat(np.arange(len(rows)), rows.shape[1])
    lowest, criteria = [], []
    for covariance_type in ("tied", "full"):
        settings = {"covariance_type": covariance_type, "random_state": random_state, **SCIKIT_LEARN}
        many = fit_many(values, groups=groups, n_components=2, **settings)
        lowest.append(many.means.reshape(len(rows), 2).min(axis=1))
        criteria.append(many.bic)
    return np.where(criteria[0] < criteria[1], *lowest)
