"""Models of a grid that are done, kept in a folder so that a sweep can go on after it was killed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from mixfold.errors import CheckpointError
from mixfold.fitting import Checkpoint
from mixfold.search.grid_model import GridModel

SWEEP, CELLS = "sweep.npz", "cell-*.npz"


@dataclass(frozen=True, slots=True)
class GridCheckpoint:
    """A folder with a `Checkpoint` for each model that is done, and one for the seed of the sweep.

    Attributes
    ----------
    folder : Path
    identity : mapping of str to str
        What the models depend on, under names for people.
    seed : int
        Of the sweep; part of the identity of its models.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from mixfold import AutoGaussianMixture
    >>> folder = Path(tempfile.mkdtemp()) / "sweep"
    >>> X = np.random.default_rng(0).normal(size=(50, 2))
    >>> _ = AutoGaussianMixture([1, 2], covariance_types=["full"], random_state=0, checkpoint=folder).fit(X)
    >>> len(list(folder.glob("cell-up-*.npz")))
    2
    """

    folder: Path
    identity: Mapping[str, str]
    seed: int
    _done: dict[str, GridModel] = field(default_factory=dict, repr=False)

    @classmethod
    def open(
        cls, folder: str | os.PathLike[str], identity: Mapping[str, str], seed: int, *, keeps_seed: bool = False
    ) -> Self:
        """Open a folder, made if it is not there, and read the models that are in it.

        Parameters
        ----------
        folder : str or path
        identity : mapping of str to str
        seed : int
        keeps_seed : bool
            Whether the seed that the folder has goes before `seed`.

        Raises
        ------
        CheckpointError
            If it holds other files, or what is damaged, or of other data or settings, saying which.
        """
        folder = Path(folder)
        about = Checkpoint(folder / SWEEP, identity)
        document = about.load()
        if document is None and folder.exists() and any(folder.iterdir()):
            message = (
                f"`checkpoint` must be a folder that a sweep made, or that is empty or not there, but {folder} holds "
                "other files. Choose another one."
            )
            raise CheckpointError(message)
        if document is not None and keeps_seed:
            with about.decoding():
                seed = int(document.fields["seed"])
        opened = cls(folder, identity, seed)
        for path in sorted(folder.glob(CELLS)):
            opened._read(path)
        if document is None or document.fields.get("seed") != seed:
            folder.mkdir(parents=True, exist_ok=True)
            about.save({"seed": seed}, {})
        return opened

    def _read(self, path: Path) -> None:
        kept = self._kept(path.stem)
        document = kept.load()
        if document is not None:
            with kept.decoding():
                self._done[path.stem] = GridModel.restored(document.fields, document.arrays)

    def get(self, stage: str, n_components: int, covariance_type: str) -> GridModel | None:
        """Give a model that was done before."""
        return self._done.get(_name(stage, n_components, covariance_type))

    def keep(self, stage: str, model: GridModel) -> None:
        """Write a model, unless it only ended because time was over."""
        if model.is_finished:
            self._kept(_name(stage, model.n_components, model.covariance_type)).save(*model.stored())

    def _kept(self, name: str) -> Checkpoint:
        return Checkpoint(self.folder / f"{name}.npz", {**self.identity, "seed": str(self.seed)})


def _name(stage: str, n_components: int, covariance_type: str) -> str:
    return f"cell-{stage}-{n_components:03d}-{covariance_type.replace(':', '-')}"
