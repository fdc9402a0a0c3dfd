"""
What moves in front of the camera?
==================================

A camera that does not move sees the same scene, in light that flickers, and now and then somebody passes. Stauffer &
Grimson (1999) give each pixel a mixture of its own: what it usually shows is background. The scene is a photograph
(scikit-learn's ``china.jpg``); flicker, noise and who passes are generated, because films are too large for this page.
"""

import numpy as np
from matplotlib import pyplot as plt
from sklearn.datasets import load_sample_image

from mixfold import fit_many

random = np.random.default_rng(0)
scene = load_sample_image("china.jpg")[80:400:4, 100:500:4].mean(axis=2)  # shades of gray, 80 x 100
height, width = scene.shape
n_frames = 60
film = np.empty((n_frames, height, width))
passing = np.zeros(film.shape, dtype=bool)
for frame in range(n_frames):
    light = 1.0 if frame % 3 else 0.85  # a lamp that flickers
    film[frame] = light * scene + 3.0 * random.normal(size=scene.shape)
    left = 3 * frame - 30
    passing[frame, 50:74, max(left, 0) : max(left + 10, 0)] = True
    film[frame][passing[frame]] = 60.0 + 8.0 * random.normal(size=passing[frame].sum())

# %%
# One call fits a mixture to each of the 8000 pixels, of one or two components as BIC says.

pixels = film.reshape(n_frames, -1).T
many = fit_many(list(pixels[:, :, None]), n_components=[1, 2, 3], reg_covar=4.0, random_state=0)
print(np.bincount(many.n_components)[1:], "pixels have one, two, three components")

# %%
# A value is foreground if it lies far from each component that has a sixth of the frames.

far = np.full(pixels.shape, np.inf)
for pixel, mixture in enumerate(many):
    usual = mixture.weights > 1 / 6
    distance = np.abs(pixels[pixel][:, None] - mixture.means[usual, 0])
    far[pixel] = np.min(distance / np.sqrt(mixture.component_covariances[usual, 0, 0]), axis=1)
foreground = (far > 4.0).T.reshape(film.shape)

_, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
axes[0].imshow(film[25], cmap="gray")
axes[1].imshow(np.abs(film[25] - film.mean(axis=0)), cmap="magma")
axes[2].imshow(foreground[25], cmap="gray")
for ax, title in zip(axes, ["frame 25", "difference from the mean", "foreground"], strict=True):
    ax.set(title=title, xticks=[], yticks=[])
plt.show()

# %%
# **Decision.** Raise the alarm in frames of which more than one pixel in a hundred is foreground.

alarm = foreground.mean(axis=(1, 2)) > 0.01
true = passing.mean(axis=(1, 2)) > 0.01
print(f"alarm in {alarm.sum()} frames, right in {np.mean(alarm == true):.0%} of {n_frames}")
found = foreground & passing
right, whole = found.sum() / foreground.sum(), found.sum() / passing.sum()
print(f"{right:.0%} of foreground is somebody, {whole:.0%} of somebody is found")
