"""``python -m benchmarks.speakers FOLDER``: identification error and equal error rate, beside one mixture a speaker.

FOLDER holds one folder of recordings for each speaker, or files named ``what_speaker_take.wav``. Each speaker is
enrolled with the first half of the recordings (in the order of takes), and tested with the others. Twice: once with a
background of the enrolled halves of everybody, once open: each speaker in turn is left out of background and
enrollment, and is the unknown voice. ``--espeak`` makes the voices with espeak-ng instead.
"""

from __future__ import annotations

import argparse
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np

from mixfold import GaussianMixture, SpeakerRecognizer
from mixfold.audio import Recording, cepstra, read_recording, recordings_below

VOICES = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5", "klatt", "croak", "whisper")

RATES = (0.05, 0.1, 0.2)
"""Of strangers accepted, as wanted; once by ranks of people, once by normal scores."""

Voices = dict[str, list[Recording]]


def voices_of(folder: Path) -> Voices:
    voices: dict[str, list[tuple[tuple[int, str], Recording]]] = defaultdict(list)
    for path in recordings_below([folder]):
        parts = path.stem.split("_")
        flat = path.parent == folder and len(parts) == 3 and parts[2].isdigit()
        order = (int(parts[2]), path.name) if flat else (0, path.name)
        voices[parts[1] if flat else path.parent.name].append((order, read_recording(path)))
    return {name: [sound for _, sound in sorted(sounds, key=lambda one: one[0])] for name, sounds in voices.items()}


def espeak_voices() -> Voices:
    from tests.voices import SENTENCES, spoken  # noqa: PLC0415  (only from a checkout)

    return {voice: [spoken(f"en+{voice}", sentence) for sentence in SENTENCES] for voice in VOICES}


def equal_error_rate(own: np.ndarray, others: np.ndarray) -> float:
    """Give the rate where as many of one's own are refused as of others are accepted."""
    thresholds = np.unique(np.concatenate([own, others]))
    refused = np.searchsorted(np.sort(own), thresholds) / len(own)
    accepted = 1.0 - np.searchsorted(np.sort(others), thresholds) / len(others)
    at = int(np.argmin(np.abs(refused - accepted)))
    return float(refused[at] + accepted[at]) / 2.0


def rates(scores: np.ndarray, truth: np.ndarray) -> str:
    own = np.eye(scores.shape[1], dtype=bool)[truth]
    error = np.mean(np.argmax(scores, axis=1) != truth)
    return f"identification error {error:.1%}, equal error rate {equal_error_rate(scores[own], scores[~own]):.1%}"


def recognizer_of(voices: Voices, n_components: int, *, subtract_mean: bool) -> SpeakerRecognizer:
    sounds = [(sound, name) for name, halves in voices.items() for sound in halves]
    order = np.random.default_rng(0).permutation(len(sounds))
    recognizer = SpeakerRecognizer(n_components, subtract_mean=subtract_mean)
    recognizer.fit([sounds[at][0] for at in order], [sounds[at][1] for at in order])
    for name, half in voices.items():
        recognizer.enroll(name, half)
    return recognizer


def closed(voices: Voices, n_components: int, plain_components: int, *, subtract_mean: bool) -> None:
    enrolled = {name: sounds[: len(sounds) // 2] for name, sounds in voices.items()}
    tests = [(sound, at) for at, sounds in enumerate(voices.values()) for sound in sounds[len(sounds) // 2 :]]
    truth = np.array([at for _, at in tests])
    recognizer = recognizer_of(enrolled, n_components, subtract_mean=subtract_mean)
    print(f"everybody enrolled, {len(voices)} speakers, {len(tests)} tests")
    print(
        f"  background and adaptation, K = {n_components}: {rates(recognizer.scores([one for one, _ in tests]), truth)}"
    )
    rate = recognizer.sample_rate_
    plain = [
        GaussianMixture(plain_components, covariance_type="diag", init_params="kmeans", random_state=0).fit(
            np.concatenate([cepstra(sound.at_rate(rate), subtract_mean=subtract_mean) for sound in half])
        )
        for half in enrolled.values()
    ]
    rows = [cepstra(sound.at_rate(rate), subtract_mean=subtract_mean) for sound, _ in tests]
    scores = np.array([[model.score(one) for model in plain] for one in rows])
    print(f"  one mixture a speaker, K = {plain_components}: {rates(scores, truth)}")


def opened(voices: Voices, n_components: int, *, subtract_mean: bool) -> None:
    own, best = [], []
    lines = [(rate, assume_normal) for assume_normal in (False, True) for rate in RATES]
    accepted, refused = ({line: [] for line in lines} for _ in range(2))
    for stranger in voices:
        enrolled = {name: sounds[: len(sounds) // 2] for name, sounds in voices.items() if name != stranger}
        recognizer = recognizer_of(enrolled, n_components, subtract_mean=subtract_mean)
        known = [recognizer.scores(voices[name][len(voices[name]) // 2 :]).max(axis=1) for name in enrolled]
        own.append(np.concatenate(known))
        best.append(recognizer.scores(voices[stranger]).max(axis=1))
        for line in lines:
            threshold = recognizer.threshold(line[0], assume_normal=line[1])
            accepted[line] += list(best[-1] >= threshold)
            refused[line] += list(own[-1] < threshold)
    of_strangers, of_enrolled = np.concatenate(best), np.concatenate(own)
    print(f"each speaker unknown in turn, {len(of_strangers)} tests of strangers, {len(of_enrolled)} of the enrolled")
    print(f"  known or unknown: equal error rate {equal_error_rate(of_enrolled, of_strangers):.1%}")
    for line in lines:
        rate, assume_normal = line
        below = f"with {len(voices) - 1} people no rate below {1 / len(voices):.1%}"
        how = "normal scores" if assume_normal else "ranks" if rate * len(voices) >= 1.0 else f"ranks, {below}"
        print(
            f"  wanted {rate:.0%}: strangers accepted {np.mean(accepted[line]):.1%}, "
            f"enrolled refused {np.mean(refused[line]):.1%} ({how})"
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speakers", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--espeak", action="store_true", help="voices of espeak-ng, six sentences each")
    parser.add_argument("--components", type=int, default=32)
    parser.add_argument("--plain-components", type=int, default=16)
    parser.add_argument("--subtract-mean", action="store_true")
    options = parser.parse_args()
    if options.espeak == (options.folder is not None):
        parser.error("give a folder or --espeak")
    warnings.simplefilter("ignore")
    voices = espeak_voices() if options.espeak else voices_of(options.folder)
    closed(voices, options.components, options.plain_components, subtract_mean=options.subtract_mean)
    opened(voices, options.components, subtract_mean=options.subtract_mean)


if __name__ == "__main__":
    main()
