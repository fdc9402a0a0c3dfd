"""The checks, each in an environment of its own; `nox -l` lists them. `make` does the same in one environment."""

from typing import Any

import nox

nox.options.sessions = ["lint", "tests"]
nox.options.default_venv_backend = "venv"


def install(session: nox.Session, *what: str, **options: Any) -> None:
    """Install with a pip that knows groups; what a new environment has may be older."""
    session.install("--quiet", "--upgrade", "pip>=25.1")
    session.install(*what, **options)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types and layers."""
    install(session, "--group", "torch")
    session.install("--group", "test", "--group", "lint", "-e", ".[all]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """Run the whole test suite, doctests included."""
    install(session, "--group", "torch")
    session.install("--group", "test", ".[all]")
    session.run("python", "-m", "pytest", "-n", "2", *session.posargs, env={"OMP_NUM_THREADS": "1"})


@nox.session
def minimal(session: nox.Session) -> None:
    """Run what the base installation has to do alone, without its kernels."""
    install(session, "--group", "test", ".", env={"CXX": "/bin/false"})
    session.run("python", "-m", "pytest", "-n", "2", "tests/fitting", "tests/covariance", env={"OMP_NUM_THREADS": "1"})


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; every example runs, and a warning is an error."""
    install(session, "--group", "torch")
    session.install("--group", "test", "--group", "docs", "-e", ".[all]")
    session.run("python", "-m", "sphinx", "--fail-on-warning", "--keep-going", "docs", "build/docs")


@nox.session
def wheel(session: nox.Session) -> None:
    """Build a wheel of this machine, and try it where no compiler is found."""
    session.run(".ci/wheel", *session.posargs, external=True)
