"""``python -m benchmarks.history FOLDER``: time this commit, compare it with those before, and draw them all.

FOLDER holds a file of JSON for each commit, and the page that draws them (index.html). What is kept of a workload is
how many times the floor an iteration takes (the arithmetic that it cannot do without, measured on the same core in the
same minute), so that machines of different speed can be compared. A workload that takes more than a tenth longer than
the median of the last commits is measured again; if it still does, that is said, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from collections.abc import Mapping, Sequence

# Read when their libraries start, which is below: everybody has one thread.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from statistics import median

from threadpoolctl import threadpool_limits

from benchmarks.contestants import Mixfold
from benchmarks.floor import Floor
from benchmarks.measure import Runner
from benchmarks.workloads import TINY, Workload
from mixfold.engines import kernels

WATCHED = (
    TINY,
    Workload(100_000, 8, 16, "full"),
    Workload(20_000, 32, 64, "full"),
    Workload(20_000, 128, 32, "full"),
    Workload(100_000, 8, 16, "diag"),
    Workload(100_000, 8, 16, "full", task="score_samples"),
    Workload(100_000, 8, 16, "full", task="predict_proba"),
)
LAST = 5
"""Commits whose median a new one is compared with."""
MOST_SLOWER = 0.10
TRIES = 3
"""How often a workload is measured before it is called slower; the best counts."""


@dataclass(frozen=True, slots=True)
class Record:
    """What was measured of a commit: times the floor, by the names of workloads."""

    commit: str
    date: str
    machine: str
    times: dict[str, float]


def measured(workload: Workload, rounds: int) -> float:
    """Give how many times the floor an iteration takes."""
    rows, start = workload.problem()
    runner, floor = Runner(Mixfold(workload, rows, start), workload.task), Floor("float64")
    for _ in range(rounds):
        floor.measure()
        runner.sample()
    return runner.seconds / floor.seconds(workload)


def records_of(folder: Path) -> list[Record]:
    """Read the commits of a folder, the oldest first."""
    found = [Record(**json.loads(path.read_text("utf-8"))) for path in folder.glob("*.json")]
    return sorted(found, key=lambda record: record.date)


def slower(times: Mapping[str, float], before: Sequence[Record]) -> dict[str, float]:
    """Give the workloads that take more than a tenth longer than before, and how many times as long.

    Parameters
    ----------
    times : mapping of str to float
        Of the new commit.
    before : sequence of Record
        Of the same kind of machine, the oldest first.
    """
    found = {}
    for name, now in times.items():
        then = [record.times[name] for record in before if name in record.times][-LAST:]
        if then and now > (1.0 + MOST_SLOWER) * median(then):
            found[name] = now / median(then)
    return found


def page(records: Sequence[Record], width: int = 640, height: int = 160) -> str:
    """Draw a line for each workload, in HTML that needs no other file."""
    parts = ["<!doctype html><meta charset='utf-8'><title>Speed by commit</title>"]
    parts.append("<style>body{font:14px sans-serif;margin:2rem}svg{border:1px solid #ccc}</style>")
    parts.append("<h1>Speed by commit</h1><p>Times the floor; lower is faster.</p>")
    for name in dict.fromkeys(name for record in records for name in record.times):
        points = [(record, record.times[name]) for record in records if name in record.times]
        top = 1.1 * max(value for _, value in points)
        step = width / max(1, len(points))
        at = [(step * (position + 0.5), height * (1.0 - value / top)) for position, (_, value) in enumerate(points)]
        parts.append(f"<h2>{escape(name)}</h2><p>last {points[-1][1]:.2f}</p><svg width='{width}' height='{height}'>")
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        parts.append(f"<polyline fill='none' stroke='#0072b2' points='{line}'/>")
        for (x, y), (record, value) in zip(at, points, strict=True):
            said = escape(f"{record.commit[:12]} {record.date[:10]} {record.machine}: {value:.3f}")
            parts.append(f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3' fill='#0072b2'><title>{said}</title></circle>")
        parts.append("</svg>")
    return "\n".join(parts)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, keep, draw and judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--tiny", action="store_true", help="run the smallest workload only")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    asked = ["git", "rev-parse", "HEAD"]
    commit = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    machine = kernels.instruction_set()
    before = [one for one in records_of(options.folder) if one.machine == machine and one.commit != commit]
    times: dict[str, float] = {}
    with threadpool_limits(1):
        for workload in WATCHED[:1] if options.tiny else WATCHED:
            times[workload.name] = measured(workload, options.rounds)
            for _ in range(TRIES - 1):
                if not slower(times, before).get(workload.name):
                    break
                times[workload.name] = min(times[workload.name], measured(workload, options.rounds))
            print(f"{workload.name}: {times[workload.name]:.3f} times the floor", flush=True)
    record = Record(commit, datetime.now(UTC).isoformat(timespec="seconds"), machine, times)
    (options.folder / f"{commit}.json").write_text(json.dumps(asdict(record), indent=1), "utf-8")
    (options.folder / "index.html").write_text(page(records_of(options.folder)), "utf-8")
    late = slower(times, before)
    for name, ratio in late.items():
        print(f"SLOWER: {name} takes {ratio:.2f} times as long as the median of the last {LAST} commits")
    raise SystemExit(bool(late))


if __name__ == "__main__":
    main()
