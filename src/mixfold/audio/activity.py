"""Where somebody speaks: voice activity by energy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mixfold.audio.recording import Recording
from mixfold.errors import InputError

HOP_SECONDS, FRAME_SECONDS = 0.010, 0.025
"""A frame of 25 milliseconds begins every 10, as everywhere in speech processing."""
RANGE_DECIBELS = 30.0
"""Frames this much quieter than the loud ones are taken for pauses."""
SILENCE_DECIBELS = -70.0
"""Below this, relative to full scale, nothing is speech: a recorder's hiss is louder."""
FEWEST_FRAMES = 10
"""A tenth of a second: less tells nothing of a voice."""


def active_frames(recording: Recording) -> npt.NDArray[np.bool_]:
    """Say for each frame whether it is within 30 dB of the loud ones (their 95th percentile).

    Frame i is centered at ``(i + 1/2) 10 ms``, as those of `cepstra` are.

    Parameters
    ----------
    recording : Recording

    Returns
    -------
    active : ndarray of bool of shape (n_frames,)

    Raises
    ------
    InputError
        If there is silence, or less than a tenth of a second of speech.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.audio import Recording, active_frames
    >>> loud, quiet = np.sin(np.arange(8000)), np.zeros(8000)
    >>> active = active_frames(Recording(np.concatenate([quiet, loud]), 8000))
    >>> len(active), int(active[:98].sum()), int(active[101:].sum())
    (200, 0, 99)
    """
    hop, frame = (round(seconds * recording.sample_rate) for seconds in (HOP_SECONDS, FRAME_SECONDS))
    starts = np.arange((len(recording.samples) + hop // 2) // hop) * hop + hop // 2 - frame // 2
    ends = np.minimum(starts + frame, len(recording.samples))
    starts = np.maximum(starts, 0)
    powers = np.concatenate([[0.0], np.cumsum(recording.samples.astype(np.float64) ** 2)])
    power = np.maximum(powers[ends] - powers[starts], 0.0) / np.maximum(ends - starts, 1)
    decibels = 10.0 * np.log10(np.maximum(power, 1e-20))
    loud = float(np.percentile(decibels, 95.0)) if len(decibels) else -np.inf
    if loud < SILENCE_DECIBELS:
        message = (
            f"{recording.name} must hold speech, but is silent: its loud parts are at {loud:.0f} dB of full scale. "
            "Check the microphone, or leave the recording out."
        )
        raise InputError(message)
    active = decibels > max(loud - RANGE_DECIBELS, SILENCE_DECIBELS)
    if np.sum(active) < FEWEST_FRAMES:
        message = (
            f"{recording.name} must hold at least {FEWEST_FRAMES * HOP_SECONDS:.1f} s of speech, got "
            f"{np.sum(active) * HOP_SECONDS:.2f} s of {recording.seconds:.2f} s. Record more."
        )
        raise InputError(message)
    return active
