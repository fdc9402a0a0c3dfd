"""The examples of classifier, regressor and recognizer run, and say what they promise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.voices import RATE, synthesized

EXAMPLES = Path(__file__).parent.parent / "examples"


def output_of(*arguments: str) -> str:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=EXAMPLES, capture_output=True, text=True, check=True).stdout


def test_wines_are_classified_and_waiting_predicted() -> None:
    lines = output_of("supervised.py").splitlines()
    assert float(lines[0].split()[-1]) > 0.9
    assert lines[2].startswith("after 2.0 minutes: 5")


def test_voices_are_recognized(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    pytest.importorskip("kaldi_native_fbank")
    for voice in [*range(100, 116), *range(4)]:
        folder = tmp_path / f"voice{'Z' if voice < 100 else ''}{voice}"
        folder.mkdir()
        for take in range(3):
            soundfile.write(folder / f"take{take}.wav", synthesized(voice, take).samples, RATE)
    lines = output_of("speaker_recognition.py", str(tmp_path)).splitlines()
    assert len(lines) == 10
    assert sum(line.split("nearest ")[1].split(",")[0] in line.split(":")[0] for line in lines) >= 8
