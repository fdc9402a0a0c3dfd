"""`mixfold speakers` from the command line."""

import csv
import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.voices import RATE, synthesized

from mixfold import GaussianMixture, SpeakerRecognizer

soundfile = pytest.importorskip("soundfile")
pytest.importorskip("kaldi_native_fbank")


@pytest.fixture(scope="module")
def voices(tmp_path_factory):
    """A folder for each of eight people of the background and two others, two recordings each."""
    folder = tmp_path_factory.mktemp("voices")
    for voice in [*range(2), *range(100, 108)]:
        place = folder / ("people" if voice >= 100 else "known") / f"voice{voice}"
        place.mkdir(parents=True)
        for take in range(3):
            soundfile.write(place / f"take{take}.wav", synthesized(voice, take).samples, RATE)
    return folder


@pytest.fixture(scope="module")
def nobody(mixfold, voices, tmp_path_factory):
    """A model in which nobody is enrolled."""
    model = tmp_path_factory.mktemp("nobody") / "speakers.safetensors"
    result = mixfold("speakers", "background", voices / "people", "--model", model, "--components", 8)
    assert result.exit_code == 0, result.output
    assert "24, 28.8 s" in result.stdout
    return model


@pytest.fixture(scope="module")
def two(mixfold, voices, nobody, tmp_path_factory):
    """A model in which two people are enrolled."""
    model = Path(shutil.copy(nobody, tmp_path_factory.mktemp("two")))
    for name in ("voice0", "voice1"):
        files = [voices / "known" / name / f"take{take}.wav" for take in range(2)]
        result = mixfold("speakers", "enroll", name, *files, "--model", model)
        assert result.exit_code == 0, result.output
    assert f"Enrolled in {model}: voice0, voice1" in result.stdout
    return model


@pytest.fixture
def background(nobody, tmp_path):
    return Path(shutil.copy(nobody, tmp_path))


@pytest.fixture
def enrolled(two, tmp_path):
    return Path(shutil.copy(two, tmp_path))


def test_a_folder_is_a_person_however_it_is_given(mixfold, voices, tmp_path):
    model = tmp_path / "m.json"
    people = sorted((voices / "people").iterdir())
    deep = tmp_path / "deep" / "anna"
    for day in ("monday", "tuesday"):
        (deep / day).mkdir(parents=True)
        soundfile.write(deep / day / "take.wav", synthesized(3, 1).samples, RATE)
    for given, n_people in (([voices / "people"], 8), (people, 8), ([people[0]], 3), ([deep.parent, *people], 9)):
        result = mixfold("speakers", "background", *given, "--model", model, "-k", 2)
        assert f"to {n_people} people" in result.stderr, result.output


def test_people_are_enrolled_and_identified(mixfold, voices, enrolled):
    new = [voices / "known" / name / "take2.wav" for name in ("voice1", "voice0")]
    result = mixfold("speakers", "identify", *new, "--model", enrolled, "--false-accept-rate", 0.3)
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["nearest"] for row in rows] == ["voice1", "voice0"]
    assert [row["recording"] for row in rows] == [str(path) for path in new]
    threshold = float(result.stderr.split("threshold ")[1].split()[0])
    for row in rows:
        assert row["speaker"] == (row["nearest"] if float(row["score"]) >= threshold else "unknown")


def test_identifications_go_to_a_table(mixfold, voices, enrolled, tmp_path):
    result = mixfold(
        "speakers",
        "identify",
        voices / "known",
        "--model",
        enrolled,
        "--out",
        tmp_path / "who.csv",
        "--false-accept-rate",
        0.2,
    )
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert len((tmp_path / "who.csv").read_text().splitlines()) - 1 == 6


def test_a_rate_for_which_people_are_too_few_is_warned_of_once(mixfold, voices, enrolled):
    result = mixfold("speakers", "identify", voices / "known" / "voice0", "--model", enrolled)
    assert result.exit_code == 0, result.output
    assert result.stderr.count("from at least 19 people") == 1


def test_normal_scores_give_few_people_a_lower_threshold_without_a_warning(mixfold, voices, enrolled):
    thresholds = []
    for more in ([], ["--assume-normal"]):
        result = mixfold("speakers", "identify", voices / "known" / "voice0", "--model", enrolled, *more)
        assert result.exit_code == 0, result.output
        assert ("Warning" in result.stderr) == (not more)
        thresholds.append(float(result.stderr.rpartition("threshold ")[2].split()[0]))
    model = SpeakerRecognizer.load(enrolled)
    assert thresholds[1] == pytest.approx(model.threshold(0.05, assume_normal=True), rel=1e-3)
    assert thresholds[1] != thresholds[0]


@pytest.mark.parametrize("rate", ["0", "1.5", "nan"])
def test_a_rate_that_is_no_share_is_refused_under_the_name_of_its_option(mixfold, rate):
    result = mixfold("speakers", "identify", "none.wav", "--false-accept-rate", rate)
    assert result.exit_code == 2
    assert "Invalid value for '--false-accept-rate': must be more than 0" in result.stderr


def test_the_enrolled_are_listed(mixfold, enrolled):
    assert "voice0, voice1" in mixfold("speakers", "list", "--model", enrolled).stdout


def test_stereo_and_a_higher_rate_are_taken(mixfold, enrolled, tmp_path):
    samples = synthesized(0, 7, rate=16000).samples
    soundfile.write(tmp_path / "stereo.wav", np.column_stack([samples, samples]), 16000)
    result = mixfold("speakers", "identify", tmp_path / "stereo.wav", "--model", enrolled, "--false-accept-rate", 0.2)
    assert result.exit_code == 0, result.output


def _silence(path):
    soundfile.write(path, np.zeros(8000), RATE)


def _slow(path):
    soundfile.write(path, synthesized(0, 5).samples[::2], RATE // 2)


def _short(path):
    soundfile.write(path, synthesized(0, 5).samples[:500], RATE)


def _cut_off(path):
    soundfile.write(path, synthesized(0, 5).samples, RATE)
    path.write_bytes(path.read_bytes()[:-2000])


BAD_RECORDINGS = {
    "cut off": (_cut_off, "must be a whole sound file, but has"),
    "corrupt": (lambda path: path.write_bytes(b"RIFF and nothing more"), "must be a sound file"),
    "empty file": (lambda path: path.write_bytes(b""), "must be a sound file"),
    "silence": (_silence, "is silent"),
    "slow": (_slow, "at least 8000 samples a second"),
    "short": (_short, "at least 0.1 s of speech"),
    "missing": (lambda path: path.with_name("else.wav").touch(), "There is no recording"),
    "empty folder": (lambda path: path.mkdir(), "but has none"),
}


@pytest.mark.parametrize("kind", BAD_RECORDINGS)
def test_a_bad_recording_is_refused_and_the_model_untouched(refused, voices, enrolled, tmp_path, kind):
    make, message = BAD_RECORDINGS[kind]
    path = tmp_path / "bad.wav"
    make(path)
    before, names = enrolled.read_bytes(), sorted(tmp_path.iterdir())
    for command in (["background"], ["enroll", "anna"], ["identify"]):
        rate = ["--false-accept-rate", 0.3] if command == ["identify"] else []
        assert message in refused("speakers", *command, path, voices / "known", "--model", enrolled, *rate)
    assert enrolled.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == names


def test_a_lower_rate_than_the_models_is_refused(mixfold, refused, voices, tmp_path):
    model = tmp_path / "fast.safetensors"
    for take in range(3):
        soundfile.write(tmp_path / f"{take}.wav", synthesized(take, 0, 2.0, rate=16000).samples, 16000)
    waves = [tmp_path / f"{take}.wav" for take in range(3)]
    assert mixfold("speakers", "background", *waves, "--model", model, "-k", 2).exit_code == 0
    line = refused("speakers", "enroll", "anna", voices / "known" / "voice0", "--model", model)
    assert "at least the 16000 samples a second of the model, got 8000" in line


def test_nobody_enrolled_is_said(refused, voices, background):
    assert "No speaker is enrolled" in refused("speakers", "identify", voices / "known", "--model", background)


def test_a_missing_model_says_how_to_make_one(refused, voices, tmp_path):
    line = refused("speakers", "enroll", "anna", voices / "known", "--model", tmp_path / "none.safetensors")
    assert "mixfold speakers background" in line


def test_a_model_of_another_kind_is_refused(refused, voices, tmp_path):
    GaussianMixture(2, init_params="kmeans", random_state=0).fit(np.eye(5)).mixture_.save(tmp_path / "m.json")
    for command in (["enroll", "anna"], ["identify"]):
        line = refused("speakers", *command, voices / "known", "--model", tmp_path / "m.json")
        assert "must hold a recognizer of speakers, but holds a mixture" in line


@pytest.mark.parametrize("name", ["model.pkl", "no/model.json"])
def test_a_model_that_cannot_be_written_is_refused_before_anything_is_read(refused, tmp_path, name):
    assert "`--model` must be a file" in refused("speakers", "background", "none.wav", "--model", tmp_path / name)
