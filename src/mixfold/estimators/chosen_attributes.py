"""The fitted attributes of a choice, which are those of the estimator that was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklearn.utils.validation import check_is_fitted

from mixfold.errors import InputError
from mixfold.estimators.gaussian_mixture import GaussianMixture
from mixfold.fitting import Run
from mixfold.mixtures import Mixture
from mixfold.typing import Array

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture as ScikitLearnMixture

    from mixfold.estimators.bayesian_gaussian_mixture import BayesianGaussianMixture


class ChosenAttributes:
    """What `best_estimator_` has, under the same names."""

    best_estimator_: GaussianMixture | BayesianGaussianMixture

    @property
    def mixture_(self) -> Mixture:
        """The chosen mixture."""
        return self.best_estimator_.mixture_

    @property
    def weights_(self) -> Array:
        """Weights of the chosen mixture, (n_components,)."""
        return self.best_estimator_.weights_

    @property
    def means_(self) -> Array:
        """Means of the chosen mixture, (n_components, n_features)."""
        return self.best_estimator_.means_

    @property
    def covariances_(self) -> Array:
        """Covariances of the chosen mixture, in the shape of its family."""
        return self.best_estimator_.covariances_

    @property
    def precisions_(self) -> Array:
        """Inverses of the covariances."""
        return self.best_estimator_.precisions_

    @property
    def precisions_cholesky_(self) -> Array:
        """Upper-triangular factors of the precisions."""
        return self.best_estimator_.precisions_cholesky_

    @property
    def converged_(self) -> bool:
        """Whether EM converged for the choice."""
        return self.best_estimator_.converged_

    @property
    def n_iter_(self) -> int:
        """EM steps of the choice from where the sweep left it."""
        return self.best_estimator_.n_iter_

    @property
    def lower_bound_(self) -> float:
        """Mean log-likelihood of the chosen mixture, or the bound of a posterior, in nats for each unit of weight."""
        return self.best_estimator_.lower_bound_

    @property
    def restarts_(self) -> list[Run]:
        """Every climb to the choice, from its start; the last one is that of its parameters."""
        return self.best_estimator_.restarts_

    def to_sklearn(self) -> ScikitLearnMixture:
        """Give scikit-learn's own estimator of the chosen mixture, for programs that know no other.

        Raises
        ------
        NotFittedError
            If there is nothing to give.
        """
        check_is_fitted(self)
        best = self.best_estimator_
        if not isinstance(best, GaussianMixture):
            message = (
                "`to_sklearn` must have a mixture that EM has fitted, but criterion='elbo' chose a posterior. Choose "
                "by another criterion, or take the parameters of `mixture_`."
            )
            raise InputError(message)
        return best.to_sklearn()
