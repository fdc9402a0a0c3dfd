"""What a pickle of a fitted estimator holds: numbers, words and arrays, and not the course of the fit."""

from __future__ import annotations

import math
from copy import deepcopy
from inspect import signature
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from mixfold.covariance import CovarianceFamily
from mixfold.engines import to_numpy
from mixfold.estimators.exported import exported
from mixfold.estimators.mixins import BesideFace
from mixfold.estimators.saving import shapes_of_sums, stream_of, stream_saved
from mixfold.estimators.watched import SEEN
from mixfold.fitting import Outcome, Stream
from mixfold.mixtures import Mixture
from mixfold.parameters import Parameters
from mixfold.prior import Prior
from mixfold.sums import SUMS, Extent
from mixfold.typing import Array, FloatArray, IntArray

State = dict[str, Any]

CENTER, SHIFT, LABELS = "stream.center", "stream.shift", "stream.label_count"
PLAIN = "_plain"
"""Under which name a state holds what objects were made of."""
LEARNED = ("weights", "means", "covariances")
FOLLOWING = ("precisions_", "precisions_cholesky_")
"""Attributes that are left out where the others say what they are."""


class SlimPickles(BesideFace):
    """Of an estimator whose pickles leave out the course of its fit, unless it is to keep it."""

    _course: ClassVar[tuple[str, ...]] = ("history_", "restarts_")
    # Whether pickles hold it.
    _keeps_course: bool = False

    def keep_course(self, keep: bool = True) -> Self:
        """Say whether pickles hold `history_` and `restarts_`, too, which are most of what a fit leaves.

        Parameters
        ----------
        keep : bool

        Returns
        -------
        self : estimator

        Examples
        --------
        >>> import pickle
        >>> from mixfold import GaussianMixture
        >>> from mixfold.datasets import load_faithful
        >>> model = GaussianMixture(2, random_state=0).fit(load_faithful().data)
        >>> hasattr(pickle.loads(pickle.dumps(model)), "restarts_")
        False
        >>> hasattr(pickle.loads(pickle.dumps(model.keep_course())), "restarts_")
        True
        """
        self._keeps_course = keep
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Give what a pickle holds; not parameters that were not given, where that is told by None."""
        left_out = set(() if self._keeps_course else self._course)
        state: State = super().__getstate__()
        left_out |= {name for name in _optional(type(self)) if state.get(name, self) is None}
        return {name: value for name, value in state.items() if name not in left_out}

    def __setstate__(self, state: State) -> None:
        """Take what a pickle held."""
        super().__setstate__({**dict.fromkeys(_optional(type(self))), **state})

    def __copy__(self) -> Self:
        """Copy the course of the fit with the estimator."""
        copied = type(self).__new__(type(self))
        vars(copied).update(vars(self))
        return copied

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Copy it with everything that it holds."""
        copied = type(self).__new__(type(self))
        memo[id(self)] = copied
        vars(copied).update(deepcopy(vars(self), memo))
        return copied


def _optional(kind: type) -> list[str]:
    """Name the parameters of an estimator that are None where they are not given."""
    return [name for name, one in signature(kind).parameters.items() if one.default is None]


def plain_state(state: State, mixture: Mixture) -> State:
    """Give the state of an estimator with the objects in it taken apart, and nothing twice.

    Readers that trust no types but those of NumPy and Python, such as skops, can read it.

    Parameters
    ----------
    state : dict
        The attributes, of which `mixture` is the mixture.
    mixture : Mixture
    """
    stream = state.get("_stream")
    state = {name: value for name, value in state.items() if name not in {"_mixture", SEEN, "_stream"}}
    plain: State = {}
    for name in LEARNED:  # attributes may be in single precision, and covariances no longer those of the precisions
        array = getattr(mixture, name)
        if f"{name}_" not in state or not _same(array, to_numpy(state[f"{name}_"])):
            plain[name] = np.array(array)
    like = state["weights_"]
    for name, array in precisions_of(mixture, like).items():
        if name in state and type(state[name]) is type(array) and _same(to_numpy(state[name]), to_numpy(array)):
            del state[name]
            plain[name] = True
    if stream is not None:
        plain["stream"] = _packed(stream[0], stream[1], mixture)
        if state.get("_jitter") is not None and _same(state["_jitter"], stream[1].jitter):
            del state["_jitter"]
    if "outcome_" in state:
        state["outcome_"] = state["outcome_"].name
    if _same(np.asarray(state.get("n_missing_")), _none_missing(mixture)):
        del state["n_missing_"]
        plain["n_missing"] = 0
    return {**state, PLAIN: plain}


def with_objects(state: State, family: CovarianceFamily) -> tuple[State, Mixture]:
    """Give the attributes that `plain_state` took apart, and their mixture."""
    state = dict(state)
    plain = state.pop(PLAIN)
    learned = {name: plain[name] if name in plain else to_numpy(state[f"{name}_"]) for name in LEARNED}
    family = family.holding(learned["covariances"])
    mixture = Mixture.from_parameters(Parameters(**learned), family, state.get("feature_names_in_"))
    state |= {name: array for name, array in precisions_of(mixture, state["weights_"]).items() if name in plain}
    if "outcome_" in state:
        state["outcome_"] = Outcome[state["outcome_"]]
    if "n_missing" in plain:
        state["n_missing_"] = _none_missing(mixture)
    if "stream" in plain:
        state["_stream"] = _unpacked(plain["stream"], mixture)
        state.setdefault("_jitter", state["_stream"][1].jitter)
    return state, mixture


def precisions_of(mixture: Mixture, like: Array) -> dict[str, Array]:
    """Give the precisions and their factors, in the library, dtype and device of `like`."""
    family, whitener = mixture.family, mixture.potentials.whitener
    both = family.precisions(whitener), family.precisions_cholesky(whitener)
    return {name: exported(array, like) for name, array in zip(FOLLOWING, both, strict=True)}


def _none_missing(mixture: Mixture) -> IntArray:
    return np.zeros(mixture.n_features, dtype=np.int64)


def _same(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    return one.shape == other.shape and one.tobytes() == other.tobytes()


def _packed(stream: Stream, prior: Prior, mixture: Mixture) -> FloatArray:
    """Give sums and their prior as numbers in a row, which take less than half of what arrays take that are small.

    Sums of the last walk are around the means, which are there already.
    """
    numbers, arrays = stream_saved(stream, prior)
    is_centered = _same(arrays[CENTER], mixture.means)
    arrays = {name: array for name, array in arrays.items() if not (is_centered and name == CENTER)}
    single = _in_single(arrays[SHIFT])
    if single is not None:
        arrays[SHIFT] = single
    axes = [prior.scale.ndim, prior.jitter.ndim]
    flags = [is_centered, single is not None, LABELS in arrays]
    head = [numbers["n_batches"], *numbers["sums"], *numbers["prior"], *axes, *flags]
    return np.concatenate([head, *(array.ravel() for array in arrays.values())])


def _in_single(shift: FloatArray) -> FloatArray | None:
    """Give first moments two in the place of one, as `Stream.of_fit` leaves them; None where that loses anything."""
    with np.errstate(over="ignore", under="ignore"):
        single = shift.astype(np.float32).ravel()
    if not _same(single.astype(np.float64), shift.ravel()):
        return None
    return np.concatenate([single, np.zeros(single.size % 2, dtype=np.float32)]).view(np.float64)


def _unpacked(packed: FloatArray, mixture: Mixture) -> tuple[Stream, Prior]:
    structure, (k, d) = mixture.family.structure, mixture.means.shape
    first = 2 + sum(one.extent is Extent.NUMBER for one in SUMS)  # of the prior's, after batches, rows and sums
    n_batches, *sums = packed[:first].tolist()
    *prior, scale_axes, jitter_axes, is_centered, is_single, counts_labels = packed[first : first + 8].tolist()
    sums_shapes = shapes_of_sums(structure, k, d, with_labels=bool(counts_labels))
    shapes = {f"stream.{name}": shape for name, shape in sums_shapes.items()}
    shapes |= {"prior.scale": (d,) * int(scale_axes), "prior.jitter": (d,) * int(jitter_axes)}
    known = {CENTER: shapes.pop(CENTER)} if is_centered else {}
    sizes = {name: math.prod(shape) for name, shape in shapes.items()}
    n_shifts = sizes[SHIFT]
    if is_single:
        sizes[SHIFT] = -(-n_shifts // 2)
    parts = np.split(packed[first + 8 :], np.cumsum([*sizes.values()])[:-1])
    if is_single:
        at = [*shapes].index(SHIFT)
        parts[at] = parts[at].view(np.float32)[:n_shifts].astype(np.float64)
    arrays = {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}
    arrays |= {name: mixture.means.reshape(shape) for name, shape in known.items()}
    return stream_of({"n_batches": int(n_batches), "sums": sums, "prior": prior}, arrays, mixture)
