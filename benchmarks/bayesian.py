"""How many components a posterior finds, beside scikit-learn's.

    OMP_NUM_THREADS=1 python -m benchmarks.bayesian --runs 5
    OMP_NUM_THREADS=1 python -m benchmarks.bayesian --grid 500 1000 5000 100000
    OMP_NUM_THREADS=1 python -m benchmarks.bayesian --tables folder/*.npz
    OMP_NUM_THREADS=1 python -m benchmarks.bayesian --tables folder/*.npz --bounds
    OMP_NUM_THREADS=1 python -m benchmarks.bayesian --tables folder/*.npz --held-out
    OMP_NUM_THREADS=1 python -m benchmarks.bayesian --speed

Generated rows are of K components whose centers are eight deviations apart at least, of covariances A A' with A the
identity plus .3 times a normal matrix, and uneven weights. Tables are .npz files with rows `X`, labels `y`. Components
of scikit-learn's are counted that are the most probable of some row. `--bounds` compares the full evidence lower
bounds, in nats per row, under scikit-learn's default priors and ten components; `--held-out` the log densities of rows
that were held out, in nats per row and five parts, with those of the one optimum that was found, of expected parameters
and of EM with as many components as the posterior has and as there are labels; `--speed` gives processor seconds of an
iteration and of a sweep of the Gibbs sampler.
"""

from __future__ import annotations

import argparse
import time
import warnings
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import BayesianGaussianMixture as ScikitLearn
from sklearn.mixture import GaussianMixture as ScikitLearnEM
from sklearn.model_selection import KFold

from mixfold import BayesianGaussianMixture, GaussianMixture
from mixfold.covariance import Prior, family_for
from mixfold.fitting import em_steps
from mixfold.fold import Fold
from mixfold.models import (
    DirichletPrior,
    GammaBelief,
    Model,
    Penalized,
    Point,
    Posterior,
    Problem,
    StickPrior,
    StickWeights,
    Variational,
)
from mixfold.search.gibbs import Gibbs

MOST = 30
"""Components that scikit-learn may take where no number is said."""


def separated(k: int, n: int, d: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw rows (n, d) and their labels."""
    random = np.random.default_rng(seed)
    centers: list[np.ndarray] = []
    while len(centers) < k:
        center = random.uniform(-8.0, 8.0, size=d) * max(1.0, k ** (1.0 / d))
        if all(np.linalg.norm(center - other) > 8.0 for other in centers):
            centers.append(center)
    labels = random.choice(k, n, p=random.dirichlet(np.full(k, 5.0)))
    roots = np.eye(d) + 0.3 * random.normal(size=(k, d, d))
    return np.array(centers)[labels] + np.einsum("nij,nj->ni", roots[labels], random.normal(size=(n, d))), labels


def compare(rows: np.ndarray, labels: np.ndarray, most: int | None) -> dict[str, tuple[int, float, float]]:
    """Give for each estimator the number of components, the adjusted Rand index, and seconds."""
    results = {}
    for name, model in {
        "mixfold": BayesianGaussianMixture(n_components=most or "auto", random_state=0),
        "scikit-learn": ScikitLearn(n_components=most or min(MOST, len(rows)), random_state=0, max_iter=1000),
    }.items():
        began = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = model.fit(rows).predict(rows)
        seconds = time.perf_counter() - began
        results[name] = len(np.unique(found)), float(adjusted_rand_score(labels, found)), seconds
    return results


def bounds(rows: np.ndarray, most: int = 10) -> tuple[float, float]:
    """Give the full bounds of what mixfold and scikit-learn find under scikit-learn's default priors."""
    theirs = ScikitLearn(n_components=most, random_state=0, max_iter=5000, tol=1e-8, reg_covar=0.0)
    ours = BayesianGaussianMixture(
        n_components=most,
        random_state=0,
        weight_concentration_prior=1.0 / most,
        mean_precision_prior=1.0,
        degrees_of_freedom_prior=rows.shape[1],
        covariance_prior=np.atleast_2d(np.cov(rows.T)),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.fit(rows)
        ours.fit(rows)
    model = Variational(
        family_for("full"),
        StickPrior(theirs.weight_concentration_prior_),
        theirs.mean_prior_,
        theirs.mean_precision_prior_,
        theirs.covariance_prior_,
        theirs.degrees_of_freedom_prior_,
    )
    sticks = StickWeights(*theirs.weight_concentration_, theirs.weight_concentration_prior_)
    posterior = Posterior(
        sticks.mean, theirs.means_, theirs.covariances_, theirs.mean_precision_, theirs.degrees_of_freedom_, sticks
    )
    return float(ours.lower_bound_), Point.at(Problem(Fold.of_rows(rows), model), posterior).objective


def held_out(rows: np.ndarray, n_labels: int, most: int) -> dict[str, float]:
    """Give the mean log density of rows that were held out, in nats per row and five parts, by what learned."""
    parts = KFold(5, shuffle=True, random_state=0)
    totals: dict[str, float] = {}
    for train, test in parts.split(rows):
        model = BayesianGaussianMixture(n_components=most, random_state=0).fit(rows[train])
        others = {
            "EM, as many": GaussianMixture(model.n_components_, random_state=0),
            "EM, labels": GaussianMixture(n_labels, random_state=0),
            "scikit-learn's EM, labels": ScikitLearnEM(n_labels, random_state=0),
            "scikit-learn's posterior": ScikitLearn(n_components=most, random_state=0, max_iter=1000),
        }
        said = {"posterior": model.score_samples(rows[test])}
        said["one optimum"] = model.set_params(predictive="student-t").score_samples(rows[test])
        said["expected parameters"] = model.set_params(predictive="plug-in").score_samples(rows[test])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            said |= {name: other.fit(rows[train]).score_samples(rows[test]) for name, other in others.items()}
        for name, log_density in said.items():
            totals[name] = totals.get(name, 0.0) + float(np.sum(log_density)) / len(rows)
    return totals


def speed_of_few_rows(runs: int) -> None:
    """Print how many times as long an iteration takes as one of EM: medians of ratios, all in turn."""
    for n, d, k in [(100, 1, 3), (150, 4, 3), (300, 2, 15), (1000, 2, 5), (1000, 4, 10)]:
        rows, labels = separated(k, n, d, 0)
        fold, family = Fold.of_rows(rows), family_for("full")
        shares = 0.7 * np.eye(k)[labels] + 0.3 / k
        start = fold.centered_moments(lambda part, shares=shares: shares[part.span], k, family.structure)
        priors = np.mean(rows, axis=0), 0.1, np.eye(d), d + 2.0
        models: dict[str, Model] = {
            "EM": Penalized(family, Prior.from_ridge(1e-6)),
            "stick": Variational(family, StickPrior(GammaBelief()), *priors),
            "Dirichlet distribution": Variational(family, DirichletPrior(GammaBelief()), *priors),
        }
        seconds: dict[str, list[float]] = {name: [] for name in models}
        for _ in range(5 * runs):
            for name, model in models.items():
                begun = model.maximize(start)
                began = time.process_time()
                steps = em_steps(Problem(fold, model), begun, 1 + 2_000_000 // (n * d * k))
                seconds[name].append((time.process_time() - began) / len(steps.objectives))
        own = np.array(seconds.pop("EM"))
        times = ", ".join(f"{name} {np.median(np.array(each) / own):.2f}" for name, each in seconds.items())
        print(
            f"{n} x {d}, K = {k} | {1e6 * np.median(own):.1f} us an iteration of EM | times that: {times}", flush=True
        )


def speed(runs: int) -> None:
    """Print seconds of an iteration of each: medians, all in turn."""
    rows, _ = separated(16, 100_000, 8, 0)
    steps = 10
    settings: dict[str, Any] = {"init_params": "random_from_data", "tol": 0.0}
    models = {
        "mixfold, posterior": BayesianGaussianMixture(n_components=16, **settings),
        "mixfold, EM": GaussianMixture(16, **settings, reg_covar=1e-6),
        "scikit-learn, posterior": ScikitLearn(n_components=16, **settings),
    }
    seconds: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(runs):
        for name, model in models.items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                begins = []
                for n in (1, 1 + steps):
                    began = time.process_time()
                    model.set_params(max_iter=n, random_state=0).fit(rows)
                    begins.append(time.process_time() - began)
            seconds[name].append((begins[1] - begins[0]) / steps)
    for name, each in seconds.items():
        print(f"100 000 x 8, K = 16 | {name} | {np.median(each):.4f} s an iteration", flush=True)
    rows, labels = separated(6, 1_000_000, 2, 0)
    model = Variational(family_for("full"), StickPrior(GammaBelief()), np.mean(rows, axis=0), 0.1, np.eye(2), 4.0)
    gibbs = Gibbs(Fold.of_rows(rows), model, 20, np.random.default_rng(0))
    state, each = gibbs.begun(labels), []
    for _ in range(5 * runs):
        began = time.process_time()
        _, state = gibbs.swept(state)
        each.append(time.process_time() - began)
    print(
        f"1 000 000 x 2, K = 6 | mixfold, Gibbs | {np.median(each):.4f} s a sweep, {state.n_groups} groups", flush=True
    )


def grid(n_rows: int) -> None:
    """Print how many components are found among rows of many sizes, asked for twice and five times as many."""
    for k, d, times in product([5, 10, 25], [2, 5, 20], [2, 5]):
        if n_rows < 40 * k:
            continue
        rows, labels = separated(k, n_rows, d, seed=7)
        began = time.process_time()
        model = BayesianGaussianMixture(n_components=times * k, random_state=0).fit(rows)
        index, seconds = adjusted_rand_score(labels, model.predict(rows)), time.process_time() - began
        found = f"found {model.n_components_} | ARI {index:.3f} | {seconds:.1f} s"
        print(f"{n_rows} x {d} | components {k} | asked for {times * k} | {found}", flush=True)


def show(title: str, n_true: int, results: dict[str, tuple[int, float, float]]) -> None:
    """Print a line."""
    cells = [f"{name} K={k} ARI={index:.3f} {seconds:.2f} s" for name, (k, index, seconds) in results.items()]
    print(f"{title} | labels {n_true} | " + " | ".join(cells), flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--most", type=int, help="components there may be; left to the rows by default")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--tables", type=Path, nargs="*", default=[])
    parser.add_argument("--grid", type=int, nargs="*", default=[])
    parser.add_argument("--bounds", action="store_true")
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--speed", action="store_true")
    asked = parser.parse_args(arguments)
    for n_rows in asked.grid:
        grid(n_rows)
    if asked.speed:
        speed_of_few_rows(asked.runs)
        speed(asked.runs)
    if asked.speed or asked.grid:
        return
    for path in asked.tables:
        table = np.load(path)
        if asked.bounds:
            ours, theirs = bounds(np.asarray(table["X"], np.float64))
            print(
                f"{path.stem} | bound mixfold {ours:.4f} | scikit-learn {theirs:.4f} | {ours - theirs:+.4f}", flush=True
            )
            continue
        if asked.held_out:
            found = held_out(np.asarray(table["X"], np.float64), max(len(np.unique(table["y"])), 1), asked.most or MOST)
            print(path.stem + "".join(f" | {name} {value:.4f}" for name, value in found.items()), flush=True)
            continue
        labels = table["y"] if len(table["y"]) else np.zeros(len(table["X"]))
        results = compare(np.asarray(table["X"], np.float64), labels, asked.most)
        show(path.stem, len(np.unique(labels)), results)
    right = {"mixfold": 0, "scikit-learn": 0}
    cases = [(k, d, seed) for k in (5, 10) for d in (2, 5) for seed in range(asked.runs)] if not asked.tables else []
    for k, d, seed in cases:
        results = compare(*separated(k, asked.rows, d, seed), asked.most)
        show(f"K={k} D={d} seed {seed}", k, results)
        for name, (found, _, _) in results.items():
            right[name] += found == k
    if cases:
        print(f"the right number of components, of {len(cases)}: {right}")


if __name__ == "__main__":
    main()
