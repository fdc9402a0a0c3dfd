"""Two streams: results go to standard output, everything else to standard error."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

OUT = Console(highlight=False, emoji=False)
ERR = Console(stderr=True, highlight=False, emoji=False)


def print_error(error: BaseException) -> None:
    """Say in one line what went wrong."""
    _print_line("Error:", "bold red", _sentence(error))


def print_warning(message: object) -> None:
    """Say in one line what to be careful with."""
    _print_line("Warning:", "bold yellow", str(message))


def _sentence(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}." if error.filename is not None else f"{error.strerror}."
    return " ".join(str(error).split())


def _print_line(word: str, style: str, message: str) -> None:
    ERR.print(Text.assemble((word, style), " ", message), soft_wrap=True)
