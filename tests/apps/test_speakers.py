"""Who speaks."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from mixfold import SpeakerRecognizer
from mixfold.audio import Recording, cepstra
from mixfold.errors import CalibrationWarning, InputError, ModelFileError
from mixfold.fitting import adapt
from tests.voices import HAS_ESPEAK, RATE, SENTENCES, spoken, synthesized

pytest.importorskip("kaldi_native_fbank")
PEOPLE, STRANGERS, BACKGROUND = range(4), range(50, 70), range(100, 120)


@pytest.fixture(scope="module")
def background() -> list[Recording]:
    return [synthesized(voice, take) for voice, take in product(BACKGROUND, range(2))]


@pytest.fixture(scope="module")
def recognizer(background: list[Recording]) -> SpeakerRecognizer:
    recognizer = SpeakerRecognizer(16).fit(background)
    for person in PEOPLE:
        recognizer.enroll(f"person {person}", [synthesized(person, take) for take in range(4)])
    return recognizer


@pytest.fixture(scope="module")
def tests() -> list[Recording]:
    return [synthesized(person, take) for person in PEOPLE for take in (10, 11, 12)]


def test_enrolled_people_are_recognized_in_new_recordings(
    recognizer: SpeakerRecognizer, tests: list[Recording]
) -> None:
    found = recognizer.identify(tests, false_accept_rate=0.2)
    truth = [f"person {person}" for person in PEOPLE for _ in range(3)]
    assert [one.nearest for one in found] == truth
    assert np.mean([one.speaker == name for one, name in zip(found, truth, strict=True)]) > 0.7


def test_strangers_are_accepted_at_about_the_rate_that_was_chosen(recognizer: SpeakerRecognizer) -> None:
    strangers = [synthesized(voice, take) for voice, take in product(STRANGERS, range(3))]
    best = recognizer.scores(strangers).max(axis=1)
    assert np.mean(best >= recognizer.threshold(0.1)) < 0.2
    assert 0.15 < np.mean(best >= recognizer.threshold(0.5)) < 0.75


def test_the_rate_is_kept_among_the_strangers_it_was_calibrated_with(recognizer: SpeakerRecognizer) -> None:
    scores, people = recognizer.stranger_scores()
    for rate in (0.05, 0.2, 0.5):
        accepted = scores >= recognizer.threshold(rate)
        assert np.mean([np.mean(accepted[people == person]) for person in np.unique(people)]) <= rate


@pytest.mark.nightly
def test_few_people_who_are_background_and_enrolled_do_not_let_strangers_pass() -> None:
    strangers, accepted = [synthesized(voice, 9) for voice in range(200, 215)], []
    for group in range(5):
        sounds = [
            (synthesized(voice, take), str(voice)) for voice in range(5 * group, 5 * group + 5) for take in range(3)
        ]
        recognizer = SpeakerRecognizer(4).fit([one for one, _ in sounds], [name for _, name in sounds])
        for person in dict.fromkeys(name for _, name in sounds):
            recognizer.enroll(person, [one for one, name in sounds if name == person])
        accepted.append(np.mean(recognizer.scores(strangers).max(axis=1) >= recognizer.threshold(0.25)))
    assert np.mean(accepted) <= 0.25


def test_too_few_people_for_a_rate_are_warned_of() -> None:
    people = [synthesized(voice, 0) for voice in range(4)]
    recognizer = SpeakerRecognizer(4).fit(people).enroll("anna", [synthesized(9, 0)])
    with pytest.warns(CalibrationWarning, match="With 4 people .* at least 19 people"):
        threshold = recognizer.threshold(0.05)
    assert threshold > recognizer.stranger_scores()[0].max()


def test_scores_are_mean_log_likelihood_ratios(recognizer: SpeakerRecognizer, tests: list[Recording]) -> None:
    rows = cepstra(tests[0])
    for score, speaker in zip(recognizer.scores(tests[:1])[0], recognizer.speakers_.values(), strict=True):
        expected = np.mean(speaker.log_density(rows) - recognizer.background_.log_density(rows))
        assert score == pytest.approx(expected, abs=1e-12)


def test_speakers_are_the_background_adapted(recognizer: SpeakerRecognizer) -> None:
    rows = np.concatenate([cepstra(synthesized(0, take)) for take in range(4)])
    expected = adapt(recognizer.background_, rows, relevance_factor=16.0, parameters=("means", "weights"))
    assert recognizer.speakers_["person 0"] == expected


def test_enrolling_later_changes_neither_the_background_nor_the_others(
    background: list[Recording], tests: list[Recording]
) -> None:
    recognizer = SpeakerRecognizer(4).fit(background).enroll("first", tests[:3])
    before, scores = recognizer.background_, recognizer.scores(tests[3:5])
    recognizer.enroll("second", tests[3:6])
    assert recognizer.background_ is before
    assert np.array_equal(recognizer.scores(tests[3:5])[:, 0], scores[:, 0])
    assert list(recognizer.speakers_) == ["first", "second"]


def test_people_of_the_background_are_no_strangers_to_themselves(background: list[Recording]) -> None:
    voices = [f"{voice}" for voice, _ in product(BACKGROUND, range(2))]
    enrolled = [synthesized(103, take) for take in range(2, 5)]
    named = SpeakerRecognizer(4).fit(background, voices).enroll("103", enrolled)
    scores, people = named.stranger_scores()
    assert len(scores) == 2 * (len(BACKGROUND) - 1) == 2 * len(np.unique(people))
    nameless = SpeakerRecognizer(4).fit(background).enroll("103", [background[7], *enrolled])
    assert len(nameless.stranger_scores()[0]) == 2 * len(BACKGROUND) - 1


def test_whom_the_background_does_not_know_is_a_stranger_to_the_others(recognizer: SpeakerRecognizer) -> None:
    assert len(recognizer.stranger_scores()[0]) == 2 * len(BACKGROUND) + 4 * len(PEOPLE)


def test_the_volume_and_a_higher_sample_rate_change_little(
    recognizer: SpeakerRecognizer, tests: list[Recording]
) -> None:
    from scipy.signal import resample_poly

    scores = recognizer.scores(tests[:1])
    louder = Recording(tests[0].samples * 2.5, RATE)
    finer = Recording(resample_poly(tests[0].samples, 2, 1), 2 * RATE)
    np.testing.assert_allclose(recognizer.scores([louder]), scores, atol=1e-3)
    np.testing.assert_allclose(recognizer.scores([finer]), scores, atol=0.5)


def test_a_saved_recognizer_is_the_same(recognizer: SpeakerRecognizer, tests: list[Recording], tmp_path: Path) -> None:
    recognizer.save(tmp_path / "model.safetensors")
    loaded = SpeakerRecognizer.load(tmp_path / "model.safetensors")
    assert loaded.identify(tests) == recognizer.identify(tests)
    more = [synthesized(9, take) for take in range(3)]
    assert loaded.enroll("later", more).speakers_["later"] == adapt(
        recognizer.background_, np.concatenate([cepstra(one) for one in more]), parameters=("means", "weights")
    )


def test_nobody_enrolled_is_saved_too(background: list[Recording], tmp_path: Path) -> None:
    SpeakerRecognizer(4).fit(background).save(tmp_path / "model.safetensors")
    assert SpeakerRecognizer.load(tmp_path / "model.safetensors").speakers_ == {}


def test_a_model_of_another_kind_is_refused(recognizer: SpeakerRecognizer, tmp_path: Path) -> None:
    recognizer.background_.save(tmp_path / "mixture.safetensors")
    with pytest.raises(ModelFileError, match="must hold a recognizer of speakers, but holds a mixture"):
        SpeakerRecognizer.load(tmp_path / "mixture.safetensors")


def test_what_cannot_be_used_is_refused(background: list[Recording]) -> None:
    recognizer = SpeakerRecognizer(4)
    with pytest.raises(InputError, match="no background yet"):
        recognizer.enroll("anna", background[:1])
    with pytest.raises(InputError, match="at least 2, got 1"):
        recognizer.fit(background[:1])
    with pytest.raises(InputError, match=r"must name one speaker a recording \(40\), got 1"):
        recognizer.fit(background, ["anna"])
    with pytest.raises(InputError, match="needs at least 2000 frames"):
        SpeakerRecognizer(1000).fit(background[:3])
    recognizer.fit(background)
    with pytest.raises(InputError, match="No speaker is enrolled"):
        recognizer.identify(background[:1])
    with pytest.raises(InputError, match="at least one recording"):
        recognizer.enroll("anna", [])
    for name in ("", " ", "unknown"):
        with pytest.raises(InputError, match="name must not be"):
            recognizer.enroll(name, background[:1])
    recognizer.enroll("anna", background[:1])
    with pytest.raises(InputError, match="between 0 and 1"):
        recognizer.threshold(1.5)
    with pytest.raises(InputError, match="is silent"):
        recognizer.identify([Recording(np.zeros(8000), RATE)])
    with pytest.raises(InputError, match="at least 8000 Hz"):
        SpeakerRecognizer(sample_rate=4000)


@pytest.mark.skipif(not HAS_ESPEAK, reason="espeak-ng, which speaks the sentences, is not installed")
def test_voices_of_espeak_are_recognized_in_sentences_that_they_were_not_enrolled_with() -> None:
    pytest.importorskip("soundfile")
    voices = ["en+m1", "en+m3", "en+f2", "en+f4", "en+croak"]
    others = ["en+m2", "en+m4", "en+m5", "en+f1", "en+f3", "en+f5", "en+klatt", "en+whisper"]
    recognizer = SpeakerRecognizer(16).fit([spoken(voice, text) for voice in others for text in SENTENCES[:2]])
    for voice in voices:
        recognizer.enroll(voice, [spoken(voice, text) for text in SENTENCES[2:4]])
    found = recognizer.identify(
        [spoken(voice, text) for voice in voices for text in SENTENCES[4:]], false_accept_rate=0.1
    )
    truth = [voice for voice in voices for _ in SENTENCES[4:]]
    assert np.mean([one.nearest == voice for one, voice in zip(found, truth, strict=True)]) >= 0.8
