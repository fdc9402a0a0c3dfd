"""Mel-frequency cepstra."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.fft import dct

from mixfold.audio import N_CEPSTRA, Recording, active_frames, cepstra
from tests.voices import synthesized

pytest.importorskip("kaldi_native_fbank")


def test_there_is_a_row_for_each_active_frame() -> None:
    sound = synthesized(1, 1)
    assert cepstra(sound).shape == (active_frames(sound).sum(), 2 * N_CEPSTRA)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100])
@pytest.mark.parametrize("extra", [0, 1, 39, 40, 41, 79])
def test_frames_and_activity_are_of_one_number_at_any_rate_and_length(rate: int, extra: int) -> None:
    sound = Recording(np.sin(0.3 * np.arange(rate // 2 + extra)), rate)
    assert len(cepstra(sound)) == active_frames(sound).sum()


def test_the_volume_does_not_matter() -> None:
    sound = synthesized(2, 1)
    quiet = Recording(sound.samples / 30, sound.sample_rate)
    np.testing.assert_allclose(cepstra(quiet), cepstra(sound), atol=0.01)


def test_the_cepstra_of_one_frame_are_those_of_the_definition() -> None:
    """One frame by hand: pre-emphasis, Povey's window, mel triangles, logarithm, cosine transform, lifter."""
    rate, length, size = 8000, 200, 256
    sound = synthesized(3, 1, 0.5)
    active = active_frames(sound)
    index = 20
    start = index * 80 + 40 - length // 2
    spoken = np.repeat(active, 80)[: len(sound.samples)]
    scale = 1000.0 / np.sqrt(np.mean(sound.samples[: len(spoken)][spoken].astype(float) ** 2))
    frame = sound.samples[start : start + length].astype(float) * scale
    frame -= frame.mean()
    frame -= 0.97 * np.concatenate([frame[:1], frame[:-1]])
    frame *= (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / (length - 1))) ** 0.85
    power = np.abs(np.fft.rfft(frame, size)) ** 2

    def mel(hertz: np.ndarray) -> np.ndarray:
        return 1127.0 * np.log1p(hertz / 700.0)

    edges = np.linspace(mel(np.array(20.0)), mel(np.array(3800.0)), 26)
    places = mel(np.arange(size // 2 + 1) * rate / size)
    rising = (places - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - places) / np.diff(edges)[1:, None]
    bands = np.maximum(np.minimum(rising, falling), 0.0)[:, :-1] @ power[:-1]
    lifter = 1.0 + 11.0 * np.sin(np.pi * np.arange(N_CEPSTRA) / 22.0)
    expected = dct(np.log(bands), norm="ortho")[:N_CEPSTRA] * lifter
    np.testing.assert_allclose(cepstra(sound)[active[:index].sum(), :N_CEPSTRA], expected, atol=0.02)


def test_long_recordings_go_over_in_blocks_without_a_seam() -> None:
    sound = synthesized(1, 1, 25.0)
    head = Recording(sound.samples[: 8 * 8000], 8000)
    whole, part = cepstra(sound), cepstra(head)
    shared = min(len(part), len(whole)) - 10
    # The volume of the parts differs by a constant, which the first coefficient alone knows.
    np.testing.assert_allclose(whole[:shared, 1:N_CEPSTRA], part[:shared, 1:N_CEPSTRA], atol=0.05)


def test_subtracting_the_mean_removes_it() -> None:
    np.testing.assert_allclose(cepstra(synthesized(1, 1), subtract_mean=True).mean(axis=0), 0.0, atol=1e-9)
