"""
Image segmentation
==================

The pixels of a photograph are rows of three numbers. A mixture of their colors cuts the picture into regions, and says
where it is unsure.
"""

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import load_sample_image

from mixfold import GaussianMixture

picture = load_sample_image("china.jpg")[::2, ::2] / 255.0
pixels = picture.reshape(-1, 3)
model = GaussianMixture(5, init_params="kmeans", tol=1e-4, random_state=0).fit(pixels)
labels = model.predict(pixels)
print(f"{len(pixels)} pixels, shares of the segments: {np.sort(model.weights_)[::-1].round(2)}")

# %%
# Each pixel in the mean color of its segment, and how sure its assignment is.

means = np.array([pixels[labels == k].mean(axis=0) for k in range(5)])
sure = model.predict_proba(pixels).max(axis=1).reshape(picture.shape[:2])
figure, axes = plt.subplots(1, 3, figsize=(14, 3.6), layout="constrained")
axes[0].imshow(picture)
axes[1].imshow(means[labels].reshape(picture.shape))
shown = axes[2].imshow(sure, cmap="cividis", vmin=0.2, vmax=1.0)
figure.colorbar(shown, ax=axes[2], label="probability of the segment")
for ax, title in zip(axes, ["photograph", "five segments", "how sure"], strict=True):
    ax.set_title(title, loc="left")
    ax.set_axis_off()
plt.show()
