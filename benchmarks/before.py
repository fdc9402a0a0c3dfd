"""``python -m benchmarks.before PYTHON``: fits and scores of this checkout against those of another one, interleaved.

PYTHON is the interpreter of an environment that has the other version installed. Both do the same work through the
public interface, in processes that live as long as the comparison and take turns, so that what else the machine does
meets both alike. Printed are medians of the time of the processor, the other's first; the ratio of the other's to this
one's (below one: this one is slower); and the memory that each process held at most.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys

# Read when their libraries start, which is below: everybody has one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from statistics import geometric_mean, median
from typing import Any

SHAPES = [
    (600, 2, 3, "full"),
    (10_000, 10, 10, "full"),
    (100_000, 8, 16, "full"),
    (100_000, 32, 16, "full"),
    (100_000, 8, 16, "diag"),
    (100_000, 8, 16, "tied"),
    (100_000, 8, 16, "spherical"),
    (100_000, 2, 128, "diag"),
]
N_STEPS = 10
CODE = """
import json, resource, sys, time, warnings
import numpy as np
from mixfold import GaussianMixture

warnings.simplefilter("ignore")


def problem(n, d, k):
    random = np.random.default_rng([n, d, k])
    centers = random.normal(size=(k, d)) * 3.0
    return centers[random.integers(k, size=n)] + random.normal(size=(n, d)), centers


for line in sys.stdin:
    n, d, k, covariance_type, task, dtype = json.loads(line)
    X, centers = problem(n, d, k)
    X = X.astype(dtype)
    shape = {"full": np.tile(np.eye(d), (k, 1, 1)), "tied": np.eye(d), "diag": np.ones((k, d)), "spherical": np.ones(k)}
    start = {"weights_init": np.full(k, 1.0 / k), "means_init": centers, "precisions_init": shape[covariance_type]}
    if task == "k-means fit":
        start = {"init_params": "kmeans", "random_state": 0}
    n_steps = 100 if task == "k-means fit" else STEPS
    model = GaussianMixture(k, covariance_type=covariance_type, tol=0.0, max_iter=n_steps, reg_covar=1e-6, **start)
    work = (lambda: model.fit(X)) if "fit" in task else None
    if work is None:
        model.fit(X)
        work = lambda: getattr(model, task)(X)
    work()
    times = []
    while len(times) < 3 or (sum(times) < 0.3 and len(times) < 50):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps([sorted(times)[len(times) // 2], memory]), flush=True)
""".replace("STEPS", str(N_STEPS))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.before", description=__doc__)
    parser.add_argument("python", help="of the environment of the other version")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="tasks whose lines contain this")
    options = parser.parse_args()
    both = [worker(os.path.abspath(options.python)), worker(sys.executable)]  # noqa: PTH100  (no link is followed)
    ratios = []
    for shape in SHAPES:
        for task in ("fit", "k-means fit", "predict_proba", "score_samples"):
            for dtype in ("float64", "float32") if task == "fit" else ("float64",):
                name = f"{', '.join(str(one) for one in shape)} {task} {dtype}"
                if options.only not in name:
                    continue
                taken: list[list[float]] = [[], []]
                for _ in range(options.rounds):
                    for times, process in zip(taken, both, strict=True):
                        times.append(asked(process, [*shape, task, dtype])[0])
                other, this = (median(times) for times in taken)
                ratios.append(other / this)
                print(f"{name}: {1e3 * other:.4g} ms, {1e3 * this:.4g} ms, {ratios[-1]:.2f}", flush=True)
    peaks = [asked(process, [*SHAPES[0], "fit", "float64"])[1] / 1024 for process in both]
    print(f"geometric mean {geometric_mean(ratios):.3f}, least {min(ratios):.2f}")
    print(f"most memory {peaks[0]:.0f} MiB, {peaks[1]:.0f} MiB")


def worker(python: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603  (an interpreter that the caller names)
        [python, "-c", CODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/"
    )


def asked(process: subprocess.Popen[str], question: list[Any]) -> list[float]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(question) + "\n")
    process.stdin.flush()
    answer: list[float] = json.loads(process.stdout.readline())
    return answer


if __name__ == "__main__":
    main()
