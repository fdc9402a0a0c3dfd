"""What mixtures do as distributions, beside other programs: times, and whether what is certain holds.

    OMP_NUM_THREADS=1 python -m benchmarks.mixtures [moves reduction million c sql bounds drift]

POT, pyest and DuckDB are compared where they are installed. Milliseconds are of the processor, medians of interleaved
rounds. Mixtures are random: means normal times 3, covariances A A' / (D + 3) with A normal (D, D + 3), weights of
Dirichlet.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.special import logsumexp

from mixfold import GaussianMixture, Mixture
from mixfold.exports import CExporter, SQLExporter, export
from mixfold.mixtures import (
    drift,
    entropy,
    hellinger,
    integrated_squared_error,
    jensen_shannon,
    kullback_leibler,
    log_inner_product,
    reduced,
    refined,
    transport,
)


def random_mixture(k: int, d: int, seed: int, spread: float = 3.0) -> Mixture:
    """Draw a mixture."""
    random = np.random.default_rng(seed)
    roots = random.standard_normal((k, d, d + 3))
    covariances = roots @ np.swapaxes(roots, 1, 2) / (d + 3)
    return Mixture(random.dirichlet(np.ones(k)), spread * random.standard_normal((k, d)), covariances)


def milliseconds(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Give the median of the processor's time of each call, interleaved."""
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            began = time.process_time()
            call()
            spent[name].append(1e3 * (time.process_time() - began))
    return {name: float(np.median(each)) for name, each in spent.items()}


def moves(rounds: int = 11) -> None:
    """Move 64 components to 64 in 16 features, beside POT."""
    one, other = random_mixture(64, 16, 0), random_mixture(64, 16, 1)
    calls: dict[str, Callable[[], object]] = {"mixfold": lambda: transport(one, other)}
    print(f"MW2 of 64 and 64 components in 16 features: {transport(one, other).distance:.10f}")
    if importlib.util.find_spec("ot"):
        from ot.gmm import gmm_ot_loss  # noqa: PLC0415  # where it is installed

        def pot() -> float:
            return float(
                gmm_ot_loss(one.means, other.means, one.covariances, other.covariances, one.weights, other.weights)
            )

        print(f"{'POT':>12} {np.sqrt(pot()):.10f}")
        calls["POT"] = pot
    for name, each in milliseconds(calls, rounds).items():
        print(f"{name:>12} {each:.1f} ms")


def reduction(rounds: int = 3) -> None:
    """Reduce 1000 components to 100 in 8 features, beside pyest."""
    many = random_mixture(1000, 8, 0)
    calls: dict[str, Callable[[], object]] = {
        name: lambda name=name: reduced(many, 100, name) for name in ("runnalls", "salmond", "west", "cowa")
    }
    found: dict[str, Mixture] = {name: reduced(many, 100, name).mixture for name in calls}
    calls["refined"] = lambda: refined(found["runnalls"], many, 50)
    found["refined"] = refined(found["runnalls"], many, 50)
    if importlib.util.find_spec("pyest"):
        from pyest.gm import GaussianMixture as Theirs  # noqa: PLC0415  # where it is installed
        from pyest.gm import merge_runnalls  # noqa: PLC0415

        theirs = Theirs(many.weights, many.means, many.covariances)
        calls["pyest"] = lambda: merge_runnalls(theirs, 100)
        few = merge_runnalls(theirs, 100)
        found["pyest"] = Mixture(few.w / few.w.sum(), few.m, few.P)
    rows = many.sample(100_000, 0)[0]
    unit = np.exp(log_inner_product(many, many))
    times = milliseconds(calls, rounds)
    print("1000 components to 100 in 8 features: divergence (100 000 rows), squared error relative to the square")
    for name, each in found.items():
        divergence = np.mean(many.log_density(rows) - each.log_density(rows))
        error = integrated_squared_error(each, many) / unit
        print(f"{name:>12} {divergence:.4f} {error:.4f} {times[name]:.0f} ms")


def million(n: int = 1_000_000, few: int = 100_000) -> None:
    """Reduce a million components in 3 features."""
    random = np.random.default_rng(0)
    many = Mixture(
        random.dirichlet(np.ones(n)), random.uniform(0, 100, (n, 3)), random.uniform(0.01, 0.1, (n, 3)), "diag"
    )
    began, spent = time.perf_counter(), time.process_time()
    found = reduced(many, few)
    wall, cpu = time.perf_counter() - began, time.process_time() - spent
    print(f"{n} components to {few} in 3 features: {wall:.1f} s ({cpu:.1f} of the processor), bound {found.bound:.3f}")


def c(calls: int = 20_000, k: int = 8, d: int = 4) -> None:
    """Score one row by a compiled scorer and by `score_samples`."""
    rows = random_mixture(k, d, 0).sample(4000, 0)[0]
    model = GaussianMixture(k, random_state=0).fit(rows)
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder) / "scorer.c", Path(folder) / "scorer.so"
        export(model.mixture_, source, CExporter())
        command = ["cc", "-O3", "-march=native", "-std=c99", "-shared", "-fPIC", "-o", library, source, "-lm"]
        subprocess.run(command, check=True)  # noqa: S603  # our own words
        predict = ctypes.CDLL(str(library)).mixture_predict
    row = rows[:1].copy()
    shares, log_density = np.empty(k), np.empty(1)
    pointers = [ctypes.c_void_p(each.ctypes.data) for each in (row, shares, log_density)]
    times = milliseconds(
        {
            "score_samples": lambda: [model.score_samples(row) for _ in range(calls // 20)],
            "C through ctypes": lambda: [predict(*pointers) for _ in range(calls)],
        },
        5,
    )
    predict(*pointers)
    assert np.allclose(log_density[0], model.score_samples(row)[0], rtol=1e-12)
    print(f"One row, K = {k}, D = {d}, microseconds a call (through ctypes most is Python's)")
    print(f"{'mixfold':>12} {1e3 * times['score_samples'] / (calls // 20):.2f}")
    print(f"{'C':>12} {1e3 * times['C through ctypes'] / calls:.2f}")


def sql(n_rows: int = 1_000_000, k: int = 8, d: int = 4) -> None:
    """Score a table in DuckDB."""
    import duckdb  # noqa: PLC0415  # where it is installed

    mixture = random_mixture(k, d, 0)
    rows = mixture.sample(n_rows, 0)[0]
    columns = {f"x{i}": rows[:, i].copy() for i in range(d)}
    database = duckdb.connect()
    database.register("given", columns)
    database.execute("CREATE TABLE rows AS SELECT * FROM given")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "score.sql"
        export(mixture, path, SQLExporter())
        query = path.read_text().rstrip().rstrip(";")
    walls, cpus = [], []
    for _ in range(5):
        began, spent = time.perf_counter(), time.process_time()
        database.execute(f"CREATE OR REPLACE TABLE scores AS {query}")
        walls.append(time.perf_counter() - began)
        cpus.append(time.process_time() - spent)
    found = database.execute("SELECT * FROM scores").fetchnumpy()
    worst = np.max(np.abs(found["log_density"] - mixture.log_density(rows)))
    print(
        f"{n_rows} rows, K = {k}, D = {d} in DuckDB: {np.median(walls):.2f} s "
        f"({np.median(cpus):.2f} of the processor), log density within {worst:.1e}"
    )


N_POINTS = 4001
"""Of the grid on which densities of one feature are integrated."""


def violations(n_pairs: int, seed: int = 0) -> dict[str, int]:
    """Count how often a bound of a quantity does not hold, over random pairs of mixtures.

    K is from 1 to 20 and D from 1 to 10. The mixtures differ along one direction, so that integrals over one feature
    say what is so in all: the other features are standard normal, and then all are mapped by a random matrix.
    """
    random = np.random.default_rng(seed)
    counts = dict.fromkeys(("entropy", "Kullback-Leibler", "Jensen-Shannon", "Hellinger"), 0)
    for _ in range(n_pairs):
        d = int(random.integers(1, 11))
        map_ = np.eye(d) + 0.3 * random.standard_normal((d, d)) / np.sqrt(d)
        one, other = (_line(random) for _ in range(2))
        p, q = (_lifted(*each, map_) for each in (one, other))
        volume = np.linalg.slogdet(map_)[1] + 0.5 * (d - 1) * np.log(2.0 * np.pi * np.e)
        exact = _integrals(one, other)
        found = {
            "entropy": entropy(p, 1),
            "Kullback-Leibler": kullback_leibler(p, q, 1),
            "Jensen-Shannon": jensen_shannon(p, q, 1),
            "Hellinger": hellinger(p, q),
        }
        exact["entropy"] += volume
        for name, bounds in found.items():
            slack = 1e-9 * (1.0 + abs(exact[name])) if name != "Hellinger" else 1e-7
            counts[name] += not bounds.lower - slack <= exact[name] <= bounds.upper + slack
    return counts


def _line(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw weights, means and deviations of one feature."""
    k = int(random.integers(1, 21))
    spread = 10.0 ** random.uniform(-1, 1.3)
    return random.dirichlet(np.ones(k)), spread * random.standard_normal(k), 10.0 ** random.uniform(-0.7, 0.5, k)


def _lifted(weights: np.ndarray, means: np.ndarray, deviations: np.ndarray, map_: np.ndarray) -> Mixture:
    k, d = len(weights), len(map_)
    full = np.tile(np.eye(d), (k, 1, 1))
    full[:, 0, 0] = deviations**2
    covariances = map_ @ full @ map_.T
    return Mixture(weights, means[:, None] * map_[:, 0], (covariances + np.swapaxes(covariances, 1, 2)) / 2.0)


def _integrals(*lines: tuple[np.ndarray, np.ndarray, np.ndarray]) -> dict[str, float]:
    """Integrate over one feature by the trapezoidal rule, whose error falls exponentially for densities."""
    low = min(np.min(means - 12 * deviations) for _, means, deviations in lines)
    high = max(np.max(means + 12 * deviations) for _, means, deviations in lines)
    finest = min(np.min(deviations) for _, _, deviations in lines)
    x = np.linspace(low, high, max(N_POINTS, int(8 * (high - low) / finest)))
    log_p, log_q = (
        logsumexp(-0.5 * ((x[:, None] - m) / s) ** 2 - np.log(s * np.sqrt(2.0 * np.pi)), b=w, axis=1)
        for w, m, s in lines
    )
    p, q, step = np.exp(log_p), np.exp(log_q), x[1] - x[0]
    log_middle = np.logaddexp(log_p, log_q) - np.log(2.0)
    divergence = 0.5 * (p * (log_p - log_middle) + q * (log_q - log_middle))
    return {
        "entropy": -float(np.sum(p * log_p)) * step,
        "Kullback-Leibler": float(np.sum(p * (log_p - log_q))) * step,
        "Jensen-Shannon": float(np.sum(divergence)) * step,
        "Hellinger": float(np.sqrt(max(1.0 - np.sum(np.exp(0.5 * (log_p + log_q))) * step, 0.0))),
    }


def bounds(n_pairs: int = 1000) -> None:
    """Count bounds that do not hold."""
    found = violations(n_pairs)
    print(f"Bounds that do not hold, of {n_pairs} pairs: {', '.join(f'{name} {n}' for name, n in found.items())}")


def calibration(n_tests: int = 400) -> None:
    """Count small p-values of `drift` where nothing drifts, by what the mixture was fitted to."""
    truth = random_mixture(3, 2, 5)
    print("p-values of at most .01, .05 and .2 where nothing drifts, K = 3, D = 2")
    for n_rows in (300, 3000):
        random = np.random.default_rng(0)
        small = {"both": np.zeros(3), "before": np.zeros(3)}
        for _ in range(n_tests):
            before, after = (truth.sample(n_rows, random)[0] for _ in range(2))
            for name, given in (("both", np.concatenate([before, after])), ("before", before)):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    mixture = GaussianMixture(3, random_state=0, init_params="kmeans").fit(given).mixture_
                small[name] += drift(mixture, before, after, 99, random).p_value <= np.array([0.01, 0.05, 0.2])
        for name, counts in small.items():
            shares = ", ".join(f"{share:.3f}" for share in counts / n_tests)
            print(f"{n_rows:>12} rows each, fitted to {name}: {shares}")


PARTS: dict[str, Callable[[], None]] = {
    "moves": moves,
    "reduction": reduction,
    "million": million,
    "c": c,
    "sql": sql,
    "bounds": bounds,
    "drift": calibration,
}


def main() -> None:
    """Measure what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", default=list(PARTS), choices=[*PARTS, []])
    for name in parser.parse_args().parts:
        PARTS[name]()


if __name__ == "__main__":
    main()
