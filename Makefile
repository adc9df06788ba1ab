# make serve [PORT=8123]   set up, build the graph, serve it on 127.0.0.1
# make test                set up, check everything that is quick; .ci/run checks the rest, too
# make wheel               the program with its model as one file, dist/clustergraph-….whl, for `pip install` elsewhere
# make messages            the catalogues of messages brought up to date with templates, modules and questions
# make web                 what is made from the packages of npm: the land of maps, the scripts of pages; needs Node, and its result is kept
# make night               long random comparisons, and the service under load for ten minutes
# make coverage            how much of the program the tests run
# VENV=.venv-3.11 PYTHON=python3.11 with any of them: with another Python, in an environment of its own
PORT ?= 8123
HOST ?= 127.0.0.1
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
PYTEST = $(BIN)/python -m pytest -n auto --dist worksteal
COMPILE := pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.PHONY: serve build wheel web test test-all night coverage check validate format messages docs lock clean

serve: $(VENV)/.runtime
	$(BIN)/clustergraph serve --build --host $(HOST) --port $(PORT)

build: $(VENV)/.runtime
	$(BIN)/clustergraph build

wheel: $(VENV)/.runtime
	@rm -rf dist
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

web:
	cd web && npm ci --ignore-scripts --no-audit --no-fund --silent && npm run --silent build

validate: $(VENV)/.runtime
	$(BIN)/clustergraph validate

test: check
	HYPOTHESIS_PROFILE=quick $(PYTEST) -m "not slow and not night"

test-all: check
	$(PYTEST) -m "not night"

night: build $(VENV)/.dev
	HYPOTHESIS_PROFILE=night $(PYTEST) -m "night or random"
	$(BIN)/python -m bench.soak

coverage: $(VENV)/.dev
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n auto --dist worksteal -m "not night" || true
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered --sort=cover

check: $(VENV)/.dev
	$(BIN)/python -m compileall -q src
	$(BIN)/ruff check src tests bench
	$(BIN)/ruff format --check src tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/clustergraph format --check

format: $(VENV)/.dev
	$(BIN)/ruff format src tests bench
	$(BIN)/ruff check --fix src tests bench
	$(BIN)/clustergraph format

messages: $(VENV)/.dev
	$(BIN)/python -m tests.messages

docs: $(VENV)/.runtime
	$(BIN)/python -m clustergraph.pipeline.glossary

lock:
	$(COMPILE) --extra build --output-file requirements/runtime.txt pyproject.toml
	$(COMPILE) --extra build --extra dev --constraint requirements/runtime.txt --output-file requirements/dev.txt pyproject.toml

clean:
	rm -rf dist $(VENV) .venv-* .clustergraph .coverage* .import_linter_cache .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml
	@echo "Setting up $(VENV) (once; needs a package index or a local mirror)"
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) -r requirements/runtime.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	@$(PIP) -r requirements/dev.txt
	@touch $@
