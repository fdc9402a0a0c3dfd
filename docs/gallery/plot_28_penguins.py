"""
How many kinds of penguins nest here?
=====================================

Bills, flippers and weights of 342 penguins on three islands (Gorman et al. 2014; palmerpenguins, CC0). Suppose nobody
could tell species by eye: how many kinds are there, and which birds should be looked at again?
"""

import numpy as np
from matplotlib import pyplot as plt
from sklearn.metrics import adjusted_rand_score

from mixfold import AutoGaussianMixture

path = "data/penguins.csv"
rows = np.genfromtxt(path, delimiter=",", skip_header=1, usecols=(2, 3, 4, 5))  # bill, flipper, weight; NA is NaN
species = np.loadtxt(path, delimiter=",", skiprows=1, usecols=0, dtype=str)
measured = np.isfinite(rows).all(axis=1)
rows, species = rows[measured], species[measured]
model = AutoGaussianMixture(range(1, 9), random_state=0).fit(rows)
kinds = model.cluster_labels(rows)
print(f"{model.n_components_} components, {len(set(kinds))} clusters")

# %%
# Components are not kinds yet: males are larger than females. ``cluster_labels`` puts components together that overlap.
# The names of the species, which the model has not seen, say how well that did.

print(f"adjusted Rand index of clusters {adjusted_rand_score(species, kinds):.2f}")
for kind in sorted(set(kinds)):
    names, counts = np.unique(species[kinds == kind], return_counts=True)
    print(kind, dict(zip(names.tolist(), counts.tolist(), strict=True)))

unsure = model.uncertainty(rows) > 0.2
_, ax = plt.subplots(figsize=(7, 4.6), layout="constrained")
ax.scatter(*rows[:, :2].T, c=kinds, cmap="Dark2", s=18)
ax.scatter(*rows[unsure, :2].T, s=90, facecolors="none", edgecolors="#000000", label="to be looked at again")
ax.set(xlabel="length of the bill, mm", ylabel="depth of the bill, mm")
ax.legend(frameon=False)
plt.show()

# %%
# **Decision.**

print(f"Count {len(set(kinds))} kinds, and look again at {unsure.sum()} of {len(rows)} birds.")
