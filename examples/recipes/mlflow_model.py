"""Mixtures in MLflow: log one with a run, load it anywhere, or serve it; what is kept is a model file, no pickle.

A served model gives component, probability and log density of each row:

    with mlflow.start_run():
        info = log_mixture(model, "mixture", example=X[:5])
    mlflow.pyfunc.load_model(info.model_uri).predict(X)
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import numpy.typing as npt
import pandas as pd
from mlflow.models import infer_signature

import mixfold

NAME = "mixture.safetensors"


class ServedMixture(mlflow.pyfunc.PythonModel):  # type: ignore[misc]  # MLflow's classes are untyped
    """What MLflow loads and asks."""

    def load_context(self, context: Any) -> None:
        """Read the model file."""
        self.mixture = mixfold.Mixture.load(context.artifacts["mixture"])

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        """Give component, probability and log density of each row. MLflow would make a schema of annotations."""
        del context, params
        return answers(self.mixture, np.asarray(model_input, dtype=np.float64))


def answers(mixture: mixfold.Mixture, rows: npt.NDArray[np.float64]) -> pd.DataFrame:
    """Give component, probability and log density of each row."""
    shares = mixture.responsibilities(rows)
    said = {"component": shares.argmax(axis=1), "probability": shares.max(axis=1)}
    return pd.DataFrame({**said, "log_density": mixture.log_density(rows)})


def log_mixture(model: Any, name: str, example: Any) -> Any:
    """Log a fitted estimator as an MLflow model of the current run, with its signature and what the fit came to."""
    mlflow.log_params({"n_components": len(model.means_), "covariance_type": str(model.mixture_.covariance_type)})
    mlflow.log_metrics({"log_likelihood": float(model.lower_bound_), "n_iter": int(model.n_iter_)})
    signature = infer_signature(example, answers(model.mixture_, np.asarray(example, dtype=np.float64)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAME
        model.save(path)
        return mlflow.pyfunc.log_model(
            name=name,
            python_model=ServedMixture(),
            artifacts={"mixture": str(path)},
            signature=signature,
            pip_requirements=[f"mixfold=={mixfold.__version__}"],
        )
