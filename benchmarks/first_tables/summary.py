"""What a file of measurements says, by table, by variant, and where mixfold is behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.first_tables.programs import MCLUST, OURS, PROGRAMS, THEIRS
from benchmarks.first_tables.variants import AS_IT_IS, REDUNDANT, UNINFORMATIVE, VARIANTS

Rows = list[dict[str, str]]
KEY = ("table", "variant", "type", "program", "seed")
BEHIND_ARI, BEHIND_HELD_OUT = 0.05, 0.02
# Of these there is no density unless every column has a step.
DEGENERATE = ("duplicated", "summed")


def summary(rows: Rows) -> Iterator[str]:
    rows = list({tuple(row[name] for name in KEY): row for row in rows}.values())
    for kind in distinct(rows, "type"):
        of_type = where(rows, type=kind)
        if where(of_type, variant=AS_IT_IS):
            yield from by_table(kind, where(of_type, variant=AS_IT_IS))
        yield from by_variant(kind, of_type)
    yield from exceptions(rows)
    yield from behind(rows)


def by_table(kind: str, rows: Rows) -> Iterator[str]:
    """Give a line a table, and means over those tables on which every program but mclust has a number."""
    yield f"\n{kind}, {AS_IT_IS}: ARI mean (least); held-out log-density; seconds; warnings a fit"
    programs = present(rows)
    tables: dict[str, dict[str, Rows]] = {}
    for row in rows:
        tables.setdefault(row["table"], {}).setdefault(row["program"], []).append(row)
    for name, of_program in tables.items():
        yield f"{name}: " + " | ".join(f"{program} {line_of(of_program.get(program, []))}" for program in programs)
    for what in ("ari", "held_out", "seconds", "warnings"):
        means = {
            program: np.array([mean(of_program.get(program, []), what) for of_program in tables.values()])
            for program in programs
        }
        # mclust refuses many tables, which would be lost to the others if it counted.
        shared = np.all([np.isfinite(values) for name, values in means.items() if name != MCLUST], axis=0)
        said = [average(program, values[shared]) for program, values in means.items()]
        yield f"{what}, mean (median) over {np.sum(shared)} tables: {', '.join(filter(None, said))}"


def average(program: str, values: Any) -> str:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return ""
    fewer = f" of {len(finite)}" if len(finite) < len(values) else ""
    return f"{program} {finite.mean():.4f} ({np.median(finite):.4f}){fewer}"


def line_of(rows: Rows) -> str:
    if not rows:
        return "-"
    aris, failed = numbers(rows, "ari"), [row for row in rows if row["exception"]]
    parts = [f"{np.mean(aris):.3f} ({np.min(aris):.3f})" if len(aris) else "-", held_out_text(rows)]
    parts += [f"{mean(rows, 'seconds'):.4f} s", f"{mean(rows, 'warnings'):.1f}"]
    return "; ".join(parts + ([f"{len(failed)} of {len(rows)} raised"] if failed else []))


def held_out_text(rows: Rows) -> str:
    infinite, failed = total(rows, "folds_infinite"), total(rows, "folds_failed")
    if total(rows, "folds_measured") == 0:
        return "-"
    lost = [f"{infinite} folds infinite"] * (infinite > 0) + [f"{failed} folds raised"] * (failed > 0)
    return f"{mean(rows, 'held_out'):.3f}" + (f" ({', '.join(lost)})" if lost else "")


def by_variant(kind: str, rows: Rows) -> Iterator[str]:
    yield f"\n{kind}: mean ARI (change from the same tables and seeds {AS_IT_IS}), tables with labels"
    plain = {key_without_variant(row): row for row in where(rows, variant=AS_IT_IS)}
    programs = present(rows)
    for variant in [name for name in VARIANTS if where(rows, variant=name)]:
        of_variant = where(rows, variant=variant)
        said = ", ".join(
            f"{program} {mean_over_tables(where(of_variant, program=program)):.3f}"
            + (change(where(of_variant, program=program), plain) if variant != AS_IT_IS else "")
            for program in programs
        )
        mark = " (uninformative)" if variant in UNINFORMATIVE else ""
        yield f"{variant}{mark}: {said}{same_partitions(of_variant, plain) if variant in REDUNDANT else ''}"


def change(rows: Rows, plain: dict[Any, dict[str, str]]) -> str:
    pairs = [(row, plain[key_without_variant(row)]) for row in rows if key_without_variant(row) in plain]
    changes = np.array([float(row["ari"]) - float(before["ari"]) for row, before in pairs])
    changes = changes[np.isfinite(changes)]
    return f" ({changes.mean():+.3f})" if len(changes) else ""


def same_partitions(rows: Rows, plain: dict[Any, dict[str, str]]) -> str:
    """Say how often mixfold labels rows as it does without the column; tables without labels count too."""
    said = ""
    for program in [name for name in present(rows) if name.startswith(OURS)]:
        keyed = [(row, plain.get(key_without_variant(row))) for row in where(rows, program=program)]
        pairs = [(row, before) for row, before in keyed if before is not None]
        if pairs:
            same = [row["partition"] == before["partition"] != "" for row, before in pairs]
            changed = sorted({row["table"] for (row, _), equal in zip(pairs, same, strict=True) if not equal})
            said += f"; {program} as without it: {np.mean(same):.0%} of fits"
            said += f", not always on {', '.join(changed)}" if changed else ""
    return said


def exceptions(rows: Rows) -> Iterator[str]:
    counts: dict[tuple[str, str], int] = {}
    for row in rows:
        for column in ("exception", "held_out_exception"):
            if row[column]:
                key = (row["program"], row[column])
                counts[key] = counts.get(key, 0) + 1
    yield f"\nRaised, {len(counts)} kinds, by number of measurements"
    for (program, message), count in sorted(counts.items(), key=lambda item: -item[1]):
        yield f"{count} {program}: {message}"


def behind(rows: Rows) -> Iterator[str]:
    yield (
        f"\nWhere mixfold is behind the better of scikit-learn's two: mean ARI by {BEHIND_ARI}, held out by "
        f"{BEHIND_HELD_OUT} or more folds lost (not looked at with a column {' or '.join(DEGENERATE)})"
    )
    found = set()
    cells: dict[tuple[str, ...], dict[str, Rows]] = {}
    for row in rows:
        cells.setdefault(tuple(row[name] for name in KEY[:3]), {}).setdefault(row["program"], []).append(row)
    for cell in sorted(cells, key=lambda cell: (cell[1] != AS_IT_IS, cell[2], cell[1], cell[0])):
        theirs = [of for program, of in cells[cell].items() if program.startswith(THEIRS)]
        for program in [name for name in PROGRAMS if name.startswith(OURS) and name in cells[cell]]:
            ours = cells[cell][program]
            reasons = list(filter(None, (behind_ari(ours, theirs), behind_held_out(cell[1], ours, theirs))))
            if reasons:
                found.add(cell)
                yield f"{', '.join(cell)}: {program} {'; '.join(reasons)}"
    yield f"{len(found)} of {len(cells)} cells of table, variant and type"


def behind_ari(ours: Rows, theirs: list[Rows]) -> str:
    best, own = max((mean(rows, "ari") for rows in theirs), default=np.nan), mean(ours, "ari")
    return f"ARI {own:.3f} against {best:.3f}" if own < best - BEHIND_ARI else ""


def behind_held_out(variant: str, ours: Rows, theirs: list[Rows]) -> str:
    measured = [rows for rows in theirs if total(rows, "folds_measured")]
    if variant in DEGENERATE or not total(ours, "folds_measured") or not measured:
        return ""

    def standing(rows: Rows) -> tuple[float, float]:
        lost = (total(rows, "folds_infinite") + total(rows, "folds_failed")) / total(rows, "folds_measured")
        return -lost, mean(rows, "held_out")

    best, own = max(measured, key=standing), standing(ours)
    is_behind = own[0] < standing(best)[0] or (
        own[0] == standing(best)[0] and own[1] < standing(best)[1] - BEHIND_HELD_OUT
    )
    return f"held out {held_out_text(ours)} against {held_out_text(best)}" if is_behind else ""


def present(rows: Rows) -> list[str]:
    return [name for name in PROGRAMS if any(row["program"] == name for row in rows)]


def distinct(rows: Rows, column: str) -> list[str]:
    return list(dict.fromkeys(row[column] for row in rows))


def where(rows: Rows, **values: str) -> Rows:
    return [row for row in rows if all(row[column] == value for column, value in values.items())]


def key_without_variant(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(row[name] for name in KEY if name != "variant")


def numbers(rows: Rows, column: str) -> Any:
    """Give the finite values of a column."""
    values = np.array([float(row[column]) for row in rows])
    return values[np.isfinite(values)]


def mean(rows: Rows, column: str) -> float:
    values = numbers(rows, column)
    return float(values.mean()) if len(values) else float("nan")


def mean_over_tables(rows: Rows) -> float:
    means = [mean(where(rows, table=name), "ari") for name in distinct(rows, "table")]
    known = [value for value in means if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def total(rows: Rows, column: str) -> int:
    return sum(int(row[column]) for row in rows)
