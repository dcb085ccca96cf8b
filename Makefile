# Every verb works from a bare clone: what it needs, it installs into .venv, once per lock file.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& { echo $$p; break; }; done)
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# Telemetry of every tool is off.
export DAGSTER_DISABLE_TELEMETRY := 1
export DAGSTER_DG_UPDATE_CHECK_ENABLED := 0
export GX_ANALYTICS_ENABLED := false

.DEFAULT_GOAL := help
.PHONY: help demo test check bench docs lock clean

help: ## show this help
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

demo: $(VENV)/.runtime ## the whole loop against a simulated venue, on paper
	@$(BIN)/copytrade demo

test: $(VENV)/.dev ## every test
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: $(VENV)/.dev ## lint, format, types, import contracts, generated docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m copytrade_live.docs --check

bench: $(VENV)/.dev ## measure, as ratios against named limits
	$(BIN)/python -m benchmarks

docs: $(VENV)/.dev ## write the generated pages
	$(BIN)/python -m copytrade_live.docs

lock: ## pin the newest versions that fit pyproject.toml: versions and hashes, no addresses
	uv pip compile pyproject.toml --group build --universal --generate-hashes --python-version 3.11 --no-header \
		--no-annotate --no-emit-index-url --no-emit-find-links --quiet -o requirements/runtime.txt
	uv pip compile pyproject.toml --group build --group dev -c requirements/runtime.txt --universal --generate-hashes \
		--python-version 3.11 --no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet \
		-o requirements/dev.txt

clean: ## remove the virtual environment and caches, never COPYTRADE_HOME
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(VENV)/.made:
	@test -n "$(PYTHON)" || { echo "copytrade needs Python 3.11, 3.12 or 3.13; none was found on PATH" >&2; exit 1; }
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(VENV)/.made
	@echo "installing what copytrade runs on (about two minutes the first time)"
	@$(PIP) install --no-deps --require-hashes -r requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "installing what the tests need"
	@$(PIP) install --no-deps --require-hashes -r requirements/dev.txt
	@touch $@
