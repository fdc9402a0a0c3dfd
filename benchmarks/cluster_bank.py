"""How many clusters, and which: generated tables whose groups are known, of many kinds, some without any.

Rules are decided on tables of even seeds and judged on those of odd ones (`--half held-back`).

    OMP_NUM_THREADS=1 python -m benchmarks.cluster_bank --seeds 0 14    # 322 tables
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import GaussianMixture as ScikitLearn

from mixfold import AutoGaussianMixture

Labelled = tuple[np.ndarray, np.ndarray]
SMALL = {"rows": 800, "features": 5, "clusters": 8, "components": 12}
"""At most, of tables that are asked how sure their clusters are."""
MOST = 9
"""Components that scikit-learn may take, or five more than there are groups."""


def gaussian(random: np.random.Generator, overlap: float, n: int = 0, k: int = 0, d: int = 0) -> Labelled:
    """Draw a Gaussian mixture whose most probable component is wrong for a share `overlap` of the rows."""
    drawn, features = int(random.integers(2, 8)), int(random.choice([1, 2, 2, 3, 5, 8]))
    k, d = k or (min(drawn, 3) if (d or features) == 1 else drawn), d or features
    weights = random.dirichlet(np.full(k, 4.0))
    means = random.standard_normal((k, d))
    roots = np.array([random.standard_normal((d, d + 2)) / np.sqrt(d + 2) for _ in range(k)])
    roots *= random.uniform(0.5, 1.5, (k, 1, 1))
    low, high = 0.0, 200.0
    for _ in range(25):
        scale = (low + high) / 2.0
        x, y = draw(np.random.default_rng(0), 4000, weights, scale * means, roots)
        wrong = np.mean(most_probable(x, weights, scale * means, roots) != y)
        low, high = (scale, high) if wrong > overlap else (low, scale)
    return draw(random, n or int(random.integers(150, 1200)), weights, high * means, roots)


def draw(random: np.random.Generator, n: int, weights: np.ndarray, means: np.ndarray, roots: np.ndarray) -> Labelled:
    """Draw rows ``mean + root noise`` and the component of each."""
    y = random.choice(len(weights), n, p=weights)
    noise = random.standard_normal((n, roots.shape[2]))
    return means[y] + np.einsum("nij,nj->ni", roots[y], noise), y


def most_probable(x: np.ndarray, weights: np.ndarray, means: np.ndarray, roots: np.ndarray) -> np.ndarray:
    """Give the component of the highest posterior probability."""
    scores = []
    for w, mean, root in zip(weights, means, roots, strict=True):
        factor = np.linalg.cholesky(root @ root.T)
        z = np.linalg.solve(factor, (x - mean).T)
        scores.append(np.log(w) - np.sum(np.log(np.diag(factor))) - 0.5 * np.sum(z**2, axis=0))
    return np.argmax(scores, axis=0)


def centers_apart(random: np.random.Generator, k: int, d: int, apart: float) -> np.ndarray:
    """Give centers at least `apart` from each other."""
    found = [np.zeros(d)]
    while len(found) < k:
        new = random.uniform(-1, 1, d) * apart * k ** (1.0 / d)
        if min(np.linalg.norm(new - other) for other in found) >= apart:
            found.append(new)
    return np.array(found)


def shaped(random: np.random.Generator, noise: Callable[[np.random.Generator, int, int], np.ndarray]) -> Labelled:
    """Draw clusters of one shape, rotated, at clear distances."""
    k, d, n = int(random.integers(2, 6)), int(random.choice([2, 2, 3, 4])), int(random.integers(200, 1200))
    centers = centers_apart(random, k, d, 7.0)
    y = random.choice(k, n, p=random.dirichlet(np.full(k, 6.0)))
    x = np.empty((n, d))
    for label in range(k):
        rows = noise(random, int(np.sum(y == label)), d)
        x[y == label] = centers[label] + rows @ np.linalg.qr(random.standard_normal((d, d)))[0]
    return x, y


def skewed(random: np.random.Generator) -> Labelled:
    return shaped(random, lambda r, n, d: np.exp(0.6 * r.standard_normal((n, d))) * 1.2 - 1.2)


def heavy(random: np.random.Generator) -> Labelled:
    return shaped(random, lambda r, n, d: r.standard_t(3, (n, d)) * 0.7)


def uniform(random: np.random.Generator) -> Labelled:
    return shaped(random, lambda r, n, d: r.uniform(-1.8, 1.8, (n, d)))


def curved(random: np.random.Generator) -> Labelled:
    n, k = int(random.integers(300, 1200)), int(random.integers(2, 4))
    y = random.choice(k, n)
    angle = random.uniform(0, np.pi, n)
    turned = np.where(y % 2 == 1, -1.0, 1.0)
    x = np.column_stack([np.cos(angle) * turned + y * 1.0, np.sin(angle) * turned + (y % 2) * 0.5])
    return x + random.uniform(0.04, 0.09) * random.standard_normal((n, 2)), y


def rings(random: np.random.Generator) -> Labelled:
    n, k = int(random.integers(400, 1200)), int(random.integers(2, 4))
    y = random.choice(k, n, p=np.arange(1, k + 1) / np.sum(np.arange(1, k + 1)))
    angle = random.uniform(0, 2 * np.pi, n)
    radius = 1.0 + 1.5 * y + 0.12 * random.standard_normal(n)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]), y


def nested(random: np.random.Generator) -> Labelled:
    n, d = int(random.integers(300, 1200)), 2
    y = random.choice(2, n, p=[0.6, 0.4])
    scale = np.where(y == 0, 3.0, random.uniform(0.2, 0.5))
    return scale[:, None] * random.standard_normal((n, d)) + (y * random.uniform(0, 3))[:, None], y


def densities(random: np.random.Generator) -> Labelled:
    k, n = int(random.integers(2, 6)), int(random.integers(300, 1200))
    y = random.choice(k, n)
    centers = centers_apart(random, k, 2, 9.0)
    return centers[y] + (0.3 * 1.7 ** random.permutation(k))[y][:, None] * random.standard_normal((n, 2)), y


def lattice(random: np.random.Generator) -> Labelled:
    x, y = gaussian(random, 0.02)
    return np.round(x / (0.3 * x.std(axis=0))), y


def outliers(random: np.random.Generator) -> Labelled:
    x, y = gaussian(random, 0.01)
    n = max(len(x) // 20, 5)
    low, high = x.min(axis=0) - x.std(axis=0), x.max(axis=0) + x.std(axis=0)
    return np.concatenate([x, random.uniform(low, high, (n, x.shape[1]))]), np.concatenate([y, np.full(n, -1)])


def without(random: np.random.Generator) -> Labelled:
    """Draw what has one cluster."""
    n, d = int(random.integers(100, 1200)), int(random.choice([1, 2, 3, 5]))
    kind = int(random.integers(0, 6))
    if kind == 0:
        x = random.standard_normal((n, d)) @ random.standard_normal((d, d))
    elif kind == 1:
        x = random.uniform(0, 1, (n, d))
    elif kind == 2:
        x = random.standard_normal((n, d))
        x *= random.uniform(0, 1, (n, 1)) ** (1 / d) / np.linalg.norm(x, axis=1, keepdims=True)
    elif kind == 3:
        x = np.exp(0.5 * random.standard_normal((n, d)))
    elif kind == 4:
        x = random.exponential(1.0, (n, d))
    else:
        t = random.uniform(0, 2, n)
        x = np.column_stack([t, np.sin(t)])
    return x, np.zeros(n, dtype=int)


def log_uniform(random: np.random.Generator, low: int, high: int) -> int:
    """Draw a number of rows, of all orders of magnitude alike."""
    return round(float(np.exp(random.uniform(np.log(low), np.log(high)))))


def few_rows(random: np.random.Generator) -> Labelled:
    return gaussian(random, 0.02, log_uniform(random, 20, 120), int(random.integers(2, 5)), int(random.integers(1, 5)))


def many_clusters(random: np.random.Generator) -> Labelled:
    k = int(random.integers(10, 31))
    return gaussian(random, 0.03, 100 * k, k, int(random.integers(2, 9)))


def many_features(random: np.random.Generator) -> Labelled:
    n, k = log_uniform(random, 300, 2000), int(random.integers(2, 7))
    return gaussian(random, 0.01, n, k, int(random.integers(10, 31)))


def many_rows(random: np.random.Generator) -> Labelled:
    return gaussian(random, 0.03, log_uniform(random, 4000, 20_000))


def size(random: np.random.Generator) -> tuple[int, int]:
    """Draw numbers of rows and of features of a table without clusters."""
    return log_uniform(random, 20, 3000), int(random.choice([1, 2, 3, 5, 10]))


def one(x: np.ndarray) -> Labelled:
    """Give rows that have one group."""
    return x, np.zeros(len(x), dtype=int)


def one_gaussian(random: np.random.Generator) -> Labelled:
    n, d = size(random)
    d = 3 * d if n > 300 else d
    return one(random.standard_normal((n, d)) @ random.standard_normal((d, d)))


def uniform_box(random: np.random.Generator) -> Labelled:
    return one(random.uniform(0.0, 1.0, size(random)) * random.uniform(0.2, 5.0))


def uniform_ball(random: np.random.Generator) -> Labelled:
    n, d = size(random)
    x = random.standard_normal((n, d))
    return one(x * random.uniform(0.0, 1.0, (n, 1)) ** (1.0 / d) / np.linalg.norm(x, axis=1, keepdims=True))


def lognormal(random: np.random.Generator) -> Labelled:
    return one(np.exp(random.uniform(0.3, 0.8) * random.standard_normal(size(random))))


def exponential(random: np.random.Generator) -> Labelled:
    return one(random.exponential(1.0, size(random)))


def noise_free_curve(random: np.random.Generator) -> Labelled:
    n, _ = size(random)
    t = random.uniform(0.0, 1.0, n)
    turns = random.uniform(0.2, 1.5)
    bent = np.column_stack([t, np.sin(2.0 * np.pi * turns * t), np.cos(2.0 * np.pi * turns * t)])
    return one(bent[:, : int(random.integers(2, 4))])


def thin(random: np.random.Generator) -> Labelled:
    """Draw two or three curves without noise: spirals, crescents, rings or helices."""
    n, k, kind = log_uniform(random, 60, 2000), int(random.integers(2, 4)), int(random.integers(0, 4))
    y = random.choice(k, n)
    t = random.uniform(0.0, 2.0 * np.pi, n)
    turned = np.where(y % 2 == 1, -1.0, 1.0)
    if kind == 0:
        reach = random.uniform(1.5, 3.0) * np.pi * random.uniform(0.3, 1.0, n)
        angle = reach + 2.0 * np.pi * y / k
        return np.column_stack([reach * np.cos(angle), reach * np.sin(angle)]), y
    if kind == 1:
        return np.column_stack([np.cos(t / 2.0) * turned + y, np.sin(t / 2.0) * turned + 0.5 * (y % 2)]), y
    if kind == 2:
        return (1.0 + y)[:, None] * np.column_stack([np.cos(t), np.sin(t)]), y
    return np.column_stack([t, np.cos(t + 2.0 * np.pi * y / k), np.sin(t + 2.0 * np.pi * y / k)]), y


WITHOUT = "without clusters"
KINDS: dict[str, Callable[[np.random.Generator], Labelled]] = {
    "Gaussian, apart": lambda random: gaussian(random, 0.01),
    "Gaussian, overlap .05": lambda random: gaussian(random, 0.05),
    "Gaussian, overlap .15": lambda random: gaussian(random, 0.15),
    "skewed": skewed,
    "heavy tails": heavy,
    "uniform": uniform,
    "curved": curved,
    "rings": rings,
    "nested": nested,
    "densities": densities,
    "lattice": lattice,
    "outliers": outliers,
    WITHOUT: without,
    "few rows": few_rows,
    "many clusters": many_clusters,
    "many features": many_features,
    "many rows": many_rows,
    "none: Gaussian": one_gaussian,
    "none: box": uniform_box,
    "none: ball": uniform_ball,
    "none: lognormal": lognormal,
    "none: exponential": exponential,
    "none: curve": noise_free_curve,
    "thin curves": thin,
}


def is_without(kind: str) -> bool:
    """Whether tables of a kind have no groups."""
    return kind == WITHOUT or kind.startswith("none")


def table(kind: str, seed: int) -> Labelled:
    """Give a table of the bank."""
    return KINDS[kind](np.random.default_rng([list(KINDS).index(kind), seed]))


def score(labels: np.ndarray, truth: np.ndarray) -> float:
    """Give the adjusted Rand index of the rows that have a group; of one group, whether one was found."""
    known = truth >= 0
    if len(np.unique(truth[known])) == 1:
        return float(len(np.unique(labels)) == 1)
    return float(adjusted_rand_score(truth[known], labels[known]))


def mixfold(x: np.ndarray, most: int) -> dict[str, np.ndarray]:
    """Give components and clusters of the default choice."""
    del most
    model = AutoGaussianMixture(random_state=0).fit(x)
    return {"mixfold, components": model.predict(x), "mixfold, clusters": model.cluster_labels(x)}


def scikit_learn(x: np.ndarray, most: int) -> dict[str, np.ndarray]:
    """Give the smallest BIC over four types."""
    best = min(
        (ScikitLearn(k, covariance_type=kind, random_state=0).fit(x) for k in range(1, most + 1) if k < len(x)
         for kind in ("full", "tied", "diag", "spherical")),
        key=lambda model: model.bic(x),
    )  # fmt: skip
    return {"scikit-learn": best.predict(x)}


def certainties(tables: Iterable[Labelled]) -> list[tuple[float, bool]]:
    """Give of each small table how probable its number of clusters is said to be, and whether it is right."""
    found = []
    for x, truth in tables:
        n_clusters = len(np.unique(truth[truth >= 0]))
        if len(x) > SMALL["rows"] or x.shape[1] > SMALL["features"] or n_clusters > SMALL["clusters"]:
            continue
        model = AutoGaussianMixture(random_state=0).fit(x)
        if model.n_components_ <= SMALL["components"]:
            stability = model.cluster_stability(x, n_samples=10)
            shares = stability.cluster_probabilities
            found.append((stability.probability, max(shares, key=lambda number: shares[number]) == n_clusters))
    return found


def print_certainties(found: list[tuple[float, bool]]) -> None:
    """Print how often numbers are right that are said to be as probable as each other."""
    for low, high in ((0.9, 1.0), (0.7, 0.9), (0.5, 0.7), (0.0, 0.5)):
        said = [(probability, is_right) for probability, is_right in found if low <= probability < high]
        if said:
            mean, right = np.mean(said, axis=0)
            print(f"said {mean:.2f} on average: right {right:.2f} of {len(said)}")


def main() -> None:
    """Run the bank, and print means by kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs=2, default=(0, 4), help="of each kind: the first, and the end")
    parser.add_argument("--half", choices=["decide", "held-back", "all"], default="all")
    parser.add_argument("--out", type=Path, help="where answers go, as JSON")
    parser.add_argument("--certainty", action="store_true", help="how often a number is right that is said to be")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    wanted = {"all": {0, 1}, "decide": {0}, "held-back": {1}}[given.half]
    seeds = [seed for seed in range(*given.seeds) if seed % 2 in wanted]
    if given.certainty:
        print_certainties(certainties(table(kind, seed) for seed in seeds for kind in KINDS))
        return
    found: dict[str, dict[str, list[float]]] = {}
    spent: dict[str, float] = {}
    for kind in KINDS:
        for seed in seeds:
            x, truth = table(kind, seed)
            for program in (mixfold, scikit_learn):
                began = time.process_time()
                answers = program(x, max(MOST, len(np.unique(truth[truth >= 0])) + 5))
                spent[program.__name__] = spent.get(program.__name__, 0.0) + time.process_time() - began
                for name, labels in answers.items():
                    found.setdefault(name, {}).setdefault(kind, []).append(score(labels, truth))
        print(f"{kind:24}", *(f"{name} {np.mean(of[kind]):.3f}" for name, of in found.items()), sep="  ", flush=True)
    for name, of in found.items():
        with_groups = [np.mean(each) for kind, each in of.items() if not is_without(kind)]
        one = [each for kind, values in of.items() if is_without(kind) for each in values]
        print(f"{name:24} kinds with groups {np.mean(with_groups):.3f}; one found in {np.mean(one):.1%} of {len(one)}")
    print("CPU seconds", {name: round(value, 1) for name, value in spent.items()})
    if given.out:
        given.out.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
