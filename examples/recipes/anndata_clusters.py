"""Clusters of cells in an AnnData object, from what is in `adata.obsm`, in the manner of scanpy's functions.

They change the object, or give a changed copy with ``copy=True``:

    sc.pp.pca(adata)
    mixture(adata, use_rep="X_pca")     # adata.obs["mixture"], adata.obsm["X_mixture"], adata.uns["mixture"]
    density(adata)                      # adata.obs["mixture_log_density"]: the lower, the odder the cell
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mixfold import AutoGaussianMixture, GaussianMixture


def mixture(
    adata: Any,
    n_components: int | None = None,
    *,
    use_rep: str = "X_pca",
    n_dimensions: int | None = None,
    covariance_type: str = "full",
    key_added: str = "mixture",
    random_state: int = 0,
    copy: bool = False,
) -> Any:
    """Cluster cells by a mixture of Gaussians.

    Parameters
    ----------
    adata : AnnData
    n_components : int, optional
        Chosen by BIC from 1 to 30 if there is none.
    use_rep : str
        Which of `adata.obsm`; "X" for `adata.X`.
    n_dimensions : int, optional
        How many of its columns.
    covariance_type, random_state : as of `GaussianMixture`
    key_added : str
        Under which names results are put.
    copy : bool
        Whether to give a changed copy and leave `adata` alone.

    Returns
    -------
    adata : AnnData or None
        With the cluster of each cell in ``obs[key_added]``, its probabilities in ``obsm["X_" + key_added]``, and the
        mixture with what it was made of in ``uns[key_added]``, as arrays that files can hold.
    """
    adata = adata.copy() if copy else adata
    rows = _rows(adata, use_rep, n_dimensions)
    model: Any
    if n_components is None:
        model = AutoGaussianMixture(range(1, 31), covariance_types=[covariance_type], random_state=random_state)
    else:
        model = GaussianMixture(n_components, covariance_type=covariance_type, random_state=random_state)
    labels = model.fit(rows).predict(rows)
    adata.obs[key_added] = pd.Categorical(labels.astype(str), [str(k) for k in range(len(model.means_))])
    adata.obsm[f"X_{key_added}"] = model.predict_proba(rows)
    adata.uns[key_added] = {
        "params": {"use_rep": use_rep, "n_dimensions": rows.shape[1], "covariance_type": covariance_type},
        "weights": np.asarray(model.weights_),
        "means": np.asarray(model.means_),
        "precisions_cholesky": np.asarray(model.precisions_cholesky_),
        "bic": float(model.bic(rows)),
    }
    return adata if copy else None


def density(adata: Any, *, key: str = "mixture", copy: bool = False) -> Any:
    """Put the log density of each cell under a mixture that `mixture` left into ``obs[key + "_log_density"]``.

    Parameters
    ----------
    adata : AnnData
        The one that was clustered, or another of the same genes and representation with its ``uns[key]``.
    key : str
    copy : bool
    """
    adata = adata.copy() if copy else adata
    found = adata.uns[key]
    model = GaussianMixture(len(found["weights"]), covariance_type=found["params"]["covariance_type"])
    model.weights_, model.means_ = found["weights"], found["means"]
    model.precisions_cholesky_ = found["precisions_cholesky"]
    rows = _rows(adata, found["params"]["use_rep"], int(found["params"]["n_dimensions"]))
    adata.obs[f"{key}_log_density"] = model.score_samples(rows)
    return adata if copy else None


def _rows(adata: Any, use_rep: str, n_dimensions: int | None) -> npt.NDArray[np.float64]:
    if use_rep != "X" and use_rep not in adata.obsm:
        message = (
            f"`use_rep` must be 'X' or one of adata.obsm, {list(adata.obsm)}, got {use_rep!r}. Run `sc.pp.pca` first."
        )
        raise KeyError(message)
    values = adata.X if use_rep == "X" else adata.obsm[use_rep]
    values = values.toarray() if hasattr(values, "toarray") else np.asarray(values)
    return np.ascontiguousarray(values[:, :n_dimensions], dtype=np.float64)
