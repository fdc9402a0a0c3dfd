"""The eruptions of the Old Faithful geyser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sklearn.utils import Bunch

FAITHFUL_CSV = Path(__file__).with_name("faithful.csv")
"""The table as a file, for the command line and for other programs."""


def load_faithful() -> Bunch:
    """Load 272 eruptions of Old Faithful, Yellowstone: how long each took, and the wait until the next.

    Azzalini & Bowman (1990), "A look at some data on the Old Faithful geyser", Applied Statistics 39, pages 357-365;
    the 272 rows that R calls `faithful`. Two regimes, short and long, are plain to see.

    Returns
    -------
    bunch : sklearn.utils.Bunch
        `data`, ndarray of shape (272, 2), minutes; `feature_names`, list of str; `filename`, Path of the CSV file.

    Examples
    --------
    >>> from mixfold.datasets import load_faithful
    >>> load_faithful().data.shape
    (272, 2)
    """
    import numpy as np  # noqa: PLC0415  (the path alone needs neither)
    from sklearn.utils import Bunch  # noqa: PLC0415

    with FAITHFUL_CSV.open(encoding="utf-8") as file:
        feature_names = file.readline().strip().split(",")
        data = np.loadtxt(file, delimiter=",")
    return Bunch(data=data, feature_names=feature_names, filename=FAITHFUL_CSV)
