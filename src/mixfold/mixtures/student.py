"""`HeavyTailedMixture`: a mixture of multivariate Student's t as a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

import numpy as np

from mixfold.errors import InputError
from mixfold.mixtures.description import Description
from mixfold.mixtures.sample import Random, random_of
from mixfold.models import Student, StudentParameters
from mixfold.potentials import Potentials
from mixfold.typing import FloatArray, IntArray


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class HeavyTailedMixture:
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
        if not isinstance(n_samples, int | float | np.number) or n_samples < 1 or n_samples % 1:
            message = f"Invalid value for 'n_samples': it must be a whole number of at least 1, got {n_samples!r}."
            raise InputError(message)
        random = random_of(random_state)
        counts = random.multinomial(int(n_samples), self.parameters.weights)
        parts = []
        for component, count in enumerate(counts):
            noise = random.standard_normal((count, self.n_features))
            tau = random.chisquare(self.degrees[component], count) / self.degrees[component]
            parts.append(self.potentials.color(component, noise / np.sqrt(tau)[:, None]))
        return np.concatenate(parts), np.repeat(np.arange(self.n_components), counts)

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
