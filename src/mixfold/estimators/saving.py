"""Fitted estimators as model files: the mixture's document, with what an estimator knows beside it."""

from __future__ import annotations

import math
import os
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, Self

import numpy as np

from mixfold.covariance import CovarianceFamily, Prior
from mixfold.errors import ModelFileError
from mixfold.estimators.mixins import BesideFace
from mixfold.estimators.rows import known_names
from mixfold.fitting import Stream
from mixfold.formats import DAMAGE, Document, read_document, write_document
from mixfold.mixtures import KIND, VERSION, Mixture
from mixfold.statistics import SufficientStatistics
from mixfold.structures import Structure
from mixfold.sums import kept
from mixfold.typing import FloatArray
from mixfold.validation import array_of_shape, name_features

Fields = dict[str, Any]
Arrays = dict[str, FloatArray]

NOT_SAVED = {"checkpoint"}
"""Parameters that belong to one machine: a file cannot say where the next fit writes."""
_LEFT_OUT = object()


class ModelFiles(BesideFace):
    """Of an estimator that can be saved to a file and read again.

    The file is that of a `Mixture` with more in it: `Mixture.load` and the command line read it too. Classes say
    what they know of their fit beside the mixture (`_saved`), and take it up again (`_restore`).
    """

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted estimator to a file, which appears whole or not at all.

        The file holds the mixture, the parameters of the estimator that are numbers, words or lists of them, and what
        the fit found. Starts, callbacks and executors are not in it, nor `history_` and `restarts_`; and no times, so
        that equal fits give equal files.

        Parameters
        ----------
        path : str or path
            Its ending says the format: .safetensors, .json or .npz.

        Raises
        ------
        NotFittedError
            If there is nothing to save.
        ModelFileError
            If the ending is another.
        MissingExtraError
            If safetensors is needed and not installed.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> from mixfold import GaussianMixture, Mixture
        >>> from mixfold.datasets import load_faithful
        >>> X = load_faithful().data
        >>> path = Path(tempfile.mkdtemp()) / "model.json"
        >>> model = GaussianMixture(2, random_state=0).fit(X)
        >>> model.save(path)
        >>> GaussianMixture.load(path).bic(X) == model.bic(X), Mixture.load(path) == model.mixture_
        (True, True)
        """
        write_document(path, self.to_document({"program": f"mixfold {version('mixfold')}"}))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read an estimator that `save` or the command line wrote; nothing in the file is ever executed.

        Parameters
        ----------
        path : str or path

        Returns
        -------
        estimator : estimator
            Fitted. Its fitted arrays are NumPy's, in the dtype of those that were saved.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ModelFileError
            If it is truncated, corrupted, foreign, written by a newer version, or holds another estimator.
        """
        document = read_document(path, KIND, VERSION)
        mixture = Mixture.from_document(document, path)
        about = document.fields.get("estimator", cls._about(mixture))
        name = about.get("class") if isinstance(about, dict) else None
        if not isinstance(about, dict) or name != cls.__name__:
            there = f"a {name}" if isinstance(name, str) else "a mixture without an estimator"
            message = f"{path} must hold what `{cls.__name__}` saved, but holds {there}. Load it with what saved it."
            raise ModelFileError(message)
        try:
            estimator = cls(**{name: value for name, value in about["parameters"].items() if name not in NOT_SAVED})
            name_features(estimator, mixture.n_features, mixture.feature_names)
            estimator._jitter = document.arrays.get("jitter")
            estimator._restore(mixture, about["fit"], document.arrays)
        except DAMAGE as error:
            message = (
                f"{path} must describe a fitted {cls.__name__}, but its content is not one: {error}. Save it again."
            )
            raise ModelFileError(message) from error
        return estimator

    def to_document(self, notes: Mapping[str, Any], feature_names: Sequence[str] | None = None) -> Document:
        """Give what `save` writes, with free notes (which data it was fitted on, say).

        Parameters
        ----------
        notes : mapping
            In JSON's types.
        feature_names : sequence of str, optional
            Where the rows of the fit had none.
        """
        mixture, names = self._known_mixture(), feature_names or known_names(self)
        document = Mixture.from_parameters(mixture.parameters, mixture.family, names).to_document(notes)
        fit, arrays = self._saved()
        if self._jitter is not None:
            arrays["jitter"] = np.asarray(self._jitter)
        about = {"class": type(self).__name__, "parameters": parameters_in_json(self), "fit": fit}
        return Document(KIND, VERSION, {**document.fields, "estimator": about}, {**document.arrays, **arrays})

    @classmethod
    def _about(cls, mixture: Mixture) -> Fields | None:
        """Say which estimator a mixture is that was saved without one; None if it is none of this class."""
        del mixture
        return None

    @abstractmethod
    def _saved(self) -> tuple[Fields, Arrays]:
        """Give what is known of the fit beside the mixture."""

    @abstractmethod
    def _restore(self, mixture: Mixture, fit: Fields, arrays: Mapping[str, FloatArray]) -> None:
        """Take up what `_saved` gave."""


def parameters_in_json(estimator: Any) -> Fields:
    """Give the parameters of an estimator that JSON's types can hold and a file may."""
    given = {name: _in_json(value) for name, value in estimator.get_params(deep=False).items()}
    return {name: value for name, value in given.items() if value is not _LEFT_OUT and name not in NOT_SAVED}


def stream_saved(stream: Stream, prior: Prior) -> tuple[Fields, Arrays]:
    """Give what a mixture remembers of its rows as numbers and arrays, so that it can learn from more of them."""
    sums = stream.statistics
    numbers = {
        "n_batches": stream.n_batches,
        "sums": sums.numbers,
        "prior": [float(prior.count), float(prior.likeness), float(prior.ridge)],
    }
    arrays = {f"stream.{name}": array for name, array in sums.arrays.items()}
    return numbers, arrays | {"prior.scale": np.asarray(prior.scale), "prior.jitter": np.asarray(prior.jitter)}


def shapes_of_sums(
    structure: Structure, n_components: int, n_features: int, *, with_labels: bool = False
) -> dict[str, tuple[int, ...]]:
    """Give the shapes of the arrays that a stream's sums are, in their order; those of linked rows count labels."""
    scatter, basis = structure.shape(n_components, n_features), structure.basis(n_components, n_features)
    sums = {one.name: one.shape(n_components, n_features, scatter) for one in kept(with_degrees=False)}
    shapes = {"center": (n_components, n_features)} | {name: shape for name, shape in sums.items() if shape}
    shapes |= {} if basis is None else {"basis": basis.shape}
    return shapes | ({"label_count": (n_components + 1,)} if with_labels else {})


def stream_of(numbers: Fields, arrays: Mapping[str, FloatArray], mixture: Mixture) -> tuple[Stream, Prior]:
    """Give the sums and the prior that `stream_saved` made numbers of."""
    structure = mixture.family.structure
    shapes = shapes_of_sums(structure, *mixture.means.shape, with_labels="stream.label_count" in arrays)
    saved = {name: array_of_shape(arrays[f"stream.{name}"], shape, name, "its sums") for name, shape in shapes.items()}
    sums = SufficientStatistics.of_saved(numbers["sums"], saved, structure)
    rows, likeness, ridge = numbers["prior"]
    prior = Prior(arrays["prior.scale"], rows, arrays["prior.jitter"], likeness, ridge)
    return Stream(sums, numbers["n_batches"]), prior


def _in_json(value: Any) -> Any:
    """Give a parameter in JSON's types, or `_LEFT_OUT` where they have nothing for it."""
    if isinstance(value, CovarianceFamily):
        return value.name
    if isinstance(value, list | tuple | range):
        each = [_in_json(one) for one in value]
        return _LEFT_OUT if _LEFT_OUT in each else each
    alone = value.item() if isinstance(value, np.generic) else value
    if isinstance(alone, float) and not math.isfinite(alone):
        return _LEFT_OUT
    return alone if alone is None or isinstance(alone, str | int | float) else _LEFT_OUT


def finite(value: Any) -> Any:
    """Give a value of a table in JSON's types, which have no NaN."""
    return None if isinstance(value, float) and math.isnan(value) else value
