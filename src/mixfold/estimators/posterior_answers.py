"""What a posterior says beside its expectation: draws of mixtures, intervals, and which rows belong together."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from mixfold.engines import to_numpy
from mixfold.errors import InputError
from mixfold.estimators.mixins import BesideFace
from mixfold.estimators.rows import known_names
from mixfold.mixtures import Mixture
from mixfold.parameters import Parameters
from mixfold.search import nearest_partition
from mixfold.typing import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class CredibleIntervals:
    """Between which numbers parameters are with some probability, each by itself.

    Attributes
    ----------
    level : float
        The probability.
    weights : ndarray of shape (n_components, 2)
    means : ndarray of shape (n_components, n_features, 2)
    covariances : ndarray
        In the shape of `covariances_`, and two at the end: lower and upper.

    Examples
    --------
    >>> from mixfold import BayesianGaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> model = BayesianGaussianMixture(n_components=4, random_state=0).fit(load_faithful().data)
    >>> model.credible_intervals().weights.round(1)
    array([[0.6, 0.7],
           [0.3, 0.4]])
    """

    level: float
    weights: FloatArray
    means: FloatArray
    covariances: FloatArray


class PosteriorAnswers(BesideFace):
    """Of an estimator that has a posterior: classes draw from it."""

    @abstractmethod
    def _drawn(self, n_draws: int, random: np.random.Generator, n_components: int | None = None) -> list[Parameters]:
        """Give draws of the parameters; of `n_components`, that `mixture_` has, those are in its order."""

    def sample_posterior(self, n_draws: int = 100, random_state: Any = None) -> list[Mixture]:
        """Draw whole mixtures: how different they are is how little is known.

        Parameters
        ----------
        n_draws : int
        random_state : int or RandomState, optional
            By default the estimator's own.

        Returns
        -------
        mixtures : list of Mixture

        Examples
        --------
        >>> from mixfold import BayesianGaussianMixture
        >>> from mixfold.datasets import load_faithful
        >>> model = BayesianGaussianMixture(n_components=4, random_state=0).fit(load_faithful().data)
        >>> longest = [mixture.means[:, 0].max() for mixture in model.sample_posterior(200)]
        >>> bool(4.1 < min(longest) < max(longest) < 4.5)
        True
        """
        family = self._known_mixture().family
        draws = self._drawn(_at_least_one(n_draws, "n_draws"), self._random(random_state))
        return [Mixture.from_parameters(draw, family, known_names(self)) for draw in draws]

    def credible_intervals(self, level: float = 0.95, n_draws: int = 2000) -> CredibleIntervals:
        """Give an interval for each weight, mean and covariance, with equal probability below and above.

        Parameters
        ----------
        level : float
            Above 0 and below 1.
        n_draws : int
            Of the posterior, whose quantiles they are; of a Gibbs sampler those that have as many components.

        Returns
        -------
        intervals : CredibleIntervals

        Examples
        --------
        >>> from mixfold import BayesianGaussianMixture
        >>> from mixfold.datasets import load_faithful
        >>> model = BayesianGaussianMixture(n_components=4, random_state=0).fit(load_faithful().data)
        >>> model.credible_intervals(0.9).means[0, 0].round(1)
        array([4.2, 4.3])
        """
        if not 0.0 < level < 1.0:
            message = f"`level` must be above 0 and below 1, got {level!r}. Ask for 0.95, say."
            raise InputError(message)
        k = self._known_mixture().n_components
        draws = self._drawn(_at_least_one(n_draws, "n_draws"), self._random(None), k)
        tail = 0.5 * (1.0 - float(level))
        found = [
            np.moveaxis(np.quantile([getattr(draw, name) for draw in draws], [tail, 1.0 - tail], axis=0), 0, -1)
            for name in ("weights", "means", "covariances")
        ]
        return CredibleIntervals(float(level), *found)

    def posterior_similarity(self, X: Any, n_draws: int = 100) -> FloatArray:
        """Give the probability that two rows are of the same component, for each pair.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)
            Few enough that there is memory for all pairs.
        n_draws : int
            Of mixtures, over which it is the mean.

        Returns
        -------
        similarity : ndarray of shape (n_samples, n_samples)
            Its diagonal is one.

        Examples
        --------
        >>> from mixfold import BayesianGaussianMixture
        >>> from mixfold.datasets import load_faithful
        >>> X = load_faithful().data
        >>> BayesianGaussianMixture(n_components=4, random_state=0).fit(X).posterior_similarity(X[:3]).round(1)
        array([[1., 0., 1.],
               [0., 1., 0.],
               [1., 0., 1.]])
        """
        together: FloatArray | float = 0.0
        mixtures = self.sample_posterior(n_draws)
        for mixture in mixtures:
            shares = self._shares(X, mixture)
            together = together + shares @ shares.T
        similarity = np.asarray(together) / len(mixtures)
        np.fill_diagonal(similarity, 1.0)
        return similarity

    def point_clustering(self, X: Any, n_draws: int = 100) -> IntArray:
        """Give the clustering from which the posterior's are expected to differ least, by the variation of information.

        `predict` puts each row where it most probably belongs, whatever the others do; here rows are clustered
        together, and clusters that the data hardly tell apart are one.

        Parameters
        ----------
        X : array-like, data frame, tensor, path or other source, of shape (n_samples, n_features)
        n_draws : int
            Of clusterings: a drawn mixture, and a component for each row.

        Returns
        -------
        labels : ndarray of int of shape (n_samples,)
            The largest cluster is 0.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold import BayesianGaussianMixture
        >>> from mixfold.datasets import load_faithful
        >>> X = load_faithful().data
        >>> np.bincount(BayesianGaussianMixture(n_components=4, random_state=0).fit(X).point_clustering(X))
        array([175,  97])
        """
        mixtures, random = self.sample_posterior(n_draws), self._random(None)
        draws = []
        for mixture in mixtures:
            shares = self._shares(X, mixture)
            edges = np.cumsum(shares[:, :-1], axis=1)
            draws.append(np.sum(random.random((len(shares), 1)) > edges, axis=1))
        best = np.argmax(to_numpy(self._map_here(X, "responsibilities")), axis=1)
        return nearest_partition(draws, [best])

    def _shares(self, X: Any, mixture: Mixture) -> FloatArray:
        with self._folding(self._source(X, n_features=mixture.n_features)) as fold:
            return np.asarray(to_numpy(fold.responsibilities(mixture.potentials)), dtype=np.float64)

    def _random(self, random_state: Any) -> np.random.Generator:
        state = check_random_state(self.random_state if random_state is None else random_state)
        return np.random.default_rng(state.randint(2**31))


def _at_least_one(number: Any, name: str) -> int:
    if not isinstance(number, Integral) or number < 1:
        message = f"`{name}` must be a whole number of at least 1, got {number!r}. Ask for 100, say."
        raise InputError(message)
    return int(number)
