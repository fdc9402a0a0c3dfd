"""Where matplotlib is asked for paper: it is an optional extra, imported when the first picture is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from mixfold.errors import MissingExtraError

Axes: TypeAlias = Any
"""A `matplotlib.axes.Axes`."""

Figure: TypeAlias = Any
"""A `matplotlib.figure.Figure`."""

INK, QUIET = "#222222", "#6b6b6b"
"""Colors of titles, and of everything that only explains."""

NOTE_SIZE, LINE_HEIGHT = 8.5, 1.2
"""Points of the letters of notes, and the height of their lines in letters."""


def new_figure(width: float = 7.5, height: float = 5.5) -> Figure:
    """Give an empty figure that is not part of pyplot's global state, for pictures that go into files.

    Parameters
    ----------
    width, height : float
        In inches.

    Returns
    -------
    figure : matplotlib.figure.Figure

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.

    Examples
    --------
    >>> from mixfold.plotting import new_figure
    >>> new_figure(4.0, 3.0).get_size_inches().tolist()
    [4.0, 3.0]
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415  (optional extra)
    except ImportError as error:
        raise _missing() from error
    return Figure(figsize=(width, height), layout="constrained")


def axes_or_new(ax: Axes | None) -> Axes:
    """Give the caller's axes, or those of a new pyplot figure.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot as plt  # noqa: PLC0415  (optional extra)
    except ImportError as error:
        raise _missing() from error
    return plt.subplots(figsize=(7.5, 5.5), layout="constrained")[1]


def dress(ax: Axes, title: str, note: str) -> None:
    """Give axes a title, a quiet note below it, and no more lines around them than needed."""
    from matplotlib.ticker import ScalarFormatter  # noqa: PLC0415  (optional extra)

    lines = in_lines(note, NOTE_SIZE, ax.get_position().width * ax.figure.get_figwidth() * 72.0)
    pad = 8.0 + (3.0 + LINE_HEIGHT * NOTE_SIZE * len(lines) if lines else 0.0)
    ax.set_title(title, loc="left", fontsize=12, fontweight="bold", color=INK, pad=pad)
    if lines:
        style = {"xytext": (0, 6), "textcoords": "offset points", "linespacing": LINE_HEIGHT, "va": "bottom"}
        style |= {"annotation_clip": False, "fontsize": NOTE_SIZE, "color": QUIET, "gid": "note"}
        ax.annotate("\n".join(lines), (0, 1), xycoords="axes fraction", **style)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(QUIET)
    for axis in (ax.xaxis, ax.yaxis):
        plain = ScalarFormatter(useOffset=False)  # an offset or a power of ten would lie on the note
        plain.set_scientific(False)
        axis.set_major_formatter(plain)
    ax.tick_params(colors=QUIET, labelcolor=INK, labelsize=9)


def in_lines(text: str, size: float, width: float) -> list[str]:
    """Break a text where it would be wider than `width` points, as it is set in letters of `size` points.

    Examples
    --------
    >>> in_lines("contours hold 25%, 50% and 95% of the probability", 8.5, 150.0)
    ['contours hold 25%, 50% and 95%', 'of the probability']
    """
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415  (optional extra)
    from matplotlib.textpath import text_to_path  # noqa: PLC0415

    font = FontProperties(size=size)
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_to_path.get_text_width_height_descent(longer, font, ismath=False)[0] <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def percent(share: float) -> str:
    """Give a share in words; what is little is not nothing.

    Examples
    --------
    >>> percent(0.004), percent(0.25)
    ('<1%', '25%')
    """
    return "<1%" if 0.0 < share < 0.01 else f"{share:.0%}"


def counted(number: int, noun: str) -> str:
    """Give a number of things, small ones in words.

    Examples
    --------
    >>> counted(2, "cluster"), counted(31, "cluster")
    ('Two clusters', '31 clusters')
    """
    words = ("One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")
    in_words = words[number - 1] if 0 < number <= len(words) else str(number)
    return f"{in_words} {noun}{'s' * (number != 1)}"


def listed(masses: Sequence[float]) -> str:
    """Give shares in words.

    Examples
    --------
    >>> listed([0.9, 0.5, 0.25])
    '25%, 50% and 90%'
    """
    *first, last = (f"{100.0 * mass:g}%" for mass in sorted(masses))
    return f"{', '.join(first)} and {last}" if first else last


def _missing() -> MissingExtraError:
    return MissingExtraError("matplotlib", "plot", "Drawing pictures")
