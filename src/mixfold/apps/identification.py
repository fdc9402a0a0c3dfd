"""Who speaks in a recording, and by how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

UNKNOWN = "unknown"


@final
@dataclass(frozen=True, slots=True)
class Identification:
    """Who speaks in a recording.

    Attributes
    ----------
    recording : str
        Its name.
    speaker : str
        Who is recognized; 'unknown' where no score reaches the threshold.
    nearest : str
        The enrolled speaker of highest score.
    score : float
        That score: the log-likelihood ratio of the speaker to the background, in nats for each frame of speech.
    threshold : float
        The least score that counts as recognized.

    Examples
    --------
    >>> from mixfold.apps import Identification
    >>> found = Identification("call.wav", speaker="unknown", nearest="ann", score=0.4, threshold=0.7)
    >>> found.speaker, found.score < found.threshold
    ('unknown', True)
    """

    recording: str
    speaker: str
    nearest: str
    score: float
    threshold: float
