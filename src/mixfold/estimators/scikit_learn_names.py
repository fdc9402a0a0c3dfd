"""The private names of scikit-learn's `GaussianMixture` that public code uses, as thin functions over the mixture.

Converters, wrappers and tests of other packages call `_estimate_log_prob`, `_n_parameters`, `_set_parameters` and the
like. Here they answer as scikit-learn's do, but `fit` does not call them: EM is a fold over chunks of rows, without
(n, K) arrays between an E step and an M step. A subclass that overrides one of them would silently be fitted as if it
had not, and so its class is refused. Some packages call them with an object of their own for `self`, which has the
attributes of a mixture and nothing else; such a one is answered, too.
"""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import array_api_compat
import numpy as np

from mixfold.covariance import CovarianceFamily, Prior, family_for
from mixfold.engines import engine_for, to_numpy
from mixfold.errors import OverrideError
from mixfold.estimators.conversion import to_scikit_learn
from mixfold.estimators.exported import exported
from mixfold.estimators.mixins import BesideAttributes
from mixfold.estimators.user_starts import given_parameters
from mixfold.fold import Fold
from mixfold.initialization import GivenResponsibilities
from mixfold.mixtures import Mixture
from mixfold.models import Penalized
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.typing import Array
from mixfold.validation import rows_of

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture as ScikitLearnMixture

NOT_RANDOM = np.random.RandomState(0)
"""For initializers that ask for one and draw nothing."""

_START = "say where EM begins with `init_params`, `labels_init`, `responsibilities_init` or `means_init`"
_DENSITY = "take `predict_proba`, `score_samples` or `mixture_.potentials` of the fitted model"
_LEARNING = "say what is learned with `covariance_type` and `reg_covar`, and look on with `callback`"
_WATCHING = "look on with `callback`, which sees every iteration and can stop it"
INSTEAD = {
    "_initialize_parameters": _START,
    "_initialize": _START,
    "_check_parameters": "check what was passed before calling `fit`",
    "_e_step": _DENSITY,
    "_estimate_log_prob": _DENSITY,
    "_estimate_weighted_log_prob": _DENSITY,
    "_estimate_log_weights": _DENSITY,
    "_estimate_log_prob_resp": _DENSITY,
    "_m_step": _LEARNING,
    "_get_parameters": _LEARNING,
    "_set_parameters": _LEARNING,
    "_n_parameters": "override `bic` and `aic`",
    "_compute_lower_bound": _WATCHING,
    "_print_verbose_msg_init_beg": _WATCHING,
    "_print_verbose_msg_iter_end": _WATCHING,
    "_print_verbose_msg_init_end": _WATCHING,
}
"""What scikit-learn's EM calls and this one does not, and what to use."""


class ScikitLearnNames(BesideAttributes):
    """Answers to scikit-learn's private names, and refuses classes that override them.

    Classes have the parameters `n_components`, `weights_init`, `means_init` and `precisions_init`.
    """

    n_components: int
    weights_init: Any
    means_init: Any
    precisions_init: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse a class whose methods would never be called."""
        super().__init_subclass__(**kwargs)
        for name, instead in INSTEAD.items():
            if getattr(cls, name, None) is not getattr(ScikitLearnNames, name, None):
                message = (
                    f"A subclass of GaussianMixture must not override `{name}`, which `fit` never calls, but "
                    f"{cls.__name__} does: {instead}, or derive the class from scikit-learn's GaussianMixture."
                )
                raise OverrideError(message)

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:
        """Be an instance of scikit-learn's `BaseMixture` where that has been imported, which takes a while."""
        base = sys.modules.get("sklearn.mixture._base")
        if base is not None:
            base.BaseMixture.register(ScikitLearnNames)
        return super().__new__(cls)

    @abstractmethod
    def _model_of(self, fold: Fold) -> Penalized:
        """Give the model that rows are fitted with."""

    def to_sklearn(self) -> ScikitLearnMixture:
        """Give scikit-learn's own estimator of the fitted mixture, for programs that know no other.

        Parameters that scikit-learn has too are taken over where it takes their values; covariances of families that it
        does not have are given in the shape that holds them, in the end as full matrices.

        Returns
        -------
        estimator : sklearn.mixture.GaussianMixture
            Fitted, in float64.

        Raises
        ------
        NotFittedError
            If there is nothing to give.

        Examples
        --------
        >>> from mixfold import GaussianMixture
        >>> from mixfold.datasets import load_faithful
        >>> X = load_faithful().data
        >>> model = GaussianMixture(2, covariance_type="VVE", random_state=0).fit(X)
        >>> type(model.to_sklearn()).__module__, bool((model.to_sklearn().predict(X) == model.predict(X)).all())
        ('sklearn.mixture._gaussian_mixture', True)
        """
        return to_scikit_learn(self._known_mixture(), self.get_params(deep=False), vars(self))

    def _n_parameters(self) -> int:
        """Count the free parameters that rows told."""
        return _mixture_of(self).n_parameters + int(vars(self).get("_n_beside", 0))

    def _get_parameters(self) -> tuple[Array, Array, Array, Array]:
        """Give weights, means, covariances and the factors of the precisions."""
        self._known_mixture()
        return self.weights_, self.means_, self.covariances_, self.precisions_cholesky_

    def _set_parameters(self, params: tuple[Array, Array, Array, Array], xp: Any = None) -> None:
        """Set what `_get_parameters` gives; the precisions follow."""
        del xp
        self.weights_, self.means_, self.covariances_, self.precisions_cholesky_ = params
        family = family_for(self.covariance_type)
        whitener = family.precisions_cholesky(to_numpy(self.precisions_cholesky_))  # a transpose, or nothing
        self.precisions_ = exported(family.precisions(whitener), self.precisions_cholesky_)

    def _check_parameters(self, X: Array, xp: Any = None) -> None:
        """Refuse first parameters that do not fit."""
        del xp
        given_parameters(self, family_for(self.covariance_type), self.n_components, int(X.shape[1]))

    def _initialize(self, X: Any, resp: Array | None, xp: Any = None) -> None:
        """Learn from given responsibilities, (n, K), what the caller has not given as a first parameter."""
        del xp
        rows, family = rows_of(X), family_for(self.covariance_type)
        if resp is None:
            k, learned = self.n_components, None
        else:
            k, learned = int(resp.shape[1]), _learned_from(self, rows, resp, family)
        given = given_parameters(self, family, k, int(rows.shape[1]))
        _publish(self, Parameters(**given) if learned is None else replace(learned, **given), family, rows)

    def _m_step(self, X: Any, log_resp: Array, xp: Any = None) -> None:
        """Learn from the logarithms of responsibilities, (n, K)."""
        xp, rows, family = array_api_compat.array_namespace(log_resp), rows_of(X), family_for(self.covariance_type)
        _publish(self, _learned_from(self, rows, xp.exp(log_resp), family), family, rows)

    def _e_step(self, X: Any, xp: Any = None) -> tuple[Any, Array]:
        """Give the mean log density of the rows, and the logarithms of their responsibilities, (n, K)."""
        log_density, log_shares = self._estimate_log_prob_resp(X, xp)
        return array_api_compat.array_namespace(log_density).mean(log_density), log_shares

    def _compute_lower_bound(self, _: Any, log_prob_norm: Any) -> Any:
        """Give what the E step found."""
        return log_prob_norm

    def _estimate_log_weights(self, xp: Any = None) -> Array:
        """Give the logarithms of the weights, (K,)."""
        del xp
        with np.errstate(divide="ignore"):  # a component of weight zero
            return exported(np.log(self._known_mixture().weights), self.weights_)

    def _estimate_log_prob(self, X: Any, xp: Any = None) -> Array:
        """Give log N(x | mean_k, Sigma_k), (n, K)."""
        del xp
        mixture = _mixture_of(self)
        rows = rows_of(X, n_features=mixture.n_features)
        engine = engine_for(rows, self.engine if isinstance(self, ScikitLearnNames) else "auto")
        columns = [engine.log_density(rows, component) for component in _components(mixture)]
        return array_api_compat.array_namespace(rows).stack(columns, axis=1)

    def _estimate_weighted_log_prob(self, X: Any, xp: Any = None) -> Array:
        """Give log weight_k + log N(x | mean_k, Sigma_k), (n, K)."""
        densities = self._estimate_log_prob(X, xp)
        with np.errstate(divide="ignore"):
            return densities + exported(np.log(self._known_mixture().weights), densities)

    def _estimate_log_prob_resp(self, X: Any, xp: Any = None) -> tuple[Array, Array]:
        """Give the log density of each row, (n,), and the logarithms of its responsibilities, (n, K)."""
        scores = self._estimate_weighted_log_prob(X, xp)
        xp = array_api_compat.array_namespace(scores)
        best = xp.max(scores, axis=1)
        log_density = best + xp.log(xp.sum(xp.exp(scores - best[:, None]), axis=1))
        return log_density, scores - log_density[:, None]


def _components(mixture: Mixture) -> Iterator[Potentials]:
    """Give each component alone, of weight one."""
    means = mixture.means.copy()  # tensors are not made of arrays that nobody may write
    alone = Parameters(np.ones(mixture.n_components), means, mixture.covariances).potentials(mixture.family)
    for k in range(mixture.n_components):
        at = slice(k, k + 1)
        whitener = alone.structure.take(alone.whitener, at)
        yield Potentials(alone.offset[at], alone.center[at], whitener, alone.structure)


def _mixture_of(estimator: Any) -> Mixture:
    """Give the mixture of an estimator, or of an object that looks like one; there, weights may be missing."""
    if isinstance(estimator, ScikitLearnNames):
        return estimator._known_mixture()  # noqa: SLF001  (of its own class)
    family, means = family_for(estimator.covariance_type), to_numpy(estimator.means_)
    weights = vars(estimator).get("weights_")
    weights = np.full(len(means), 1.0 / len(means)) if weights is None else to_numpy(weights)
    covariances = family.from_precisions_cholesky(to_numpy(estimator.precisions_cholesky_))
    return Mixture(weights, means, covariances, family)


def _learned_from(estimator: Any, rows: Array, shares: Array, family: CovarianceFamily) -> Parameters:
    """Take an M step from given responsibilities (n, K)."""
    fold = Fold.of_rows(rows)
    statistics = GivenResponsibilities(shares)(fold, int(shares.shape[1]), family.structure, NOT_RANDOM)
    if isinstance(estimator, ScikitLearnNames):
        return estimator._model_of(fold).maximize(statistics)  # noqa: SLF001
    return Penalized(family, Prior.from_ridge(float(estimator.reg_covar))).maximize(statistics)


def _publish(estimator: Any, parameters: Parameters, family: CovarianceFamily, like: Array) -> None:
    """Set the fitted attributes of an estimator, or of an object that looks like one."""
    if isinstance(estimator, ScikitLearnNames):
        estimator._publish(parameters, family, like)  # noqa: SLF001
        return
    whitener = family.whiten(parameters.covariances)
    fitted = {
        "weights_": parameters.weights,
        "means_": parameters.means,
        "covariances_": parameters.covariances,
        "precisions_": family.precisions(whitener),
        "precisions_cholesky_": family.precisions_cholesky(whitener),
    }
    for name, value in fitted.items():
        setattr(estimator, name, exported(value, like))
