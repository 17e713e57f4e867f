# The data room. `make help` lists what can be done.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo demo-reset test check probe bench endurance golden law lock clean
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing. On Debian and Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.demo: $(VENV)/.python requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.python requirements-dev.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.demo

NPM := tests/providers/npm
$(VENV)/.providers: $(VENV)/.dev $(NPM)/package.json $(NPM)/package-lock.json
	@$(BIN)/python -m tests.providers
	@touch $@

demo: $(VENV)/.demo ## install and start everything on this machine, with a seeded matter; Ctrl-C ends it
	@$(BIN)/dataroom demo

demo-reset: $(VENV)/.demo ## forget the demonstration's data
	@$(BIN)/dataroom demo --reset

test: $(VENV)/.providers ## every test, with real parts started on free loopback ports
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder tests

check: $(VENV)/.dev ## format, lint, types, import contracts, dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

probe: $(VENV)/.dev ## thousands of requests made from the interface's own document (some ten minutes)
	DATAROOM_API_EXAMPLES=40 $(BIN)/python -m pytest tests/integration/test_api_schema.py

bench: $(VENV)/.dev ## the measurements quoted in the documentation
	$(BIN)/python -m tests.bench

endurance: $(VENV)/.dev ## twenty minutes under SIGKILL, ten on each database
	$(BIN)/python -m tests.bench.endurance

golden: $(VENV)/.dev ## write the golden files anew, to be reviewed line by line
	DATAROOM_GOLDEN=write $(BIN)/python -m pytest tests/golden

law: $(VENV)/.dev ## freeze the law at a release: from then on the tests prove that no more is allowed but what is named
	$(VENV)/bin/python -m tests.unit.released_law

lock: ## resolve the dependencies anew into the hashed lock files (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --extra demo pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --extra demo --extra dev pyproject.toml -o requirements-dev.lock

clean: ## remove the virtual environment and caches (the demonstration's data stay)
	rm -rf $(VENV) $(NPM)/node_modules build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
