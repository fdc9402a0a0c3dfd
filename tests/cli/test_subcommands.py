"""The list of subcommands is there at once, and says what each says of itself."""

import subprocess
import sys

import pytest

from mixfold.cli.subcommands import SUBCOMMANDS, Deferred, Subcommand


@pytest.mark.parametrize("line", SUBCOMMANDS, ids=lambda line: line.name)
def test_the_summary_is_the_first_line_of_the_help(line):
    assert (Deferred(line).loaded().help + "\n").startswith((line.summary + "\n", line.summary + " "))


def test_the_overview_loads_neither_scikit_learn_nor_a_subcommand():
    code = (
        "import sys; from mixfold.cli.app import app; app(['--help'], standalone_mode=False); "
        "print(*[name for name in ('sklearn', 'numpy', 'mixfold.cli.fit') if name in sys.modules], file=sys.stderr)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Find clusters in a table." in shown.stdout
    assert shown.stderr.split() == []


def test_a_defect_keeps_its_traceback(mixfold, monkeypatch):
    def broken(_):
        message = "a defect"
        raise ValueError(message)

    monkeypatch.setattr("mixfold.cli.fit.format_of", broken)
    result = mixfold("fit", "faithful.csv", "-k", 2, "--out", "nowhere")
    assert isinstance(result.exception, ValueError)
    assert "Error:" not in result.stderr


def test_a_command_that_does_not_exist_is_answered_with_one_that_does(mixfold):
    result = mixfold("fti")
    assert result.exit_code == 2
    assert "Did you mean 'fit'" in result.stderr


def test_a_group_has_no_options_of_the_whole_program(mixfold):
    text = mixfold("speakers", "--help").stdout
    assert "identify" in text
    assert "--install-completion" not in text


def test_a_subcommand_is_found_by_its_name():
    line = Subcommand("demo", "", "mixfold demo")
    assert Deferred(line).loaded().epilog == "Example: mixfold demo"
