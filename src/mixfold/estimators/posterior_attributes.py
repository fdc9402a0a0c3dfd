"""The fitted attributes of a posterior, and what is answered from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from mixfold.estimators.bayesian_fit import BayesianFit, Optimum
from mixfold.estimators.em_settings import AUTO
from mixfold.estimators.exported import exported
from mixfold.estimators.mixins import BesideAnswers
from mixfold.estimators.pickling import precisions_of
from mixfold.estimators.posterior_files import (
    Arrays,
    Fields,
    draws_of,
    draws_saved,
    optima_of,
    optima_saved,
    posterior_of,
    posterior_saved,
)
from mixfold.estimators.rows import known_names
from mixfold.estimators.saving import shapes_of_sums
from mixfold.fitting import Outcome, Reservoir, Stream
from mixfold.mixtures import Mixture
from mixfold.models import (
    DirichletPrior,
    DirichletWeights,
    GammaBelief,
    Posterior,
    StickWeights,
    Variational,
    draw_parameters,
)
from mixfold.parameters import Parameters
from mixfold.potentials import Potentials
from mixfold.statistics import SufficientStatistics
from mixfold.typing import Array, FloatArray
from mixfold.validation import array_of_shape

EXISTS = 0.5
"""Rows from which on a component counts as one."""
SMALLEST_TOLD = 5e-4
"""Probability that a sentence has a place for."""
AVERAGED, STUDENT_T, PLUG_IN = "averaged", "student-t", "plug-in"


class PosteriorAttributes(BesideAnswers):
    """Of an estimator that learns a posterior."""

    mean_prior_: Array
    precisions_: Array
    precisions_cholesky_: Array
    n_components: int | str
    predictive: str
    warnings_: tuple[str, ...]
    _mixture: Mixture | None = None
    _fit: tuple[Posterior, Variational] | None = None
    _draws: tuple[Parameters, ...] = ()
    _others: tuple[Optimum, ...] = ()
    _stream: Stream | None = None
    _kept: Reservoir | None = None

    def _publish(self, fit: BayesianFit, like: Array) -> None:
        """Set the fitted attributes."""
        run = fit.run
        # Of a Gibbs sampler nothing that a stream could go on from is kept.
        known = run.statistics if not fit.draws else None
        self._stream, self._kept = None if known is None else Stream(known), None
        self._publish_posterior(fit.posterior, fit.model, like)
        self._draws, self._others, self.component_probabilities_ = fit.draws, fit.others, fit.probabilities
        self.n_components_ = int(np.sum(fit.counts > EXISTS))
        self.outcome_, self.history_, self.n_iter_ = run.outcome, run.history, run.n_iter
        self.restarts_ = [run, *fit.raced]
        self.converged_ = run.outcome is Outcome.CONVERGED
        self.lower_bound_ = np.float64(run.objective)
        self.lower_bounds_ = [iteration.objective for iteration in run.history[1:]]

    def _saved(self) -> tuple[Fields, Arrays]:
        assert self._fit is not None  # noqa: S101  (it is fitted)
        posterior, model = self._fit
        about, arrays = posterior_saved(posterior, model)
        fit = {
            "dtype": str(self.means_.dtype).rpartition(".")[2],  # of "torch.float32" the word
            "posterior": about,
            "n_components_": self.n_components_,
            "component_probabilities_": [[k, float(p)] for k, p in self.component_probabilities_.items()],
            "lower_bound_": float(self.lower_bound_),
            "outcome_": self.outcome_.name,
            "n_iter_": int(self.n_iter_),
            "warnings_": list(self.warnings_),
        }
        arrays["lower_bounds"] = np.array(self.lower_bounds_, dtype=np.float64)
        if self._stream is not None:
            fit["stream"] = {"n_batches": self._stream.n_batches, "sums": self._stream.statistics.numbers}
            arrays |= {f"stream.{name}": array for name, array in self._stream.statistics.arrays.items()}
        if self._kept is not None:
            fit["kept"] = [float(self._kept.n_seen), float(self._kept.n_searched)]
            arrays |= {"kept.rows": self._kept.rows, "kept.weights": self._kept.weights}
        if self._others:
            fit["optima"], of_optima = optima_saved(self._others)
            arrays |= of_optima
        return fit, arrays | draws_saved(self._draws, is_shared=model.structure.is_shared)

    def _restore(self, mixture: Mixture, fit: Fields, arrays: Mapping[str, FloatArray]) -> None:
        posterior, model = posterior_of(mixture, fit["posterior"], arrays)
        self._publish_posterior(posterior, model, np.empty(0, dtype=fit["dtype"]))
        self._draws = draws_of(arrays, model.family, mixture.n_features)
        self._others = optima_of(fit.get("optima", []), arrays, model.family, mixture.n_features)
        self.component_probabilities_ = {int(k): float(p) for k, p in fit["component_probabilities_"]}
        self.n_components_, self.n_iter_ = int(fit["n_components_"]), int(fit["n_iter_"])
        self.lower_bound_, self.lower_bounds_ = np.float64(fit["lower_bound_"]), arrays["lower_bounds"].tolist()
        self.outcome_, self.warnings_ = Outcome[fit["outcome_"]], tuple(fit["warnings_"])
        self.converged_ = self.outcome_ is Outcome.CONVERGED
        if "stream" in fit:
            counts = "stream.label_count" in arrays
            shapes = shapes_of_sums(model.structure, *mixture.means.shape, with_labels=counts)
            sums = {
                name: array_of_shape(arrays[f"stream.{name}"], shape, name, "its sums")
                for name, shape in shapes.items()
            }
            saved = SufficientStatistics.of_saved(fit["stream"]["sums"], sums, model.structure)
            self._stream = Stream(saved, int(fit["stream"]["n_batches"]))
        if "kept" in fit:
            rows = arrays["kept.rows"]
            weights = array_of_shape(arrays["kept.weights"], (len(rows),), "kept.weights", "(rows,)")
            rows = array_of_shape(rows, (len(rows), mixture.n_features), "kept.rows", "(rows, n_features)")
            self._kept = Reservoir(rows, weights, *(float(number) for number in fit["kept"]))

    def _publish_posterior(self, posterior: Posterior, model: Variational, like: Array) -> None:
        """Set the attributes that describe the posterior, in the library, dtype and device of `like`."""
        self._fit, self._others = (posterior, model), ()  # of other optima the next batch says nothing
        expected = Parameters(posterior.weights, posterior.means, posterior.covariances)
        self._mixture = Mixture.from_parameters(expected, model.family, known_names(self))
        self.weights_, self.means_ = exported(posterior.weights, like), exported(posterior.means, like)
        self.covariances_ = exported(posterior.covariances, like)
        vars(self).update(precisions_of(self._mixture, like))
        weights, prior = posterior.weight_posterior, model.weight_prior
        if isinstance(weights, StickWeights):
            self.weight_concentration_: Any = exported(weights.taken, like), exported(weights.left, like)
            belief = weights.concentration
            self.weight_concentration_prior_ = belief.mean if isinstance(belief, GammaBelief) else belief
        elif isinstance(weights, DirichletWeights):
            self.weight_concentration_ = exported(weights.concentration, like)
            assert isinstance(prior, DirichletPrior)  # noqa: S101  (which these are learned under)
            self.weight_concentration_prior_ = prior.of_each(weights)
        self.mean_precision_ = exported(posterior.mean_precision, like)
        degrees = posterior.degrees_of_freedom
        shared = model.structure.is_shared
        self.degrees_of_freedom_ = np.float64(degrees[0]) if shared else exported(degrees, like)
        self.mean_prior_ = exported(model.mean_prior, like)
        self.mean_precision_prior_ = model.mean_precision_prior
        self.degrees_of_freedom_prior_ = model.degrees_of_freedom_prior
        covariance = model.covariance_prior
        self.covariance_prior_ = exported(covariance, like) if covariance.ndim else float(covariance)

    @property
    def mixture_(self) -> Mixture:
        """The mixture that has the expected weights, means and precisions."""
        if self._mixture is None:
            message = f"This {type(self).__name__} is not fitted yet, so it has no `mixture_`. Call `fit` first."
            raise AttributeError(message)
        return self._mixture

    def _potentials_for(self, question: str) -> Potentials:
        """Rows are shared out as the last E step does, and have the density that `predictive` names."""
        check_is_fitted(self, "mixture_")
        assert self._fit is not None  # noqa: S101  (it is fitted)
        posterior, model = self._fit
        if question != "log_density":
            return model.potentials(posterior)
        if self.predictive == PLUG_IN:
            return model.plug_in(posterior)
        if self.predictive == STUDENT_T or not self._others:
            return model.predictive(posterior)
        optima = self._optima
        each = [one.model.predictive(one.posterior) for one in optima]
        return Potentials.averaged(each, np.array([one.share for one in optima]))

    @property
    def _optima(self) -> list[Optimum]:
        """All optima, that of `mixture_` first."""
        assert self._fit is not None  # noqa: S101  (it is fitted)
        rest = max(1.0 - sum(one.share for one in self._others), 0.0)
        return [Optimum(*self._fit, rest), *self._others]

    @property
    def optima_(self) -> list[tuple[float, Mixture]]:
        """The share and the expected mixture of each optimum that densities are averaged over; `mixture_` is first."""
        check_is_fitted(self, "mixture_")
        expected = (
            Mixture.from_parameters(
                Parameters(one.posterior.weights, one.posterior.means, one.posterior.covariances),
                one.model.family,
                known_names(self),
            )
            for one in self._others
        )
        return [(one.share, mixture) for one, mixture in zip(self._optima, [self.mixture_, *expected], strict=True)]

    def _drawn(self, n_draws: int, random: np.random.Generator, n_components: int | None = None) -> list[Parameters]:
        assert self._fit is not None  # noqa: S101  (it is fitted)
        posterior, model = self._fit
        kept = [draw for draw in self._draws if n_components in {None, len(draw.weights)}]
        if kept:
            return [kept[at] for at in random.integers(len(kept), size=n_draws)]
        return [draw_parameters(model, posterior, random) for _ in range(n_draws)]

    @property
    def _like(self) -> Array:
        return self.means_

    def _fit_in_words(self) -> list[str]:
        ended = f"{self.outcome_} after {self.n_iter_} iteration{'s' * (self.n_iter_ != 1)}"
        most = "" if self.n_components == AUTO else f" of at most {self.n_components}"
        found = f"{self.n_components_}{most} components"
        lines = [f"{type(self).__name__}: {found}, {ended}, bound {self.lower_bound_:.3f} per row"]
        if self.component_probabilities_:
            lines.append(certainty_in_words(self.n_components_, self.component_probabilities_))
        return [*lines, *self.warnings_]


def certainty_in_words(n_components: int, probabilities: Mapping[int, float]) -> str:
    """Say how sure a number of components is.

    Parameters
    ----------
    n_components : int
    probabilities : mapping
        Of numbers of components.

    Returns
    -------
    sentence : str

    Examples
    --------
    >>> from mixfold.estimators.posterior_attributes import certainty_in_words
    >>> certainty_in_words(3, {2: 0.001, 3: 0.999})
    'That there are 3 is nearly certain: 99.9 %, against 0.1 % for 2.'
    >>> certainty_in_words(3, {3: 0.6, 4: 0.4})
    'That there are 3 is likely, but not sure: 60 %, against 40 % for 4.'
    >>> certainty_in_words(1, {1: 1.0})
    'That there is 1 is nearly certain: no other number that was tried comes near.'
    """
    own = probabilities.get(n_components, 0.0)
    others = {number: p for number, p in probabilities.items() if number != n_components and p >= SMALLEST_TOLD}
    verb = "is" if n_components == 1 else "are"
    grades = ((0.95, "nearly certain"), (0.75, "very likely"), (0.5, "likely, but not sure"))
    grade = next((word for least, word in grades if own >= least), "the best guess, and no more")
    if not others:
        return f"That there {verb} {n_components} is {grade}: no other number that was tried comes near."
    told = ", ".join(f"{_percent(p)} for {number}" for number, p in sorted(others.items(), key=lambda pair: -pair[1]))
    return f"That there {verb} {n_components} is {grade}: {_percent(own)}, against {told}."


def _percent(probability: float) -> str:
    return f"{100.0 * probability:.{1 if probability < 0.01 or probability > 0.99 else 0}f} %"
