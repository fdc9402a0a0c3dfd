"""`Mixture`: a Gaussian mixture as a value."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self, final

import numpy as np
import numpy.typing as npt

from mixfold.covariance import CovarianceFamily, family_for
from mixfold.errors import ShapeError
from mixfold.formats import Document, read_document, write_document
from mixfold.mixtures.checks import checked_parameters
from mixfold.mixtures.condition import conditional
from mixfold.mixtures.density import Density
from mixfold.mixtures.description import description_of
from mixfold.mixtures.files import KIND, VERSION, document_of, mixture_of
from mixfold.mixtures.imports import of_mclust, of_scikit_learn, of_tgmm
from mixfold.mixtures.marginal import marginal
from mixfold.mixtures.merge import merged_moments
from mixfold.mixtures.picture import picture_of
from mixfold.mixtures.sample import Random, draw
from mixfold.parameters import Parameters, n_free_parameters
from mixfold.potentials import Potentials
from mixfold.typing import FloatArray, IntArray

ARRAYS = ("weights", "means", "covariances")


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Mixture(Density):
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
    ShapeError, InputError or CollapseError
        If shapes do not fit each other, if the weights are no distribution or anything is not finite, or if a
        covariance is not symmetric and positive definite.

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
        parameters = checked_parameters(weights, means, covariances, family)
        d = parameters.means.shape[1]
        if feature_names is not None and len(feature_names) != d:
            message = f"`feature_names` must name n_features = {d} features, got {len(feature_names)}."
            raise ShapeError(message)
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

    @classmethod
    def from_scikit_learn(cls, model: Any, feature_names: Sequence[str] | None = None) -> Self:
        """Give what a fitted `GaussianMixture` or `BayesianGaussianMixture` of scikit-learn has found.

        Parameters
        ----------
        model : estimator
            With `weights_`, `means_`, `covariances_` and `covariance_type`, in scikit-learn's shapes. A posterior gives
            its expected parameters.
        feature_names : sequence of str, optional
            By default `feature_names_in_`, where the model has them.

        Raises
        ------
        InputError
            If the model is not fitted, or of another kind.
        """
        return cls(*of_scikit_learn(model, feature_names))

    @classmethod
    def from_mclust(cls, parameters: Mapping[str, Any], feature_names: Sequence[str] | None = None) -> Self:
        """Give the mixture of the `parameters` of an Mclust object of R.

        Parameters
        ----------
        parameters : mapping
            ``pro``, ``mean`` and ``variance`` with ``sigma`` or ``sigmasq``, in R's layout, as rpy2 or JSON give them
            (``jsonlite::toJSON(unclass(m$parameters), digits = NA)``).
        feature_names : sequence of str, optional

        Raises
        ------
        InputError
            If something is missing, or shapes do not fit.
        """
        return cls(*of_mclust(parameters, feature_names))

    @classmethod
    def from_tgmm(cls, model: Any, feature_names: Sequence[str] | None = None) -> Self:
        """Give the mixture of a fitted model of tgmm, or of the parameters that it saves.

        Parameters
        ----------
        model : GaussianMixture of tgmm, or mapping
            What ``model.save_state_dict()`` gives and ``model.save(path)`` writes (``torch.load(path)``). Of a model
            with a noise component what belongs to none of it.
        feature_names : sequence of str, optional

        Raises
        ------
        InputError
            If the model is not fitted, or of another kind.
        """
        return cls(*of_tgmm(model, feature_names))

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
        return n_free_parameters(self.family, *self.means.shape)

    @property
    def component_covariances(self) -> FloatArray:
        """The covariance of every component as a matrix, (K, D, D), whatever the family."""
        return self.family.dense(self.covariances, self.n_components, self.n_features)

    @property
    def deviations(self) -> FloatArray:
        """The standard deviation of every component in each feature, (K, D)."""
        return np.sqrt(self.family.variances(self.covariances, self.n_components, self.n_features))

    @property
    def mean(self) -> FloatArray:
        """Mean of the whole mixture, (D,)."""
        return self.weights @ self.means

    @property
    def covariance(self) -> FloatArray:
        """Covariance of the whole mixture, (D, D): within components plus between their means."""
        return merged_moments(self.weights[None], self.means[None], self.component_covariances[None])[1][0]

    def sample(self, n_samples: float = 1, random_state: Random | None = None) -> tuple[FloatArray, IntArray]:
        """Draw rows.

        Parameters
        ----------
        n_samples : int
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
        return marginal(self, features)

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
        return conditional(self, given)

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
        return description_of(self).text()

    def _repr_html_(self) -> str:
        """Give the same as a table, beside a picture, for notebooks."""
        return description_of(self).html(picture_of(self))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the mixture to a file, which appears whole or not at all.

        Parameters
        ----------
        path : str or path
            Its ending says the format: .safetensors, .json or .npz.

        Raises
        ------
        ModelFileError or MissingExtraError
            If the ending is another, or safetensors is needed and not installed.
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
        FileNotFoundError or ModelFileError
            If there is no such file, or it is truncated, corrupted, foreign or written by a newer version.
        """
        return cls.from_document(read_document(path, KIND, VERSION), path)

    def to_document(self, notes: Mapping[str, Any]) -> Document:
        """Give the mixture as named arrays under a header, with free notes (how it was fitted, say).

        Raises
        ------
        ModelFileError
            If nobody who reads the name of its family will know which that is.
        """
        return document_of(self, notes)

    @classmethod
    def from_document(cls, document: Document, path: str | os.PathLike[str]) -> Mixture:
        """Give the mixture that `to_document` stored; `path` is for the message if it is not one."""
        return mixture_of(document, path, cls)

    def __or__(self, given: Mapping[int | str, float]) -> Mixture:
        """Write p( . | x = 3) as ``mixture | {"x": 3}``: the same as `conditional`."""
        return self.conditional(given) if isinstance(given, Mapping) else NotImplemented

    def __eq__(self, other: object) -> bool:
        """Compare family, names and every number."""
        if not isinstance(other, Mixture):
            return NotImplemented
        if (self.covariance_type, self.feature_names) != (other.covariance_type, other.feature_names):
            return False
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in ARRAYS)

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
        k, d = self.means.shape
        return f"Mixture(n_components={k}, n_features={d}, covariance_type={self.covariance_type!r})"


def _set(mixture: Mixture, parameters: Parameters, family: CovarianceFamily, names: tuple[str, ...] | None) -> None:
    # Copies: neither the numbers nor the potentials may change with the caller's arrays.
    arrays = {name: np.array(getattr(parameters, name), dtype=np.float64, order="C") for name in ARRAYS}
    potentials = Parameters(**arrays).potentials(family)
    for name, array in arrays.items():
        view = array.view()
        view.setflags(write=False)
        object.__setattr__(mixture, name, view)
    object.__setattr__(mixture, "family", family)
    object.__setattr__(mixture, "feature_names", names)
    object.__setattr__(mixture, "potentials", potentials)
