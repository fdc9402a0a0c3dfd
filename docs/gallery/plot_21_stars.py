"""
Which stars belong to the cluster?
==================================

Stars of a cluster move together, field stars do not. But motions of faint stars are measured with larger errors than
what the members differ by, and those of bright stars are not. Who is a member of NGC 103? Here are the 996 stars within
six minutes of arc of its middle, as the satellite Gaia measured them (data release 3, free to use with credit to
ESA/Gaia/DPAC).
"""

import numpy as np
from matplotlib import pyplot as plt

from mixfold import GaussianMixture

names = ["east", "north", "motion_east", "motion_north", "motion_east_error", "motion_north_error", "parallax"]
table = np.genfromtxt("data/stars.csv", delimiter=",", names=True)
place, motion, errors = (np.column_stack([table[name] for name in names[i : i + 2]]) for i in (0, 2, 4))
faint = table["magnitude"] > 17.0
print(f"errors of motions: {np.median(errors[~faint]):.3f} mas a year, of faint stars {np.median(errors[faint]):.3f}")

# %%
# ``noise=`` gives the errors of each row, and the mixture is that of the motions without them (extreme deconvolution):
# a component for the cluster, which is the tightest, and two for the field.

clean = GaussianMixture(3, random_state=0).fit(motion, noise=errors)
naive = GaussianMixture(3, random_state=0).fit(motion)
for name, model in {"with errors": clean, "without": naive}.items():
    tightest = int(np.argmin(np.linalg.det(model.covariances_)))
    width = np.sqrt(np.trace(model.covariances_[tightest]) / 2.0)
    print(f"{name:>11}: members scatter by {width:.3f} mas a year")

# %%
# The mixture knows neither where a star is nor how far away. That its members stand together in the sky, and have one
# parallax, is a check from outside.

cluster = int(np.argmin(np.linalg.det(clean.covariances_)))
belongs = clean.predict_proba(motion, noise=errors)[:, cluster]
_, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
left.scatter(*motion.T, c=belongs, s=8, cmap="viridis")
left.set(xlim=(-6, 1), ylim=(-4, 2), xlabel="motion to the east, mas a year", ylabel="motion to the north")
order = np.argsort(belongs)
dots = right.scatter(*place[order].T, c=belongs[order], s=8, cmap="viridis")
right.set(xlabel="minutes of arc to the east", ylabel="to the north", aspect="equal")
plt.colorbar(dots, label="probability of a member")
plt.show()

# %%
# **Decision.** Ask for telescope time for those above 0.8.

chosen = belongs > 0.8
distance = np.hypot(*place.T)
print(f"{chosen.sum()} stars, half of them within {np.median(distance[chosen]):.1f} minutes of arc of the middle")
print(f"of those below 0.2 half are within {np.median(distance[belongs < 0.2]):.1f}")
weight = 1.0 / table["parallax_error"] ** 2
for name, some in {"members": chosen, "others": belongs < 0.2}.items():
    mean = np.average(table["parallax"][some], weights=weight[some])
    spread = np.sqrt(np.average((table["parallax"][some] - mean) ** 2, weights=weight[some]))
    print(f"{name}: parallax {mean:.2f} mas, weighted scatter {spread:.2f}")
