"""Sound as a value, and from files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixfold.audio import Recording, read_recording
from mixfold.errors import InputError

soundfile = pytest.importorskip("soundfile")
TONE = 0.5 * np.sin(2 * np.pi * 440.0 * np.arange(16000) / 16000)


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "tone.wav", TONE, 16000, subtype="FLOAT")
    recording = read_recording(tmp_path / "tone.wav")
    np.testing.assert_allclose(recording.samples, TONE, atol=1e-7)
    assert (recording.sample_rate, recording.seconds) == (16000, 1.0)
    assert recording.name.endswith("tone.wav")


def test_the_channels_of_a_stereo_file_are_averaged(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "stereo.wav", np.column_stack([TONE, np.zeros(16000)]), 16000, subtype="FLOAT")
    np.testing.assert_allclose(read_recording(tmp_path / "stereo.wav").samples, TONE / 2, atol=1e-7)


def test_a_lower_rate_keeps_the_tone_and_removes_what_it_cannot_hold() -> None:
    high = 0.5 * np.sin(2 * np.pi * 6000.0 * np.arange(16000) / 16000)
    resampled = Recording(TONE + high, 16000).at_rate(8000)
    expected = 0.5 * np.sin(2 * np.pi * 440.0 * np.arange(8000) / 8000)
    np.testing.assert_allclose(resampled.samples[200:-200], expected[200:-200], atol=0.01)


def test_a_higher_rate_is_refused() -> None:
    with pytest.raises(InputError, match="at least the 16000 samples a second of the model, got 8000"):
        Recording(np.ones(8000), 8000).at_rate(16000)


@pytest.mark.parametrize(
    ("samples", "rate", "message"),
    [
        (np.zeros(0), 8000, "must hold sound"),
        (np.zeros((8, 2)), 8000, "must hold sound"),
        (np.array([0.0, np.nan]), 8000, "NaN or infinity"),
        (np.zeros(100), 4000, "at least 8000 samples a second, got 4000"),
    ],
)
def test_what_is_no_speech_is_refused(samples: np.ndarray, rate: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Recording(samples, rate)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"this is text", b"RIFF\x24\x00\x00\x00WAVEfmt "])
def test_a_corrupt_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.wav").write_bytes(content)
    with pytest.raises(InputError, match=r"bad.wav must be a sound file"):
        read_recording(tmp_path / "bad.wav")


def test_a_file_that_was_cut_off_is_refused_but_not_one_whose_length_was_unknown(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(tmp_path / "whole.wav", TONE, 16000)
    content = (tmp_path / "whole.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(content[:-5000])
    with pytest.raises(InputError, match=r"cut.wav must be a whole sound file, but has 27044 of 32044 bytes"):
        read_recording(tmp_path / "cut.wav")
    streamed = content[:4] + b"\xff\xff\xff\x7f" + content[8:]
    (tmp_path / "streamed.wav").write_bytes(streamed)
    assert len(read_recording(tmp_path / "streamed.wav").samples) == 16000


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no recording"):
        read_recording(tmp_path / "none.wav")
