"""
Soft and hard assignment
========================

A mixture says two things about a row: which cluster it most probably belongs to (*hard*), and with which probability it
belongs to each (*soft*). Here are three clouds of points that touch.
"""

from matplotlib import pyplot as plt
from sklearn.datasets import make_blobs

from mixfold import GaussianMixture
from mixfold.plotting import ClusterDisplay

X, _ = make_blobs(600, centers=[[-3, 0], [3, 0], [0, 4]], cluster_std=[1.2, 1.8, 1.2], random_state=7)
model = GaussianMixture(n_components=3, random_state=0).fit(X)

# %%
# ``predict`` gives the hard answer, ``predict_proba`` the soft one. The second row lies between two clusters.

points = [[-3.0, 0.0], [-1.0, 2.2]]
print(model.predict(points))
print(model.predict_proba(points).round(3))

# %%
# On the left every row has the color of its most probable component. On the right the colors mix by probability, and a
# dark edge marks the rows that no component has with 90 %.

figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.8), layout="constrained")
hard = ClusterDisplay.from_estimator(model, X, ax=left, feature_names=["x", "y"])
hard.plot(right, assignment="soft")
plt.show()
