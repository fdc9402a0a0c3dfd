"""Recorded speech to rows: what an ear would keep of a sound file.

recording.py reads a file into a `Recording` (one channel, one rate), files.py finds the files of a folder, activity.py
says where somebody speaks, and cepstra.py turns that into one row of features every 10 milliseconds.
"""

from mixfold.audio.activity import active_frames
from mixfold.audio.cepstra import N_CEPSTRA, cepstra
from mixfold.audio.files import SUFFIXES, recordings_below
from mixfold.audio.recording import SLOWEST_RATE, Recording, read_recording

__all__ = [
    "N_CEPSTRA",
    "SLOWEST_RATE",
    "SUFFIXES",
    "Recording",
    "active_frames",
    "cepstra",
    "read_recording",
    "recordings_below",
]
