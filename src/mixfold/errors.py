"""What can go wrong, by name. Every error also is the builtin that a caller would catch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    _ScikitLearnConvergenceWarning = UserWarning  # which scikit-learn's is; it publishes no types
else:
    from sklearn.exceptions import ConvergenceWarning as _ScikitLearnConvergenceWarning


class MixfoldError(Exception):
    """Base of every error that mixfold raises on purpose.

    Examples
    --------
    >>> from mixfold.errors import InputError, MixfoldError
    >>> issubclass(InputError, MixfoldError) and issubclass(InputError, ValueError)
    True
    """


class InputError(MixfoldError, ValueError):
    """Data or parameters that cannot be used: says what must hold, what came and what to do.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> Mixture([0.5, 0.7], [[0.0], [1.0]], [1.0, 1.0], "spherical")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    mixfold.errors.InputError: `weights` must be at least zero and sum to one, got values from 0.5 to ...
    """


class NotFiniteError(InputError):
    """A value that is missing, NaN or infinite where it must be a number.

    Examples
    --------
    >>> import numpy as np
    >>> from mixfold.fold import Fold
    >>> Fold.of_rows(np.array([[np.nan]])).refuse_bad_rows()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    mixfold.errors.NotFiniteError: X must be finite, but feature 0 is missing, NaN or infinite in row 0. ...
    """


class ShapeError(InputError):
    """An array whose shape does not fit the others.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> Mixture([1.0], [0.0, 1.0], [1.0], "spherical")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    mixfold.errors.ShapeError: `means` must have shape (n_components, n_features), both at least one, ...
    """


class CollapseError(MixfoldError, ValueError):
    """A covariance that is not positive definite, so that no density exists.

    Examples
    --------
    >>> from mixfold import Mixture
    >>> Mixture([1.0], [[0.0, 0.0]], [[[1.0, 2.0], [2.0, 1.0]]])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    mixfold.errors.CollapseError: Every covariance must be symmetric and positive definite, but the ...
    """


class ModelFileError(MixfoldError, ValueError):
    """A file that is not a model that this version can read.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mixfold import Mixture
    >>> from mixfold.errors import ModelFileError
    >>> path = Path(tempfile.mkdtemp()) / "model.json"
    >>> _ = path.write_text("{}")
    >>> try:
    ...     Mixture.load(path)
    ... except ModelFileError as error:
    ...     print(path.name in str(error))
    True
    """


class CheckpointError(MixfoldError, ValueError):
    """A checkpoint that cannot be written, cannot be read, or belongs to another fit.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from mixfold import GaussianMixture
    >>> from mixfold.errors import CheckpointError
    >>> path = Path(tempfile.mkdtemp()) / "fit.npz"
    >>> _ = path.write_bytes(b"not a checkpoint")
    >>> try:
    ...     GaussianMixture(2, checkpoint=path, random_state=0).fit([[0.0], [1.0], [5.0], [6.0]])
    ... except CheckpointError as error:
    ...     print("cannot be read" in str(error))
    True
    """


class OutputError(MixfoldError, OSError):
    """A file that there is no room for.

    Parameters
    ----------
    path : Path
        What was to be written.
    reason : str

    Examples
    --------
    >>> from pathlib import Path
    >>> from mixfold.errors import OutputError
    >>> str(OutputError(Path("model.json"), "the disk is full")).partition("; ")[0]
    'model.json cannot be written: the disk is full'
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} cannot be written: {reason}; what was there before is whole. Make room, or choose another place, "
            "and run the same again."
        )
        self.path, self.reason = path, reason

    def __reduce__(self) -> tuple[type[OutputError], tuple[Path, str]]:
        """Travel between processes by what it was made of."""
        return type(self), (self.path, self.reason)


class ExecutorError(MixfoldError, RuntimeError):
    """A place of computing that was lost: its workers or its scheduler.

    Examples
    --------
    >>> from mixfold.errors import ExecutorError
    >>> raise ExecutorError("The scheduler must be reachable, but is gone. Start it, and fit again.")
    Traceback (most recent call last):
        ...
    mixfold.errors.ExecutorError: The scheduler must be reachable, but is gone. Start it, and fit again.
    """


class MissingExtraError(MixfoldError, ImportError):
    """A feature whose optional dependency is not installed.

    Parameters
    ----------
    package : str
        What cannot be imported.
    extra : str
        The extra of this package that brings it.
    purpose : str
        What needs it, at the beginning of a sentence.

    Examples
    --------
    >>> from mixfold.errors import MissingExtraError
    >>> str(MissingExtraError("plotly", "report", "Writing a report")).partition(", which")[0]
    'Writing a report needs the package `plotly`'
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the package `{package}`, which is not installed. {how_to_install(extra)}")


def how_to_install(extra: str) -> str:
    """Say how an optional dependency is installed; there is no release yet, so it is from the source.

    Parameters
    ----------
    extra : str

    Returns
    -------
    sentence : str

    Examples
    --------
    >>> from mixfold.errors import how_to_install
    >>> how_to_install("plot")
    "In the folder of mixfold's source, run `pip install '.[plot]'`."
    """
    return f"In the folder of mixfold's source, run `pip install '.[{extra}]'`."


class OverrideError(MixfoldError, TypeError):
    """A class that overrides a method of scikit-learn's which is not called here, so that it would have no effect.

    Examples
    --------
    >>> from mixfold import GaussianMixture
    >>> class Mine(GaussianMixture):  # doctest: +ELLIPSIS
    ...     def _m_step(self, X, log_resp, xp=None):
    ...         return super()._m_step(X, log_resp)
    Traceback (most recent call last):
        ...
    mixfold.errors.OverrideError: A subclass of GaussianMixture must not override `_m_step`, which `fit` never ...
    """


class ConvergenceWarning(_ScikitLearnConvergenceWarning):
    """A fit that ended before it converged.

    Examples
    --------
    >>> import warnings
    >>> from mixfold import GaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     _ = GaussianMixture(3, init_params="kmeans", max_iter=2, random_state=0).fit(load_faithful().data)
    >>> [warning.category.__name__ for warning in caught]
    ['ConvergenceWarning']
    """


class SpuriousComponentWarning(UserWarning):
    """A component that so few rows support that it may be an accident.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from mixfold import GaussianMixture
    >>> X = np.random.default_rng(0).normal(size=(20, 3))
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     _ = GaussianMixture(4, init_params="kmeans", random_state=0).fit(X)
    >>> {warning.category.__name__ for warning in caught}
    {'SpuriousComponentWarning'}
    """


class RoundedWeightsWarning(UserWarning):
    """Weights of components that sum to one but for a few digits, and are divided by their sum.

    Examples
    --------
    >>> import warnings
    >>> from mixfold import Mixture
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     mixture = Mixture([0.3333, 0.6666], [[0.0], [1.0]], [1.0, 1.0], "spherical")
    >>> [warning.category.__name__ for warning in caught], float(mixture.weights.sum())
    (['RoundedWeightsWarning'], 1.0)
    """


class SelectionWarning(UserWarning):
    """A number of components that is the best of less than was to be tried, or of less than might be.

    Examples
    --------
    >>> import warnings
    >>> from mixfold import AutoGaussianMixture
    >>> from mixfold.datasets import load_faithful
    >>> from mixfold.errors import SelectionWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", SelectionWarning)
    ...     try:
    ...         AutoGaussianMixture([1, 2], covariance_types=["full"], random_state=0).fit(load_faithful().data)
    ...     except SelectionWarning as warning:
    ...         print(str(warning)[:60])
    The choice is at the edge: 2 is the largest number of compon
    """


class CalibrationWarning(UserWarning):
    """A rate that cannot be kept with as little as there is to calibrate it with.

    Examples
    --------
    >>> import warnings
    >>> from mixfold.errors import CalibrationWarning
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", CalibrationWarning)  # where a rough threshold is enough
    """
