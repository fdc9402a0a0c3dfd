"""`Mixture`: a Gaussian mixture as a value."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self, final

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

from mixfold.covariance import CovarianceFamily, family_for, is_family
from mixfold.errors import InputError, MixfoldError, ModelFileError, ShapeError
from mixfold.formats import DAMAGE, Document, read_document, write_document
from mixfold.mixtures.description import Description
from mixfold.mixtures.sample import Random, draw
from mixfold.mixtures.scoring import fold_over, mahalanobis_distances, probability_of_others
from mixfold.parameters import Parameters, normalized_weights
from mixfold.potentials import Potentials
from mixfold.typing import Array, FloatArray, IntArray
from mixfold.validation import array_of_shape, feature_indices

KIND, VERSION = "mixture", 1


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Mixture:
    """A weighted sum of multivariate normal densities: immutable, comparable, and independent of any fit.

    Parameters
    ----------
    weights : array-like of shape (n_components,)
        At least zero, summing to one.
    means : array-like of shape (n_components, n_features)
        In the units of the data.
    covariances : array-like
        In the shape of `covariance_type`: (K, D, D) full, (D, D) tied, (K, D) diag, (K,) spherical; of mclust's
        families (K,) where they end in II, (K, D) where they end in I, else (K, D, D). Of `FactorAnalytic` ones
        (K, D, 1 + rank), unique variances and loadings [psi | W]; `component_covariances` multiplies them out.
    covariance_type : str or CovarianceFamily, default='full'
        'full', 'tied', 'diag', 'spherical' or one of mclust's names, of which VVV, EEE, VVI and VII become those four;
        or ``FactorAnalytic(8)``, also 'factor:8' or 'factor:8:shared', for any rank; or a family of your own. The
        attribute is the name, and `family` the family.
    feature_names : sequence of str, optional
        Names of the D features.

    Raises
    ------
    ShapeError
        If the shapes do not fit each other.
    InputError
        If the weights are no distribution, or anything is not finite.
    CollapseError
        If a covariance is not symmetric and positive definite.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> mixture = Mixture([0.5, 0.5], [[0.0], [4.0]], [[[1.0]], [[1.0]]])
    >>> mixture.responsibilities([[2.0]])
    array([[0.5, 0.5]])
    >>> mixture
    Mixture(n_components=2, n_features=1, covariance_type='full')
    """

    weights: FloatArray
    means: FloatArray
    covariances: FloatArray
    family: CovarianceFamily
    feature_names: tuple[str, ...] | None
    potentials: Potentials = field(init=False)

    def __init__(
        self,
        weights: npt.ArrayLike,
        means: npt.ArrayLike,
        covariances: npt.ArrayLike,
        covariance_type: str | CovarianceFamily = "full",
        feature_names: Sequence[str] | None = None,
    ) -> None:
        """Check everything, and factorize the covariances once."""
        family = family_for(covariance_type)
        try:
            shape = np.shape(means)
        except ValueError as error:
            message = "`means` must have rows of equal length: shape (n_components, n_features)."
            raise ShapeError(message) from error
        if len(shape) != 2 or 0 in shape:
            message = f"`means` must have shape (n_components, n_features), both at least one, got {shape}."
            raise ShapeError(message)
        k, d = int(shape[0]), int(shape[1])
        if feature_names is not None and len(feature_names) != d:
            message = f"`feature_names` must name n_features = {d} features, got {len(feature_names)}."
            raise ShapeError(message)
        expected = family.shape(k, d)
        parameters = Parameters(
            normalized_weights(array_of_shape(weights, (k,), "weights", "(n_components,)"), "weights"),
            array_of_shape(means, (k, d), "means", "(n_components, n_features)"),
            array_of_shape(covariances, expected, "covariances", f"that of covariance_type={family.name!r}"),
        )
        names = None if feature_names is None else tuple(str(name) for name in feature_names)
        _set(self, parameters, family, names)

    @classmethod
    def from_parameters(
        cls, parameters: Parameters, family: CovarianceFamily, feature_names: Sequence[str] | None = None
    ) -> Self:
        """Wrap parameters that a fit computed, without checking them again."""
        mixture = object.__new__(cls)
        _set(mixture, parameters, family, None if feature_names is None else tuple(feature_names))
        return mixture

    @property
    def covariance_type(self) -> str:
        """The name of the covariance family."""
        return self.family.name

    @property
    def parameters(self) -> Parameters:
        """Weights, means and covariances, as a fit has them."""
        return Parameters(self.weights, self.means, self.covariances)

    @property
    def n_components(self) -> int:
        """Number of components K."""
        return len(self.weights)

    @property
    def n_features(self) -> int:
        """Number of features D."""
        return int(self.means.shape[1])

    @property
    def n_parameters(self) -> int:
        """Number of free parameters: K - 1 weights, K D means, and those of the covariances."""
        k, d = self.means.shape
        return k - 1 + k * d + self.family.n_parameters(k, d)

    @property
    def component_covariances(self) -> FloatArray:
        """The covariance of every component as a matrix, (K, D, D), whatever the family."""
        return self.family.dense(self.covariances, self.n_components, self.n_features)

    @property
    def mean(self) -> FloatArray:
        """Mean of the whole mixture, (D,)."""
        return self.weights @ self.means

    @property
    def covariance(self) -> FloatArray:
        """Covariance of the whole mixture, (D, D): within components plus between their means."""
        between = self.means - self.mean
        within = np.einsum("k,kij->ij", self.weights, self.component_covariances)
        return within + (self.weights[:, None] * between).T @ between

    def log_density(self, X: npt.ArrayLike) -> Array:
        """Give the log density of each row.

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_rows, n_features)

        Returns
        -------
        log_density : ndarray or tensor of shape (n_rows,)
            In nats; dtype and device of `X`.
        """
        return fold_over(X, self.n_features).log_density(self.potentials)

    def responsibilities(self, X: npt.ArrayLike) -> Array:
        """Give the posterior probability of each component for each row (Bishop 2006, eq. 9.23).

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_rows, n_features)

        Returns
        -------
        responsibilities : ndarray or tensor of shape (n_rows, n_components)
            Rows sum to one; dtype and device of `X`.
        """
        return fold_over(X, self.n_features).responsibilities(self.potentials)

    def labels(self, X: npt.ArrayLike) -> Array:
        """Give the most probable component of each row.

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_rows, n_features)

        Returns
        -------
        labels : ndarray or tensor of shape (n_rows,)
        """
        return fold_over(X, self.n_features).labels(self.potentials)

    predict_proba = responsibilities
    predict = labels

    def mahalanobis(self, X: npt.ArrayLike) -> Array:
        """Give the Mahalanobis distance of each row from each component's mean (Bishop 2006, eq. 2.44).

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_rows, n_features)

        Returns
        -------
        distances : ndarray or tensor of shape (n_rows, n_components)
            In standard deviations: ``sqrt((x - m_k)^T S_k^-1 (x - m_k))``; dtype and device of `X`.

        Examples
        --------
        >>> Mixture([0.5, 0.5], [[0.0], [10.0]], [4.0, 1.0], "spherical").mahalanobis([[6.0]])
        array([[3., 4.]])
        """
        return mahalanobis_distances(fold_over(X, self.n_features), self.potentials)

    def uncertainty(self, X: npt.ArrayLike) -> Array:
        """Give the probability that each row is not of its most probable component, as mclust's `uncertainty`.

        Parameters
        ----------
        X : array-like, data frame or tensor of shape (n_rows, n_features)

        Returns
        -------
        uncertainty : ndarray or tensor of shape (n_rows,)
            ``1 - max_k r_k``, from 0 to ``1 - 1 / n_components``; exact where it is tiny.

        Examples
        --------
        >>> Mixture([0.5, 0.5], [[0.0], [4.0]], [1.0, 1.0], "spherical").uncertainty([[2.0], [-8.0]])
        array([5.00000000e-01, 4.24835426e-18])
        """
        return probability_of_others(self.responsibilities(X))

    def sample(self, n_samples: float = 1, random_state: Random | None = None) -> tuple[FloatArray, IntArray]:
        """Draw rows.

        Parameters
        ----------
        n_samples : int
            At least one.
        random_state : int, RandomState, Generator or None
            A number gives the same rows each time, None others each time.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            The rows of component 0 first, then those of component 1, ...
        labels : ndarray of shape (n_samples,)
            The component that each row was drawn from.

        Examples
        --------
        >>> mixture = Mixture([0.5, 0.5], [[0.0], [100.0]], [1.0, 1.0], "spherical")
        >>> X, labels = mixture.sample(4, random_state=0)
        >>> bool(((X[:, 0] > 50) == labels).all())
        True
        """
        return draw(self.weights, self.potentials, n_samples, random_state)

    def marginal(self, features: Sequence[int | str]) -> Mixture:
        """Give the mixture of some of the features, the others integrated out.

        Parameters
        ----------
        features : sequence of int or str
            Indices or names, in the order wanted.

        Returns
        -------
        mixture : Mixture
            Of the same `covariance_type`, or of 'diag' or 'full' where what is equal between components (volumes,
            shapes or axes) does not stay so.

        Examples
        --------
        >>> Mixture([1.0], [[0.0, 5.0]], [[1.0, 2.0]], "diag").marginal([1]).means
        array([[5.]])
        """
        at = np.asarray(feature_indices(features, self.feature_names, self.n_features))
        covariances = self.family.marginal(self.covariances, at)
        names = None if self.feature_names is None else [self.feature_names[index] for index in at]
        return Mixture(self.weights, self.means[:, at], covariances, self.family.of_marginals, names)

    def conditional(self, given: Mapping[int | str, float]) -> Mixture:
        """Give the mixture of the remaining features when some are known (Bishop 2006, eqs. 2.96 and 2.97).

        Parameters
        ----------
        given : mapping of feature (index or name) to its value

        Returns
        -------
        mixture : Mixture
            With `covariance_type='full'`, over the features not given, in their order.

        Examples
        --------
        >>> joint = Mixture([1.0], [[0.0, 0.0]], [[[1.0, 0.5], [0.5, 1.0]]])
        >>> joint.conditional({0: 2.0}).means
        array([[1.]])
        """
        known = feature_indices(list(given), self.feature_names, self.n_features)
        values = array_of_shape(list(given.values()), (len(known),), "given", "(number of given features,)")
        free = [index for index in range(self.n_features) if index not in known]
        if not free:
            message = f"`given` must leave at least one of the {self.n_features} features free, got all of them."
            raise InputError(message)
        means, covariances = [], []
        for mean, covariance in zip(self.means, self.component_covariances, strict=True):
            gain = cho_solve(cho_factor(covariance[np.ix_(known, known)], lower=True), covariance[np.ix_(known, free)])
            means.append(mean[free] + (values - mean[known]) @ gain)
            conditional = covariance[np.ix_(free, free)] - covariance[np.ix_(free, known)] @ gain
            covariances.append((conditional + conditional.T) / 2.0)
        weights = self.marginal(known).responsibilities(values[None, :])[0]
        names = None if self.feature_names is None else [self.feature_names[index] for index in free]
        return Mixture(weights, np.array(means), np.array(covariances), "full", names)

    def summary(self) -> str:
        """Say in a few lines what the mixture is: the weight, means and standard deviations of each component.

        Returns
        -------
        summary : str
            To print.

        Examples
        --------
        >>> print(Mixture([0.5, 0.5], [[0.0], [4.0]], [1.0, 1.0], "spherical", ["size"]).summary())
        Mixture of 2 components in 1 feature, covariance_type='spherical', 5 free parameters
        component  weight         size
                0  0.5000  0.00 ± 1.00
                1  0.5000  4.00 ± 1.00
        """
        return self._description().text()

    def _repr_html_(self) -> str:
        """Give the same as a table, for notebooks."""
        return self._description().html()

    def _description(self) -> Description:
        k, d = self.means.shape
        title = (
            f"Mixture of {k} component{'s' * (k > 1)} in {d} feature{'s' * (d > 1)}, "
            f"covariance_type={self.covariance_type!r}, {self.n_parameters} free parameters"
        )
        deviations = np.sqrt(self.family.variances(self.covariances, k, d))
        return Description(title, self.weights, self.means, deviations, self.feature_names)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the mixture to a file, which appears whole or not at all.

        Parameters
        ----------
        path : str or path
            Its ending says the format: .safetensors, .json or .npz.

        Raises
        ------
        ModelFileError
            If the ending is another.
        MissingExtraError
            If safetensors is needed and not installed.
        """
        write_document(path, self.to_document({}))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Mixture:
        """Read a mixture that `save` wrote; nothing in the file is ever executed.

        Parameters
        ----------
        path : str or path

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ModelFileError
            If it is truncated, corrupted, foreign or written by a newer version.
        """
        return cls.from_document(read_document(path, KIND, VERSION), path)

    def to_document(self, notes: Mapping[str, Any]) -> Document:
        """Give the mixture as named arrays under a header, with free notes (how it was fitted, say).

        Raises
        ------
        ModelFileError
            If nobody who reads the name of its family will know which that is.
        """
        if not is_family(self.covariance_type):
            message = (
                f"A file must name a covariance family that whoever reads it knows, but {self.covariance_type!r} is "
                f"a {type(self.family).__name__} that nobody registered. Call `mixfold.covariance.register(family)`, "
                "here and wherever the file is read."
            )
            raise ModelFileError(message)
        names = None if self.feature_names is None else list(self.feature_names)
        fields = {"covariance_type": self.covariance_type, "feature_names": names, "notes": dict(notes)}
        arrays = {"weights": self.weights, "means": self.means, "covariances": self.covariances}
        return Document(KIND, VERSION, fields, arrays)

    @classmethod
    def from_document(cls, document: Document, path: str | os.PathLike[str]) -> Mixture:
        """Give the mixture that `to_document` stored; `path` is for the message if it is not one."""
        try:
            arrays, fields = document.arrays, document.fields
            return cls(
                arrays["weights"],
                arrays["means"],
                arrays["covariances"],
                fields["covariance_type"],
                fields["feature_names"],
            )
        except (*DAMAGE, MixfoldError) as error:
            message = f"{path} must describe a mixture, but its content is not one: {error}. Save the model again."
            raise ModelFileError(message) from error

    def __eq__(self, other: object) -> bool:
        """Compare family, names and every number."""
        if not isinstance(other, Mixture):
            return NotImplemented
        return (
            self.covariance_type == other.covariance_type
            and self.feature_names == other.feature_names
            and np.array_equal(self.weights, other.weights)
            and np.array_equal(self.means, other.means)
            and np.array_equal(self.covariances, other.covariances)
        )

    def __hash__(self) -> int:
        """Agree with equality."""
        numbers = [(array + 0.0).tobytes() for array in (self.means, self.covariances)]  # -0.0 equals 0.0
        return hash((self.covariance_type, self.feature_names, *numbers))

    def __setstate__(self, state: Sequence[Any]) -> None:
        """Restore a pickled or copied mixture, its arrays read-only again."""
        for each, value in zip(fields(self), state, strict=True):
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
            object.__setattr__(self, each.name, value)

    def __repr__(self) -> str:
        """Give the sizes; the numbers are attributes."""
        return (
            f"Mixture(n_components={self.n_components}, n_features={self.n_features}, "
            f"covariance_type={self.covariance_type!r})"
        )


def _set(mixture: Mixture, parameters: Parameters, family: CovarianceFamily, names: tuple[str, ...] | None) -> None:
    # Copies: neither the numbers nor the potentials may change with the caller's arrays.
    names_of_arrays = ("weights", "means", "covariances")
    arrays = {name: np.array(getattr(parameters, name), dtype=np.float64, order="C") for name in names_of_arrays}
    potentials = Parameters(**arrays).potentials(family)
    for name, array in arrays.items():
        view = array.view()
        view.setflags(write=False)
        object.__setattr__(mixture, name, view)
    object.__setattr__(mixture, "family", family)
    object.__setattr__(mixture, "feature_names", names)
    object.__setattr__(mixture, "potentials", potentials)
