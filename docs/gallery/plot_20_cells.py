"""
Which cells carry which color?
==============================

Bacteria of two strains, one with a red and one with a yellow fluorescent protein, were mixed in a well and measured one
by one in a flow cytometer (2500 events of those that FlowCytometryTools ships, MIT license). How many cells of each
strain are there, and which events may be sorted?
"""

import numpy as np
from matplotlib import pyplot as plt

from mixfold import AutoGaussianMixture

side_scatter, red, yellow = np.loadtxt("data/cells.csv", delimiter=",", skiprows=1).T
rows = np.log10(np.column_stack([red, yellow]))  # on a logarithmic scale populations are ellipses
model = AutoGaussianMixture(range(1, 9), random_state=0).fit(rows)
print(f"{model.n_components_} components of type {model.covariance_type_}")

# %%
# A color is *on* in a component whose mean is three times that of the darkest component.

on = model.means_ > model.means_.min(axis=0) + np.log10(3.0)
kind = np.array(["dark", "red", "yellow", "red and yellow"])[on @ [1, 2]]
probability = model.predict_proba(rows)
shares = {name: probability[:, kind == name].sum(axis=1) for name in dict.fromkeys(kind)}
sure = {name: share > 0.95 for name, share in shares.items()}

_, ax = plt.subplots(figsize=(6, 4.6), layout="constrained")
for name, color in {"dark": "#bbbbbb", "red": "#cc3311", "yellow": "#ddaa33"}.items():
    ax.plot(*rows[sure[name]].T, ".", markersize=4, color=color, label=name)
unsure = ~np.any(list(sure.values()), axis=0)
ax.plot(*rows[unsure].T, "x", markersize=5, color="#000000", label="unsure")
ax.set(xlabel="log10 red", ylabel="log10 yellow")
ax.legend(frameon=False, markerscale=2)
plt.show()

# %%
# **Decision.** Sort what is surely of one color. Dark events are debris, and are not counted.

for name, share in shares.items():
    print(f"{name:>6}: {share.mean():6.1%} of events, {sure[name].sum()} of them sure")
print(f"{shares['red'].sum() / shares['yellow'].sum():.2f} red cells to each yellow one; {unsure.sum()} events unsure")
