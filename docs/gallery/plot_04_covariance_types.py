"""
Covariance types side by side
=============================

The covariance type says which shapes clusters may have. More freedom fits better and needs more numbers; the Bayesian
information criterion (BIC, smaller is better) weighs one against the other.
"""

import numpy as np
from matplotlib import pyplot as plt

from mixfold import GaussianMixture
from mixfold.plotting import ClusterDisplay

random = np.random.default_rng(3)
shape = np.array([[1.6, 1.2], [0.0, 0.5]])
X = np.concatenate([center + random.normal(size=(200, 2)) @ shape for center in ([-3, 0], [2, -2], [2, 3])])

# %%
# These three clouds have the same tilted shape. *tied* is just that: one covariance for all. *full* could find the
# same, with more numbers to learn; *diag* and *spherical* cannot tilt.

figure, axes = plt.subplots(2, 2, figsize=(12, 9), layout="constrained")
for ax, covariance_type in zip(axes.flat, ["full", "tied", "diag", "spherical"], strict=True):
    model = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X)
    ClusterDisplay.from_estimator(model, X, ax=ax, feature_names=["x", "y"])
    n_parameters = model.mixture_.n_parameters
    ax.set_title(f"{covariance_type}: {n_parameters} numbers, BIC {model.bic(X):.0f}", loc="left", pad=22)
    print(f"{covariance_type:10s} BIC {model.bic(X):8.1f}   log-likelihood per row {model.score(X):.3f}")
plt.show()
