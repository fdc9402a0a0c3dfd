"""How whole fits of other programs compare: `OMP_NUM_THREADS=1 python -m benchmarks.comparison`.

Each fits the same planted mixture with its own defaults, told the number of components and full covariances; what is
not installed is left out. CPU seconds of the process and the mean log density of the rows, higher is better; medians
of three.
"""

from __future__ import annotations

import importlib.util
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from mixfold import GaussianMixture
from mixfold.mixtures import Mixture
from mixfold.typing import FloatArray

N_ROWS, N_FEATURES, N_COMPONENTS, N_SEEDS = 20_000, 8, 8, 3


def planted(seed: int) -> FloatArray:
    """Give rows of a mixture whose clusters overlap a little."""
    random = np.random.default_rng(seed)
    turned = random.normal(size=(N_COMPONENTS, N_FEATURES, N_FEATURES))
    covariances = turned @ turned.transpose(0, 2, 1) / N_FEATURES + 0.1 * np.eye(N_FEATURES)
    means = 2.5 * random.normal(size=(N_COMPONENTS, N_FEATURES))
    weights = np.full(N_COMPONENTS, 1 / N_COMPONENTS)
    return np.asarray(Mixture(weights, means, covariances).sample(N_ROWS, random_state=seed)[0])


def _mixfold(rows: FloatArray, seed: int) -> float:
    return float(GaussianMixture(N_COMPONENTS, random_state=seed).fit(rows).score(rows))


def _scikit_learn(rows: FloatArray, seed: int) -> float:
    from sklearn.mixture import GaussianMixture as Theirs  # noqa: PLC0415

    return float(Theirs(N_COMPONENTS, random_state=seed).fit(rows).score(rows))


def _tgmm(rows: FloatArray, seed: int) -> float:
    import tgmm  # noqa: PLC0415
    import torch  # noqa: PLC0415

    tensor = torch.as_tensor(rows)
    model = tgmm.GaussianMixture(N_COMPONENTS, n_features=N_FEATURES, random_state=seed, device="cpu").fit(tensor)
    return float(model.score_samples(tensor).mean())


def _pomegranate(rows: FloatArray, seed: int) -> float:
    import torch  # noqa: PLC0415
    from pomegranate.distributions import Normal  # noqa: PLC0415
    from pomegranate.gmm import GeneralMixtureModel  # noqa: PLC0415

    tensor = torch.as_tensor(rows, dtype=torch.float32)
    model = GeneralMixtureModel([Normal() for _ in range(N_COMPONENTS)], random_state=seed).fit(tensor)
    return float(model.log_probability(tensor).mean())


def _stepmix(rows: FloatArray, seed: int) -> float:
    from stepmix import StepMix  # noqa: PLC0415

    model = StepMix(N_COMPONENTS, measurement="gaussian_full", random_state=seed, progress_bar=0).fit(rows)
    return float(model.score(rows))


PROGRAMS: dict[str, tuple[str, Callable[[FloatArray, int], float]]] = {
    "mixfold": ("mixfold", _mixfold),
    "scikit-learn": ("sklearn", _scikit_learn),
    "tgmm": ("tgmm", _tgmm),
    "pomegranate": ("pomegranate", _pomegranate),
    "StepMix": ("stepmix", _stepmix),
}


def measured(fit: Callable[[FloatArray, int], float], seeds: int = N_SEEDS) -> tuple[float, float]:
    """Give the median CPU seconds of a fit, and the median of where it ended."""
    seconds, scores = [], []
    for seed in range(seeds):
        rows = planted(seed)
        begin = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # programs that stop early say so; the table shows where
            scores.append(fit(rows, seed))
        seconds.append(time.process_time() - begin)
    return statistics.median(seconds), statistics.median(scores)


def main() -> None:
    """Print the table."""
    print("| program | CPU seconds | mean log density |\n|---|---|---|")
    for name, (package, fit) in PROGRAMS.items():
        if importlib.util.find_spec(package):
            outcome: Any
            try:
                outcome = "{:.2f} | {:.3f}".format(*measured(fit))
            except Exception as error:  # noqa: BLE001 - is the result
                outcome = f"failed: {type(error).__name__} | "
            print(f"| {name} | {outcome} |", flush=True)


if __name__ == "__main__":
    main()
