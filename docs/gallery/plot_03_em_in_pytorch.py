"""
EM on PyTorch tensors
=====================

The library takes tensors and gives tensors back, on the device where they are. Beside it, below, is the same step
as a user of PyTorch would write it by hand, in float32.
"""

import warnings

import torch
from matplotlib import pyplot as plt

from mixfold import GaussianMixture
from mixfold.datasets import load_faithful
from mixfold.errors import ConvergenceWarning
from mixfold.plotting import ClusterDisplay

X = torch.tensor(load_faithful().data, dtype=torch.float32)
X = (X - X.mean(0)) / X.std(0)


def em_step(X, weights, means, covariances):
    """One step of EM with ``torch.distributions``; also the mean log-likelihood of what came in."""
    components = torch.distributions.MultivariateNormal(means, covariances)
    scores = components.log_prob(X[:, None]) + weights.log()  # (n, K)
    totals = scores.logsumexp(1, keepdim=True)
    responsibilities = (scores - totals).exp()
    counts = responsibilities.sum(0)
    means = responsibilities.T @ X / counts[:, None]
    centered = X[:, None] - means  # (n, K, D)
    covariances = torch.einsum("nk,nki,nkj->kij", responsibilities, centered, centered) / counts[:, None, None]
    return counts / len(X), means, covariances, totals.mean()


# %%
# Both begin in the same place and take ten steps.

parameters = torch.tensor([0.5, 0.5]), torch.tensor([[-0.5, -0.5], [0.5, 0.2]]), torch.eye(2).repeat(2, 1, 1)
start = dict(zip(["weights_init", "means_init", "precisions_init"], parameters, strict=True))
with warnings.catch_warnings():
    warnings.simplefilter("ignore", ConvergenceWarning)
    model = GaussianMixture(2, **start, reg_covar=0.0, tol=0.0, max_iter=10).fit(X)
ours = []
for _ in range(10):
    *parameters, log_likelihood = em_step(X, *parameters)
    ours.append(log_likelihood.item())

print(type(model.means_).__name__, model.means_.dtype, model.means_.device)
print("the same means:", torch.allclose(parameters[1], model.means_, atol=1e-4))

# %%
# What comes out are tensors, and can go on through other PyTorch code.

print(model.predict_proba(X[:2]))

figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
ClusterDisplay.from_estimator(model, X, feature_names=["eruptions, standardized", "waiting, standardized"], ax=left)
right.plot([i.log_likelihood for i in model.history_[:10]], linewidth=6, color="#56b4e9", label="mixfold")
right.plot(ours, "o--", color="#222222", markersize=4, label="torch.distributions")
right.set(xlabel="EM steps", ylabel="log-likelihood per row (nats)", title="The same climb")
right.legend(frameon=False)
plt.show()
