"""Cells that are done, kept in a folder so that a sweep can go on after it was killed."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import numpy as np

from mixfold.engines import to_numpy
from mixfold.errors import InputError, ModelFileError
from mixfold.formats import DAMAGE, Document, read_document, write_document
from mixfold.rows import Source
from mixfold.search.grid_model import KIND, VERSION, GridModel

SWEEP = "selection sweep"


def fingerprint_of(source: Source) -> str:
    """Give the SHA-256 of all rows and weights of a source, with their shape and type.

    Parameters
    ----------
    source : Source
        Of any kind; it is read once.

    Returns
    -------
    fingerprint : str
        Hexadecimal.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.search import fingerprint_of
    >>> from mixfold.sources import ArraySource
    >>> rows = np.array([[0.0], [1.0]])
    >>> fingerprint_of(ArraySource(rows)) == fingerprint_of(ArraySource(rows.copy()))
    True
    >>> fingerprint_of(ArraySource(rows)) == fingerprint_of(ArraySource(rows[::-1]))
    False
    """
    total = sha256(f"{source.n_rows} {source.n_features}".encode())
    for chunk in source.chunks():
        for array in (chunk.values, chunk.weights):
            if array is not None:
                host = np.ascontiguousarray(to_numpy(array))
                total.update(str(array.dtype).encode() + host.tobytes())
    return total.hexdigest()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A folder with one file a cell, each of which appears whole or not at all.

    Attributes
    ----------
    folder : Path
    settings : dict
        What the cells depend on, in JSON's types; `sweep.json` holds it.
    _done : dict
        Cells that were there when the folder was opened.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mixfold.search import Checkpoint
    >>> folder = Path(tempfile.mkdtemp()) / "sweep"
    >>> from mixfold import AutoGaussianMixture
    >>> X = np.random.default_rng(0).normal(size=(50, 2))
    >>> _ = AutoGaussianMixture([1, 2], covariance_types=["full"], random_state=0, checkpoint=folder).fit(X)
    >>> Checkpoint.seed_in(folder) is not None, len(list(folder.glob("cell-up-*.json")))
    (True, 2)
    """

    folder: Path
    settings: dict[str, Any]
    _done: dict[str, GridModel] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, folder: str | os.PathLike[str], settings: dict[str, Any]) -> Self:
        """Open a folder, made if it is not there, and read the cells that are in it.

        Raises
        ------
        InputError
            If its cells are of other data or other settings, saying which.
        """
        folder = Path(folder)
        about = folder / "sweep.json"
        if about.exists():
            then = read_document(about, SWEEP, VERSION).fields
            different = [name for name in settings if then.get(name) != settings[name]]
            if different:
                raise InputError(_refusal(folder, then, settings, different))
        elif folder.exists() and any(folder.iterdir()):
            message = (
                f"`checkpoint` must be a folder that a sweep made, or that is empty or not there, but {folder} holds "
                "other files. Choose another one."
            )
            raise InputError(message)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            write_document(about, Document(SWEEP, VERSION, settings, {}))
        done = {}
        for path in sorted(folder.glob("cell-*.json")):
            try:
                done[path.stem] = GridModel.from_document(read_document(path, KIND, VERSION))
            except DAMAGE as error:
                message = (
                    f"{path} must hold a cell of a sweep, but it cannot be read as one ({error}). Move it away: it is "
                    "computed again."
                )
                raise ModelFileError(message) from error
        return cls(folder, settings, done)

    @staticmethod
    def seed_in(folder: str | os.PathLike[str]) -> int | None:
        """Give the seed of the sweep that a folder is of; None where it is of none yet."""
        about = Path(folder) / "sweep.json"
        return read_document(about, SWEEP, VERSION).fields.get("seed") if about.exists() else None

    def get(self, stage: str, n_components: int, covariance_type: str) -> GridModel | None:
        """Give a cell that was done before."""
        return self._done.get(_name(stage, n_components, covariance_type))

    def keep(self, stage: str, cell: GridModel) -> None:
        """Write a cell, unless it only ended because time was over."""
        if cell.is_finished:
            name = _name(stage, cell.n_components, cell.covariance_type)
            write_document(self.folder / f"{name}.json", cell.to_document())


def _name(stage: str, n_components: int, covariance_type: str) -> str:
    return f"cell-{stage}-{n_components:03d}-{covariance_type.replace(':', '-')}"


def _refusal(folder: Path, then: dict[str, Any], now: dict[str, Any], different: list[str]) -> str:
    if "data" in different:
        reason = "it is of other data"
    else:
        reason = ", ".join(f"`{name}` was {then.get(name)!r} and is {now[name]!r}" for name in different)
    return (
        f"`checkpoint` must be of the same data and settings, but in {folder} {reason}. Choose another folder, or "
        "delete this one to begin anew."
    )
