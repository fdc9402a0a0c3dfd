"""`mixfold speakers`: who speaks in a recording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.progress import track

from mixfold.apps.speakers import SpeakerRecognizer
from mixfold.audio import Recording, read_recording, recordings_below
from mixfold.cli.console import ERR, OUT, warnings_in_lines
from mixfold.cli.options import flag
from mixfold.cli.outputs import check_folder, check_table, deliver
from mixfold.cli.summary import fact_table
from mixfold.errors import InputError
from mixfold.formats import FORMATS

Recordings: TypeAlias = Annotated[
    list[Path],
    typer.Argument(metavar="RECORDING...", help="Sound files (.wav, .flac, .ogg, .mp3), or folders of them."),
]
ModelFile: TypeAlias = Annotated[
    Path, typer.Option("--model", "-m", metavar="FILE", help="The file that holds the background and the speakers.")
]
MODEL = Path("speakers.safetensors")


def _share(value: float) -> float:
    """Refuse what is no share, under the name of the option."""
    if not 0.0 < value < 1.0:
        message = f"must be more than 0 and less than 1, got {value:g}. Write 0.05 for 5 %."
        raise typer.BadParameter(message)
    return value


speakers = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Recognize who speaks in a recording. First make a `background` from recordings of many people, then `enroll` "
    "those who are to be recognized, then `identify`.",
)


@speakers.command(epilog="Example: mixfold speakers background people/")
def background(
    recordings: Recordings,
    model: ModelFile = MODEL,
    components: Annotated[
        int, typer.Option("--components", "-k", min=1, help="Components of the mixture; more for hours of speech.")
    ] = 32,
    subtract_mean: Annotated[
        bool,
        flag("--subtract-mean", "Remove what the microphone does to the spectrum; for recordings of some seconds."),
    ] = False,
    sample_rate: Annotated[
        int | None, typer.Option(min=8000, help="In Hz; by default the lowest of the recordings.")
    ] = None,
) -> None:
    """Learn how people speak in general, from recordings of many of them.

    Recordings in a folder of a given folder are taken to be of the person that it is named after, and so is each of
    several given folders; other recordings count as one person each. An existing FILE is replaced, and those enrolled
    in it are forgotten.
    """
    _check_model_can_be_written(model)
    recognizer = SpeakerRecognizer(components, subtract_mean=subtract_mean, sample_rate=sample_rate)
    sounds: list[Recording] = []
    names: list[str | None] = []
    for place in recordings:
        files = recordings_below([place])
        names += [_person(file, place, alone=len(recordings) == 1) for file in files]
        sounds += _read(files)
    n_people = len(set(names) - {None}) + names.count(None)
    ERR.print(f"Fitting a background of {components} components to {n_people} people ...")
    recognizer.fit(sounds, names)
    recognizer.save(model)
    facts = {
        "people": f"{n_people}, of whom false-accept rates down to {1.0 / (n_people + 1):.2g} can be learned",
        "recordings": f"{len(sounds)}, {sum(sound.seconds for sound in sounds):.1f} s",
        "sample rate": f"{recognizer.sample_rate_} Hz",
        "written to": model,
    }
    OUT.print(fact_table(facts))


@speakers.command(epilog="Example: mixfold speakers enroll anna anna-1.wav anna-2.wav")
def enroll(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who speaks in the recordings.")],
    recordings: Recordings,
    model: ModelFile = MODEL,
) -> None:
    """Add a person to be recognized, or replace one of the same name; the background stays as it is."""
    recognizer = _recognizer(model)
    sounds = _read(recordings_below(recordings))
    recognizer.enroll(name, sounds)
    recognizer.save(model)
    seconds = sum(sound.seconds for sound in sounds)
    OUT.print(f"Enrolled {name} from {len(sounds)} recording(s), {seconds:.1f} s.", soft_wrap=True, markup=False)
    OUT.print(f"Enrolled in {model}: {', '.join(recognizer.speakers_)}", soft_wrap=True, markup=False)


@speakers.command(epilog="Example: mixfold speakers identify who-is-this.wav")
def identify(
    recordings: Recordings,
    model: ModelFile = MODEL,
    false_accept_rate: Annotated[
        float,
        typer.Option(
            metavar="RATE", callback=_share, help="Share of strangers that may be taken for somebody enrolled."
        ),
    ] = 0.05,
    assume_normal: Annotated[
        bool,
        flag("--assume-normal", "Take the scores of strangers for normal: for a RATE that few people cannot tell."),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Table to write; without it, CSV goes to standard output.")
    ] = None,
) -> None:
    """Say who speaks in each recording: an enrolled person, or 'unknown'.

    The score is how much more likely the nearest person makes the recording than the background does, in nats for each
    10 ms of speech; below the threshold it is 'unknown'. The threshold comes from how the people of the background
    score by voices that are not theirs: n of them can tell no RATE below 1 / (n + 1), unless --assume-normal is given;
    the RATE then holds as far as that is true.
    """
    import pyarrow as pa  # noqa: PLC0415  (optional extra)

    if out is not None:
        check_table(out)
    recognizer = _recognizer(model)
    with warnings_in_lines():
        threshold = recognizer.threshold(false_accept_rate, assume_normal=assume_normal)
        sounds = _read(recordings_below(recordings))
        found = recognizer.identify(sounds, false_accept_rate=false_accept_rate, assume_normal=assume_normal)
    table = pa.table(
        {
            "recording": [one.recording for one in found],
            "speaker": [one.speaker for one in found],
            "score": [one.score for one in found],
            "nearest": [one.nearest for one in found],
        }
    )
    deliver(table, out)
    ERR.print(
        f"{len(found)} recording(s), threshold {threshold:.4g} for a false-accept rate of {false_accept_rate:g}",
        soft_wrap=True,
    )


@speakers.command("list", epilog="Example: mixfold speakers list")
def list_speakers(model: ModelFile = MODEL) -> None:
    """Show who is enrolled."""
    recognizer = _recognizer(model)
    facts = {
        "enrolled": ", ".join(recognizer.speakers_) or "nobody",
        "background": f"{recognizer.background_.n_components} components",
        "sample rate": f"{recognizer.sample_rate_} Hz",
    }
    OUT.print(fact_table(facts))


def _recognizer(model: Path) -> SpeakerRecognizer:
    if not model.exists():
        message = (
            f"There is no model file {model}. Make one from recordings of many people with `mixfold speakers "
            "background FOLDER`, or name another with `--model`."
        )
        raise InputError(message)
    return SpeakerRecognizer.load(model)


def _person(file: Path, place: Path, *, alone: bool) -> str | None:
    """Name the folder that is a person's: the first one below what was given, or what was given beside others."""
    if not place.is_dir():
        return None
    below = file.relative_to(place).parts
    return below[0] if len(below) > 1 else None if alone else place.name


def _read(files: list[Path]) -> list[Recording]:
    shown = track(files, "reading", console=ERR, transient=True, disable=not ERR.is_terminal)
    return [read_recording(file) for file in shown]


def _check_model_can_be_written(model: Path) -> None:
    if model.suffix not in FORMATS or model.is_dir():
        message = f"`--model` must be a file that ends in {' or '.join(FORMATS)}, got {model}."
        raise InputError(message)
    if not model.absolute().parent.is_dir():
        message = f"`--model` must be a file in a folder that exists, got {model}. Make the folder first."
        raise InputError(message)
    check_folder(model.absolute().parent)
