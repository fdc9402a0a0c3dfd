"""
Find recordings by how they sound
=================================

Which recordings are of this voice? A recording is a bag of rows, one every ten milliseconds, and there are three ways
to make one vector of a bag: how it would move a mixture (:func:`~mixfold.apps.fisher_vectors`), the mean sufficient
statistics under it (:func:`~mixfold.apps.statistics_vectors`), and the means to which it adapts
(:func:`~mixfold.apps.supervectors`). With their help any method for rows is a method for recordings.

The voices here are generated, as on the page about speakers: a buzz at the pitch of a person through the resonances
of a vocal tract of their length. Of your own recordings the bags are ``[cepstra(read_recording(path)) for path in
recordings_below([folder])]``, with the names of :mod:`mixfold.audio`.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.signal import lfilter

from mixfold import GaussianMixture
from mixfold.apps import fisher_vectors, statistics_vectors, supervectors
from mixfold.audio import Recording, cepstra

RATE, TAKES = 8000, 6
VOWELS = np.array([[270, 2290, 3010], [660, 1720, 2410], [730, 1090, 2440], [300, 870, 2240]])  # Peterson & Barney 1952
VOICES = {"Ada": (210, 1.15), "Ben": (110, 0.97), "Cyd": (175, 1.06), "Dan": (125, 0.9), "Eve": (190, 1.2)}


def recording(pitch, tract, seconds, random):
    """A chain of vowels, spoken a little differently each time, in some noise."""
    parts = []
    for _ in range(int(seconds / 0.2)):
        sound = random.normal(0.0, 0.03, RATE // 5)
        sound[:: int(RATE / (pitch * random.normal(1.0, 0.06)))] += 1.0
        for resonance in VOWELS[random.integers(len(VOWELS))] * tract * random.normal(1.0, 0.05, 3):
            radius = np.exp(-np.pi * 90.0 / RATE)  # a bandwidth of 90 Hz
            sound = lfilter([1.0], [1.0, -2.0 * radius * np.cos(2.0 * np.pi * resonance / RATE), radius**2], sound)
        parts.append(sound / sound.std())
    return Recording(np.concatenate(parts) + random.normal(0.0, 0.1, len(parts) * (RATE // 5)), RATE)


random = np.random.default_rng(0)
bags = [cepstra(recording(*voice, 2.0, random)) for voice in VOICES.values() for _ in range(TAKES)]
names = np.repeat(list(VOICES), TAKES)

# %%
# One mixture of all sounds, which need not come from the people who are looked for, is the vocabulary.

mixture = GaussianMixture(16, covariance_type="diag", random_state=0).fit(np.concatenate(bags)).mixture_
vectors = {
    "Fisher vectors": fisher_vectors(mixture, bags),
    "shares": statistics_vectors(mixture, bags, order=0),
    "statistics": statistics_vectors(mixture, bags),
    "supervectors": supervectors(mixture, bags),
}

# %%
# Is the most similar recording of the same voice, and how far up are all of that voice?


def likeness(features):
    """Give the scalar products of the directions from the mean."""
    steps = features - features.mean(axis=0)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    return steps @ steps.T


def precision(alike):
    """Give the share of nearest recordings that are of the same voice, and the mean average precision."""
    order = np.argsort(-(alike - 9.0 * np.eye(len(alike))), axis=1)[:, :-1]
    hits = names[order] == names[:, None]
    ranks = np.arange(1, hits.shape[1] + 1)
    averages = np.sum(hits * np.cumsum(hits, axis=1) / ranks, axis=1) / hits.sum(axis=1)
    return hits[:, 0].mean(), averages.mean()


fig, axes = plt.subplots(1, len(vectors), figsize=(10, 2.9), layout="constrained")
for ax, (name, features) in zip(axes, vectors.items(), strict=True):
    alike = likeness(features)
    first, average = precision(alike)
    size = features.shape[1]
    print(f"{name:>14}, {size:4} numbers: first is right {first:.2f}, mean average precision {average:.2f}")
    np.fill_diagonal(alike, np.nan)
    most = np.nanmax(np.abs(alike))
    ax.imshow(alike, cmap="RdBu_r", vmin=-most, vmax=most)
    ax.set(title=name, xticks=[], yticks=np.arange(len(VOICES)) * TAKES + TAKES / 2 - 0.5, yticklabels=[])
axes[0].set_yticklabels(VOICES)
plt.show()

# %%
# Red is like, blue is unlike, and each square on the diagonal is a voice. Statistics are linear: the vector of two
# recordings together is the mean of both, weighted by their lengths, so that a person who is heard again needs no
# second look at what was heard before.
