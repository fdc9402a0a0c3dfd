"""What a search for the components of a posterior looks at: all rows, and rows without what may mislead it."""

from __future__ import annotations

from collections.abc import Iterator

from mixfold.estimators.linked_starts import with_groups_at_means
from mixfold.estimators.outliers import without_loneliest
from mixfold.fold import Fold
from mixfold.typing import IntArray


def views_of(complete: Fold, links: IntArray | None, *, with_outliers: bool) -> Iterator[tuple[str, Fold]]:
    """Yield folds over rows, each with the name of what it leaves out or moves.

    Parameters
    ----------
    complete : Fold
        Over the rows, complete and alone.
    links : ndarray of int of shape (n,) or None
        The group of each row whose rows are of one component; -1 where a row is alone. Where there are any, one view
        has the rows of each group at their mean.
    with_outliers : bool
        Whether rows may belong to no component; then views leave out the loneliest.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.posterior_views import views_of
    >>> from mixfold.fold import Fold
    >>> rows = np.append(np.linspace(0.0, 1.0, 39), 9.0)[:, None]
    >>> [(name, fold.source.n_rows) for name, fold in views_of(Fold.of_rows(rows), None, with_outliers=True)]
    [('all rows', 40), ('without 10%', 36), ('without 20%', 32)]
    """
    yield "all rows", complete
    if links is not None:
        yield "groups at their means", with_groups_at_means(complete, links)
    if with_outliers:
        yield from without_loneliest(complete)
