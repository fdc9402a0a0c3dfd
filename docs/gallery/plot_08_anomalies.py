"""
Density estimation and anomalies
================================

A fitted mixture gives every place a density. Rows in places of little density are unusual, and a quantile of the
density of the training rows is a threshold with a known rate of false alarms.
"""

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import make_moons

from mixfold import GaussianMixture
from mixfold.plotting import DensityDisplay

X, _ = make_moons(600, noise=0.07, random_state=0)
model = GaussianMixture(8, random_state=0).fit(X)

# %%
# Eight Gaussians follow two moons that no single one could. ``score_samples`` is the log density.

threshold = np.quantile(model.score_samples(X), 0.01)
odd = np.random.default_rng(1).uniform([-1.5, -1.0], [2.5, 1.5], (60, 2))
is_anomaly = model.score_samples(odd) < threshold
print(f"{is_anomaly.sum()} of {len(odd)} random points are called anomalies")
print(f"{(model.score_samples(X) < threshold).mean():.1%} of the training rows are, as asked")

# %%

_, ax = plt.subplots(figsize=(8, 5.5), layout="constrained")
DensityDisplay.from_estimator(model, X, ax=ax, feature_names=["x", "y"])
ax.scatter(*odd[is_anomaly].T, marker="x", color="#d55e00", zorder=5, label="anomaly")
ax.scatter(*odd[~is_anomaly].T, marker="o", color="#009e73", zorder=5, label="usual")
ax.legend(frameon=True, loc="upper right")
plt.show()
