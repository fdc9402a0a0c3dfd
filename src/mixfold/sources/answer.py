"""`Answer`: what is said of every row of a collection, where it lies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mixfold.typing import Array


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said of every row, by a function that other processes can get hold of.

    Attributes
    ----------
    function : callable
        Of rows (n, n_features), it gives an array (n,), or (n, width).
    name : str
        Of the column, in a table.
    width : int or None
        How many numbers are said of a row; None for a single one that is no list.
    is_label : bool
        Whether they are whole numbers; else they have the type of the rows.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import Mixture
    >>> from mixfold.sources import Answer
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0], "spherical")
    >>> answer = Answer(mixture.labels, "label", is_label=True)
    >>> np.asarray(answer.function(np.array([[1.0], [8.0]]))).tolist()
    [0, 1]
    """

    function: Callable[[Array], Array]
    name: str
    width: int | None = None
    is_label: bool = False
