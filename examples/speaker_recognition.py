"""Recognize voices: `python examples/speaker_recognition.py FOLDER`, with a folder of recordings for each person.

The first half of the people make the background; the others are enrolled with all recordings but the last, which is
then identified.
"""

import sys
from pathlib import Path

from mixfold import SpeakerRecognizer

people = {folder.name: sorted(folder.iterdir()) for folder in sorted(Path(sys.argv[1]).iterdir())}
names = list(people)
half = len(names) // 2
sounds = [(path, name) for name in names[:half] for path in people[name]]
recognizer = SpeakerRecognizer(16).fit([path for path, _ in sounds], [name for _, name in sounds])
for name in names[half:]:
    recognizer.enroll(name, people[name][:-1])
for found in recognizer.identify([people[name][-1] for name in names[half:]], false_accept_rate=0.2):
    print(f"{found.recording}: {found.speaker} (nearest {found.nearest}, score {found.score:.2f})")
