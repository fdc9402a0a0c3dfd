"""``python -m benchmarks.first_tables``: the tables that people try first, by everybody, as they are and varied.

Each table is fitted with K as people ask for it, as it is and in each variant: with a column that adds nothing
(constant, duplicated, summed), with one that has nothing to do with the labels (binary, one-hot, Likert,
zero-inflated, ID), rounded to a share of each column's standard deviation, in float32, in other units, with one more
row that many standard deviations away in every column (and K + 1 components), and with half the rows. Random parts
depend on the names of table and variant alone.

A measurement is a table, variant, type, program and seed: the adjusted Rand index against the labels, if there are
any, and 0 where the fit raised; CPU seconds of `fit`; warnings, which are counted and not shown; what was raised; and,
on the first seeds, the mean log-density of held-out rows. That is of five folds, which each seed draws anew (of a
hundred rows the means of two draws differ by more than programs do; mclust has those of the first), scored by the
program itself, on rows that are moved within the step to which their columns are recorded (five times over, and the
same for all).
Columns that are constant in training are left out, and far rows are in every training. A mean is over the folds that
gave a finite one; the others are counted. Where a column without a step is a function of others, there is no density,
and the number says only how flat the program lets a component be.

Programs take turns within a seed, on one thread, so that their seconds compare. mclust runs once, in R, if there is
one with that package; the seconds are R's own. The measurements are appended to a file as they are made. If one was
made twice the later holds.
"""

from __future__ import annotations

import argparse
import csv
import functools
import os

# Read when their libraries start, which is below: everybody has one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from benchmarks.first_tables.mclust import by_mclust
from benchmarks.first_tables.measure import fitted, folds_of, held_out, row_of
from benchmarks.first_tables.programs import MCLUST, MODELS_OF, PROGRAMS, TYPES, has_type
from benchmarks.first_tables.r import has_mclust
from benchmarks.first_tables.summary import summary
from benchmarks.first_tables.tables import TABLES, table
from benchmarks.first_tables.variants import VARIANTS, Case, case

HALVES = {"half-a": 0, "half-b": 1}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.first_tables",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name, known in (("tables", TABLES), ("variants", VARIANTS), ("types", TYPES), ("programs", PROGRAMS)):
        parser.add_argument(
            f"--{name}", default="", help=f"with commas between them, of: {', '.join(known).replace('%', '%%')}; or all"
        )
    parser.add_argument("--split", choices=HALVES, help="take every second table only, in alphabetical order")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument(
        "--held-out-seeds", type=int, default=3, help="how many seeds are also scored on held-out rows, each on others"
    )
    parser.add_argument("--out", type=Path, default=Path("build") / "first_tables.csv")
    parser.add_argument("--summarize", type=Path, metavar="CSV", help="measure nothing, and summarize what is there")
    options = parser.parse_args(arguments)
    if options.summarize is None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        with threadpool_limits(1), options.out.open("a", newline="") as file:
            write(file, measurements(parser, options))
    with (options.summarize or options.out).open(newline="") as file:
        for line in summary(list(csv.DictReader(file))):
            print(line)


def measurements(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    names = chosen(parser, options.tables, TABLES)
    if options.split:
        names = [name for name in names if name in sorted(TABLES)[HALVES[options.split] :: 2]]
    variants, types = chosen(parser, options.variants, VARIANTS), chosen(parser, options.types, TYPES)
    programs = chosen(parser, options.programs, PROGRAMS)
    if MCLUST in programs and not has_mclust():
        print("mclust is left out: no R with that package")
        programs.remove(MCLUST)
    for name in names:
        try:
            loaded = table(name)
        except ModuleNotFoundError as error:
            print(f"{name} is left out: {error}")
            continue
        for variant in variants:
            print(f"{name}, {variant}", flush=True)
            yield from of_case(case(name, loaded, variant), types, programs, options.seeds, options.held_out_seeds)


def of_case(
    case: Case, types: list[str], programs: list[str], n_seeds: int, n_held_out: int
) -> Iterator[dict[str, Any]]:
    splits = [folds_of(case, seed) for seed in range(n_held_out)]
    n_features = case.X.shape[1]
    if MCLUST in programs:
        its_types = [kind for kind in types if has_type(MCLUST, kind, n_features)]
        for kind, (fit, rest) in by_mclust(case, its_types, splits[0] if splits else []).items():
            yield row_of(case, kind, MCLUST, 0, fit, rest)
    for kind in types:
        for seed in range(n_seeds):
            for program, model in MODELS_OF.items():
                if program in programs and has_type(program, kind, n_features):
                    make = functools.partial(model, case.n_components, kind, seed)
                    rest = held_out(make, splits[seed]) if seed < n_held_out else None
                    yield row_of(case, kind, program, seed, fitted(make(), case.X), rest)


def chosen(parser: argparse.ArgumentParser, text: str, known: Any) -> list[str]:
    names = [name.strip() for name in text.split(",")] if text else list(known)
    unknown = [name for name in names if name not in known]
    if unknown:
        parser.error(f"there is no {', no '.join(unknown)}; there are {', '.join(known)}")
    return names


def write(file: Any, rows: Iterator[dict[str, Any]]) -> None:
    writer = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(file, fieldnames=list(row))
            if file.tell() == 0:
                writer.writeheader()
        writer.writerow(row)
        file.flush()


if __name__ == "__main__":
    main()
