"""What can go wrong, by name. Every error also is the builtin that a caller would catch."""

from __future__ import annotations

from sklearn.exceptions import ConvergenceWarning as _ScikitLearnConvergenceWarning


class MixfoldError(Exception):
    """Base of every error that mixfold raises on purpose."""


class InputError(MixfoldError, ValueError):
    """Data or parameters that cannot be used: says what must hold, what came and what to do."""


class ShapeError(InputError):
    """An array whose shape does not fit the others."""


class CollapseError(MixfoldError, ValueError):
    """A covariance that is not positive definite, so that no density exists."""


class ModelFileError(MixfoldError, ValueError):
    """A file that is not a model that this version can read."""


class CheckpointError(MixfoldError, ValueError):
    """A checkpoint that cannot be written, cannot be read, or belongs to another fit."""


class ExecutorError(MixfoldError, RuntimeError):
    """A place of computing that was lost: its workers or its scheduler."""


class MissingExtraError(MixfoldError, ImportError):
    """A feature whose optional dependency is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package `{package}`, which is not installed. "
            f"Install it with `pip install 'mixfold[{extra}]'`."
        )


class ConvergenceWarning(_ScikitLearnConvergenceWarning):
    """A fit that ended before it converged."""


class SpuriousComponentWarning(UserWarning):
    """A component that so few rows support that it may be an accident."""


class CalibrationWarning(UserWarning):
    """A rate that cannot be kept with as little as there is to calibrate it with."""
