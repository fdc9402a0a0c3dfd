"""Every example in the documentation and in the README runs, and shows what is written there."""

import doctest
import os
import re
import shlex
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mixfold.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
FENCE = re.compile(r"^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRESS = re.compile(r"^(restart \d+ of \d+|search): log-likelihood .*\n", re.MULTILINE)
"""In a terminal these lines are live, and gone when the command is done."""
OURS = re.compile(r"(?:python -m )?mixfold ([^|<>;&$*]+?)(?: 2>&1)?(?: ([|>] .*))?")
"""A line that begins with the program, and what a shell does with its output."""


def _blocks(page, kind):
    return [text for found, text in FENCE.findall(page.read_text(encoding="utf-8")) if found == kind]


def _named(pages):
    return [pytest.param(page, id=str(page.relative_to(ROOT))) for page in pages]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setattr("mixfold.cli.figures.DOTS_PER_INCH", 30)
    # `display.figure_` of a page is pyplot's: the first import of matplotlib may warn of its cache.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.parametrize(
    "page", _named(page for page in PAGES if any(">>> " in text for text in _blocks(page, "python")))
)
def test_python_on_a_page_gives_what_is_written_there(page):
    text = "\n".join(_blocks(page, "python"))
    example = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    said = []
    doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example, out=said.append)
    assert not said, "".join(said)


@pytest.mark.parametrize(
    "page", _named(page for page in PAGES if any(">>> " not in text for text in _blocks(page, "python")))
)
def test_scripts_on_a_page_run(page):
    names = {}
    for text in _blocks(page, "python"):
        if ">>> " not in text:
            exec(compile(text, str(page), "exec"), names)  # noqa: S102


@pytest.mark.parametrize("page", _named(page for page in PAGES if _blocks(page, "console")))
def test_commands_on_a_page_print_what_is_written_there(page):
    for block in _blocks(page, "console"):
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            exit_code, output = _run(command)
            assert exit_code == 0, output
            assert _words(PROGRESS.sub("", output)) == _words(expected), command


def _run(command):
    """Run a line of a shell; the program itself in this process, because the libraries take seconds to load."""
    ours = OURS.fullmatch(command)
    if ours is None:
        return _of_a_shell(command)
    arguments, rest = ours.groups()
    result = CliRunner().invoke(app, shlex.split(arguments))
    return (
        _of_a_shell(f"cat {rest}", result.output)
        if rest and result.exit_code == 0
        else (result.exit_code, result.output)
    )


def _of_a_shell(command, text=""):
    shell = ["bash", "-c", command]
    ended = subprocess.run(shell, input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return ended.returncode, ended.stdout


def _words(text):
    """Give the lines without blank ones, and without the spaces that a terminal does not show."""
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def test_links_between_pages_lead_somewhere():
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#]+\.(?:md|png|svg|py))(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


def test_a_page_that_is_wrong_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```python\n>>> 1 + 1\n3\n```\n")
    with warnings.catch_warnings(), pytest.raises(AssertionError, match="Expected"):
        test_python_on_a_page_gives_what_is_written_there(page)
