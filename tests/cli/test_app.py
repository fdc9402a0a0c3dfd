"""The program as a whole."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from typer.testing import CliRunner

from mixfold.cli.app import app


def test_the_version_is_that_of_the_package() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output.strip()) == (0, f"mixfold {version('mixfold')}")


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_names_the_subcommands_and_where_to_begin(option: str) -> None:
    result = CliRunner().invoke(app, [option])
    assert result.exit_code == 0
    for said in ("fit", "select", "predict", "anomalies", "mixfold demo"):
        assert said in result.output


def test_without_a_subcommand_there_is_help() -> None:
    assert "Usage" in CliRunner().invoke(app, []).output


def test_an_unknown_subcommand_is_refused() -> None:
    result = CliRunner().invoke(app, ["cluster"])
    assert result.exit_code == 2
    assert "cluster" in result.output
