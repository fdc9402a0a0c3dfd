"""`SpeakerRecognizer`: who speaks, among those enrolled, or nobody of them.

Reynolds, Quatieri & Dunn (2000), Speaker verification using adapted Gaussian mixture models. One mixture, the
*background*, knows how people in general speak; a speaker is the background adapted to what little was heard of that
person; a recording is scored by how much more likely the speaker makes it than the background does.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias, final

import numpy as np
from sklearn.utils import check_random_state

from mixfold.audio import SLOWEST_RATE, Recording, cepstra, read_recording
from mixfold.errors import ConvergenceWarning, InputError, ModelFileError, SpuriousComponentWarning
from mixfold.estimators import GaussianMixture
from mixfold.fitting import adapt
from mixfold.fitting.adaptation import ADAPTABLE
from mixfold.formats import Document, read_document, write_document
from mixfold.mixture import Mixture
from mixfold.typing import FloatArray

KIND, VERSION = "recognizer of speakers", 1
UNKNOWN = "unknown"
HELD_OUT = 4
"""Every fourth person or recording of the background is kept from it, to see how strangers score."""
TOLERANCE, MOST_ITERATIONS = 1e-3, 100
"""A background need not be an optimum: what counts is where its components lie."""

Sound: TypeAlias = Recording | str | os.PathLike[str]


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
    """

    recording: str
    speaker: str
    nearest: str
    score: float
    threshold: float


@dataclass(frozen=True, slots=True)
class _Stranger:
    """Features of a held-out recording, and whose voice it is where that is known."""

    rows: FloatArray
    speaker: str | None


@final
class SpeakerRecognizer:
    """Recognize voices: a universal background model, and speakers adapted from it (Reynolds et al. 2000).

    `fit` learns the background from recordings of many people, `enroll` adds a speaker at any time without touching the
    background, `identify` says who speaks.

    Parameters
    ----------
    n_components : int, default=32
        Components of the background, with diagonal covariances. Hours of speech carry hundreds.
    relevance_factor : float, default=16.0
        Frames of a component that the background counts for when a speaker is adapted (eq. 14).
    adapted : collection of {'means', 'weights'}, default=('means', 'weights')
        What of the background a speaker changes (eqs. 11 and 12).
    subtract_mean : bool, default=False
        Whether to remove each recording's mean cepstrum: against different microphones, at the cost of short
        recordings.
    sample_rate : int, optional
        In Hz; by default the lowest of the background's recordings. Recordings at higher rates are resampled.
    random_state : int, RandomState or None, default=0
        Where the fit of the background begins.

    Attributes
    ----------
    background_ : Mixture
    sample_rate_ : int
    speakers_ : dict of str to Mixture
        Those enrolled, in the order in which they were.

    Notes
    -----
    The score of a speaker is the mean over the frames x of the recording of ``log p(x | speaker) - log p(x |
    background)`` (eq. 3). Whether the best one is good enough is decided by comparison with *strangers*: every fourth
    person given to `fit`, if all are named, else every fourth recording, from which the background did not learn; and
    those whom other speakers were enrolled with, unless the background knows them.
    Each gets its best score among the speakers that it is not, and the threshold is where only the wanted share of
    strangers would be taken for somebody: the conformal quantile, so that the rate holds on average for voices that are
    like the strangers. It is too low for voices unlike everybody in the background.

    Examples
    --------
    See examples/speaker_recognition.py.
    """

    background_: Mixture
    sample_rate_: int

    def __init__(
        self,
        n_components: int = 32,
        *,
        relevance_factor: float = 16.0,
        adapted: Collection[str] = ADAPTABLE,
        subtract_mean: bool = False,
        sample_rate: int | None = None,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        if sample_rate is not None and sample_rate < SLOWEST_RATE:
            message = f"`sample_rate` must be at least {SLOWEST_RATE} Hz, got {sample_rate!r}."
            raise InputError(message)
        self.n_components = n_components
        self.relevance_factor = relevance_factor
        self.adapted = tuple(adapted)
        self.subtract_mean = subtract_mean
        self.sample_rate = sample_rate
        self.random_state = random_state
        self.speakers_: dict[str, Mixture] = {}
        self._strangers: list[_Stranger] = []
        self._known: set[str] = set()

    def fit(self, recordings: Sequence[Sound], speakers: Sequence[str | None] | None = None) -> Self:
        """Learn the background; nobody is enrolled by it, and those who were are forgotten.

        Parameters
        ----------
        recordings : sequence of Recording or path
            Of many people, and like those to be identified: as long, and with the same kind of microphone.
        speakers : sequence of str or None, optional
            Who speaks in each, as far as known. Named strangers are other people than those that the background learned
            from, as they will be in use, and no strangers to themselves if they are enrolled under that name later. (A
            recording that is used to enroll is known to be the speaker's in any case.)

        Returns
        -------
        self : SpeakerRecognizer

        Raises
        ------
        InputError
            If a recording is silent, too short, damaged or slower than the wanted rate, or all are too few.
        MissingExtraError
            If soundfile or kaldi-native-fbank is not installed.
        """
        sounds = [_opened(recording) for recording in recordings]
        names: list[str | None] = [None] * len(sounds) if speakers is None else list(speakers)
        if len(names) != len(sounds):
            message = f"`speakers` must name one speaker a recording ({len(sounds)}), got {len(names)}."
            raise InputError(message)
        if len(sounds) < 2:
            message = f"A background needs recordings of many people, at least 2, got {len(sounds)}. Give more."
            raise InputError(message)
        sample_rate = self.sample_rate or min(sound.sample_rate for sound in sounds)
        features = [self._features(sound, sample_rate) for sound in sounds]
        held_out = _held_out(names)
        learned = np.concatenate([rows for rows, kept in zip(features, held_out, strict=True) if not kept])
        if len(learned) < 2 * self.n_components:
            message = (
                f"A background of n_components = {self.n_components} needs at least {2 * self.n_components} frames of "
                f"speech, got {len(learned)} (10 ms each). Give more recordings, or ask for fewer components."
            )
            raise InputError(message)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # by design: see TOLERANCE
            warnings.simplefilter("ignore", SpuriousComponentWarning)
            model = GaussianMixture(
                self.n_components, covariance_type="diag", init_params="kmeans", tol=TOLERANCE,
                max_iter=MOST_ITERATIONS, random_state=check_random_state(self.random_state),
            )  # fmt: skip
            self.background_ = model.fit(learned).mixture_
        self.sample_rate_, self.speakers_ = sample_rate, {}
        triples = list(zip(features, names, held_out, strict=True))
        self._strangers = [_Stranger(rows, name) for rows, name, kept in triples if kept]
        self._known = {name for _, name, kept in triples if name is not None and not kept}
        return self

    def enroll(self, name: str, recordings: Sequence[Sound]) -> Self:
        """Add a speaker, or replace one of the same name; the background stays as it is.

        Parameters
        ----------
        name : str
            Not 'unknown', and not empty.
        recordings : sequence of Recording or path
            Of this person.

        Returns
        -------
        self : SpeakerRecognizer

        Raises
        ------
        InputError
            If the name is taken by meaning, there are no recordings, or one of them cannot be used.
        """
        self._check_is_fitted()
        if not name.strip() or name == UNKNOWN:
            message = f"A speaker's name must not be empty or {UNKNOWN!r}, got {name!r}. Choose another one."
            raise InputError(message)
        features = [self._features(_opened(recording), self.sample_rate_) for recording in recordings]
        if not features:
            message = f"Enrolling {name!r} needs at least one recording, got none."
            raise InputError(message)
        speaker = adapt(
            self.background_,
            np.concatenate(features),
            relevance_factor=self.relevance_factor,
            parameters=self.adapted,
        )
        others = [one for one in self._strangers if not any(np.array_equal(one.rows, rows) for rows in features)]
        self.speakers_[name] = speaker
        # Whom the background knows it fits better than a stranger, so that the threshold would be too low.
        own = [] if name in self._known else [_Stranger(rows, name) for rows in features]
        self._strangers = [*others, *own]
        return self

    def scores(self, recordings: Sequence[Sound]) -> FloatArray:
        """Give the log-likelihood ratio of each speaker to the background (eq. 3).

        Parameters
        ----------
        recordings : sequence of Recording or path

        Returns
        -------
        scores : ndarray of shape (n_recordings, n_speakers)
            In nats for each frame of speech; the order is that of `speakers_`.

        Raises
        ------
        InputError
            If nobody is enrolled, or a recording cannot be used.
        """
        self._check_is_fitted()
        self._check_anybody()
        return self._ratios([self._features(_opened(recording), self.sample_rate_) for recording in recordings])

    def threshold(self, false_accept_rate: float = 0.05) -> float:
        """Give the score that only this share of strangers would reach.

        Parameters
        ----------
        false_accept_rate : float in (0, 1)
            Of n strangers, no rate below 1 / (n + 1) can be told.

        Raises
        ------
        InputError
            If nobody is enrolled, or there are too few strangers for the rate.
        """
        self._check_is_fitted()
        self._check_anybody()
        if not 0.0 < false_accept_rate < 1.0:
            message = f"`false_accept_rate` must be between 0 and 1, got {false_accept_rate!r}."
            raise InputError(message)
        strangers = self.stranger_scores()
        allowed = math.floor(false_accept_rate * (len(strangers) + 1) * (1.0 + 4.0 * np.finfo(np.float64).eps))
        if allowed < 1:
            message = (
                f"`false_accept_rate` must be at least 1 / (n + 1) = {1.0 / (len(strangers) + 1):.3g} with the "
                f"n = {len(strangers)} recordings of strangers here, got {false_accept_rate:g}. Choose a higher rate, "
                "or make the background from more recordings."
            )
            raise InputError(message)
        # Recognized is who scores higher: with `nextafter` reaching the threshold means just that.
        return float(np.nextafter(np.sort(strangers)[-allowed], np.inf))

    def stranger_scores(self) -> FloatArray:
        """Give the best score of each recording that the threshold is calibrated with, by whoever it is not.

        Returns
        -------
        scores : ndarray of shape (n_strangers,)
            Recordings that are nobody's stranger (the only speaker's own) are left out.
        """
        if not self._strangers:
            return np.zeros(0)
        own = [[one.speaker == name for name in self.speakers_] for one in self._strangers]
        scores = np.where(own, -np.inf, self._ratios([one.rows for one in self._strangers]))
        best: FloatArray = np.max(scores, axis=1)
        return best[best > -np.inf]

    def identify(self, recordings: Sequence[Sound], *, false_accept_rate: float = 0.05) -> list[Identification]:
        """Say who speaks in each recording.

        Parameters
        ----------
        recordings : sequence of Recording or path
        false_accept_rate : float, default=0.05
            Share of strangers that may be taken for somebody; see `threshold`.

        Returns
        -------
        identifications : list of Identification

        Raises
        ------
        InputError
            If nobody is enrolled, or a recording cannot be used.
        """
        threshold = self.threshold(false_accept_rate)
        sounds = [_opened(recording) for recording in recordings]
        names, found = list(self.speakers_), []
        for sound, scores in zip(sounds, self.scores(sounds), strict=True):
            nearest, score = names[int(np.argmax(scores))], float(np.max(scores))
            speaker = nearest if score >= threshold else UNKNOWN
            found.append(Identification(sound.name, speaker, nearest, score, threshold))
        return found

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write background, speakers and strangers to a .safetensors or .json file, which appears whole or not at all.

        The file holds features of the strangers' recordings, from which the words could be guessed, but no sound.
        """
        self._check_is_fitted()
        speakers = self.speakers_.values()
        k, d = self.background_.means.shape
        arrays = {
            "weights": self.background_.weights,
            "means": self.background_.means,
            "covariances": self.background_.covariances,
            "speaker_weights": np.array([one.weights for one in speakers]).reshape(-1, k),
            "speaker_means": np.array([one.means for one in speakers]).reshape(-1, k, d),
            "stranger_rows": np.concatenate([np.zeros((0, d)), *(one.rows for one in self._strangers)]),
        }
        fields = {
            "relevance_factor": float(self.relevance_factor),
            "adapted": list(self.adapted),
            "subtract_mean": self.subtract_mean,
            "sample_rate": self.sample_rate_,
            "speakers": list(self.speakers_),
            "background_speakers": sorted(self._known),
            "strangers": [[len(one.rows), one.speaker] for one in self._strangers],
        }
        write_document(path, Document(KIND, VERSION, fields, arrays))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a recognizer that `save` wrote; nothing in the file is ever executed.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ModelFileError
            If it is truncated, corrupted, of another kind or written by a newer version.
        """
        document = read_document(path, KIND, VERSION)
        try:
            return cls._of(document)
        except (KeyError, TypeError, ValueError) as error:
            message = f"{path} must describe a {KIND}, but its content is not one: {error}. Save it again."
            raise ModelFileError(message) from error

    @classmethod
    def _of(cls, document: Document) -> Self:
        fields, arrays = document.fields, document.arrays
        background = Mixture(arrays["weights"], arrays["means"], arrays["covariances"], "diag")
        rate = int(fields["sample_rate"])
        recognizer = cls(
            background.n_components,
            relevance_factor=fields["relevance_factor"],
            adapted=fields["adapted"],
            subtract_mean=bool(fields["subtract_mean"]),
            sample_rate=rate,
        )
        recognizer.background_, recognizer.sample_rate_ = background, rate
        stored = zip(fields["speakers"], arrays["speaker_weights"], arrays["speaker_means"], strict=True)
        recognizer.speakers_ = {
            str(name): Mixture(weights, means, background.covariances, "diag") for name, weights, means in stored
        }
        lengths = [int(length) for length, _ in fields["strangers"]]
        if sum(lengths) != len(arrays["stranger_rows"]):
            raise InputError("the strangers' rows are not as many as announced")  # noqa: TRY003
        parts = np.split(arrays["stranger_rows"], np.cumsum(lengths)[:-1])
        names = [name for _, name in fields["strangers"]]
        recognizer._known = set(fields["background_speakers"])
        recognizer._strangers = [_Stranger(*pair) for pair in zip(parts, names, strict=False)]
        return recognizer

    def _features(self, sound: Recording, sample_rate: int) -> FloatArray:
        return cepstra(sound.at_rate(sample_rate), subtract_mean=self.subtract_mean)

    def _ratios(self, features: list[FloatArray]) -> FloatArray:
        """Give the mean log-likelihood ratio of each recording and speaker, (n, s)."""
        rows, lengths = np.concatenate(features), np.array([len(one) for one in features])
        begins = np.cumsum(lengths) - lengths
        background = self.background_.log_density(rows)
        ratios = [speaker.log_density(rows) - background for speaker in self.speakers_.values()]
        return np.array([np.add.reduceat(ratio, begins) / lengths for ratio in ratios]).T

    def _check_is_fitted(self) -> None:
        if not hasattr(self, "background_"):
            message = "This SpeakerRecognizer has no background yet. Call `fit` with recordings of many people first."
            raise InputError(message)

    def _check_anybody(self) -> None:
        if not self.speakers_:
            message = "No speaker is enrolled, so nobody can be recognized. Enroll somebody first."
            raise InputError(message)


def _held_out(names: list[str | None]) -> list[bool]:
    """Say which recordings the background may not learn from: those of every fourth person, if all are named."""
    people = list(dict.fromkeys(names))
    if None in people or len(people) < HELD_OUT:
        return [(index + 1) % HELD_OUT == 0 for index in range(len(names))]
    strangers = set(people[HELD_OUT - 1 :: HELD_OUT])
    return [name in strangers for name in names]


def _opened(sound: Sound) -> Recording:
    return sound if isinstance(sound, Recording) else read_recording(sound)
