"""A posterior and its priors as the numbers and arrays of a model file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mixfold.covariance import CovarianceFamily
from mixfold.engines.posterior_loop import LEARNED
from mixfold.errors import InputError
from mixfold.estimators.bayesian_fit import Optimum
from mixfold.mixtures import Mixture
from mixfold.models import (
    DirichletPrior,
    GammaBelief,
    Posterior,
    ScatterBelief,
    StickPrior,
    Variational,
    WeightPrior,
)
from mixfold.models.variational import NO_JITTER
from mixfold.parameters import Parameters
from mixfold.typing import FloatArray
from mixfold.validation import array_of_shape

Fields = dict[str, Any]
Arrays = dict[str, FloatArray]

STICKS, DIRICHLET = "sticks", "dirichlet"
OF_MIXTURE = ("weights", "means", "covariances")
OWN = "posterior."
"""How the names of the arrays begin that are of the posterior, but not of the mixture that it expects."""
OTHERS = "others"
ONE = 1.0 + 1e-9
"""What shares may add up to by rounding, where the optimum that was found has next to none."""


def model_saved(model: Variational) -> tuple[Fields, Arrays]:
    """Give the priors of a model.

    Parameters
    ----------
    model : Variational

    Returns
    -------
    fields : dict
    arrays : dict of str to ndarray
    """
    prior = model.weight_prior
    fields: Fields = {
        "mean_precision_prior": float(model.mean_precision_prior),
        "degrees_of_freedom_prior": float(model.degrees_of_freedom_prior),
        "ridge": float(model.ridge),
    }
    if model.scatter_belief is not None:
        fields["scatter"] = [float(number) for number in model.scatter_belief]
    if isinstance(prior, StickPrior):
        fields["weights"] = {"kind": STICKS, "prior": _numbers(prior.concentration), "discount": prior.discount}
    elif isinstance(prior, DirichletPrior):
        fields["weights"] = {"kind": DIRICHLET, "prior": _numbers(prior.concentration), "of_all": prior.of_all}
    arrays = {"prior.mean": model.mean_prior, "prior.covariance": np.asarray(model.covariance_prior)}
    return fields, {**arrays, "prior.jitter": model.jitter} if np.any(model.jitter) else arrays


def _numbers(concentration: GammaBelief | float) -> list[float]:
    known = concentration
    return [float(one) for one in ([known.shape, known.rate] if isinstance(known, GammaBelief) else [known])]


def model_of(family: CovarianceFamily, fields: Fields, arrays: Mapping[str, FloatArray]) -> Variational:
    """Give the model that `model_saved` made numbers of.

    Parameters
    ----------
    family : CovarianceFamily
    fields : dict
    arrays : mapping of str to ndarray

    Returns
    -------
    model : Variational
    """
    about, d = fields["weights"], len(arrays["prior.mean"])
    prior: WeightPrior
    known = [float(number) for number in np.atleast_1d(about["prior"])]  # files of before have a number
    concentration = GammaBelief(*known) if len(known) == 2 else known[0]
    if about["kind"] == STICKS:
        prior = StickPrior(concentration, float(about["discount"]))
    else:
        prior = DirichletPrior(concentration, bool(about.get("of_all", False)))
    shape = family.structure.reduced(np.eye(d), d).shape
    jitter = arrays.get("prior.jitter")
    return Variational(
        family,
        prior,
        array_of_shape(arrays["prior.mean"], (d,), "prior.mean", "(n_features,)"),
        float(fields["mean_precision_prior"]),
        array_of_shape(arrays["prior.covariance"], shape, "prior.covariance", "that of one component"),
        float(fields["degrees_of_freedom_prior"]),
        float(fields["ridge"]),
        ScatterBelief(*map(float, fields["scatter"])) if "scatter" in fields else None,
        NO_JITTER if jitter is None else array_of_shape(jitter, (d,), "prior.jitter", "(n_features,)"),
    )


def posterior_saved(posterior: Posterior, model: Variational) -> tuple[Fields, Arrays]:
    """Give what is known beside the expected mixture.

    Parameters
    ----------
    posterior : Posterior
    model : Variational

    Returns
    -------
    fields : dict
    arrays : dict of str to ndarray

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold import Mixture
    >>> from mixfold.covariance import family_for
    >>> from mixfold.estimators.posterior_files import posterior_of, posterior_saved
    >>> from mixfold.fold import Fold
    >>> from mixfold.models import StickPrior, Variational
    >>> model = Variational(family_for("diag"), StickPrior(1.0), np.zeros(1), 1.0, np.ones(1), 1.0)
    >>> rows = Fold.of_rows(np.array([[1.0], [3.0]]))
    >>> posterior = model.maximize(rows.centered_moments(lambda c: np.ones((c.n, 1)), 1, model.structure))
    >>> mixture = Mixture.from_parameters(posterior, model.family)
    >>> again, _ = posterior_of(mixture, *posterior_saved(posterior, model))
    >>> again.mean_precision
    array([3.])
    """
    fields, arrays = model_saved(model)
    own = {f"{OWN}{name}": array for name, array in posterior.arrays.items() if name not in OF_MIXTURE}
    return fields, {**arrays, **own}


def posterior_of(mixture: Mixture, fields: Fields, arrays: Mapping[str, FloatArray]) -> tuple[Posterior, Variational]:
    """Give the posterior and the model that `posterior_saved` made numbers of.

    Parameters
    ----------
    mixture : Mixture
        The expected one.
    fields : dict
    arrays : mapping of str to ndarray

    Returns
    -------
    posterior : Posterior
    model : Variational

    Raises
    ------
    InputError
        If they are none.
    """
    k, d = mixture.means.shape
    array_of_shape(arrays["prior.mean"], (d,), "prior.mean", "(n_features,)")
    model = model_of(mixture.family, fields, arrays)
    own = {name.removeprefix(OWN): array for name, array in arrays.items() if name.startswith(OWN)}
    for name, values in own.items():
        if name == LEARNED:
            array_of_shape(values, (1,), name, "(1,)")
        elif name != "concentration" or isinstance(model.weight_prior, DirichletPrior):
            array_of_shape(values, (k,), name, "(n_components,)")
        if not np.all(values > 0.0):
            message = f"`{name}` must be positive, got {np.min(values):g}. Save the model again."
            raise InputError(message)
    of_mixture = {name: getattr(mixture, name) for name in OF_MIXTURE}
    return model.parameters_of({**of_mixture, **own}), model


def optima_saved(others: Sequence[Optimum]) -> tuple[list[Fields], Arrays]:
    """Give optima beside the posterior of a file.

    Parameters
    ----------
    others : sequence of Optimum

    Returns
    -------
    fields : list of dict
    arrays : dict of str to ndarray
    """
    fields: list[Fields] = []
    arrays: Arrays = {}
    for at, one in enumerate(others):
        about, own = posterior_saved(one.posterior, one.model)
        fields.append({**about, "share": float(one.share)})
        own |= {name: getattr(one.posterior, name) for name in OF_MIXTURE}
        arrays |= {f"{OTHERS}.{at}.{name}": array for name, array in own.items()}
    return fields, arrays


def optima_of(
    fields: Sequence[Fields], arrays: Mapping[str, FloatArray], family: CovarianceFamily, n_features: int
) -> tuple[Optimum, ...]:
    """Give the optima that `optima_saved` made numbers of.

    Parameters
    ----------
    fields : sequence of dict
    arrays : mapping of str to ndarray
    family : CovarianceFamily
    n_features : int

    Raises
    ------
    InputError
        If they are none.
    """
    optima = []
    for at, about in enumerate(fields):
        prefix = f"{OTHERS}.{at}."
        own = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
        k = len(own["weights"])
        shapes = {"means": (k, n_features), "covariances": family.shape(k, n_features)}
        parts = [
            array_of_shape(own[name], shape, f"{prefix}{name}", "of its mixture") for name, shape in shapes.items()
        ]
        mixture = Mixture.from_parameters(Parameters(own["weights"], *parts), family)
        optima.append(Optimum(*posterior_of(mixture, about, own), float(about["share"])))
    if not all(one.share > 0.0 for one in optima) or not sum(one.share for one in optima) <= ONE:
        message = f"Shares of optima must be positive and at most one together, got {[one.share for one in optima]}."
        raise InputError(message + " Save the model again.")
    return tuple(optima)


def draws_saved(draws: tuple[Parameters, ...], *, is_shared: bool) -> Arrays:
    """Give draws as few arrays, components of one after those of another.

    Parameters
    ----------
    draws : tuple of Parameters
    is_shared : bool
        Whether the components of each share a covariance.

    Returns
    -------
    arrays : dict of str to ndarray
    """
    if not draws:
        return {}
    join = np.stack if is_shared else np.concatenate
    return {
        "draws.numbers": np.array([float(len(draw.weights)) for draw in draws]),
        "draws.weights": np.concatenate([draw.weights for draw in draws]),
        "draws.means": np.concatenate([draw.means for draw in draws]),
        "draws.covariances": join([draw.covariances for draw in draws]),
    }


def draws_of(arrays: Mapping[str, FloatArray], family: CovarianceFamily, n_features: int) -> tuple[Parameters, ...]:
    """Give the draws that `draws_saved` made arrays of.

    Parameters
    ----------
    arrays : mapping of str to ndarray
    family : CovarianceFamily
    n_features : int

    Returns
    -------
    draws : tuple of Parameters
        None where there are none.
    """
    if "draws.numbers" not in arrays:
        return ()
    numbers = arrays["draws.numbers"].astype(np.int64)
    n, d, is_shared = int(np.sum(numbers)), n_features, family.structure.is_shared
    per = (len(numbers), d, d) if is_shared else family.shape(n, d)
    weights = array_of_shape(arrays["draws.weights"], (n,), "draws.weights", "(components of all draws,)")
    means = array_of_shape(arrays["draws.means"], (n, d), "draws.means", "(components of all draws, n_features)")
    covariances = array_of_shape(arrays["draws.covariances"], per, "draws.covariances", "that of all draws")
    ends = np.cumsum(numbers)[:-1]
    each = list(covariances) if is_shared else np.split(covariances, ends)
    return tuple(Parameters(*parts) for parts in zip(np.split(weights, ends), np.split(means, ends), each, strict=True))
