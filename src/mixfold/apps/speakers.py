"""`SpeakerRecognizer`: who speaks, among those enrolled, or nobody of them.

Reynolds, Quatieri & Dunn (2000), Speaker verification using adapted Gaussian mixture models. One mixture, the
*background*, knows how people in general speak; a speaker is the background adapted to what little was heard of that
person; a recording is scored by how much more likely the speaker makes it than the background does.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection, Sequence
from typing import Self, TypeAlias, final

import numpy as np

from mixfold.apps.calibration import threshold_of
from mixfold.apps.cohorts import Cohort, Impostor, impostor_scores_of, restored, splits, stored
from mixfold.apps.identification import UNKNOWN, Identification
from mixfold.audio import SLOWEST_RATE, Recording, cepstra, read_recording
from mixfold.errors import ConvergenceWarning, InputError, ModelFileError, SpuriousComponentWarning
from mixfold.estimators import GaussianMixture
from mixfold.fitting import adapt
from mixfold.fitting.adaptation import ADAPTABLE
from mixfold.formats import DAMAGE, Document, read_document, write_document
from mixfold.mixtures import Mixture
from mixfold.typing import FloatArray, IntArray

KIND, VERSION = "recognizer of speakers", 1
MOST_PANELS = 10
"""Backgrounds that are made without some of the people, to see how strangers score."""
TOLERANCE, MOST_ITERATIONS = 1e-3, 100
"""A background need not be an optimum: what counts is where its components lie."""

Sound: TypeAlias = Recording | str | os.PathLike[str]


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
    background)`` (eq. 3). Whether the best one is good enough is decided by comparison with *strangers*, who are scored
    just as somebody unknown will be: each of the background's people by a background of the others (ten such
    backgrounds at most, each without a tenth of the people), and those enrolled whom the background does not know; each
    gets its best score among the speakers that it is not. The threshold is a conformal quantile of these scores that
    counts people, not recordings. The wanted rate holds on average for voices that are like the strangers, if there are
    enough of them: n people can tell no rate below ``1 / (n + 1)``, which takes 19 people for 5 %. With fewer there is
    a warning, and nobody is recognized who does not score above all strangers, unless their scores are assumed to be
    normal. (Exactly it holds for people of a
    background of its own; here an unknown voice meets one person more in background and speakers than strangers did.)

    Examples
    --------
    See examples/speaker_recognition.py.
    """

    background_: Mixture
    sample_rate_: int
    _cohort: Cohort
    _others: list[Cohort]

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

    def fit(self, recordings: Sequence[Sound], speakers: Sequence[str | None] | None = None) -> Self:
        """Learn the background; nobody is enrolled by it, and those who were are forgotten.

        Parameters
        ----------
        recordings : sequence of Recording or path
            Of many people, and like those to be identified: as long, and with the same kind of microphone.
        speakers : sequence of str or None, optional
            Who speaks in each, as far as known; a recording of None counts as a person of its own, so that the
            threshold is too low if several are of one. Named people are no strangers to themselves if they are enrolled
            under that name later. (A recording that is used to enroll is known to be the speaker's in any case.)

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
        people = [number if name is None else name for number, name in enumerate(names)]
        n_people = len(set(people))
        if n_people < 2:
            message = f"A background needs recordings of many people, at least 2, got {n_people}. Give more."
            raise InputError(message)
        sample_rate = self.sample_rate or min(sound.sample_rate for sound in sounds)
        everybody = [
            Impostor(self._features(sound, sample_rate), person) for sound, person in zip(sounds, people, strict=True)
        ]
        parts = list(splits(everybody, min(n_people, MOST_PANELS)))
        fewest = min(sum(len(one.rows) for one in learned) for learned, _ in parts)
        if fewest < 2 * self.n_components:
            message = (
                f"A background of n_components = {self.n_components} needs at least {2 * self.n_components} frames of "
                f"speech without that of the strangers, got {fewest} (10 ms each). Give more recordings, or ask for "
                "fewer components."
            )
            raise InputError(message)
        self._cohort = Cohort(self._background(everybody))
        self._others = [Cohort(self._background(learned), strangers) for learned, strangers in parts]
        self.background_, self.speakers_ = self._cohort.background, self._cohort.speakers
        self.sample_rate_ = sample_rate
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
        is_known = False
        for cohort in self._others:
            cohort.speakers[name] = self._adapted(cohort.background, features)
            for one in cohort.impostors:
                if any(np.array_equal(one.rows, rows) for rows in features):
                    one.person = name
                is_known |= one.person == name
        self._cohort.speakers[name] = self._adapted(self.background_, features)
        # Whom the background knows it fits better than a stranger, so that the threshold would be too low.
        others = [one for one in self._cohort.impostors if one.person != name]
        self._cohort.impostors = others if is_known else [*others, *(Impostor(rows, name) for rows in features)]
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
        return self._cohort.ratios([self._features(_opened(recording), self.sample_rate_) for recording in recordings])

    def threshold(self, false_accept_rate: float = 0.05, *, assume_normal: bool = False) -> float:
        """Give the score that only this share of strangers would reach.

        Parameters
        ----------
        false_accept_rate : float in (0, 1)
            Of n people, no rate below 1 / (n + 1) can be told.
        assume_normal : bool, default=False
            Whether to take the scores of strangers for normal, if people are too few: the rate then holds as far as
            that is true.

        Raises
        ------
        InputError
            If nobody is enrolled, or there are no strangers.

        Warns
        -----
        CalibrationWarning
            If there are too few people for the rate; the threshold then lies above all of them.
        """
        self._check_is_fitted()
        self._check_anybody()
        if not 0.0 < false_accept_rate < 1.0:
            message = f"`false_accept_rate` must be between 0 and 1, got {false_accept_rate!r}."
            raise InputError(message)
        return threshold_of(*self.stranger_scores(), false_accept_rate, assume_normal=assume_normal)

    def stranger_scores(self) -> tuple[FloatArray, IntArray]:
        """Give what the threshold is calibrated with.

        Returns
        -------
        scores : ndarray of shape (n_strangers,)
            The best score of each recording by whoever it is not. Recordings that are nobody's stranger (the only
            speaker's own) are left out.
        people : ndarray of int of shape (n_strangers,)
            Recordings of one person have the same number.
        """
        self._check_is_fitted()
        self._check_anybody()
        return impostor_scores_of([self._cohort, *self._others])

    def identify(
        self, recordings: Sequence[Sound], *, false_accept_rate: float = 0.05, assume_normal: bool = False
    ) -> list[Identification]:
        """Say who speaks in each recording.

        Parameters
        ----------
        recordings : sequence of Recording or path
        false_accept_rate : float, default=0.05
            Share of strangers that may be taken for somebody; see `threshold`.
        assume_normal : bool, default=False
            See `threshold`.

        Returns
        -------
        identifications : list of Identification

        Raises
        ------
        InputError
            If nobody is enrolled, or a recording cannot be used.
        """
        threshold = self.threshold(false_accept_rate, assume_normal=assume_normal)
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
        fields, arrays = stored([self._cohort, *self._others])
        settings = {
            "relevance_factor": float(self.relevance_factor),
            "adapted": list(self.adapted),
            "subtract_mean": self.subtract_mean,
            "sample_rate": self.sample_rate_,
        }
        write_document(path, Document(KIND, VERSION, {**settings, **fields}, arrays))

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
        except DAMAGE as error:
            message = f"{path} must describe a {KIND}, but its content is not one: {error}. Save it again."
            raise ModelFileError(message) from error

    @classmethod
    def _of(cls, document: Document) -> Self:
        fields, arrays = document.fields, document.arrays
        rate, k = int(fields["sample_rate"]), arrays["weights"].shape[1]
        recognizer = cls(
            k,
            relevance_factor=fields["relevance_factor"],
            adapted=fields["adapted"],
            subtract_mean=bool(fields["subtract_mean"]),
            sample_rate=rate,
        )
        recognizer._cohort, *recognizer._others = restored(fields, arrays)
        recognizer.background_, recognizer.speakers_ = recognizer._cohort.background, recognizer._cohort.speakers
        recognizer.sample_rate_ = rate
        return recognizer

    def _features(self, sound: Recording, sample_rate: int) -> FloatArray:
        return cepstra(sound.at_rate(sample_rate), subtract_mean=self.subtract_mean)

    def _background(self, recordings: Sequence[Impostor]) -> Mixture:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # by design: see TOLERANCE
            warnings.simplefilter("ignore", SpuriousComponentWarning)
            model = GaussianMixture(
                self.n_components, covariance_type="diag", init_params="kmeans", tol=TOLERANCE,
                max_iter=MOST_ITERATIONS, random_state=self.random_state,
            )  # fmt: skip
            return model.fit(np.concatenate([one.rows for one in recordings])).mixture_

    def _adapted(self, background: Mixture, features: Sequence[FloatArray]) -> Mixture:
        rows = np.concatenate(features)
        return adapt(background, rows, relevance_factor=self.relevance_factor, parameters=self.adapted)

    def _check_is_fitted(self) -> None:
        if not hasattr(self, "background_"):
            message = "This SpeakerRecognizer has no background yet. Call `fit` with recordings of many people first."
            raise InputError(message)

    def _check_anybody(self) -> None:
        if not self.speakers_:
            message = "No speaker is enrolled, so nobody can be recognized. Enroll somebody first."
            raise InputError(message)


def _opened(sound: Sound) -> Recording:
    return sound if isinstance(sound, Recording) else read_recording(sound)
