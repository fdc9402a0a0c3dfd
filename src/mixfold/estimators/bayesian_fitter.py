"""How a `BayesianGaussianMixture` is learned: by a search for its components, or in the way of scikit-learn."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import Any, cast

import numpy as np
from sklearn.utils import check_random_state

from mixfold.covariance import CovarianceFamily
from mixfold.errors import InputError
from mixfold.estimators.bayesian_fit import BayesianFit, optima_beside
from mixfold.estimators.callbacks import observer_of
from mixfold.estimators.em_settings import AUTO, WITHOUT_EFFECT
from mixfold.estimators.gibbs_fit import drawn_by_gibbs, refuse_what_gibbs_cannot_draw
from mixfold.estimators.labelled_starts import allowed_of, posterior_of_labels
from mixfold.estimators.missing import by_pattern, completed_with_steps, fully_observed
from mixfold.estimators.outliers import LEAST_SHARE, Outliers, log_sides_of
from mixfold.estimators.posterior_files import model_of, model_saved, optima_of, optima_saved
from mixfold.estimators.posterior_views import views_of
from mixfold.estimators.rows import folding
from mixfold.estimators.user_starts import described, without_weightless_rows
from mixfold.estimators.verbose import report
from mixfold.estimators.warnings import warnings_about_limits
from mixfold.fitting import Callback, Checkpoint, DataScale, FitState, Iteration, Stopping, best_of, run_restarts
from mixfold.fitting.run import SEARCH
from mixfold.fold import Fold
from mixfold.initialization import GivenResponsibilities, Initializer, initializer_for
from mixfold.models import (
    BackgroundParameters,
    DirichletPrior,
    GammaBelief,
    Point,
    Posterior,
    PriorScale,
    Problem,
    StickPrior,
    Variational,
    WeightPrior,
    WithBackground,
    conjugate_family,
)
from mixfold.models.variational import NO_JITTER
from mixfold.observations import Observation, n_named
from mixfold.parameters import Parameters
from mixfold.rows import Source
from mixfold.search.component_moves import with_fewer_components
from mixfold.search.component_search import ComponentLimit, Searched, search_components
from mixfold.search.found_components import EMPTY_ROWS, Found
from mixfold.typing import FloatArray
from mixfold.validation import array_of_shape

DIRICHLET_PROCESS, DIRICHLET_DISTRIBUTION = "dirichlet_process", "dirichlet_distribution"
PITMAN_YOR_PROCESS = "pitman_yor_process"
GIBBS, VARIATIONAL = "gibbs", "variational"


@dataclass(frozen=True, slots=True)
class BayesianFitter:
    """Learns what the parameters of an estimator say.

    Attributes
    ----------
    asked : BayesianGaussianMixture

    Examples
    --------
    >>> from mixfold import BayesianGaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> from mixfold.estimators.bayesian_fitter import BayesianFitter
    >>> from mixfold.sources import ArraySource
    >>> asked = BayesianGaussianMixture(n_components=4, random_state=0)
    >>> BayesianFitter(asked).fit(ArraySource(load_faithful().data)).posterior.means.round(1)
    array([[ 4.3, 80. ],
           [ 2. , 54.5]])
    """

    asked: Any

    @property
    def family(self) -> CovarianceFamily:
        """The covariance family."""
        return conjugate_family(self.asked.covariance_type)

    @property
    def searches(self) -> bool:
        """Whether components are searched for, under priors that are learned where the caller does not say them."""
        return bool(self.asked.init_params == AUTO and self.asked.responsibilities_init is None)

    @property
    def weight_prior(self) -> WeightPrior:
        """What is believed of the weights beforehand."""
        concentration = self.asked.weight_concentration_prior
        if self.asked.weight_concentration_prior_type == DIRICHLET_DISTRIBUTION:
            if concentration is None:
                return DirichletPrior(GammaBelief() if self.searches else 1.0 / self.asked.n_components)
            return DirichletPrior(float(concentration))
        discount = self.asked.discount if self.asked.weight_concentration_prior_type == PITMAN_YOR_PROCESS else 0.0
        return StickPrior(GammaBelief() if concentration is None else float(concentration), float(discount))

    def fit(
        self,
        source: Source,
        last: tuple[Posterior, Variational] | None = None,
        observations: Sequence[Observation] = (),
    ) -> BayesianFit:
        """Check what was set, and fit rows that are known to be numbers.

        Parameters
        ----------
        source : Source
        last : tuple of Posterior and Variational, optional
            What a warm start goes on from.
        observations : sequence of Observation
            Of the strata of the source, where more is known of rows than which values they lack.
        """
        asked, n_given = self.asked, source.n_rows
        if asked.posterior == GIBBS:
            refuse_what_gibbs_cannot_draw(source)
        self._refuse_what_only_a_search_can(source, observations)
        kept, source = without_weightless_rows(source)
        if asked.n_components != AUTO and source.n_rows < asked.n_components:
            message = (
                f"Expected n_samples >= n_components but got n_components = {asked.n_components}, "
                f"n_samples = {source.n_rows} (rows of positive weight). Ask for fewer components."
            )
            raise InputError(message)
        given = None
        if asked.responsibilities_init is not None:
            axes = "(n_samples, n_components)"
            shape = n_given, asked.n_components
            given = GivenResponsibilities(
                array_of_shape(asked.responsibilities_init, shape, "responsibilities_init", axes)[kept]
            )
        self._explicit(source.n_features)  # before any work
        deadline = time.perf_counter() + (math.inf if asked.max_time is None else asked.max_time)
        stopping = Stopping(asked.tol, asked.max_iter, deadline)
        with folding(source, asked.engine, asked.n_jobs, asked.executor, observations=observations) as opened:
            folded = replace(opened, deadline=deadline)
            complete, steps = completed_with_steps(folded)  # what starts look at
            fold = by_pattern(folded)
            # What the caller says of covariances is meant for rows that are points, as scikit-learn's are.
            are_points = not self.searches or asked.covariance_prior is not None or asked.reg_covar > 0.0
            jitter = NO_JITTER if are_points else DataScale.of(complete, steps).value_variances
            scale = replace(self.scale_of(complete), jitter=jitter)
            random_state = check_random_state(asked.random_state)
            checkpoint = None if asked.checkpoint is None else self._checkpoint(fold, last)
            fit_state = FitState.opened(random_state, checkpoint, Problem(fold, scale.first[0]))
            goes_on = last is not None and last[0].means.shape == (len(last[0].weights), source.n_features)
            if last is not None and goes_on and len(last[0].weights) >= n_named(fold.observations):
                fit = self._climbed(Problem(fold, last[1]), [("warm start", lambda: last[0])], stopping, fit_state)
            elif self.searches:
                if asked.outliers is None and source.marks.links is None:
                    fit = self._searched(folded, complete, fold, scale, stopping, fit_state)
                else:
                    fit = self._best_of_views(folded, complete, fold, jitter, stopping, random_state)
            else:
                start = given or initializer_for(asked.init_params)
                fit = self._from(start, complete, fold, scale, stopping, fit_state)
            return fit if asked.posterior == VARIATIONAL else self._sampled(fold, fit)

    def scale_of(self, fold: Fold) -> PriorScale:
        """Give the priors, of which those that the caller does not set are on the scale of the rows."""
        explicit = self._explicit(fold.source.n_features)
        scale = PriorScale.of(fold, self.family, self.weight_prior)
        return replace(scale, **explicit, ridge=self.asked.reg_covar)

    def limit(self, fold: Fold) -> ComponentLimit:
        """Give how many components there may be among rows."""
        return ComponentLimit.of(self.asked.n_components, fold.source.n_rows)

    def _sampled(self, fold: Fold, fit: BayesianFit) -> BayesianFit:
        """Go on from what was found by a Gibbs sampler."""
        random = np.random.default_rng(check_random_state(self.asked.random_state).randint(2**31))
        point, chain = drawn_by_gibbs(fold, fit.model, fit.posterior, self.limit(fold).most, self.asked.n_draws, random)
        numbers, times = np.unique(chain.numbers, return_counts=True)
        probabilities = {int(k): float(share) for k, share in zip(numbers, times / len(chain.numbers), strict=True)}
        assert isinstance(point.parameters, Posterior)  # noqa: S101  (of a variational model)
        last = fit.run.history[-1]
        after = last._replace(number=last.number + 1, objective=point.objective, log_likelihood=point.log_likelihood)
        run = replace(fit.run, history=(*fit.run.history, after), parameters=point.parameters)
        counts = np.sort(chain.best.groups.count)[::-1]
        return BayesianFit(run, point.parameters, fit.model, counts, fit.said, probabilities, chain.draws)

    def _explicit(self, n_features: int) -> dict[str, Any]:
        """Give the priors that the caller sets, under the names of `PriorScale`."""
        asked, d, family = self.asked, n_features, self.family
        explicit: dict[str, Any] = {}
        if asked.mean_prior is not None:
            explicit["mean"] = array_of_shape(asked.mean_prior, (d,), "mean_prior", "(n_features,)")
        if asked.mean_precision_prior is not None:
            explicit["mean_precision_prior"] = float(asked.mean_precision_prior)
        if asked.degrees_of_freedom_prior is not None:
            if not asked.degrees_of_freedom_prior > d - 1.0:
                message = (
                    "The parameter 'degrees_of_freedom_prior' should be greater than "
                    f"{d - 1}, but got {asked.degrees_of_freedom_prior:.3f}. Leave it at None to have it learned."
                )
                raise InputError(message)
            explicit["degrees_of_freedom_prior"] = float(asked.degrees_of_freedom_prior)
        if asked.covariance_prior is not None:
            shape = family.structure.reduced(np.eye(d), d).shape
            axes = f"that of one component of covariance_type={family.name!r}"
            covariance = array_of_shape(np.asarray(asked.covariance_prior), shape, "covariance_prior", axes)
            dense = covariance if covariance.ndim == 2 else np.diag(np.broadcast_to(covariance, (d,)))
            if not np.allclose(dense, dense.T) or not np.min(np.linalg.eigvalsh(dense)) > 0.0:
                message = (
                    "`covariance_prior` must be symmetric and positive definite, got a smallest eigenvalue of "
                    f"{np.min(np.linalg.eigvalsh(dense)):.3g}. Leave it at None to have it learned."
                )
                raise InputError(message)
            explicit["covariance_prior"] = covariance
        return explicit

    def _refuse_what_only_a_search_can(self, source: Source, observations: Sequence[Observation]) -> None:
        asked, searches = self.asked, self.searches
        if asked.n_components == AUTO and not searches:
            message = (
                f"`n_components` must be a number where components are not searched for, got {AUTO!r} with init_params="
                f"{asked.init_params!r}. Say how many, or leave `init_params` and `responsibilities_init` out."
            )
            raise InputError(message)
        searches &= asked.posterior == VARIATIONAL
        is_plain = asked.outliers is None and source.marks.links is None
        if not searches and any(one.allowed is not None for one in observations):
            message = (
                "With `labels` components are searched for beside those that are named, got init_params="
                f"{asked.init_params!r}, posterior={asked.posterior!r}. Leave them at their defaults, without "
                "`responsibilities_init`."
            )
            raise InputError(message)
        if not is_plain and (not searches or asked.checkpoint is not None):
            message = (
                "With `outliers` or `must_link` components are searched for in more than one way, got init_params="
                f"{asked.init_params!r}, posterior={asked.posterior!r}, checkpoint={asked.checkpoint!r}. Leave them at "
                "their defaults, without `responsibilities_init`."
            )
            raise InputError(message)

    def _checkpoint(self, fold: Fold, last: tuple[Posterior, Variational] | None) -> Checkpoint:
        """Give the checkpoint under the identity of this fit: everything that its result depends on."""
        identity = {"mixfold": version("mixfold"), "data": fold.digest()[:16], "engine": fold.engine.name}
        named = self.asked.get_params(deep=False).items()
        if fold.observations:
            identity["observations"] = described(fold.observations)
        identity |= {name: described(value) for name, value in named if name not in WITHOUT_EFFECT | {"predictive"}}
        if last is not None:
            identity["warm_start"] = described(np.concatenate([each.ravel() for each in last[0].arrays.values()]))
        return Checkpoint(self.asked.checkpoint, identity)

    def _searched(
        self, folded: Fold, complete: Fold, fold: Fold, scale: PriorScale, stopping: Stopping, fit_state: FitState
    ) -> BayesianFit:
        """Go on from what a search of a sample finds, under the priors that it learns."""
        if fit_state.found is None or fit_state.learned is None:
            looked_at = folded if folded.is_complete else fully_observed(folded)
            found, probabilities, others = self._found(looked_at, scale, stopping, fit_state.random_state)
            scale, n_seen = scale.as_of(found.problem.model), found.problem.fold.source.n_rows
            others = others if fold.is_complete and n_seen == fold.source.n_rows else []  # of which all rows must tell
            if not all(one.is_identity for one in fold.observations):
                found, n_before = self._labelled(found, folded, complete), len(found.counts)
                found = self._observed(found, fold, scale, stopping, fit_state.random_state)
                is_same = len(found.counts) == n_before and not n_named(fold.observations)
                probabilities = probabilities if is_same else {}
            fields, arrays = model_saved(found.problem.model)
            optima, of_optima = optima_saved(optima_beside(found, others))
            learned = {**fields, "optima": optima, "probabilities": {str(k): p for k, p in probabilities.items()}}
            fit_state.search_ended(found.posterior, [found.course], (learned, arrays | of_optima))
        assert fit_state.found is not None  # noqa: S101  (it has ended)
        assert fit_state.learned is not None  # noqa: S101  (likewise)
        begun, (learned, arrays) = fit_state.found, fit_state.learned
        problem = Problem(fold, model_of(self.family, learned, arrays))
        fit = self._climbed(problem, [(SEARCH, lambda: begun)], stopping, fit_state)
        beside = optima_of(learned["optima"], arrays, self.family, fold.source.n_features)
        return replace(fit, probabilities={int(k): p for k, p in learned["probabilities"].items()}, others=beside)

    def _best_of_views(
        self,
        folded: Fold,
        complete: Fold,
        fold: Fold,
        jitter: FloatArray,
        stopping: Stopping,
        random_state: np.random.RandomState,
    ) -> BayesianFit:
        """Search what may tell of the components, go on from each over all rows, and give what has most evidence."""
        links, fits = fold.source.marks.links, cast("list[BayesianFit]", [])
        sides = None if self.asked.outliers is None else log_sides_of(complete)
        for name, view in views_of(complete, links, with_outliers=sides is not None):
            if fits and fold.is_over:
                break
            scale = replace(self.scale_of(view), jitter=jitter)
            found, probabilities, _ = self._found(view, scale, stopping, random_state)
            scale = scale.as_of(found.problem.model)
            found, n_before = self._labelled(found, folded, complete), len(found.counts)
            if sides is not None:
                fit = self._beside_background(found, fold, sides, name, stopping)
            else:
                found = self._observed(found, fold, scale, stopping, random_state)
                problem, start = Problem(fold, found.problem.model), (name, partial(replace, found.posterior))
                fit = self._climbed(problem, [start], stopping, FitState(random_state, raced=[found.course]))
            is_same = len(fit.counts) == n_before and not n_named(fold.observations)
            fits.append(replace(fit, probabilities=probabilities if is_same else {}))
        return max(fits, key=lambda fit: fit.log_evidence)

    def _beside_background(
        self, found: Found, fold: Fold, log_sides: tuple[float, ...], name: str, stopping: Stopping
    ) -> BayesianFit:
        """Go on beside a background, without the components of whose rows it takes all."""
        model, log_volume = found.problem.model, float(np.sum(log_sides))
        problem = Problem(fold, WithBackground(model, log_volume, np.array(log_sides)))
        start = BackgroundParameters.of(found.posterior, LEAST_SHARE)
        while True:
            run, end = best_of(run_restarts(problem, [(name, partial(replace, start))], stopping, self._observer()))
            assert isinstance(end, BackgroundParameters)  # noqa: S101  (of a model with a background)
            assert isinstance(end.components, Posterior)  # noqa: S101  (of a variational model)
            kept = np.flatnonzero((run.counts > EMPTY_ROWS) | (np.arange(len(run.counts)) < n_named(fold.observations)))
            if len(kept) in {0, len(run.counts)}:
                break
            start = end.reordered(kept, model.structure)
        outliers = Outliers(end.share, log_volume, log_sides=log_sides)
        return BayesianFit(run, end.components, model, run.counts, warnings_about_limits(run), {}, outliers=outliers)

    def _labelled(self, found: Found, folded: Fold, complete: Fold) -> Found:
        """Give what was found without labels with the components that these name first."""
        allowed = allowed_of(folded, n_named(folded.observations) + 1)
        if allowed is None:
            return found
        model, most = found.problem.model, self.limit(complete).most
        posterior = posterior_of_labels(found.posterior, complete, model, allowed, most)
        return replace(found, point=Point.at(found.problem, posterior))

    def _observed(
        self, found: Found, fold: Fold, scale: PriorScale, stopping: Stopping, random_state: np.random.RandomState
    ) -> Found:
        """Go on from rows as they are to what they are seen of, on a sample: several components may be one, then."""
        problem = Problem(fold.on_rows(fold.sample(random_state)), found.problem.model)
        return with_fewer_components(Found(problem, Point.at(problem, found.posterior)), scale, stopping)

    def _found(
        self, fold: Fold, scale: PriorScale, stopping: Stopping, random_state: np.random.RandomState
    ) -> Searched:
        """Search for the components on a sample, whose rows count once: more would take chance for structure."""
        few, limit, asked = fold.on_rows(fold.sample(random_state)), self.limit(fold), self.asked
        teaches = asked.posterior != GIBBS  # a sampler draws no scatter: it would be taken for known
        return search_components(few, scale, stopping, limit, random_state, asked.n_init, teaches=teaches)

    def _from(
        self,
        initializer: Initializer,
        complete: Fold,
        fold: Fold,
        scale: PriorScale,
        stopping: Stopping,
        fit_state: FitState,
    ) -> BayesianFit:
        """Begin as scikit-learn does, under its priors, and keep all components."""
        n_rows, degrees, scatter = fold.source.n_rows, scale.degrees_of_freedom_prior, scale.covariance_prior
        scale = replace(
            scale,
            mean_precision_prior=1.0 if scale.mean_precision_prior is None else scale.mean_precision_prior,
            degrees_of_freedom_prior=float(fold.source.n_features) if degrees is None else degrees,
            covariance_prior=scale.covariance * (n_rows / (n_rows - 1.0)) if scatter is None else scatter,
        )
        problem = Problem(fold, scale.first[0])

        def make() -> Parameters:
            k, structure = self.asked.n_components, problem.model.structure
            return problem.model.maximize(initializer(complete, k, structure, fit_state.random_state))

        return self._climbed(problem, [(initializer.name, make)] * self.asked.n_init, stopping, fit_state)

    def _climbed(
        self,
        problem: Problem[Variational],
        starts: Sequence[tuple[str, Callable[[], Parameters]]],
        stopping: Stopping,
        fit_state: FitState,
    ) -> BayesianFit:
        run, posterior = best_of(run_restarts(problem, list(starts), stopping, self._observer(), fit_state=fit_state))
        raced = fit_state.raced
        assert isinstance(posterior, Posterior)  # noqa: S101  (of a variational model)
        return BayesianFit(run, posterior, problem.model, run.counts, warnings_about_limits(run), {}, raced=raced)

    def _observer(self) -> Callback | None:
        asked, told = self.asked, observer_of(self.asked)
        if not (told or asked.verbose):
            return None

        def observe(iteration: Iteration) -> bool | None:
            report(iteration, asked.verbose, asked.verbose_interval)
            return told(iteration) if told else None

        return observe
