"""Two streams: results go to standard output, everything else to standard error."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import final

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters by which a terminal does something, but the end of a line; and those that turn the direction of text."""


@final
class VisibleConsole(Console):
    r"""Shows control characters, which come from names and values of tables, instead of obeying them.

    Examples
    --------
    >>> VisibleConsole().print("a\x1b[2Jb")
    a\x1b[2Jb
    """

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """Give what is printed."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


OUT = VisibleConsole(highlight=False, emoji=False)
ERR = VisibleConsole(stderr=True, highlight=False, emoji=False)


def visible(text: str) -> str:
    r"""Give text with control characters written as Python writes them.

    Examples
    --------
    >>> print(visible("size\x07 in\ncm"))
    size\x07 in
    cm
    """
    return CONTROL.sub(lambda match: repr(match[0])[1:-1], text)


def print_error(error: BaseException, more: str = "") -> None:
    """Say in one line what went wrong, and what more there is to say of it."""
    _print_line("Error:", "bold red", _sentence(error) + more)


def print_warning(message: object) -> None:
    """Say in one line what to be careful with."""
    _print_line("Warning:", "bold yellow", str(message))


def print_interruption(message: str) -> None:
    """Say in one line what an interrupted command leaves."""
    _print_line("Interrupted:", "bold yellow", message)


@contextmanager
def warnings_in_lines() -> Iterator[None]:
    """Say in one line each what a fit or a threshold warns of, once it is done."""
    # Here, because they bring scikit-learn, which the list of subcommands does not need.
    from mixfold.errors import CalibrationWarning, ConvergenceWarning, SpuriousComponentWarning  # noqa: PLC0415

    with warnings.catch_warnings(record=True) as caught:
        for category in (CalibrationWarning, ConvergenceWarning, SpuriousComponentWarning):
            warnings.simplefilter("always", category)
        yield
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        print_warning(message)


def _sentence(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}." if error.filename is not None else f"{error.strerror}."
    return " ".join(str(error).split())


def _print_line(word: str, style: str, message: str) -> None:
    ERR.print(Text.assemble((word, style), " ", message), soft_wrap=True)
