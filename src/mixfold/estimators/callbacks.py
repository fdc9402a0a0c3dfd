"""scikit-learn's callbacks (1.9 and later): a fit is a task to them, and each iteration or mixture of it a task within.

They are set by ``set_callbacks``, where the parameter `callback` is this library's own; meta-estimators pass their
progress bars on to estimators that have the method.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from mixfold.estimators.scikit_learn import fit_context as checked

__all__ = ["CallbackSupportMixin", "fit_context", "observer_of"]

Method = TypeVar("Method", bound=Callable[..., Any])
CONTEXT = "_callback_fit_ctx"
"""Under which name scikit-learn keeps the task of a fit while it runs."""
CALLBACKS = "_skl_callbacks"
"""Under which name it keeps the callbacks that were set."""

if TYPE_CHECKING:

    class CallbackSupportMixin:
        """Estimators whose fits scikit-learn's callbacks look at."""

        def set_callbacks(self, *callbacks: Any) -> Self:
            """Set the callbacks, such as ``sklearn.callback.ProgressBar()``; none takes them off."""

else:
    try:
        from sklearn.callback import CallbackSupportMixin
    except ImportError:  # scikit-learn before 1.9 has no callbacks, and no estimator takes any

        class CallbackSupportMixin:
            """Nothing to support."""


def fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[Method], Method]:
    """Check parameters before a method fits, and make of it a task that scikit-learn's callbacks are told of.

    Where it fails or is interrupted, the estimator is as it was before.

    Parameters
    ----------
    prefer_skip_nested_validation : bool
        As scikit-learn's.
    """
    checks: Callable[[Method], Method] = checked(prefer_skip_nested_validation=prefer_skip_nested_validation)

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        def fit(estimator: Any, *args: Any, **kwargs: Any) -> Any:
            if CALLBACKS not in vars(estimator):
                return _fitted_or_as_before(method, estimator, *args, **kwargs)
            return _as_task(method, estimator, *args, **kwargs)

        return checks(cast("Method", fit))

    return decorate


def _fitted_or_as_before(fit: Callable[..., Any], estimator: Any, *args: Any, **kwargs: Any) -> Any:
    """Fit, or leave what an earlier fit learned with what it knows of its rows."""
    before = dict(vars(estimator))
    try:
        return fit(estimator, *args, **kwargs)
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise


def _as_task(fit: Callable[..., Any], estimator: Any, X: Any, y: Any = None, *args: Any, **kwargs: Any) -> Any:
    """Fit, and tell the callbacks when it begins and ends; what is fitted then is ready to be scored."""
    about = {"estimator": estimator, "X": X, "y": y, "metadata": {k: v for k, v in kwargs.items() if v is not None}}
    task = estimator._init_callback_context(max_subtasks=None).call_on_fit_task_begin(**about)  # noqa: SLF001
    fitted = _fitted_or_as_before(fit, estimator, X, y, *args, **kwargs)
    task.call_on_fit_task_end(**about, reconstruction_attributes={})
    return fitted


def observer_of(estimator: Any, task_name: str = "iteration") -> Callable[..., bool | None] | None:
    """Give what a fit calls after each step: the parameter `callback`, scikit-learn's callbacks, or both.

    Parameters
    ----------
    estimator : estimator
        With the parameter `callback`.
    task_name : str
        What a step is to scikit-learn's callbacks.

    Examples
    --------
    >>> from mixfold import GaussianMixture
    >>> from mixfold.estimators.callbacks import observer_of
    >>> observer_of(GaussianMixture(callback=print))
    <built-in function print>
    """
    own: Callable[..., bool | None] | None = estimator.callback
    task = vars(estimator).get(CONTEXT)
    if task is None:
        return own

    def observe(*step: Any) -> bool:
        stops = bool(own(*step)) if own else False
        subtask = task.subcontext(task_name=task_name).call_on_fit_task_begin(estimator=estimator)
        return bool(subtask.call_on_fit_task_end(estimator=estimator)) or stops

    return observe
