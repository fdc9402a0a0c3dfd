"""Voices to test with: made by a source and a filter in NumPy, or by espeak-ng where it is installed."""

from __future__ import annotations

import io
import shutil
import subprocess
from functools import cache

import numpy as np
from scipy.signal import lfilter

from mixfold.audio import Recording

RATE = 8000
VOWELS = np.array([[730, 1090, 2440], [270, 2290, 3010], [300, 870, 2240], [530, 1840, 2480], [570, 840, 2410]])
"""Mean formants of men, in Hz: the vowels of father, heed, who, head and hawed (Peterson & Barney 1952, table II)."""
HAS_ESPEAK = shutil.which("espeak-ng") is not None
SENTENCES = (
    "The birch canoe slid on the smooth planks.",
    "Glue the sheet to the dark blue background.",
    "It is easy to tell the depth of a well.",
    "These days a chicken leg is a rare dish.",
    "Rice is often served in round bowls.",
    "The juice of lemons makes fine punch.",
)


@cache
def synthesized(voice: int, take: int, seconds: float = 1.2, rate: int = RATE) -> Recording:
    """Give a voice speaking vowels in random order: pulses at its pitch through its vocal tract, and some noise.

    A voice has a pitch, a length of the vocal tract that scales all formants, and a tilt of its spectrum.
    """
    own, random = np.random.default_rng(voice), np.random.default_rng([voice, take])
    pitch, length, tilt, width = (
        own.uniform(90, 220),
        own.uniform(0.8, 1.2),
        own.uniform(0.6, 0.95),
        own.uniform(60, 140),
    )
    n = int(0.12 * rate)
    syllables = []
    for vowel in random.integers(len(VOWELS), size=int(np.ceil(seconds / 0.12))):
        pulses = np.zeros(n)
        pulses[:: max(1, round(rate / (pitch * random.uniform(0.95, 1.05))))] = 1.0
        sound = lfilter([1.0], [1.0, -tilt], pulses + 0.01 * random.standard_normal(n))
        for formant in VOWELS[vowel] * length * random.uniform(0.98, 1.02):
            radius = np.exp(-np.pi * width / rate)
            sound = lfilter([1.0], [1.0, -2.0 * radius * np.cos(2.0 * np.pi * formant / rate), radius**2], sound)
        syllables.append(sound / np.abs(sound).max())
    samples = np.concatenate(syllables)[: int(seconds * rate)]
    samples += 0.01 * random.standard_normal(len(samples))
    return Recording(0.3 * samples.astype(np.float32), rate, f"voice {voice}, take {take}")


def spoken(voice: str, sentence: str) -> Recording:
    """Give a sentence as espeak-ng says it, with a little noise."""
    import soundfile

    command = ["espeak-ng", "-v", voice, "--stdout", sentence]
    content = subprocess.run(command, capture_output=True, check=True).stdout
    samples, rate = soundfile.read(io.BytesIO(content), dtype="float32")
    noise = np.random.default_rng(len(sentence)).standard_normal(len(samples)) * 0.03 * samples.std()
    return Recording(samples + noise, rate, f"{voice}: {sentence}").at_rate(RATE)
