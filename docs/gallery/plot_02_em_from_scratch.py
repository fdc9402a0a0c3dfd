"""
EM from scratch
===============

Expectation-maximization in forty lines of NumPy, compared step by step with the library. Each step asks every row how
much of it each component has (E), and computes new parameters from the sums (M): Bishop (2006), equations 9.23 to 9.26.
"""

import warnings

import numpy as np
from matplotlib import pyplot as plt
from scipy.special import logsumexp

from mixfold import GaussianMixture
from mixfold.datasets import load_faithful
from mixfold.errors import ConvergenceWarning


def log_densities(X, weights, means, covariances):
    """Log of weight times density of each component, (n, K)."""
    columns = []
    for weight, mean, covariance in zip(weights, means, covariances, strict=True):
        L = np.linalg.cholesky(covariance)
        z = np.linalg.solve(L, (X - mean).T)  # (D, n); its columns have covariance I under this component
        log_det = 2.0 * np.sum(np.log(np.diag(L)))
        columns.append(np.log(weight) - 0.5 * (X.shape[1] * np.log(2.0 * np.pi) + log_det + np.sum(z**2, axis=0)))
    return np.column_stack(columns)


def em_step(X, weights, means, covariances):
    """One E step and one M step; also the mean log-likelihood of the parameters that came in."""
    scores = log_densities(X, weights, means, covariances)
    totals = logsumexp(scores, axis=1)  # (n,) log density of the mixture
    responsibilities = np.exp(scores - totals[:, None])  # (n, K) eq. 9.23
    counts = responsibilities.sum(axis=0)  # (K,) eq. 9.27
    means = responsibilities.T @ X / counts[:, None]  # eq. 9.24
    centered = X[None] - means[:, None]  # (K, n, D)
    covariances = np.einsum("nk,kni,knj->kij", responsibilities, centered, centered) / counts[:, None, None]  # eq. 9.25
    return counts / len(X), means, covariances, totals.mean()  # eq. 9.26


# %%
# The start is the same for both. ``reg_covar=0`` switches the library's prior off, because the textbook has none, and
# ``tol=0`` keeps it from stopping early.

X = load_faithful().data
n_steps = 15
weights, means = np.array([0.5, 0.5]), np.array([[2.5, 60.0], [3.5, 65.0]])
covariances = np.array([np.cov(X.T)] * 2)
start = {"weights_init": weights, "means_init": means, "precisions_init": np.linalg.inv(covariances)}
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)  # it is told to stop after n_steps
    model = GaussianMixture(2, **start, reg_covar=0.0, tol=0.0, max_iter=n_steps).fit(X)

ours = []
for _ in range(n_steps):
    weights, means, covariances, log_likelihood = em_step(X, weights, means, covariances)
    ours.append(log_likelihood)
theirs = [iteration.log_likelihood for iteration in model.history_[:n_steps]]

# %%
# The parameters and every step on the way agree to rounding.

print("steps:", np.abs(np.subtract(ours, theirs)).max() < 1e-12)
print("means:", np.abs(means - model.means_).max() < 1e-9)
print("covariances:", np.abs(covariances - model.covariances_).max() < 1e-8)

# %%

_, ax = plt.subplots(figsize=(7.5, 4.5), layout="constrained")
ax.plot(theirs, linewidth=6, color="#56b4e9", label="mixfold")
ax.plot(ours, "o--", color="#222222", markersize=4, label="forty lines")
ax.set(xlabel="EM steps", ylabel="log-likelihood per row (nats)", title="The same climb")
ax.legend(frameon=False)
plt.show()
