"""
BIC and AIC against the number of components
============================================

More components always fit better. BIC and AIC subtract a price for each free number; the model with the smallest value
is a good first choice. BIC asks more of a component than AIC, and with many rows it finds the right number if the
clusters are Gaussian (Keribin 2000).
"""

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import load_iris

from mixfold import AutoGaussianMixture, GaussianMixture
from mixfold.datasets import load_faithful
from mixfold.plotting import EntropyDisplay, SelectionDisplay

iris = load_iris()
sizes = range(1, 9)
models = [GaussianMixture(k, covariance_type="tied", random_state=0).fit(iris.data) for k in sizes]
bic = [model.bic(iris.data) for model in models]
aic = [model.aic(iris.data) for model in models]
print("BIC chooses", sizes[int(np.argmin(bic))], "components, AIC", sizes[int(np.argmin(aic))])

# %%
# The curves. A flat bottom means that the data do not decide; then prefer fewer.

_, ax = plt.subplots(figsize=(7.5, 4.5), layout="constrained")
for name, values, color in (("BIC", bic, "#0072b2"), ("AIC", aic, "#d55e00")):
    ax.plot(sizes, values, "o-", color=color, label=name)
    best = int(np.argmin(values))
    ax.plot(sizes[best], values[best], "o", markersize=14, markerfacecolor="none", color=color)
ax.set(xlabel="number of components", ylabel="criterion; smaller is better", title="Iris, tied covariance")
ax.legend(frameon=False)
plt.show()

# %%
# Number and shape belong together
# --------------------------------
#
# ``AutoGaussianMixture`` tries the numbers with all fourteen covariance families, and stops when BIC has clearly
# turned; here on the eruptions of Old Faithful. Heights are differences to the best, so that what matters lies low.

auto = AutoGaussianMixture(random_state=0).fit(load_faithful().data)
print(f"{auto.n_components_} components, {auto.covariance_type_}, BIC {auto.best_value_:.1f}")

_, ax = plt.subplots(figsize=(8.5, 5.2), layout="constrained")
SelectionDisplay.from_estimator(auto, ax=ax)
plt.show()

# %%
# Components are not clusters
# ---------------------------
#
# A ring needs several components. ``cluster_labels`` merges those that share rows, as long as that makes the assignment
# of rows clearer: left of the elbow of its entropy there is hardly more to gain.

random = np.random.default_rng(0)
angle, radius = random.uniform(0.0, 2.0 * np.pi, 600), random.normal(4.0, 0.3, 600)
X = np.concatenate(
    [np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]), random.normal(0.0, 0.5, (200, 2))]
)
model = GaussianMixture(8, random_state=0).fit(X)

_, (left, right) = plt.subplots(1, 2, figsize=(12, 4.8), layout="constrained")
left.scatter(*X.T, c=model.cluster_labels(X), cmap="coolwarm", s=12)
left.set(title="Eight components, merged", aspect="equal")
EntropyDisplay.from_estimator(model, X, ax=right)
plt.show()
