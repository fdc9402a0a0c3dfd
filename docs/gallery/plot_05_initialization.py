"""
Initialization methods compared
===============================

EM climbs to the nearest hilltop of the likelihood, so that where it begins decides where it ends. Fifteen clusters, ten
seeds, one start for each; and the search that is the default.
"""

import warnings

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import make_blobs

from mixfold import GaussianMixture
from mixfold.errors import SpuriousComponentWarning
from mixfold.initialization import INITIALIZERS

warnings.simplefilter("ignore", SpuriousComponentWarning)  # bad starts end in clusters of few rows

centers = [(4 * (i % 5) + 2 * (i // 5 % 2), 4 * (i // 5)) for i in range(15)]
X, _ = make_blobs(900, centers=centers, cluster_std=0.75, random_state=0)
ways = [*INITIALIZERS, "auto"]
ends = {
    way: [GaussianMixture(15, init_params=way, tol=1e-4, random_state=seed).fit(X).score(X) for seed in range(10)]
    for way in ways
}

# %%
# How far each fit ends below the best that any found, and how often it found that.

best = max(max(scores) for scores in ends.values())
for way, scores in sorted(ends.items(), key=lambda item: -np.mean(item[1])):
    found = np.mean(np.array(scores) > best - 1e-3)
    print(f"{way:24s} mean gap {best - np.mean(scores):.4f} nats per row, best found in {found:.0%} of the seeds")

# %%

_, ax = plt.subplots(figsize=(9, 4.6), layout="constrained")
for height, way in enumerate(ways):
    gaps = best - np.array(ends[way])
    color = "#0072b2" if way == "auto" else "#6b6b6b"
    ax.scatter(gaps, np.full(10, height) + np.linspace(-0.2, 0.2, 10), color=color, alpha=0.8, linewidth=0)
ax.set_yticks(range(len(ways)), ways)
ax.set(xlabel="log-likelihood per row below the best (nats); left is better", title="Where EM ends, ten seeds each")
ax.spines[["top", "right"]].set_visible(False)
plt.show()
