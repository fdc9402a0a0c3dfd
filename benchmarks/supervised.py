"""``python -m benchmarks.supervised``: classifier and regressor beside scikit-learn's nearest, on its bundled data.

Five folds, each repeated with two shuffles; features standardized in every pipeline. Accuracy and log-score (mean log
probability of the true class, mean log predictive density of the true target): higher is better.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.stats import norm
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_linnerud, load_wine
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.linear_model import BayesianRidge
from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mixfold import MixtureClassifier, MixtureRegressor
from mixfold.datasets import load_faithful

CLASSIFIERS: dict[str, Callable[[], Any]] = {
    "MixtureClassifier": lambda: MixtureClassifier(random_state=0),
    "MixtureClassifier, diag": lambda: MixtureClassifier(covariance_type="diag", random_state=0),
    "MixtureClassifier, tied": lambda: MixtureClassifier(covariance_type="tied", random_state=0),
    "QDA": lambda: QuadraticDiscriminantAnalysis(reg_param=1e-4),  # without it, breast cancer is refused
    "LDA": LinearDiscriminantAnalysis,
    "GaussianNB": GaussianNB,
}
REGRESSORS: dict[str, Callable[[], Any]] = {
    "MixtureRegressor": lambda: MixtureRegressor(random_state=0),
    "MixtureRegressor, diag": lambda: MixtureRegressor(covariance_type="diag", random_state=0),
    "BayesianRidge": BayesianRidge,
    "GaussianProcessRegressor": lambda: GaussianProcessRegressor(RBF(3.0) + WhiteKernel(0.5), normalize_y=True),
}


def classification_data() -> dict[str, tuple[np.ndarray, np.ndarray, int | None]]:
    """Give features, classes and the number of principal components to keep."""
    loaders = {"iris": load_iris, "wine": load_wine, "breast cancer": load_breast_cancer, "digits": load_digits}
    return {name: (*load(return_X_y=True), 20 if name == "digits" else None) for name, load in loaders.items()}


def regression_data() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    faithful = load_faithful().data
    exercise, physiology = load_linnerud(return_X_y=True)
    return {
        "diabetes": load_diabetes(return_X_y=True),
        "faithful (waiting)": (faithful[:, :1], faithful[:, 1]),
        "linnerud (weight)": (exercise, physiology[:, 0]),
    }


def log_score(model: Any, scaled: np.ndarray, y: np.ndarray) -> float:
    if isinstance(model, MixtureRegressor):
        return model.log_score(scaled, y)
    mean, std = model.predict(scaled, return_std=True)
    return float(np.mean(norm.logpdf(y, mean, std)))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.supervised", description=__doc__)
    parser.add_argument("--only", default="", help="data whose names contain this")
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    for name, (X, y, n_kept) in classification_data().items():
        if options.only not in name:
            continue
        splits = list(RepeatedStratifiedKFold(n_splits=5, n_repeats=options.repeats, random_state=0).split(X, y))
        for kind, make in CLASSIFIERS.items():
            hits, scores = [], []
            for train, test in splits:
                steps = [PCA(n_kept, random_state=0)] if n_kept else [StandardScaler()]
                model = make_pipeline(*steps, make()).fit(X[train], y[train])
                log_probabilities = model.predict_log_proba(X[test])
                hits.append(model.score(X[test], y[test]))
                scores.append(np.mean(np.maximum(log_probabilities[np.arange(len(test)), y[test]], -700.0)))
            print(f"{name} | {kind} | accuracy {np.mean(hits):.3f} | log-score {np.mean(scores):.3f}", flush=True)
    for name, (X, y) in regression_data().items():
        if options.only not in name:
            continue
        splits = list(RepeatedKFold(n_splits=5, n_repeats=options.repeats, random_state=0).split(X))
        for kind, make in REGRESSORS.items():
            r2, scores = [], []
            for train, test in splits:
                scaler = StandardScaler().fit(X[train])
                model = make().fit(scaler.transform(X[train]), y[train])
                r2.append(model.score(scaler.transform(X[test]), y[test]))
                scores.append(log_score(model, scaler.transform(X[test]), y[test]))
            print(f"{name} | {kind} | R2 {np.mean(r2):.3f} | log-score {np.mean(scores):.3f}", flush=True)


if __name__ == "__main__":
    main()
