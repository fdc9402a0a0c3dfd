"""Memory of a factor-analytic fit of wide data.

    OMP_NUM_THREADS=1 python -m benchmarks.wide [--rows 20000 --features 784 --components 10 --rank 8]

Rows are drawn from a planted mixture of factor analyzers. The peak is the largest resident memory during the fit, above
what the process held just before it (the rows among that), as Linux reports it.
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_rand_score

from mixfold import FactorAnalytic, GaussianMixture

MIB = 1024


def resident(name: str) -> float:
    """Give a figure of /proc/self/status in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1]) / MIB


def planted(n: int, d: int, k: int, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw rows (n, d) and the component of each, a thousand at a time."""
    random = np.random.default_rng(0)
    means, loadings = random.normal(scale=0.3, size=(k, d)), random.normal(scale=0.7, size=(k, rank, d))
    deviations = random.uniform(0.5, 1.5, size=(k, d))
    labels, rows = random.integers(0, k, n), np.empty((n, d))
    for start in range(0, n, 1000):
        part = labels[start : start + 1000]
        noise = deviations[part] * random.normal(size=(len(part), d))
        explained = np.einsum("nr,nrd->nd", random.normal(size=(len(part), rank)), loadings[part])
        rows[start : start + 1000] = means[part] + explained + noise
    return rows, labels


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wide", description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--features", type=int, default=784)
    parser.add_argument("--components", type=int, default=10)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--init", default="auto")
    parser.add_argument("--max-time", type=float, help="seconds; none by default")
    options = parser.parse_args()
    rows, labels = planted(options.rows, options.features, options.components, options.rank)
    model = GaussianMixture(
        options.components,
        covariance_type=FactorAnalytic(options.rank),
        init_params=options.init,
        max_time=options.max_time,
        random_state=0,
    )
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, began, cpu = resident("VmRSS"), time.perf_counter(), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(rows)
    peak = resident("VmHWM") - before
    print(f"{options.rows} x {options.features}, K = {options.components}, rank {options.rank}, start {options.init}")
    print(f"rows, MiB | {rows.nbytes / MIB**2:.0f}")
    print(f"peak above them, MiB | {peak:.0f}")
    print(f"seconds, of the processor | {time.perf_counter() - began:.0f}, {time.process_time() - cpu:.0f}")
    print(f"iterations | {model.n_iter_}, {model.outcome_}")
    print(f"adjusted Rand index | {adjusted_rand_score(labels, model.predict(rows)):.3f}")


if __name__ == "__main__":
    main()
