"""The real command line, a table and a model of it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from mixfold import GaussianMixture, Mixture
from mixfold.cli.app import app
from mixfold.datasets import FAITHFUL_CSV, load_faithful


@pytest.fixture
def drawn():
    """Whoever asks for it gets pictures that are drawn, of few dots."""


@pytest.fixture(autouse=True)
def _pictures(request, monkeypatch):
    """Pictures are empty files, because most tests only need them to be there."""
    monkeypatch.setattr("mixfold.cli.figures.DOTS_PER_INCH", 30)
    if "drawn" not in request.fixturenames:
        monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda _, path, **__: Path(path).touch())


@pytest.fixture(scope="session")
def mixfold():
    """Run the command line with some arguments."""

    def run(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def refused(mixfold):
    """Run the command line, expect one line of error and exit code 2, and give the line."""

    def run(*arguments):
        result = mixfold(*arguments)
        assert result.exit_code == 2, result.output
        assert result.stdout == ""
        (line,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
        assert "Traceback" not in result.stderr
        return line

    return run


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "faithful.csv"
    path.write_bytes(FAITHFUL_CSV.read_bytes())
    return path


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """A model file of Old Faithful's eruptions."""
    bunch = load_faithful()
    fitted = GaussianMixture(2, random_state=0).fit(bunch.data).mixture_
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    Mixture(fitted.weights, fitted.means, fitted.covariances, "full", bunch.feature_names).save(path)
    return path
