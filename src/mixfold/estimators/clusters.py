"""What a choice says of clusters, where one may take several components."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from mixfold.engines import to_numpy
from mixfold.errors import InputError
from mixfold.rows import Source
from mixfold.search import CombinedComponents, LikelihoodRatioTest, bootstrap_likelihood_ratio, labels_of_groups
from mixfold.typing import FloatArray, IntArray
from mixfold.validation import rows_of

if TYPE_CHECKING:
    from mixfold.estimators.cluster_stability import ClusterStability
    from mixfold.search.bootstrap import Progress

SPLIT = ("n_clusters", "misclassified", "p_value")
"""What is known of each split."""
SPLITS_SHOWN = 8
"""In a sentence."""
MERGED_ROWS = 16_384
"""Rows that decide how many clusters there are."""
FEWEST_MERGED_ROWS = 1_000
"""As many where time is over."""


def p_value_in_words(p_value: float) -> str:
    """Give a p-value as it is written.

    Examples
    --------
    >>> p_value_in_words(0.0004), p_value_in_words(0.0312)
    ('p < 0.001', 'p = 0.031')
    """
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.2g}"


def share_in_words(share: float) -> str:
    """Give a share of rows in percent; what is little is not nothing.

    Examples
    --------
    >>> share_in_words(0.0004), share_in_words(0.123)
    ('less than 0.1 %', '12 %')
    """
    return "less than 0.1 %" if share < 0.001 else f"{100.0 * share:.2g} %"


def parted(tree: FloatArray, n_clusters: int) -> tuple[list[int], list[int]]:
    """Give the components of each of the two clusters that a split into so many clusters parts.

    Parameters
    ----------
    tree : ndarray of shape (n_components - 1, 4)
        A linkage of SciPy.
    n_clusters : int

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.estimators.clusters import parted
    >>> tree = np.array([[0.0, 2.0, 1.0, 2.0], [1.0, 3.0, 2.0, 3.0]])
    >>> parted(tree, 3), parted(tree, 2)
    (([0], [2]), ([1], [0, 2]))
    """
    k = len(tree) + 1
    members = [[component] for component in range(k)]
    merges = tree[: k - n_clusters + 1, :2].astype(np.intp)
    for one, other in merges[:-1]:
        members.append(sorted(members[one] + members[other]))
    one, other = merges[-1]
    return members[one], members[other]


def complete_rows(X: Any, what: str) -> npt.NDArray[Any]:
    """Give rows in memory that have all their values, or refuse them in the name of what needs them.

    Raises
    ------
    InputError
        If `X` is a path, or values are missing.

    Examples
    --------
    >>> from mixfold.estimators.clusters import complete_rows
    >>> complete_rows([[1.0], [float("nan")]], "a test")
    Traceback (most recent call last):
        ...
    mixfold.errors.InputError: X must have all its values for a test, got 1 of 2 rows that lack some. ...
    """
    if isinstance(X, str | PathLike):
        message = f"X must be rows in memory for {what}, got the path {str(X)!r}. Read them into an array."
        raise InputError(message)
    rows = np.asarray(to_numpy(rows_of(X, gaps=True)))
    n_incomplete = int(np.sum(np.any(np.isnan(rows), axis=1)))
    if n_incomplete:
        message = (
            f"X must have all its values for {what}, got {n_incomplete} of {len(rows)} rows that lack some. Leave them "
            "out, or fill them by `impute`."
        )
        raise InputError(message)
    return rows


class _Found:
    """An attribute that is found with others when one of them is first asked for."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, model: Any, owner: type | None = None) -> Any:
        """Find it; what is known already is asked of the model itself."""
        if model is None:
            return self
        model._find_clusters()  # noqa: SLF001  (whose attribute it is)
        try:
            return vars(model)[self._name]
        except KeyError:
            message = f"{type(model).__name__!r} object has no attribute {self._name!r}"
            raise AttributeError(message) from None


class Clusters:
    """The clusters of a choice, the tree of its components, and how sure they are; found when first asked for."""

    if TYPE_CHECKING:
        n_clusters_: int
        cluster_labels_: IntArray
        clusters_: IntArray
        cluster_tree_: FloatArray
        cluster_splits_: list[dict[str, float]]
        _usual_clusters: IntArray | None
    else:
        n_clusters_, cluster_labels_, clusters_ = _Found(), _Found(), _Found()
        cluster_tree_, cluster_splits_, _usual_clusters = _Found(), _Found(), _Found()
    # What finds the clusters of components, and how rows are shared that get labels then.
    _combining: Callable[[], CombinedComponents] | None = None
    _shares: FloatArray | None = None

    def fit_predict_clusters(self, X: Any, y: None = None, sample_weight: npt.ArrayLike | None = None) -> IntArray:
        """Choose and learn the mixture, and give the cluster of each row.

        Parameters
        ----------
        X : array-like, data frame, tensor, or path of a .npy file, of shape (n_samples, n_features)
        y : ignored
        sample_weight : array-like of shape (n_samples,), optional

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            From 0 to ``n_clusters_ - 1``, where `fit_predict` gives components.

        Examples
        --------
        >>> from mixfold import AutoGaussianMixture
        >>> from mixfold.datasets import load_faithful
        >>> X = load_faithful().data
        >>> model = AutoGaussianMixture([3], covariance_types=["tied"], random_state=0)
        >>> sorted(set(model.fit_predict_clusters(X).tolist())), model.n_components_
        ([0, 1], 3)
        """
        fitted = self.fit(X, y, sample_weight=sample_weight)  # type: ignore[attr-defined]
        self._find_clusters()
        known: IntArray | None = vars(self).get("cluster_labels_")
        return fitted.cluster_labels(X) if known is None else known

    def cluster_stability(
        self,
        X: Any,
        sample_weight: npt.ArrayLike | None = None,
        *,
        n_samples: int = 20,
        random_state: int | np.random.RandomState | None = 0,
        resampling: str = "subsampling",
    ) -> ClusterStability:
        """Choose again in random parts of the rows, and say what stays.

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_rows, n_features)
            The rows that were fitted, in memory, with all their values.
        sample_weight : array-like of shape (n_rows,), optional
        n_samples : int, default=20
            Parts, of four fifths of the rows each.
        random_state : int, RandomState or None, default=0
        resampling : {'subsampling', 'bootstrap'}, default='subsampling'
            'bootstrap' draws as many rows as there are instead, with replacement, and takes those that were drawn once
            each, about 63 % (Hennig 2007).

        Returns
        -------
        stability : ClusterStability
            The Jaccard index of each cluster, how many pairs of rows stay together (`co_assignment`), and how often
            each number of clusters and of components was found.

        Raises
        ------
        InputError
            If there are fewer than one part, or rows to take parts of, or rows are not in memory or lack values.

        Examples
        --------
        >>> from mixfold import AutoGaussianMixture
        >>> from mixfold.datasets import load_faithful
        >>> X = load_faithful().data
        >>> model = AutoGaussianMixture([1, 2, 3], covariance_types=["full"], random_state=0).fit(X)
        >>> stability = model.cluster_stability(X, n_samples=5)
        >>> stability.cluster_probabilities
        {2: 1.0}
        """
        from mixfold.estimators.cluster_stability import stability_of  # noqa: PLC0415  (which takes estimators)

        check_is_fitted(self)
        return stability_of(self, X, sample_weight, n_samples, random_state, resampling)  # type: ignore[arg-type]

    def split_test(
        self,
        X: Any,
        n_clusters: int | None = None,
        *,
        n_bootstrap: int = 99,
        random_state: int | np.random.RandomState | None = 0,
        n_jobs: int | None = None,
        callback: Progress | None = None,
    ) -> LikelihoodRatioTest:
        """Test whether the two clusters that a split parts are one normal or two, by the parametric bootstrap.

        The dip test of `cluster_splits_` asks whether there is one mode between them. This one asks more of a single
        cluster, that it is Gaussian, and sees groups that are nearer to each other: it takes the rows of the two, and
        compares the likelihood ratio of one full normal against two with that of tables drawn from the one.

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_rows, n_features)
            The rows that were fitted, in memory, with all their values.
        n_clusters : int, optional
            The split into so many clusters, from two to the number of components; by default the last,
            ``n_clusters_``.
        n_bootstrap : int, default=99
        random_state : int, RandomState or None, default=0
        n_jobs : int, optional
        callback : callable, optional
            As in `bootstrap_likelihood_ratio`.

        Returns
        -------
        test : LikelihoodRatioTest
            Its `p_value` is small where the two are no single normal.

        Raises
        ------
        InputError
            If there is no such split, the two have too few rows, or rows are not in memory or lack values.

        References
        ----------
        McLachlan (1987), J. R. Stat. Soc. C 36, 318-324.

        Examples
        --------
        >>> from mixfold import AutoGaussianMixture
        >>> from mixfold.datasets import load_faithful
        >>> X = load_faithful().data
        >>> model = AutoGaussianMixture([3], covariance_types=["tied"], random_state=0).fit(X)
        >>> model.split_test(X, n_bootstrap=19).p_value
        0.05
        """
        check_is_fitted(self)
        k, wanted = len(self.clusters_), self.n_clusters_ if n_clusters is None else n_clusters
        if not isinstance(wanted, int | np.integer) or not 2 <= wanted <= k:
            message = (
                f"`n_clusters` must be a whole number from 2 to the number of components, {k}, got {wanted!r}. One "
                "cluster is no split."
            )
            raise InputError(message)
        one, other = parted(self.cluster_tree_, int(wanted))
        rows = np.asarray(complete_rows(X, "a test of a split"), dtype=np.float64)
        of_both = np.isin(to_numpy(self.predict(X)), one + other)  # type: ignore[attr-defined]
        return bootstrap_likelihood_ratio(
            rows[of_both], 1, n_bootstrap=n_bootstrap, random_state=random_state, n_jobs=n_jobs, callback=callback
        )

    def clusters_in_words(self) -> str:
        """Say how many clusters there are, of how many components, and how far the two of the last split are apart.

        Examples
        --------
        >>> from mixfold import AutoGaussianMixture
        >>> from mixfold.datasets import load_faithful
        >>> X = load_faithful().data
        >>> AutoGaussianMixture([3], covariance_types=["tied"], random_state=0).fit(X).clusters_in_words()
        "2 of 3 components; the two of the last split take less than 0.1 % of each other's rows (one mode: p < 0.001)"
        """
        check_is_fitted(self)
        k = len(self.clusters_)
        told = f"{self.n_clusters_} of {k} component{'s' * (k > 1)}"
        if self.n_clusters_ < 2 or not self.cluster_splits_:
            return told
        split = self.cluster_splits_[self.n_clusters_ - 2]
        p_value = split["p_value"]
        mode = "" if np.isnan(p_value) else f" (one mode: {p_value_in_words(p_value)})"
        shown = share_in_words(split["misclassified"])
        return f"{told}; the two of the last split take {shown} of each other's rows{mode}"

    def splits_in_words(self) -> str:
        """Say for each split the p-value of the dip test that the two which it parts are one.

        Empty where there is no split, or rows say nothing of any; of many splits, the first ones.

        Examples
        --------
        >>> from mixfold import AutoGaussianMixture
        >>> from mixfold.datasets import load_faithful
        >>> X = load_faithful().data
        >>> AutoGaussianMixture([3], covariance_types=["tied"], random_state=0).fit(X).splits_in_words()
        'dip test of one mode against the split into 2 clusters: p < 0.001, 3: p = 0.95'
        """
        check_is_fitted(self)
        asked = [split for split in self.cluster_splits_ if not np.isnan(split["p_value"])]
        told = [f"{split['n_clusters']:.0f}: {p_value_in_words(split['p_value'])}" for split in asked]
        if not told:
            return ""
        told[0] = told[0].replace(":", " clusters:", 1)
        more = ", ..." if len(told) > SPLITS_SHOWN else ""
        return f"dip test of one mode against the split into {', '.join(told[:SPLITS_SHOWN])}{more}"

    def _combine(self, rows: Any, weights: npt.ArrayLike) -> None:
        """Merge components by some of the rows that were fitted, which are nobody else's, when that is asked for."""
        for name, one in vars(Clusters).items():
            if isinstance(one, _Found):
                vars(self).pop(name, None)  # of a fit before
        vars(self).pop("_shares", None)
        self._combining = partial(CombinedComponents.of, self.mixture_, rows, weights)  # type: ignore[attr-defined]

    def _with_cluster_labels(self, source: Source) -> Self:
        """Give this with the clusters of the rows that were fitted, where they are in memory."""
        if source.is_in_memory:
            with self._folding(source) as fold:  # type: ignore[attr-defined]
                self._shares = to_numpy(fold.responsibilities(self._potentials_for("responsibilities")))  # type: ignore[attr-defined]
            if source.n_rows > MERGED_ROWS:
                self._find_clusters()  # the shares of so many rows are too large to be kept
        return self

    def _find_clusters(self) -> None:
        """Find what `_combine` has put off; threads that ask at once all find the same."""
        combining, shares = self._combining, self._shares
        if combining is None:
            return
        combined = combining()
        self._know_clusters(combined.groups(), combined.tree, combined.splits)
        if shares is not None:
            self.cluster_labels_ = labels_of_groups(shares, self.clusters_)
        vars(self).pop("_combining", None)  # who sees none sees what was found
        vars(self).pop("_shares", None)

    def __getstate__(self) -> dict[str, Any]:
        """Give what a pickle holds: clusters, and not the rows by which they are found."""
        self._find_clusters()
        state: dict[str, Any] = super().__getstate__()  # type: ignore[assignment]
        return state

    def _know_clusters(self, groups: IntArray, tree: FloatArray, splits: list[dict[str, float]]) -> None:
        self.n_clusters_, self.clusters_ = int(np.max(groups)) + 1, groups
        self.cluster_tree_, self.cluster_splits_ = tree, splits
        self._usual_clusters = groups

    def _saved_clusters(self) -> dict[str, Any]:
        splits = [
            {name: None if np.isnan(split[name]) else split[name] for name in SPLIT} for split in self.cluster_splits_
        ]
        return {
            "clusters_": self.clusters_.tolist(),
            "cluster_tree_": self.cluster_tree_.tolist(),
            "cluster_splits_": splits,
        }

    def _restore_clusters(self, fit: dict[str, Any]) -> None:
        """Take what `_saved_clusters` gave; files of before have no tree."""
        tree = np.array(fit.get("cluster_tree_", []), dtype=np.float64).reshape(-1, 4)
        splits = [
            {name: np.nan if split[name] is None else split[name] for name in SPLIT}
            for split in fit.get("cluster_splits_", [])
        ]
        self._know_clusters(np.array(fit["clusters_"], dtype=np.intp), tree, splits)
