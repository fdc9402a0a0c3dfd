"""
Density estimation and anomalies
================================

A fitted mixture gives every place a density. Rows in places of little density are unusual. How little? A threshold from
rows that were held out keeps its rate of false alarms on new rows, whatever the distribution.
"""

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import make_moons

from mixfold import MixtureOutlierDetector
from mixfold.plotting import DensityDisplay, OutlierDisplay

X, _ = make_moons(1200, noise=0.07, random_state=0)
detector = MixtureOutlierDetector(8, alpha=0.05, random_state=0).fit(X)

# %%
# Eight Gaussians follow two moons that no single one could. Of new rows from the moons about one in twenty is flagged,
# of random places most.

new, _ = make_moons(10_000, noise=0.07, random_state=1)
odd = np.random.default_rng(1).uniform([-1.5, -1.0], [2.5, 1.5], (60, 2))
is_anomaly = detector.predict(odd) == -1
print(f"{(detector.predict(new) == -1).mean():.1%} of new rows are flagged, where 5% were asked for")
print(f"{is_anomaly.sum()} of {len(odd)} random places are")

# %%
# On the left the density, with the random places on it; on the right the line that the detector draws.

_, (left, right) = plt.subplots(1, 2, figsize=(13, 4.8), layout="constrained")
DensityDisplay.from_estimator(detector, X, ax=left, feature_names=["x", "y"])
left.scatter(*odd[is_anomaly].T, marker="x", color="#d55e00", zorder=5, label="flagged")
left.scatter(*odd[~is_anomaly].T, marker="o", color="#009e73", zorder=5, label="normal")
left.legend(frameon=True, loc="upper right")
OutlierDisplay.from_estimator(detector, np.concatenate([X, odd]), ax=right, feature_names=["x", "y"])
plt.show()
