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

from mixfold import GaussianMixture

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
