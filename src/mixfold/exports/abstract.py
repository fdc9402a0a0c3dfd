"""The contract of an exporter: a scorer to the bytes of a file."""

from __future__ import annotations

from typing import Protocol

from mixfold.exports.scorer import Scorer


class Exporter(Protocol):
    """A language in which a mixture can score rows without this package.

    Examples
    --------
    >>> from mixfold.exports import EXPORTERS
    >>> EXPORTERS["c"].suffix
    '.c'
    """

    @property
    def name(self) -> str:
        """By which it is asked for."""
        ...

    @property
    def suffix(self) -> str:
        """Of its files, with the dot."""
        ...

    def content(self, scorer: Scorer) -> bytes:
        """Give the content of the file.

        Parameters
        ----------
        scorer : Scorer

        Returns
        -------
        content : bytes
        """
        ...


def described(scorer: Scorer) -> str:
    """Say in one line what a file scores, for its first comment.

    Parameters
    ----------
    scorer : Scorer

    Returns
    -------
    line : str

    Examples
    --------
    >>> from mixfold import Mixture
    >>> from mixfold.exports.abstract import described
    >>> described(Scorer.of(Mixture([1.0], [[0.0]], [4.0], "spherical", ["size"])))
    'A Gaussian mixture of 1 component in 1 feature: size.'
    """
    k, d = scorer.means.shape
    names = ", ".join(
        " ".join("".join(c if c.isprintable() else " " for c in name).split()) for name in scorer.feature_names
    )
    components, features = ("component" if k == 1 else "components"), ("feature" if d == 1 else "features")
    return f"A Gaussian mixture of {k} {components} in {d} {features}: {names}."
