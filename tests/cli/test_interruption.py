"""Ctrl-C: a real signal to a real process, and what it says before it ends."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from mixfold.cli.interruption import what_remains

ENOUGH = 60
"""Seconds within which an interrupted command must have ended; these ones would take hours."""
ENDLESS = ("fit", "-k", 30, "--tol", 0, "--max-iter", 100_000_000, "--init", "random_from_data", "--n-init", 100_000)


@pytest.fixture
def noise(tmp_path):
    path = tmp_path / "noise.npy"
    np.save(path, np.random.default_rng(0).normal(size=(5000, 3)))
    return path


@pytest.fixture
def interrupted(tmp_path):
    """Run a command, send it SIGINT when something holds, and give what it says on its last line."""

    def run(*arguments, until):
        command = [sys.executable, "-m", "mixfold", *map(str, arguments)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        with (
            (tmp_path / "said").open("w") as said,
            subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, env=environment) as process,
        ):
            try:
                while not until((tmp_path / "said").read_text()):
                    assert process.poll() is None
                    time.sleep(0.05)
                process.send_signal(signal.SIGINT)
                assert process.wait(timeout=ENOUGH) == 130
            finally:
                process.kill()
        return (tmp_path / "said").read_text().splitlines()[-1]

    return run


def _has_begun(said):
    return "rows, columns" in said


@pytest.mark.nightly
def test_a_fit_without_a_checkpoint_says_that_nothing_was_written(interrupted, noise, tmp_path):
    line = interrupted(*ENDLESS, noise, "--out", tmp_path / "results", until=_has_begun)
    assert line.startswith("Interrupted: nothing was written. With `--checkpoint`, the same command would go on")
    assert not (tmp_path / "results").exists()


def test_a_fit_with_a_checkpoint_says_where_it_goes_on_and_does(interrupted, noise, tmp_path, mixfold):
    state = tmp_path / "fit.state"
    options = (*ENDLESS, noise, "--out", tmp_path / "results", "--checkpoint", state)
    line = interrupted(*options, until=lambda _: state.exists())
    assert line == f"Interrupted: its state is kept in {state}. Run the same command again to go on from there."
    assert interrupted(*options, until=_has_begun) == line


@pytest.mark.nightly
def test_a_choice_in_threads_says_where_it_goes_on(interrupted, noise, tmp_path):
    cells = tmp_path / "cells"
    options = ("-k", "2:60", "--jobs", 2, "--out", tmp_path / "results", "--checkpoint", cells)
    line = interrupted("select", noise, *options, until=lambda said: "K = 3" in said)
    assert line == f"Interrupted: its state is kept in {cells}. Run the same command again to go on from there."


def test_results_that_are_there_are_named(tmp_path):
    (tmp_path / "old.csv").write_text("")
    os.utime(tmp_path / "old.csv", (0, 0))
    assert what_remains({"out": tmp_path}, began=1e9) == "nothing was written."
    (tmp_path / "new.csv").write_text("")
    assert what_remains({"out": tmp_path}, began=1e9) == f"its results are in {tmp_path}."
    assert what_remains({"out": tmp_path / "new.csv"}, began=1e9) == f"its results are in {tmp_path / 'new.csv'}."


def test_a_checkpoint_that_is_not_there_yet_is_no_state(tmp_path):
    assert what_remains({"checkpoint": tmp_path / "none"}, began=0.0) == "nothing was written."
