"""Recognize voices: `python examples/speaker_recognition.py FOLDER`, with a folder of recordings for each person in it.

An empty FOLDER is filled first, with voices of espeak-ng. The first two thirds of the people make the background; the
others are enrolled with all recordings but the last, which is then identified.
"""

import shutil
import subprocess
import sys
from pathlib import Path

from mixfold import SpeakerRecognizer

VOICES = ("m2", "m4", "m5", "m6", "f1", "f3", "f5", "klatt", "m1", "m3", "f2", "f4")
SENTENCES = ("The birch canoe slid on the smooth planks.", "It is easy to tell the depth of a well.", "Call me again.")


def fill(folder: Path) -> None:
    """Let each voice speak each sentence."""
    for number, voice in enumerate(VOICES):
        place = folder / f"{number:02}-{voice}"
        place.mkdir()
        for index, sentence in enumerate(SENTENCES):
            command = ["espeak-ng", "-v", f"en+{voice}", "-w", str(place / f"{index}.wav"), sentence]
            subprocess.run(command, check=True)  # noqa: S603


folder = Path(sys.argv[1])
if not any(folder.iterdir()):
    if shutil.which("espeak-ng") is None:
        print(f"{folder} is empty, and espeak-ng, which would fill it, is not installed.")
        sys.exit()
    fill(folder)
people = {place.name: sorted(place.iterdir()) for place in sorted(folder.iterdir())}
names = list(people)
first = 2 * len(names) // 3
sounds = [(path, name) for name in names[:first] for path in people[name]]
recognizer = SpeakerRecognizer(8).fit([path for path, _ in sounds], [name for _, name in sounds])
for name in names[first:]:
    recognizer.enroll(name, people[name][:-1])
for found in recognizer.identify([people[name][-1] for name in names[first:]], false_accept_rate=0.3):
    print(f"{found.recording}: {found.speaker} (nearest {found.nearest}, score {found.score:.2f})")
