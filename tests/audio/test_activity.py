"""Where somebody speaks."""

from __future__ import annotations

import numpy as np
import pytest

from mixfold.audio import Recording, active_frames
from mixfold.errors import InputError
from tests.voices import synthesized


def test_pauses_with_a_little_noise_are_left_out() -> None:
    noise = 1e-3 * np.random.default_rng(0).standard_normal(8000)
    speech = synthesized(1, 1, 1.0).samples
    active = active_frames(Recording(np.concatenate([noise, speech, noise]), 8000))
    assert not active[:98].any()
    assert active[102:198].mean() > 0.9
    assert not active[202:].any()


def test_what_is_active_does_not_depend_on_the_volume() -> None:
    sound = synthesized(1, 1)
    assert np.array_equal(active_frames(sound), active_frames(Recording(sound.samples / 50, 8000)))


@pytest.mark.parametrize("volume", [0.0, 1e-5])
def test_silence_is_refused(volume: float) -> None:
    noise = volume * np.random.default_rng(0).standard_normal(8000)
    with pytest.raises(InputError, match="is silent"):
        active_frames(Recording(noise, 8000))


def test_too_little_speech_is_refused() -> None:
    with pytest.raises(InputError, match=r"at least 0.1 s of speech, got 0.05 s"):
        active_frames(Recording(np.sin(np.arange(400)), 8000))
