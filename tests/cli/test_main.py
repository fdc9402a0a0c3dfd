"""The program as a process of its own."""

import os
import re
import subprocess
import sys

import pytest

from mixfold.cli.main import main


def _run(*arguments, **environment):
    command = [sys.executable, "-m", "mixfold", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1", **environment}
    )


def test_an_error_is_one_line_without_a_traceback_and_exit_code_two(tmp_path):
    ended = _run("fit", tmp_path / "none.csv", "-k", 2, "--out", tmp_path / "o")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"Error: {tmp_path / 'none.csv'} must be a table, but it does not exist. Check the path.\n"


def test_a_reader_who_stops_reading_is_no_error(model):
    command = f"{sys.executable} -m mixfold sample {model} -n 20000 | head -n 1"
    ended = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)  # noqa: S602
    assert ended.stdout == "eruptions,waiting,label\n"
    assert "Traceback" not in ended.stderr


def test_without_typer_one_line_says_what_to_install(monkeypatch, capsys):
    for name in [name for name in sys.modules if name.startswith("mixfold.cli.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "typer", None)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "pip install '.[cli]'" in line


def test_help_and_version_need_no_data(mixfold):
    assert mixfold("--version").stdout.startswith("mixfold 0.")
    overview = mixfold("--help").stdout
    for command in ("fit", "predict", "sample", "inspect", "demo"):
        assert command in overview
        assert "Example: mixfold " + command in " ".join(mixfold(command, "--help").stdout.split())


def words_of_help(mixfold, command):
    return " ".join(mixfold(command, "--help").stdout.replace("│", " ").split())


def test_help_says_the_same_of_a_model_everywhere(mixfold):
    described = set()
    for command in ("predict", "sample", "inspect"):
        text = words_of_help(mixfold, command)
        described.add(text[text.index("A model that") :].partition("[required]")[0].strip())
    assert len(described) == 1


def test_a_flag_is_advertised_without_a_value(mixfold, table, tmp_path):
    for command in ("fit", "select", "inspect"):
        assert re.findall(r"(--[a-z-]+) <bool>", words_of_help(mixfold, command).replace(" -h", "")) == ["--help"]
    assert "--report Write report.html" in words_of_help(mixfold, "fit")
    result = mixfold("fit", table, "-k", 1, "--out", tmp_path / "o", "--report", "true")
    assert result.exit_code == 2
    assert "true" in result.stderr
