"""
Convergence
===========

Every restart leaves a record: how it climbed and how it ended. Overlapping clusters are climbed slowly, and a step that
is small does not mean that little is left.
"""

import numpy as np
from matplotlib import pyplot as plt

from mixfold import GaussianMixture
from mixfold.plotting import ConvergenceDisplay

random = np.random.default_rng(0)
X = np.concatenate([random.normal(center, 1.0, (300, 2)) for center in ([0, 0], [3.2, 0], [1.5, 2.8])])
model = GaussianMixture(3, init_params="random_from_data", n_init=8, random_state=1).fit(X)

# %%
# The record of each restart.

for number, run in enumerate(model.restarts_, start=1):
    print(f"restart {number}: {run.n_iter:3d} iterations, {run.log_likelihood:.6f} nats per row, {run.outcome}")

# %%
# EM stops when it is *predicted* to gain less than ``tol`` in all the iterations still to come (Aitken's rule), not
# when one step gained less.

figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.8), layout="constrained")
ConvergenceDisplay.from_estimator(model, ax=left)
objectives = np.array([iteration.objective for iteration in model.history_])
right.semilogy(objectives[-1] - objectives[:-1], color="#0072b2", label="still to gain")
right.semilogy(np.diff(objectives), color="#e69f00", label="gain of the step")
right.set(xlabel="EM iteration", ylabel="nats per row", title="A step gains less than what is left")
right.legend(frameon=False)
plt.show()
