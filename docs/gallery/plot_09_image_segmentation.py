"""
Image segmentation
==================

The pixels of a photograph are rows of three numbers. A mixture of their colors cuts the picture into regions, and says
where it is unsure; where neighbors like to agree, the regions become smooth.
"""

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import load_sample_image

from mixfold import segment
from mixfold.plotting import SegmentationDisplay

photograph = load_sample_image("china.jpg")[::2, ::2]
plain = segment(photograph, 5, smoothness=0.0, random_state=0)
smooth = segment(photograph, smoothness=1.5, mixture=plain.mixture)
moved = np.mean(plain.labels != smooth.labels)
print(f"{plain.labels.size} pixels; agreement of neighbors changes the label of {moved:.0%} of them")

# %%
# Each pixel in the mean color of its segment, and how sure its assignment is.

shares = plain.mixture.responsibilities(photograph.reshape(-1, 3).astype(float))
figure, axes = plt.subplots(2, 2, figsize=(12, 8), layout="constrained")
axes[0, 0].imshow(photograph)
axes[0, 1].imshow(plain.picture(photograph))
axes[1, 0].imshow(smooth.picture(photograph))
shown = axes[1, 1].imshow(shares.max(axis=1).reshape(plain.labels.shape), cmap="cividis", vmin=0.2, vmax=1.0)
figure.colorbar(shown, ax=axes[1, 1], label="probability of the segment")
titles = ["photograph", "five segments", "the same, smoothed", "how sure, unsmoothed"]
for ax, title in zip(axes.flat, titles, strict=True):
    ax.set_title(title, loc="left")
    ax.set_axis_off()
plt.show()

# %%
# What the segments are.

_, ax = plt.subplots(figsize=(11.5, 4.6), layout="constrained")
SegmentationDisplay.from_segmentation(smooth, white=255.0, ax=ax)
plt.show()
