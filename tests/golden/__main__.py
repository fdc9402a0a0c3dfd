"""Record the bits of every case: ``OMP_NUM_THREADS=1 python -m tests.golden``; says which cases changed."""

from __future__ import annotations

import json

from tests.golden.cases import CASES, compute
from tests.golden.record import PATH, entry, environment, load


def main() -> None:
    """Compute, compare, write."""
    before = load()["cases"] if PATH.exists() else {}
    cases = {name: entry(compute(name)) for name in CASES}
    for name in sorted(before.keys() | cases.keys()):
        if before.get(name, {}).get("bits") != cases.get(name, {}).get("bits"):
            print("new" if name not in before else "gone" if name not in cases else "changed", name)
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(case)}" for name, case in cases.items())
    PATH.write_text(f'{{\n "environment": {json.dumps(environment())},\n "cases": {{\n{lines}\n }}\n}}\n')


if __name__ == "__main__":
    main()
