"""
Which stars belong to the cluster?
==================================

Stars of a cluster move together, field stars do not. But the motions of faint stars are measured with errors twenty
times as large as those of bright ones. Who is a member? The motions here are generated, with errors that grow with
magnitude as Gaia's do: for generated stars the answer can be checked.
"""

import numpy as np
from matplotlib import pyplot as plt

from mixfold import GaussianMixture

random = np.random.default_rng(0)
member = np.arange(1200) < 300
motion = np.where(
    member[:, None], [-11.0, -3.0] + 0.1 * random.normal(size=(1200, 2)), 4.0 * random.normal(size=(1200, 2))
)
magnitude = random.uniform(12.0, 20.0, 1200)
error = 0.02 + 0.005 * 10 ** (0.25 * (magnitude - 12.0))  # mas a year
motion += error[:, None] * random.normal(size=(1200, 2))
errors = np.column_stack([error, error])

# %%
# ``noise=`` gives the errors of each row, and the mixture is that of the motions without them (extreme deconvolution).

clean = GaussianMixture(2, random_state=0).fit(motion, noise=errors)
naive = GaussianMixture(2, random_state=0).fit(motion)
width = {}
for name, model in {"with errors": clean, "without": naive}.items():
    cluster = int(np.argmin(np.linalg.det(model.covariances_)))
    width[name] = np.sqrt(np.trace(model.covariances_[cluster]) / 2.0)
    print(f"{name:>11}: members scatter by {width[name]:.2f} mas a year (0.10 was put in)")

# %%
cluster = int(np.argmin(np.linalg.det(clean.covariances_)))
belongs = clean.predict_proba(motion, noise=errors)[:, cluster]
_, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
for ax in (left, right):
    dots = ax.scatter(*motion.T, c=belongs, s=8, cmap="viridis")
    ax.set(xlabel="motion in right ascension, mas a year", ylabel="in declination")
right.set(xlim=(-13, -9), ylim=(-5, -1), title="the cluster")
plt.colorbar(dots, label="probability of a member")
plt.show()

# %%
# **Decision.** Ask for telescope time for those above 0.9.

chosen = belongs > 0.9
print(f"{chosen.sum()} stars, {np.mean(member[chosen]):.0%} of them members")
print(f"{np.mean(chosen[member]):.0%} of members found")
