"""`mixfold segment`: an image to its segments."""

from __future__ import annotations

import importlib.util
import os
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.progress import Progress

from mixfold.apps import Segmentation, fit_pixels, label_pixels
from mixfold.apps.segmentation import SMOOTHNESS
from mixfold.atomic import written_together
from mixfold.cli.console import ERR, OUT, warnings_in_lines
from mixfold.cli.figures import write_legend
from mixfold.cli.options import Force, Seed, not_zero
from mixfold.cli.outputs import check_folder, refuse_inputs, refuse_results_of_others, results_in
from mixfold.cli.progress import FitProgress
from mixfold.cli.summary import fact_table
from mixfold.errors import InputError, MissingExtraError
from mixfold.formats import write_document
from mixfold.images import read_image, write_image, write_labels
from mixfold.mixtures import Mixture
from mixfold.plotting.palette import colors_of
from mixfold.tables import write_table
from mixfold.typing import Array

MOST_SEGMENTS = 256
"""What a PNG with a palette can tell apart."""
MAX_ITER = 1000


def segment(
    image: Annotated[
        Path,
        typer.Argument(metavar="IMAGE", help="A picture (.jpg, .png, .tif, ...), or .npy: height x width x channels."),
    ],
    *,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the results; made if it is not there.")],
    segments: Annotated[
        int | None,
        typer.Option("--segments", "-k", min=1, max=MOST_SEGMENTS, help="Number of segments; without it, chosen."),
    ] = None,
    smoothness: Annotated[
        float, typer.Option(min=0.0, help="How much neighboring pixels like to agree: 0 not at all, 1 to 3 well.")
    ] = SMOOTHNESS,
    model: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A model.safetensors of this command: the same segments in another image."),
    ] = None,
    seed: Seed = 0,
    jobs: Annotated[int, typer.Option(callback=not_zero, help="Number of threads; -1 takes all cores.")] = 1,
    force: Force = False,
) -> None:
    """Divide an image into segments of similar color.

    Writes into DIR: the label of each pixel (labels.png, or labels.npy for .npy), the image in the mean color of each
    segment (means.png or means.npy), the legend (legend.png, legend.csv) and, unless --model was given, the model
    (model.safetensors).
    """
    refuse_inputs([path for path in results_in(out, "segment") if path != model], [image, model])
    check_folder(out)
    refuse_results_of_others(out, "segment", force=force)
    _check_extras()
    if model is not None and segments is not None:
        message = "`--model` already knows its segments: leave `--segments` out."
        raise InputError(message)
    mixture = None if model is None else Mixture.load(model)
    pixels = read_image(image)
    bands = 1 if pixels.ndim == 2 else pixels.shape[-1]
    size = " x ".join(str(length) for length in pixels.shape[1::-1])
    kind = {1: "gray", 3: "RGB"}.get(bands, f"{bands} channels")
    ERR.print(f"{image}: {size} pixels, {kind}", soft_wrap=True, markup=False)
    if mixture is None:
        with warnings_in_lines(), FitProgress(None, MAX_ITER) as progress:
            mixture = fit_pixels(pixels, segments, random_state=seed, n_jobs=jobs, callback=progress)
    else:
        _refuse_other_image(mixture, bands, kind, image, model)
    is_stack = image.suffix.lower() == ".npy"
    with written_together(out) as unfinished:
        labels = _labels_file(unfinished, pixels) if is_stack else None
        with Progress(console=ERR, transient=True, disable=not ERR.is_terminal) as bar:
            tiles = bar.add_task("labeling", total=None)
            found = label_pixels(
                pixels,
                mixture,
                smoothness=smoothness,
                out=labels,
                progress=lambda done, total: bar.update(tiles, completed=done, total=total),
            )
        _write(unfinished, found, pixels, is_stack=is_stack)
        if model is None:
            notes = {"program": f"mixfold {version('mixfold')}", "image": image.name}
            write_document(unfinished / "model.safetensors", mixture.to_document(notes))
        written = sorted(path.name for path in unfinished.iterdir())
    _report(found)
    OUT.print(f"Written to {out}: {', '.join(written)}", soft_wrap=True, markup=False)


def _check_extras() -> None:
    for package, purpose in (("PIL", "Reading images"), ("matplotlib", "Drawing"), ("pyarrow", "Writing tables")):
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError({"PIL": "pillow"}.get(package, package), "cli", purpose)


def _refuse_other_image(mixture: Mixture, bands: int, kind: str, image: Path, model: Path | None) -> None:
    names = mixture.feature_names or ()
    is_of_images = names in {("gray",), ("red", "green", "blue")} or all(name.startswith("channel ") for name in names)
    if not names or not is_of_images:
        message = f"{model} must be a model that `mixfold segment` wrote, but is one of a table. Fit the image first."
        raise InputError(message)
    if bands != mixture.n_features:
        message = (
            f"{model} was made for images of {len(names)} channel(s) ({', '.join(names)}), but {image} has {bands} "
            f"({kind}). Convert the image, or fit it without `--model`."
        )
        raise InputError(message)
    if mixture.n_components > MOST_SEGMENTS:
        message = f"{model} must have at most {MOST_SEGMENTS} segments, got {mixture.n_components}. Fit fewer."
        raise InputError(message)


def _labels_file(folder: Path, pixels: Array) -> Array:
    """Give labels that lie in a file, so that an image larger than memory is no trouble."""
    return _mapped(folder / "labels.npy", np.dtype(np.uint8), pixels.shape[:2])


def _mapped(path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    """Give an array in a new file, whose room is taken at once: a full disk would end the process later."""
    array = np.lib.format.open_memmap(path, "w+", dtype, shape)
    if hasattr(os, "posix_fallocate"):  # macOS has none
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array


def _write(folder: Path, found: Segmentation, pixels: Array, *, is_stack: bool) -> None:
    import pyarrow as pa  # noqa: PLC0415  (optional extra)

    white = 255.0 if pixels.dtype == np.uint8 else float(np.max(found.mean_colors, initial=1.0))
    if is_stack:
        found.labels.flush()
        means = _mapped(folder / "means.npy", pixels.dtype, pixels.shape)
        for top in range(0, len(pixels), 256):  # a strip at a time: the image may be larger than memory
            means[top : top + 256] = found.picture(pixels, slice(top, top + 256))
        means.flush()
    else:
        colors = np.rint(255.0 * colors_of(found.n_segments)).astype(np.uint8)
        write_labels(folder / "labels.png", found.labels, colors)
        light = np.clip(np.rint(255.0 / white * found.mean_colors), 0.0, 255.0).astype(np.uint8)[found.labels]
        write_image(folder / "means.png", light[..., 0] if light.shape[-1] == 1 else light)
    names = found.mixture.feature_names or ()
    shares = {"label": np.arange(found.n_segments), "pixels": found.n_pixels}
    shares["share"] = found.n_pixels / found.n_pixels.sum()
    means_of = {
        f"mean {name}": np.ascontiguousarray(mean) for name, mean in zip(names, found.mean_colors.T, strict=True)
    }
    write_table(folder / "legend.csv", pa.table({**shares, **means_of}))
    write_legend(folder, found, white)


def _report(found: Segmentation) -> None:
    facts: dict[str, Any] = {"segments": found.n_segments}
    total = found.n_pixels.sum()
    for segment_ in range(found.n_segments):
        color = ", ".join(f"{value:.4g}" for value in found.mean_colors[segment_])
        facts[f"segment {segment_}"] = f"{found.n_pixels[segment_] / total:.1%} of the pixels, mean color {color}"
    OUT.print(fact_table(facts))
