"""What an EM iteration costs where values are missing, beside complete rows: ``python -m benchmarks.missing``."""

from __future__ import annotations

import argparse
import time

import numpy as np

from mixfold import GaussianMixture
from mixfold.estimators.missing import by_pattern, observed
from mixfold.fold import Fold
from mixfold.sources import ArraySource


def seconds_of_a_pass(fold: Fold, model: GaussianMixture, n_passes: int) -> float:
    """Give the least time of a walk over the rows under the parameters of a fit."""
    potentials, structure = model.mixture_.potentials, model.mixture_.family.structure
    times = []
    for _ in range(n_passes):
        began = time.perf_counter()
        fold.statistics(potentials, structure)
        times.append(time.perf_counter() - began)
    return min(times)


def main(arguments_given: list[str] | None = None) -> None:
    """Print times for 20 000 rows of 10 features and 5 components, a tenth of whose values are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--passes", type=int, default=5)
    arguments = parser.parse_args(arguments_given)
    random = np.random.default_rng(0)
    rows = random.normal(0.0, 3.0, (5, 10))[random.integers(5, size=arguments.rows)]
    rows = rows + random.normal(size=rows.shape)
    lacking = np.where(random.random(rows.shape) < 0.1, np.nan, rows)
    model = GaussianMixture(5, random_state=0).fit(rows)
    complete = Fold.of_rows(rows)
    source, observations = observed(ArraySource(lacking))
    fold = by_pattern(Fold(source, complete.engine, complete.executor, observations))
    whole, parts = (seconds_of_a_pass(each, model, arguments.passes) for each in (complete, fold))
    print(f"{len(observations)} patterns: {1e3 * parts:.1f} ms an iteration, {1e3 * whole:.1f} ms of complete rows")


if __name__ == "__main__":
    main()
