"""Where the program `mixfold` begins."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line, or say how to install what it needs."""
    try:
        _run()
    except KeyboardInterrupt:  # before a command has begun: it says more
        sys.stderr.write("Interrupted: nothing was written.\n")
        sys.exit(130)


def _run() -> None:
    try:
        from mixfold.cli.app import app  # noqa: PLC0415  (optional extra)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in {"rich", "typer"}:
            raise
        from mixfold.errors import MissingExtraError  # noqa: PLC0415  (brings scikit-learn)

        sys.stderr.write(f"Error: {MissingExtraError(error.name, 'cli', 'The command line')}\n")
        sys.exit(2)
    app(prog_name="mixfold")
