"""
Which neuron fired?
===================

An electrode hears several neurons, each with a spike of its own shape. Spikes are found where the voltage crosses a
threshold, and sorted by shape. Recordings are too large for this page: the voltage here is generated, from three
neurons whose spikes overlap at times, so that the sorting can be checked.
"""

import numpy as np
from matplotlib import pyplot as plt

from mixfold import GaussianMixture

RATE, WINDOW = 20_000, np.arange(-12, 24)
random = np.random.default_rng(0)
time = WINDOW / RATE * 1e3  # ms


def spike(depth, width, rebound):
    """A dip and the slower wave after it."""
    return -depth * np.exp(-((time / width) ** 2)) + rebound * np.exp(-(((time - 3.0 * width) / (2.0 * width)) ** 2))


shapes = np.array([spike(9.0, 0.10, 2.0), spike(7.0, 0.22, 3.0), spike(6.0, 0.12, 0.5)])
voltage = np.convolve(random.normal(size=30 * RATE), np.ones(3) / np.sqrt(3.0), mode="same")
fired = [np.sort(random.choice(30 * RATE - 100, n, replace=False) + 50) for n in (400, 300, 500)]
for shape, at in zip(shapes, fired, strict=True):
    np.add.at(voltage, at[:, None] + WINDOW, shape * random.normal(1.0, 0.06, (len(at), 1)))

# %%
# Spikes are dips below four deviations, which the median absolute voltage tells. Three directions hold what differs
# between them.

noise = np.median(np.abs(voltage)) / 0.6745
low = np.flatnonzero((voltage < -4.0 * noise) & (voltage <= np.roll(voltage, 1)) & (voltage < np.roll(voltage, -1)))
low = low[(low > 20) & (low < len(voltage) - 40)]
dip = np.array([at for at in low if voltage[at] == voltage[at - 10 : at + 11].min()])
waves = voltage[dip[:, None] + WINDOW]
directions = np.linalg.svd(waves - waves.mean(axis=0), full_matrices=False)[2][:3]
rows = waves @ directions.T
model = GaussianMixture(3, outliers="uniform", random_state=0).fit(rows)
neuron = model.predict(rows)  # -1: of no neuron, or of two at once

# %%
colors = ["#0072b2", "#d55e00", "#009e73"]
_, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
axes[0].plot(*rows[neuron < 0][:, :2].T, "x", color="#999999", markersize=4, label="set aside")
for number, color in enumerate(colors):
    axes[0].plot(*rows[neuron == number][:, :2].T, ".", color=color, markersize=3)
    axes[1].plot(time, waves[neuron == number].mean(axis=0), color=color, label=f"{np.sum(neuron == number)} spikes")
axes[0].set(xlabel="first direction", ylabel="second direction")
axes[1].set(xlabel="ms", ylabel="mean voltage, in units of the noise")
for ax in axes:
    ax.legend(frameon=False)
plt.show()

# %%
# **Decision.** Analyze the trains of the three neurons; leave out what was set aside. Here we know who fired:

true = np.full(len(dip), -1)
for number, at in enumerate(fired):
    near = np.abs(dip[:, None] - at).min(axis=1) <= 3
    true[near] = number
kept = (neuron >= 0) & (true >= 0)
count = np.zeros((3, 3), dtype=int)
np.add.at(count, (neuron[kept], true[kept]), 1)
right = count.max(axis=1).sum() / count.sum()
print(f"{(neuron < 0).sum()} of {len(neuron)} set aside; of the others {right:.1%} are sorted right")
