"""`HeavyTailedMixture`: a mixture of multivariate Student's t as a value."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, final

import numpy as np

from mixfold.errors import MixfoldError, ModelFileError
from mixfold.formats import DAMAGE, Document, read_document, write_document
from mixfold.mixtures.density import Density
from mixfold.mixtures.description import Description
from mixfold.mixtures.mixture import Mixture
from mixfold.mixtures.sample import Random, n_rows_of, random_of
from mixfold.models import Student, StudentParameters
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.prior import Prior
from mixfold.typing import FloatArray, IntArray
from mixfold.validation import array_of_shape, feature_indices

KIND, VERSION = "heavy-tailed mixture", 1
"""What headers of files say that the document is."""


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class HeavyTailedMixture(Density):
    """A weighted sum of multivariate Student's t, as `StudentMixture` fits it.

    Attributes
    ----------
    parameters : StudentParameters
    model : Student
        What they were learned as.
    feature_names : tuple of str or None
    potentials : Potentials

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.covariance import Prior, family_for
    >>> from mixfold.mixtures import HeavyTailedMixture
    >>> from mixfold.models import Student, StudentParameters
    >>> parameters = StudentParameters(np.ones(1), np.zeros((1, 1)), np.ones((1, 1)), np.array([3.0]))
    >>> mixture = HeavyTailedMixture(parameters, Student(family_for("diag"), Prior.from_ridge(0.0), degrees=3.0))
    >>> mixture
    HeavyTailedMixture(n_components=1, n_features=1, covariance_type='diag')
    """

    parameters: StudentParameters
    model: Student
    feature_names: tuple[str, ...] | None = None
    potentials: Potentials = field(init=False)

    def __post_init__(self) -> None:
        """Factorize the scale matrices once."""
        object.__setattr__(self, "potentials", self.model.potentials(self.parameters))

    @property
    def n_components(self) -> int:
        """Number of components K."""
        return self.potentials.n_components

    @property
    def n_features(self) -> int:
        """Number of features D."""
        return self.potentials.n_features

    @property
    def n_parameters(self) -> int:
        """Number of free parameters, with the degrees of freedom that were learned."""
        return self.model.n_parameters(self.n_components, self.n_features)

    @property
    def degrees(self) -> FloatArray:
        """Degrees of freedom of each component, (K,)."""
        return self.parameters.degrees

    def sample(self, n_samples: float = 1, random_state: Random | None = None) -> tuple[FloatArray, IntArray]:
        """Draw rows.

        Parameters
        ----------
        n_samples : int
        random_state : int, RandomState, Generator or None

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            The rows of component 0 first, then those of component 1, ...
        labels : ndarray of shape (n_samples,)

        Raises
        ------
        InputError
            If `n_samples` is no number of rows.
        """
        n, random = n_rows_of(n_samples), random_of(random_state)
        counts = random.multinomial(n, self.parameters.weights)
        parts = []
        for component, count in enumerate(counts):
            noise = random.standard_normal((count, self.n_features))
            tau = random.chisquare(self.degrees[component], count) / self.degrees[component]
            parts.append(self.potentials.color(component, noise / np.sqrt(tau)[:, None]))
        return np.concatenate(parts), np.repeat(np.arange(self.n_components), counts)

    def marginal(self, features: Sequence[int | str]) -> HeavyTailedMixture:
        """Give the mixture of some of the features, the others integrated out: its tails are as heavy.

        Parameters
        ----------
        features : sequence of int or str
            Indices or names, in the order wanted.

        Examples
        --------
        >>> import numpy as np
        >>> from mixfold import StudentMixture
        >>> X = np.random.default_rng(0).normal(size=(100, 3))
        >>> StudentMixture(random_state=0).fit(X).mixture_.marginal([2, 0]).n_features
        2
        """
        at = np.asarray(feature_indices(features, self.feature_names, self.n_features))
        family, own = self.model.family, self.parameters
        covariances = family.marginal(own.covariances, at)
        parameters = StudentParameters(own.weights, own.means[:, at], covariances, own.degrees)
        names = None if self.feature_names is None else tuple(self.feature_names[index] for index in at)
        model = replace(self.model, family=family.of_marginals, prior=Prior.from_ridge(0.0))
        return HeavyTailedMixture(parameters, model, names)

    def to_document(self, more: Mapping[str, Any]) -> Document:
        """Give the mixture as named arrays under a header, with more fields.

        Raises
        ------
        ModelFileError
            If nobody who reads the name of its family will know which that is.
        """
        own, family = self.parameters, self.model.family
        beside = Mixture.from_parameters(
            Parameters(own.weights, own.means, own.covariances), family, self.feature_names
        )
        document = beside.to_document({})
        fields = {**document.fields, "degrees": self.model.degrees, **more}
        return Document(KIND, VERSION, fields, {**document.arrays, "degrees": own.degrees})

    @classmethod
    def from_document(cls, document: Document, path: str | os.PathLike[str]) -> HeavyTailedMixture:
        """Give the mixture that `to_document` stored; `path` is for the message if it is not one."""
        beside = Mixture.from_document(document, path)
        try:
            model = Student(beside.family, Prior.from_ridge(0.0), document.fields["degrees"])
            degrees = array_of_shape(document.arrays["degrees"], (beside.n_components,), "degrees", "its weights")
            parameters = StudentParameters(beside.weights, beside.means, beside.covariances, degrees)
            if not np.all(degrees > 0.0):
                raise ValueError(degrees)
        except (*DAMAGE, MixfoldError) as error:
            message = f"{path} must describe heavy tails, but its content does not: {error}. Save the model again."
            raise ModelFileError(message) from error
        return cls(parameters, model, beside.feature_names)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the mixture to a file, which appears whole or not at all.

        Parameters
        ----------
        path : str or path
            Its ending says the format: .safetensors, .json or .npz.
        """
        write_document(path, self.to_document({}))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> HeavyTailedMixture:
        """Read a mixture that `save`, or a `StudentMixture`, wrote; nothing in the file is ever executed.

        Parameters
        ----------
        path : str or path
        """
        return cls.from_document(read_document(path, KIND, VERSION), path)

    def summary(self) -> str:
        """Say in a few lines what the mixture is: weights, means and scales of the components, and their degrees.

        Returns
        -------
        summary : str
            To print.
        """
        k, d = self.n_components, self.n_features
        family = self.model.family
        title = (
            f"Mixture of {k} heavy-tailed component{'s' * (k > 1)} in {d} feature{'s' * (d > 1)}, "
            f"covariance_type={family.name!r}, {self.n_parameters} free parameters"
        )
        scales = np.sqrt(family.variances(self.parameters.covariances, k, d))
        text = Description(title, self.parameters.weights, self.parameters.means, scales, self.feature_names).text()
        return f"{text}\ndegrees of freedom: {', '.join(f'{each:.1f}' for each in self.degrees)}"

    def __repr__(self) -> str:
        """Give the sizes; the numbers are attributes."""
        sizes = f"n_components={self.n_components}, n_features={self.n_features}"
        return f"HeavyTailedMixture({sizes}, covariance_type={self.model.family.name!r})"
