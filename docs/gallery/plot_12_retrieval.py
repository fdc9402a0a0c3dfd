"""
Find pictures by what they are made of
======================================

Which pictures are like this one? A mixture of small patches is a vocabulary of textures, and a picture is summarized
by how its patches would move the mixture: its *Fisher vector*
(`Sanchez et al. 2013 <https://doi.org/10.1007/s11263-013-0636-x>`_). Pictures of one kind have vectors in one
direction.

The pictures are pieces of eight photographs that scikit-image ships: bricks, grass, gravel, coins, cells, a page, the
moon, and fur. For each piece in turn, we look for the other pieces of the same photograph.
"""

import matplotlib.pyplot as plt
import numpy as np
from skimage import color, data

from mixfold import GaussianMixture
from mixfold.apps import fisher_vectors

SIDE, PATCH, EVERY = 64, 8, 4
NAMES = ["brick", "grass", "gravel", "coins", "cell", "page", "moon", "chelsea"]


def photograph(name):
    """Give a photograph in shades of gray, from 0 to 1."""
    image = getattr(data, name)()
    return color.rgb2gray(image) if image.ndim == 3 else image / 255.0


def pieces(image):
    """Cut ten squares from a photograph, at random but apart."""
    corners = [(i, j) for i in range(0, image.shape[0] - SIDE, SIDE) for j in range(0, image.shape[1] - SIDE, SIDE)]
    chosen = np.random.default_rng(0).permutation(len(corners))[:10]
    return [image[i : i + SIDE, j : j + SIDE] for i, j in (corners[at] for at in chosen)]


def patches(piece):
    """Give the patches of a piece as rows, without their mean, and at one contrast."""
    windows = np.lib.stride_tricks.sliding_window_view(piece, (PATCH, PATCH))[::EVERY, ::EVERY]
    rows = windows.reshape(-1, PATCH * PATCH)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows / np.sqrt(rows.var(axis=1, keepdims=True) + 1e-3)


cut = {name: pieces(photograph(name)) for name in NAMES}
squares = [piece for each in cut.values() for piece in each]
kinds = np.repeat(NAMES, [len(each) for each in cut.values()])
bags = [patches(piece) for piece in squares]

# %%
# A vocabulary of textures
# ------------------------
# Patches are rotated to their sixteen main directions, in which they are nearly uncorrelated: covariances may be
# diagonal. One piece in three is enough to learn from.

sample = np.concatenate(bags[::3])
directions = np.linalg.svd(sample - sample.mean(axis=0), full_matrices=False)[2][:16]
bags = [bag @ directions.T for bag in bags]
mixture = GaussianMixture(16, covariance_type="diag", random_state=0).fit(np.concatenate(bags[::3])).mixture_

fig, axes = plt.subplots(2, 8, figsize=(8, 2.3))
for ax, mean in zip(axes.ravel(), mixture.means @ directions, strict=True):
    ax.imshow(mean.reshape(PATCH, PATCH), cmap="gray")
    ax.set_axis_off()
fig.suptitle("The mean patch of each component")

# %%
# One vector for each picture
# ---------------------------

vectors = fisher_vectors(mixture, bags)
print(f"{len(squares)} pieces of {len(bags[0])} patches each: vectors of {vectors.shape[1]} numbers")

# %%
# Is the most similar piece of the same photograph, and how far up are all of its pieces? Beside it, the same question
# with the shares of the components alone, the mean and the deviations of the patches, and the histogram of grays.


def precision(features):
    """Give the share of nearest pieces that are of the same kind, and the mean average precision."""
    likeness = features @ features.T
    np.fill_diagonal(likeness, -np.inf)
    order = np.argsort(-likeness, axis=1)[:, :-1]
    hits = kinds[order] == kinds[:, None]
    ranks = np.arange(1, hits.shape[1] + 1)
    averages = np.sum(hits * np.cumsum(hits, axis=1) / ranks, axis=1) / hits.sum(axis=1)
    return hits[:, 0].mean(), averages.mean()


def unit(rows):
    """Give rows about their mean, of length one."""
    rows = rows - rows.mean(axis=0)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


rivals = {
    "Fisher vectors": vectors,
    "shares of components": unit(np.array([mixture.responsibilities(bag).mean(axis=0) for bag in bags])),
    "means and deviations": unit(np.array([np.concatenate([bag.mean(axis=0), bag.std(axis=0)]) for bag in bags])),
    "histogram of grays": unit(np.array([np.histogram(piece, 32, (0, 1))[0] for piece in squares], dtype=float)),
}
found = {name: precision(features) for name, features in rivals.items()}
for name, (first, average) in found.items():
    print(f"{name:>22}: first is right {first:.2f}, mean average precision {average:.2f}")
# %%
# The nearest piece by Fisher vectors is nearly always right; over all pieces the shares of the components say as much.

# %%
# Four questions and their answers
# --------------------------------
# On the left a piece, then the five that are most similar; a frame marks those of another photograph.

likeness = vectors @ vectors.T
np.fill_diagonal(likeness, -np.inf)
fig, axes = plt.subplots(4, 6, figsize=(7, 4.8))
for row, question in zip(axes, (3, 24, 37, 76), strict=True):
    for ax, at in zip(row, [question, *np.argsort(-likeness[question])[:5]], strict=True):
        ax.imshow(squares[at], cmap="gray", vmin=0, vmax=1)
        ax.set_xticks([])
        ax.set_yticks([])
        for side in ax.spines.values():
            side.set(color="crimson", linewidth=3, visible=kinds[at] != kinds[question])
    row[0].set_ylabel(kinds[question])
plt.show()

# %%
# A recording is a bag of rows, too: :ref:`sphx_glr_generated_gallery_plot_15_recordings.py` finds voices, and compares
# three ways to make one vector of a bag.
