"""What an EM iteration costs where each row has noise of its own: ``python -m benchmarks.noise``.

Beside the C code of Bovy, Hogg & Roweis (2011), where its module ``extreme_deconvolution`` can be imported: both make
the same steps from the same start, and their log-likelihoods are printed. Seconds are of the processor, of one
thread (``OMP_NUM_THREADS=1``).
"""

from __future__ import annotations

import argparse
import importlib
import time
from typing import Any

import numpy as np

from mixfold.covariance import Prior, family_for
from mixfold.engines import NativeEngine
from mixfold.executors import LocalExecutor
from mixfold.fold import Fold
from mixfold.models import Penalized
from mixfold.observations import OwnNoise
from mixfold.parameters import Parameters
from mixfold.rows import Marks
from mixfold.sources import ArraySource
from mixfold.typing import FloatArray

CASES = [(100_000, 3), (100_000, 6)]
COMPONENTS, STEPS = 10, 3


def drawn(n_rows: int, n_features: int) -> tuple[FloatArray, FloatArray, Parameters]:
    """Give rows with noise, its variances, and where EM begins."""
    random = np.random.default_rng(0)
    means = random.normal(0.0, 3.0, (COMPONENTS, n_features))
    variances = random.uniform(0.1, 1.0, (n_rows, n_features))
    rows = means[np.arange(n_rows) % COMPONENTS] + random.normal(size=(n_rows, n_features))
    rows += np.sqrt(variances) * random.normal(size=rows.shape)
    start = Parameters(
        np.full(COMPONENTS, 1.0 / COMPONENTS),
        means + 0.3 * random.normal(size=means.shape),
        np.tile(np.eye(n_features), (COMPONENTS, 1, 1)),
    )
    return rows, variances, start


def ours(rows: FloatArray, variances: FloatArray, start: Parameters) -> tuple[float, float]:
    """Give the seconds of an iteration, and the mean log-likelihood at its last start."""
    fold = Fold(ArraySource(rows, Marks(noise=variances)), NativeEngine(), LocalExecutor(), (OwnNoise(),))
    model, parameters = Penalized(family_for("full"), Prior.from_ridge(0.0)), start
    began = time.process_time()
    for _ in range(STEPS):
        statistics = fold.statistics(model.potentials(parameters), model.structure)
        parameters = model.maximize(statistics, parameters)
    return (time.process_time() - began) / STEPS, statistics.log_likelihood / len(rows)


def theirs(module: Any, rows: FloatArray, variances: FloatArray, start: Parameters) -> tuple[float, float]:
    """Give the same of the C code, whose last log-likelihood is that before the last step."""
    given = [np.array(each) for each in (start.weights, start.means, start.covariances)]
    began = time.process_time()
    said = module.extreme_deconvolution(rows, variances, *given, tol=1e-300, maxiter=STEPS)
    return (time.process_time() - began) / STEPS, float(said)


def main(arguments_given: list[str] | None = None) -> None:
    """Print a line for each case: medians, in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, help="of every case")
    parser.add_argument("--passes", type=int, default=5)
    arguments = parser.parse_args(arguments_given)
    try:
        module = importlib.import_module("extreme_deconvolution")
    except ImportError:
        module = None
    for usual_rows, n_features in CASES:
        data = drawn(arguments.rows or usual_rows, n_features)
        found = [(ours(*data), None if module is None else theirs(module, *data)) for _ in range(arguments.passes)]
        said = f"{1e3 * np.median([one[0] for one, _ in found]):.1f} ms an iteration, {found[0][0][1]:.6f}"
        others = [(one[0], other) for one, other in found if other is not None]
        if others:
            ratio = np.median([other[0] / one for one, other in others])
            said += f"; extreme_deconvolution {1e3 * np.median([other[0] for _, other in others]):.1f} ms, "
            said += f"{others[0][1][1]:.6f}: {ratio:.1f} times"
        print(f"{len(data[0])} x {n_features}, K = {COMPONENTS}: {said}", flush=True)


if __name__ == "__main__":
    main()
