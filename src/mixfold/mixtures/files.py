"""Mixtures as documents: named arrays under a header, which every format of model files holds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mixfold.covariance import is_family
from mixfold.errors import MixfoldError, ModelFileError
from mixfold.formats import DAMAGE, Document

if TYPE_CHECKING:
    from mixfold.mixtures.mixture import Mixture

KIND, VERSION = "mixture", 1
"""What headers say that the document is."""


def document_of(mixture: Mixture, notes: Mapping[str, Any]) -> Document:
    """Give a mixture as a document; see `Mixture.to_document`.

    Parameters
    ----------
    mixture : Mixture
    notes : mapping
        In JSON's types.

    Returns
    -------
    document : Document

    Raises
    ------
    ModelFileError
        If nobody who reads the name of its family will know which that is.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures import document_of
    >>> document_of(Mixture([1.0], [[0.0]], [1.0], "spherical"), {"fitted": "today"}).fields["covariance_type"]
    'spherical'
    """
    if not is_family(mixture.covariance_type):
        message = (
            f"A file must name a covariance family that whoever reads it knows, but {mixture.covariance_type!r} is "
            f"a {type(mixture.family).__name__} that nobody registered. Call `mixfold.covariance.register(family)`, "
            "here and wherever the file is read."
        )
        raise ModelFileError(message)
    names = None if mixture.feature_names is None else list(mixture.feature_names)
    fields = {"covariance_type": mixture.covariance_type, "feature_names": names, "notes": dict(notes)}
    arrays = {"weights": mixture.weights, "means": mixture.means, "covariances": mixture.covariances}
    return Document(KIND, VERSION, fields, arrays)


def mixture_of(document: Document, path: str | os.PathLike[str], kind: type[Mixture]) -> Mixture:
    """Give the mixture that `document_of` stored.

    Parameters
    ----------
    document : Document
    path : str or path
        For the message if it is none.
    kind : type
        `Mixture`.

    Returns
    -------
    mixture : Mixture

    Raises
    ------
    ModelFileError
        If the document is no mixture's.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.mixtures.files import document_of, mixture_of
    >>> mixture = Mixture([1.0], [[0.0]], [1.0], "spherical")
    >>> mixture_of(document_of(mixture, {}), "model.json", Mixture) == mixture
    True
    """
    try:
        arrays, fields = document.arrays, document.fields
        return kind(
            arrays["weights"],
            arrays["means"],
            arrays["covariances"],
            fields["covariance_type"],
            fields["feature_names"],
        )
    except (*DAMAGE, MixfoldError) as error:
        message = f"{path} must describe a mixture, but its content is not one: {error}. Save the model again."
        raise ModelFileError(message) from error
