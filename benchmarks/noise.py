"""What an EM iteration costs where each row has noise of its own: ``python -m benchmarks.noise``.

Beside the C code of Bovy, Hogg & Roweis (2011), astroML and pygmmis, where their modules can be imported: all make the
same steps from the same start, and their log-likelihoods before the last of them are printed. Seconds are of the
processor, of one thread (``OMP_NUM_THREADS=1``). With ``--example FOLDER``, where TF.dat of that C code lies, its
Tully-Fisher relations are fitted, which TF.out beside it has to compare with.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import time
from pathlib import Path

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
EXAMPLE_TOL = 1e-5
"""Of the mean log-likelihood, where the example's EM stops."""


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


def cpu() -> float:
    """Give the seconds of this process, and of those that it started and that have ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def of_extreme_deconvolution(rows: FloatArray, variances: FloatArray, start: Parameters) -> tuple[float, float]:
    """Give the same of the C code, whose last log-likelihood is that before the last step."""
    module = importlib.import_module("extreme_deconvolution")
    given = [np.array(each) for each in (start.weights, start.means, start.covariances)]
    began = cpu()
    said = module.extreme_deconvolution(rows, variances, *given, tol=1e-300, maxiter=STEPS)
    return (cpu() - began) / STEPS, float(said)


def of_astroml(rows: FloatArray, variances: FloatArray, start: Parameters) -> tuple[float, float]:
    """Give the same of astroML, but of its step alone: it computes the log-likelihood in another walk."""
    model = importlib.import_module("astroML.density_estimation").XDGMM(COMPONENTS)
    model.alpha, model.mu, model.V = start.weights, start.means, start.covariances
    covariances, seconds = variances[:, :, None] * np.eye(rows.shape[1]), 0.0
    for _ in range(STEPS):
        said, began = model.logL(rows, covariances), cpu()
        model._EMstep(rows, covariances)  # noqa: SLF001  (of which `fit` makes any number)
        seconds += cpu() - began
    return seconds / STEPS, float(said) / len(rows)


def of_pygmmis(rows: FloatArray, variances: FloatArray, start: Parameters) -> tuple[float, float]:
    """Give the same of pygmmis, which walks in processes: what a fit does beside its steps is left out."""
    module = importlib.import_module("pygmmis")
    covariances, found = variances[:, :, None] * np.eye(rows.shape[1]), []
    for n_steps in (1, STEPS):
        model = module.GMM(K=COMPONENTS, D=rows.shape[1])
        model.amp[:], model.mean[:], model.covar[:] = start.weights, start.means, start.covariances
        began = cpu()
        said, _ = module.fit(model, rows, covar=covariances, init_method="none", tol=-np.inf, maxiter=n_steps)
        found.append(cpu() - began)
    return (found[1] - found[0]) / (STEPS - 1), float(said) / len(rows)


RIVALS = {
    "extreme_deconvolution": of_extreme_deconvolution,
    "astroML": of_astroml,
    "pygmmis": of_pygmmis,
}


def slope_of(rows: FloatArray, variances: FloatArray) -> FloatArray:
    """Give the slope of the long axis of one normal distribution and its value at 2.5, by EM stopped as theirs is."""
    fold = Fold(ArraySource(rows, Marks(noise=variances)), NativeEngine(), LocalExecutor(), (OwnNoise(),))
    model = Penalized(family_for("full"), Prior.from_ridge(0.0))
    parameters = Parameters(np.ones(1), np.zeros((1, 2)), np.diag(np.ptp(rows, axis=0) ** 2)[None])
    before, gain = -np.inf, np.inf
    while gain > EXAMPLE_TOL:
        statistics = fold.statistics(model.potentials(parameters), model.structure)
        parameters = model.maximize(statistics, parameters)
        after = statistics.log_likelihood / len(rows)
        before, gain = after, after - before
    along = np.linalg.eigh(parameters.covariances[0])[1][:, -1]
    slope = along[1] / along[0]
    return np.array([slope, slope * (2.5 - parameters.means[0, 0]) + parameters.means[0, 1]])


def tully_fisher(path: Path) -> None:
    """Print for each band the slope, the value at 2.5, and their deviations, of which the jackknife tells."""
    lines = [line.split("|") for line in path.read_text().splitlines() if not line.startswith("#")]
    table = np.array([[float(cell) if cell.strip() else np.nan for cell in line[1:13]] for line in lines])
    for at, band in enumerate("BVRIH"):
        pairs = table[:, [10, 2 * at, 11, 2 * at + 1]]
        pairs = pairs[~np.isnan(pairs[:, 1])]
        rows, variances = pairs[:, :2], pairs[:, 2:] ** 2
        found, n = slope_of(rows, variances), len(rows)
        without = [slope_of(np.delete(rows, one, 0), np.delete(variances, one, 0)) for one in range(n)]
        deviations = (n - 1) * np.std(without, axis=0, ddof=1) / np.sqrt(n)
        (slope, value), (of_slope, of_value) = np.abs(found), deviations
        print(f"{band}: {slope:.2f} +- {of_slope:.2f}, {value:.2f} +- {of_value:.2f}", flush=True)


def main(arguments_given: list[str] | None = None) -> None:
    """Print a line for each case: medians, in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, help="of every case")
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--example", type=Path, help="a folder with TF.dat")
    arguments = parser.parse_args(arguments_given)
    if arguments.example is not None:
        tully_fisher(arguments.example / "TF.dat")
        return
    there = [name for name in RIVALS if importlib.util.find_spec(name)]
    for usual_rows, n_features in CASES:
        data = drawn(arguments.rows or usual_rows, n_features)
        runs = [{"mixfold": ours(*data), **{one: RIVALS[one](*data) for one in there}} for _ in range(arguments.passes)]
        said = [
            f"{name} {1e3 * np.median([run[name][0] for run in runs]):.1f} ms an iteration, "
            f"{np.median([run[name][0] / run['mixfold'][0] for run in runs]):.1f} times, {runs[0][name][1]:.6f}"
            for name in runs[0]
        ]
        print(f"{len(data[0])} x {n_features}, K = {COMPONENTS}: {'; '.join(said)}", flush=True)


if __name__ == "__main__":
    main()
