"""Mel-frequency cepstra: the shape of the vocal tract, every 10 milliseconds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.signal import savgol_filter

from mixfold.audio.activity import FRAME_SECONDS, HOP_SECONDS, active_frames
from mixfold.audio.recording import Recording
from mixfold.errors import MissingExtraError
from mixfold.typing import FloatArray

N_CEPSTRA, N_BANDS = 20, 24
LOWEST_HERTZ, MARGIN_HERTZ = 20.0, 200.0
"""The mel bands lie between 20 Hz and this much below half the sample rate."""
LOUDNESS = 1000.0
"""Root mean square of the active parts, in steps of 16-bit sound: a recording's volume tells nothing of its speaker."""
BLOCK_SECONDS = 10
"""Samples are handed over in blocks, because they travel as a list."""


def cepstra(recording: Recording, *, subtract_mean: bool = False) -> FloatArray:
    """Give a recording's mel-frequency cepstral coefficients and their slopes, where somebody speaks.

    Kaldi's coefficients (Povey et al. 2011), as kaldi-native-fbank computes them without dither: frames of 25 ms every
    10 ms, pre-emphasis 0.97, 24 triangular mel bands, 20 cepstra with the zeroth. The slopes are those of least-squares
    lines over five frames (Furui 1986). The volume of the recording does not matter.

    Parameters
    ----------
    recording : Recording
    subtract_mean : bool
        Whether to subtract the recording's mean of each coefficient, and so the spectrum of the microphone and of the
        line; but in short recordings also much of the voice.

    Returns
    -------
    rows : ndarray of shape (n_active_frames, 2 * 20)

    Raises
    ------
    InputError
        If the recording is silent, or has less than a tenth of a second of speech.
    MissingExtraError
        If kaldi-native-fbank is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.audio import cepstra
    >>> from mixfold.audio.recording import Recording
    >>> time = np.arange(16000) / 16000
    >>> voice = np.sin(2 * np.pi * 150 * time) * (1.0 + np.sin(2 * np.pi * 3 * time))
    >>> rows = cepstra(Recording(voice, 16000))
    >>> rows.shape[1]
    40
    """
    try:
        import kaldi_native_fbank as fbank  # noqa: PLC0415  (optional extra)
    except ImportError as error:
        raise MissingExtraError("kaldi-native-fbank", "audio", "Computing features of speech") from error
    active = active_frames(recording)
    options = fbank.MfccOptions()
    frames, bands = options.frame_opts, options.mel_opts
    frames.samp_freq, frames.dither, frames.snip_edges = recording.sample_rate, 0.0, False
    frames.frame_shift_ms, frames.frame_length_ms = 1000.0 * HOP_SECONDS, 1000.0 * FRAME_SECONDS
    bands.num_bins, bands.low_freq, bands.high_freq = N_BANDS, LOWEST_HERTZ, -MARGIN_HERTZ
    options.num_ceps, options.use_energy = N_CEPSTRA, False
    extractor = fbank.OnlineMfcc(options)
    samples = _with_usual_loudness(recording, active)
    for block in np.array_split(samples, int(recording.seconds) // BLOCK_SECONDS + 1):
        extractor.accept_waveform(recording.sample_rate, block.tolist())
    extractor.input_finished()
    rows = np.array([extractor.get_frame(index) for index in range(extractor.num_frames_ready)], dtype=np.float64)
    slopes = savgol_filter(rows, 5, 1, deriv=1, axis=0, mode="nearest")
    rows = np.hstack([rows, slopes])[active[: len(rows)]]
    if subtract_mean:
        rows -= np.mean(rows, axis=0)
    return rows


def _with_usual_loudness(recording: Recording, active: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    spoken = np.repeat(active, round(HOP_SECONDS * recording.sample_rate))[: len(recording.samples)]
    power = np.mean(recording.samples[: len(spoken)][spoken].astype(np.float64) ** 2)
    return recording.samples * np.float32(LOUDNESS / np.sqrt(power))
