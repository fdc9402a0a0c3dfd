"""
Speakers
========

Who is speaking? Reynolds & Rose (1995) model the short-time spectra of each speaker by a mixture of their own, and name
the speaker whose mixture gives a recording the highest likelihood. The voices here are synthetic: a buzz at the pitch
of a speaker through the resonances of a vocal tract of their length, so that the page needs no download.
"""

import numpy as np
from matplotlib import pyplot as plt
from scipy.fft import dct
from scipy.signal import lfilter, stft

from mixfold import GaussianMixture

RATE = 8000
VOWELS = np.array([[270, 2290, 3010], [660, 1720, 2410], [730, 1090, 2440], [300, 870, 2240]])  # Peterson & Barney 1952
SPEAKERS = {"Ada": (210, 1.15), "Ben": (110, 0.97), "Cyd": (175, 1.06), "Dan": (125, 0.9), "Eve": (190, 1.2)}


def recording(pitch, tract, seconds, random):
    """A chain of vowels, spoken a little differently each time."""
    parts = []
    for _ in range(int(seconds / 0.2)):
        period = int(RATE / (pitch * random.normal(1.0, 0.06)))
        sound = random.normal(0.0, 0.03, RATE // 5)
        sound[::period] += 1.0
        for resonance in VOWELS[random.integers(len(VOWELS))] * tract * random.normal(1.0, 0.05, 3):
            radius = np.exp(-np.pi * 90.0 / RATE)  # a bandwidth of 90 Hz
            sound = lfilter([1.0], [1.0, -2.0 * radius * np.cos(2.0 * np.pi * resonance / RATE), radius**2], sound)
        parts.append(sound / sound.std())
    return np.concatenate(parts) + random.normal(0.0, 0.1, len(parts) * (RATE // 5))


def cepstra(sound):
    """Twelve mel-frequency cepstral coefficients of each 32 ms, (n_frames, 12); Davis & Mermelstein 1980."""
    frequencies, _, spectrum = stft(sound, RATE, nperseg=256, noverlap=128)
    mel = 2595.0 * np.log10(1.0 + frequencies / 700.0)
    edges = np.linspace(mel[1], mel[-1], 26)
    bands = np.maximum(0.0, 1.0 - np.abs(mel - edges[1:-1, None]) / (edges[1] - edges[0]))  # (24, n_frequencies)
    return dct(np.log(bands @ np.abs(spectrum) ** 2 + 1e-6), axis=0, norm="ortho")[1:13].T


# %%
# Each speaker reads for twenty seconds, and gets a mixture of eight diagonal components.

random = np.random.default_rng(0)
models = {
    name: GaussianMixture(8, covariance_type="diag", init_params="kmeans", random_state=0).fit(
        cepstra(recording(*voice, 20.0, random))
    )
    for name, voice in SPEAKERS.items()
}

# %%
# Then each says twenty short sentences. The mean log-likelihood of a recording under each mixture names the speaker.

names = list(SPEAKERS)
confusion = np.zeros((len(names), len(names)), dtype=int)
for row, voice in enumerate(SPEAKERS.values()):
    for _ in range(20):
        frames = cepstra(recording(*voice, 1.0, random))
        confusion[row, np.argmax([models[name].score(frames) for name in names])] += 1
print(f"{np.trace(confusion) / confusion.sum():.0%} of {confusion.sum()} one-second recordings are named correctly")

# %%

_, ax = plt.subplots(figsize=(5.5, 4.8), layout="constrained")
ax.imshow(confusion, cmap="Blues")
for (row, column), count in np.ndenumerate(confusion):
    ax.text(column, row, count, ha="center", va="center", color="white" if count > 10 else "#222222")
ax.set_xticks(range(len(names)), names)
ax.set_yticks(range(len(names)), names)
ax.set(xlabel="named", ylabel="speaking", title="Twenty recordings of each speaker")
plt.show()
