"""
When did the supply change?
===========================

A cellar measures 13 quantities of each bottle of one cultivar. One day bottles of another are delivered (the wine
data of scikit-learn: Forina et al. 1991). When should someone be called, if a false alarm costs a day?
"""

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import load_wine

from mixfold import MixtureOutlierDetector

wine = load_wine()
random = np.random.default_rng(0)
usual = random.permutation(wine.data[wine.target == 1])
other = random.permutation(wine.data[wine.target == 0])
detector = MixtureOutlierDetector(1, covariance_type="diag", alpha=0.05, random_state=0).fit(usual[:50])

# %%
# Of usual bottles about one in twenty is flagged, whatever their distribution. At just that rate, and if bottles do not
# depend on each other, four flagged of ten come by chance about once in a thousand windows.

stream = np.concatenate([usual[50:], other[:20]])
flagged = detector.predict(stream) == -1
window = np.convolve(flagged, np.ones(10), mode="full")[: len(stream)]
alarm = int(np.argmax(window >= 4))

_, axes = plt.subplots(figsize=(10, 3.6), layout="constrained")
axes.semilogy(detector.p_values(stream), "o", color="#0072b2", label="p-value of a bottle")
axes.axhline(0.05, color="#999999", linewidth=1)
axes.axvline(len(usual) - 50 - 0.5, color="#d55e00", label="the other cultivar begins")
axes.axvline(alarm, color="#009e73", linestyle="--", label="alarm")
axes.set(xlabel="bottle", ylabel="p-value")
axes.legend(frameon=False)
plt.show()

# %%
# **Decision.** Call when four of ten are flagged, and look first at the quantity that is to blame most often.

print(f"{flagged[: len(usual) - 50].sum()} of {len(usual) - 50} usual bottles flagged")
n_late = alarm - (len(usual) - 50) + 1
print(f"{flagged[len(usual) - 50 :].sum()} of 20 others flagged; the alarm comes at the {n_late}th of them")
blamed = detector.explain(stream[flagged]).feature
print("look at", wine.feature_names[int(np.bincount(blamed).argmax())])
