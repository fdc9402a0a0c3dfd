"""What an EM iteration costs where values are missing, beside complete rows: ``python -m benchmarks.missing``."""

from __future__ import annotations

import argparse
import time

import numpy as np

from mixfold.covariance import family_for
from mixfold.estimators.missing import by_pattern
from mixfold.estimators.strata import in_strata
from mixfold.fold import Fold, patterns
from mixfold.parameters import Parameters
from mixfold.sources import ArraySource

CASES = [(20_000, 10, 0.1), (20_000, 10, 0.5), (20_000, 40, 0.3), (100_000, 4, 0.1)]
"""Rows, features, and the share of values that are missing; of 40 features every row has a pattern of its own."""
COMPONENTS = 5


def main(arguments_given: list[str] | None = None) -> None:
    """Print for each case the seconds of the processor for a walk over the rows, and their ratio: medians, in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, help="of every case")
    parser.add_argument("--passes", type=int, default=9)
    arguments = parser.parse_args(arguments_given)
    for usual_rows, n_features, share in CASES:
        random = np.random.default_rng(0)
        n_rows = arguments.rows or usual_rows
        labels = np.arange(n_rows) % COMPONENTS
        means = random.normal(0.0, 3.0, (COMPONENTS, n_features))
        rows = means[labels] + random.normal(size=(n_rows, n_features))
        lacking = np.where(random.random(rows.shape) < share, np.nan, rows)
        covariances = np.stack([np.cov(rows[labels == one].T, bias=True) for one in range(COMPONENTS)])
        family = family_for("full")
        potentials = Parameters(np.full(COMPONENTS, 1.0 / COMPONENTS), means, covariances).potentials(family)
        complete = Fold.of_rows(rows)
        source, observations = in_strata(ArraySource(lacking))
        fold = by_pattern(Fold(source, complete.engine, complete.executor, observations))
        times = []
        for _ in range(arguments.passes):
            clock = [time.process_time()]
            for each in (complete, fold):
                each.statistics(potentials, family.structure)
                clock.append(time.process_time())
            times.append(np.diff(clock))
        whole, parts = np.median(times, axis=0)
        ratio = np.median([part / max(all_of_it, 1e-9) for all_of_it, part in times])
        n_patterns = sum(1 for _ in patterns(lacking))
        print(
            f"{n_rows} x {n_features}, {share:.0%} missing, {n_patterns} patterns: {1e3 * parts:.2f} ms an iteration, "
            f"{1e3 * whole:.2f} ms of complete rows, {ratio:.1f} times"
        )


if __name__ == "__main__":
    main()
