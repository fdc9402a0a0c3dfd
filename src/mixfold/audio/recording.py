"""`Recording`: sound as a value."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from math import gcd
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from mixfold.errors import InputError, MissingExtraError

SLOWEST_RATE = 8000
"""Hertz; telephone speech. Below it the sounds that tell voices apart are gone."""

STREAM_BYTES = 0x7FFF_0000
"""Programs that write a .wav to a pipe announce at least this much, because they do not know its length yet."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """One channel of sound.

    Attributes
    ----------
    samples : ndarray of shape (n_samples,)
        float32, full scale is from -1 to 1.
    sample_rate : int
        Samples each second.
    name : str
        What messages call it: the path of its file.

    Raises
    ------
    InputError
        If there are no samples, they are not finite, or the rate is below 8000 Hz.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.audio import Recording
    >>> Recording(np.zeros(16000), 8000, "two seconds of silence").seconds
    2.0
    """

    samples: npt.NDArray[np.float32]
    sample_rate: int
    name: str = "recording"

    def __post_init__(self) -> None:
        """Check everything."""
        samples = np.asarray(self.samples, dtype=np.float32)
        if samples.ndim != 1 or len(samples) == 0:
            message = f"{self.name} must hold sound, one number a sample, got shape {samples.shape}."
            raise InputError(message)
        if not np.all(np.isfinite(samples)):
            message = f"{self.name} must hold finite samples, but holds NaN or infinity. Export it again."
            raise InputError(message)
        if self.sample_rate < SLOWEST_RATE:
            message = f"{self.name} must have at least {SLOWEST_RATE} samples a second, got {self.sample_rate}."
            raise InputError(message)
        object.__setattr__(self, "samples", samples)

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / self.sample_rate

    def at_rate(self, sample_rate: int) -> Recording:
        """Give the same sound at a lower rate, what lies above the new band filtered out; or as it is.

        Raises
        ------
        InputError
            If the rate wanted is higher: what was never recorded cannot be computed.

        Examples
        --------
        >>> len(Recording(np.zeros(16000), 16000).at_rate(8000).samples)
        8000
        """
        if sample_rate == self.sample_rate:
            return self
        if sample_rate > self.sample_rate:
            message = (
                f"{self.name} must have at least the {sample_rate} samples a second of the model, got "
                f"{self.sample_rate}. Record it at {sample_rate} Hz, or make a model at {self.sample_rate} Hz."
            )
            raise InputError(message)
        common = gcd(sample_rate, self.sample_rate)
        samples = resample_poly(self.samples, sample_rate // common, self.sample_rate // common)
        return replace(self, samples=samples.astype(np.float32), sample_rate=sample_rate)


def read_recording(path: str | os.PathLike[str]) -> Recording:
    """Read a sound file; the channels of a stereo file are averaged.

    Parameters
    ----------
    path : path
        .wav, .flac, .ogg, .mp3, .aiff: what libsndfile reads.

    Returns
    -------
    recording : Recording
        Samples in float32, full scale from -1 to 1, and their rate in hertz.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it is no sound file, or damaged, or empty.
    MissingExtraError
        If soundfile is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import soundfile
    >>> from mixfold.audio import read_recording
    >>> path = Path(tempfile.mkdtemp()) / "tone.wav"
    >>> soundfile.write(path, np.zeros((8000, 2)), 16000)
    >>> recording = read_recording(path)
    >>> recording.samples.shape, recording.sample_rate
    ((8000,), 16000)
    """
    try:
        import soundfile  # noqa: PLC0415  (optional extra)
    except ImportError as error:
        raise MissingExtraError("soundfile", "audio", "Reading recordings") from error
    source = Path(path)
    if not source.is_file():
        message = f"There is no recording {source}. Check the path."
        raise FileNotFoundError(message)
    try:
        samples, sample_rate = soundfile.read(source, dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        message = (
            f"{source} must be a sound file (.wav, .flac, .ogg, .mp3), but cannot be read: {str(error).rstrip('.')}. "
            "Export it again."
        )
        raise InputError(message) from error
    _refuse_cut_off(source)
    return Recording(np.mean(samples, axis=1), int(sample_rate), str(source))


def _refuse_cut_off(source: Path) -> None:
    """Refuse a .wav of fewer bytes than it announces, which libsndfile takes for a shorter one."""
    with source.open("rb") as file:
        start = file.read(8)
    announced, present = 8 + int.from_bytes(start[4:], "little"), source.stat().st_size
    if start[:4] == b"RIFF" and present < announced < STREAM_BYTES:
        message = f"{source} must be a whole sound file, but has {present} of {announced} bytes. Copy it again."
        raise InputError(message)
