# Needs only python3 (3.11 or newer) with venv, and make. Everything else is installed into .venv,
# from lock files with hashes. A second run of any target installs nothing.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
JOBS ?= 2
LOCK_VENV := .venv-lock
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes
INSTALL_SELF := $(BIN)/python -m pip install --disable-pip-version-check --quiet \
	--no-build-isolation --no-deps --editable .

# The plant is compiled on its first tick (some seconds), and the machine code is kept.
WARM := $(BIN)/python -c 'from sim_hardware.probe import SimProbe; SimProbe().advance(100)'

.DELETE_ON_ERROR:
.PHONY: help run test test-slow lint bench storm lock clean

help:
	@echo 'make run        one whole treatment on the simulated probe'
	@echo 'make test       the tests, without the slow ones'
	@echo 'make test-slow  the slow tests'
	@echo 'make lint       ruff, mypy, import-linter'
	@echo 'make bench      every benchmark, one after the other'
	@echo 'make storm      300 simulated hours of random faults, operators and timing'
	@echo 'make lock       resolve setup.cfg anew into the lock files'
	@echo 'make clean      remove .venv and everything that was generated'

run: $(VENV)/run.stamp
	$(BIN)/cryoprobe run plans/intercostal.toml

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal -m "not slow"

test-slow: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n $(JOBS) -m slow --timeout 1800

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# One after the other: a benchmark that shares the machine measures its neighbour.
bench: $(VENV)/dev.stamp
	@set -e; for script in benchmarks/[a-z]*.py; do \
		echo "== $$script"; $(BIN)/python "$$script"; done

storm: $(VENV)/dev.stamp
	$(BIN)/python benchmarks/storm.py --hours 300 --check

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit("cryoprobe needs Python 3.11 or newer, this is " \
		+ sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo 'On Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }

$(VENV)/run.stamp: requirements.lock setup.cfg pyproject.toml | $(BIN)/pip
	@echo 'installing from requirements.lock (once; about a minute)'
	@$(INSTALL) -r requirements.lock
	@$(INSTALL_SELF)
	@$(WARM)
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	@echo 'installing from requirements-dev.lock (once; about a minute)'
	@$(INSTALL) -r requirements-dev.lock
	@touch $@

# Resolved for the oldest supported Python: run this with PYTHON=python3.11.
COMPILE := CUSTOM_COMPILE_COMMAND='make lock' $(LOCK_VENV)/bin/pip-compile --quiet \
	--generate-hashes --allow-unsafe --strip-extras --build-deps-for editable --resolver backtracking \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options
lock:
	$(PYTHON) -m venv $(LOCK_VENV)
	$(LOCK_VENV)/bin/python -m pip install --quiet pip-tools==7.6.2
	$(COMPILE) --upgrade -o requirements.lock pyproject.toml
	$(COMPILE) --upgrade -o requirements-dev.lock --extra dev --extra visa \
		-c requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) $(LOCK_VENV) build dist *.egg-info .coverage* .hypothesis .import_linter_cache
	rm -rf .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
