# Everything starts from a bare checkout with Python >= 3.11: each target makes .venv first if it is not there.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
.DEFAULT_GOAL := help
.PHONY: help demo test coverage docs sanitize bench lint format clean

help:  ## List the targets.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(RUN)/python:
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --upgrade 'pip>=25.1'

# The command line alone: neither PyTorch nor Dask.
$(VENV)/runs: pyproject.toml | $(RUN)/python
	$(RUN)/python -m pip install --quiet --editable '.[cli]'
	@touch $@

$(VENV)/installed: pyproject.toml | $(RUN)/python
	$(RUN)/python -m pip install --quiet --group torch
	$(RUN)/python -m pip install --quiet --group test --group lint --editable '.[all]'
	@touch $(VENV)/runs $@

demo: $(VENV)/runs  ## Find overlapping clusters, and how many there are; write a report.
	$(RUN)/mixfold demo --out demo-output

test: $(VENV)/installed  ## Run the whole test suite, doctests included.
	OMP_NUM_THREADS=1 $(RUN)/python -m pytest -n 2

coverage: $(VENV)/installed  ## Run the test suite, and fail where less of the package is run than the floor in pyproject.toml.
	$(RUN)/python -m pip install --quiet 'pytest-cov>=6'
	OMP_NUM_THREADS=1 $(RUN)/python -m pytest -n 2 -m "" --cov --cov-report=term:skip-covered

docs: $(VENV)/installed  ## Build the documentation; every example runs, and a warning is an error.
	$(RUN)/python -m pip install --quiet --group docs
	OMP_NUM_THREADS=1 $(RUN)/python -m sphinx --quiet --jobs 2 --fail-on-warning --keep-going docs build/docs
	@echo 'Open build/docs/index.html'

sanitize: $(VENV)/installed  ## Run the tests of the kernels under the address and undefined-behavior sanitizers.
	$(RUN)/python -m pip install --quiet --group sanitize
	native/sanitize.sh $(RUN)/python

bench: $(VENV)/installed  ## Time an EM iteration against rivals and against the floor of this machine.
	OMP_NUM_THREADS=1 $(RUN)/python -m benchmarks

lint: $(VENV)/installed  ## Check style, types and layers.
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports

format: $(VENV)/installed  ## Put the code into its format.
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

clean:  ## Remove everything that the other targets made.
	rm -rf $(VENV) demo-output build docs/generated dist .mypy_cache .ruff_cache .pytest_cache
