# `make demo` and `make test` need Python 3.11+ and nothing else; `make system` adds by apt what the
# browser tests need (otherwise they skip, loudly).
.DEFAULT_GOAL := help
.PHONY: help demo serve test test-slow lint types rules bench demo-data notebook package audit lock system clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKERS ?= auto

help: ## say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make demo PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "python3-venv is missing: make system"; exit 1; }
	@echo "Setting up: two to three minutes the first time"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@echo "Compiling the numerical kernels, once"
	@$(BIN)/corridors demo --quiet --out $(VENV)/warm-up && rm -rf $(VENV)/warm-up
	@touch $(READY)

demo: $(READY) ## plan the week of the bundled borough and say where to look
	@$(BIN)/corridors demo --out out/demo

serve: $(READY) ## start the service with the demo borough at http://127.0.0.1:8000
	@mkdir -p out
	@SAFER_CORRIDORS_DEMO=1 SAFER_CORRIDORS_DATABASE_URL=sqlite:///out/service.sqlite $(BIN)/python -m api.admin serve

test: lint types ## every check: lint, types, import rules and all tests
	@$(BIN)/python -m pytest -m "not slow" -n $(WORKERS)

test-slow: $(READY) ## proofs that take minutes
	@$(BIN)/python -m pytest -m slow

lint: $(READY)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@if test -x $(BIN)/hadolint; then $(BIN)/hadolint Dockerfile; else echo 'SKIPPED: no hadolint here'; fi

types: $(READY)
	@$(BIN)/mypy

rules: $(READY) ## the walls between the rooms
	@$(BIN)/python -m pytest -q tests/rules

bench: $(READY) ## every benchmark: seconds and ratios against a peer in the same run
	@for name in intensity matching walking footfall tracing roster reasons stability habits feedback maps evaluation week service map_frames; do echo "== $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; done

demo-data: $(READY) ## make the bundled borough again from its seed
	@$(BIN)/python -m data.demo_generator --seed 1 --out data/demo

notebook: $(READY) ## run the method notebook in place
	@$(BIN)/jupyter-execute --inplace notebooks/method.ipynb

package: ## install as a user or the container does, without the checkout, and run the demo
	@rm -rf build/package && $(PYTHON) -m venv build/package
	@build/package/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt .
	@cd build && package/bin/corridors demo --quiet --out package/demo && echo "The package works"

audit: ## hold the dependencies against the known vulnerabilities
	@test -x build/audit/bin/pip-audit || { $(PYTHON) -m venv build/audit && \
		build/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit; }
	@build/audit/bin/python .ci/audit.py constraints.txt

lock: $(READY) ## write the versions in use to constraints.txt
	@$(BIN)/python -m pip freeze --exclude-editable | grep -v '@' > constraints.txt

system: ## install by apt what the browser tests need
	@apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends python3-venv chromium fonts-dejavu-core postgresql

clean:
	@rm -rf $(VENV) out .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
