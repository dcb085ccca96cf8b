# Everything a newcomer needs, with Python 3.11 to 3.13 and make alone.
VENV := .venv
BIN := $(VENV)/bin
# What backtests are measured against, with an older pandas than ours.
ANCHOR := .venv-nautilus
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3 python; do \
	if $$name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null; \
	then command -v $$name; break; fi; done)
PIP_FLAGS := --disable-pip-version-check --quiet --progress-bar off
ARGS ?=

# The dashboard's pages, and what they are built from.
WEB := copytrade_live/dashboard/web
PAGES := $(WEB)/dist/index.html
PAGE_SOURCES := $(shell find $(WEB)/src $(WEB)/public -type f 2>/dev/null) $(WEB)/index.html $(WEB)/vite.config.ts \
	$(WEB)/tsconfig.json
NPM = $(BIN)/python deploy/npm.py $(WEB)

.DEFAULT_GOAL := help
.PHONY: help demo web client test soak prove check bench audit docs site lock clean

help:  ## Show this list.
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime  ## Show the whole loop on a simulated venue; Ctrl-C ends it.
	@$(MAKE) --no-print-directory web || echo "the dashboard's pages were not built (see above); everything else runs," \
		"and make web tries again"
	@$(BIN)/copytrade demo $(ARGS)

web: $(PAGES)  ## Build the dashboard's pages, if they changed.

client: $(WEB)/node_modules/.made  ## Make the pages' types again from the API's description.
	@$(NPM) run --silent client

test: $(VENV)/.dev $(PAGES)  ## Run every test.
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow" $(ARGS)

soak: $(VENV)/.dev  ## Run the checks that take minutes: many seeds, big worlds, kills.
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m slow $(ARGS)

prove: $(VENV)/.dev  ## Prove live trading: two hours over a misbehaving venue, in a quarter of an hour.
	$(BIN)/python -m benchmarks.live_run $(ARGS)

check: $(VENV)/.dev $(WEB)/node_modules/.made  ## Lint, types, import contracts, generated docs.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --config .importlinter
	$(BIN)/python -m copytrade_live.docs --check
	$(BIN)/python -m copytrade_pipelines.graph_docs --check
	$(BIN)/copytrade sql docs --check
	@$(NPM) run --silent types
	@$(NPM) run --silent lint
	@$(NPM) run --silent test -- --reporter=dot

bench: $(VENV)/.bench $(ANCHOR)/.anchor  ## Measure.
	$(BIN)/python -m benchmarks $(ARGS)

audit: .audit/.made  ## Look for known holes, write a bill of materials, scan our code; needs the network.
	.audit/bin/python deploy/audit.py reports/audit

docs: $(VENV)/.dev  ## Write the generated docs again.
	$(BIN)/python -m copytrade_live.docs
	$(BIN)/python -m copytrade_pipelines.graph_docs
	$(BIN)/copytrade sql docs
	$(BIN)/python deploy/prometheus/alert_cases.py
	$(BIN)/python deploy/grafana/make.py

site: $(VENV)/.dev  ## Build the documentation site into site/, to be read without a network.
	@NO_MKDOCS_2_WARNING=true $(BIN)/python -m mkdocs build --strict $(ARGS)
	@echo "built; open site/index.html"

lock:  ## Resolve requirements/*.txt again (needs uv).
	@command -v uv >/dev/null || { echo "make lock needs uv: see https://docs.astral.sh/uv"; exit 1; }
	uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet --output-file requirements/runtime.txt
	uv pip compile pyproject.toml --group build --group dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet --output-file requirements/dev.txt
	uv pip compile pyproject.toml --group build --group dev --group bench --universal --python-version 3.11 \
		--constraint requirements/dev.txt --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--no-emit-find-links --quiet --output-file requirements/bench.txt
	uv pip compile --group web --universal --python-version 3.11 --constraint requirements/dev.txt --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links --quiet --output-file requirements/web.txt
	uv pip compile --group anchor --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --quiet --output-file requirements/anchor.txt
	uv pip compile --group audit --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --quiet --output-file requirements/audit.txt

clean:  ## Remove the virtual environments and caches; never .copytrade.
	rm -rf $(VENV) $(ANCHOR) .audit $(WEB)/node_modules $(WEB)/dist site .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage

# A stamp is newer than its lock once everything in it is installed.
$(VENV)/.runtime: requirements/runtime.txt pyproject.toml | $(BIN)/python
	@$(call install,requirements/runtime.txt)
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	@$(call install,requirements/dev.txt)
	@touch $@ $(VENV)/.runtime $(VENV)/.node

$(VENV)/.bench: requirements/bench.txt pyproject.toml | $(BIN)/python
	@$(call install,requirements/bench.txt)
	@touch $@ $(VENV)/.dev $(VENV)/.runtime $(VENV)/.node

$(VENV)/.node: requirements/web.txt | $(BIN)/python
	@echo "installing requirements/web.txt (a minute, once)"
	@$(BIN)/python -m pip install $(PIP_FLAGS) --require-hashes --no-deps -r requirements/web.txt
	@touch $@

# No package of the pages may run a script of its own while it is installed.
$(WEB)/node_modules/.made: $(WEB)/package-lock.json $(WEB)/.npmrc | $(VENV)/.node
	@echo "installing what the dashboard's pages are built with (a minute, once)"
	@$(NPM) ci --ignore-scripts --silent || { echo "npm could not install them: is its registry reachable from here?"; exit 1; }
	@touch $@

$(PAGES): $(PAGE_SOURCES) $(WEB)/node_modules/.made
	@echo "building the dashboard's pages"
	@$(NPM) run --silent build -- --logLevel warn

# Apart from the product's environment: what looks at it must not change it.
.audit/.made: requirements/audit.txt
	@test -n "$(PYTHON)" || { echo "make audit needs Python 3.11, 3.12 or 3.13 on PATH"; exit 1; }
	@$(PYTHON) -m venv .audit
	@.audit/bin/python -m pip install $(PIP_FLAGS) --require-hashes --no-deps -r requirements/audit.txt
	@touch $@

$(ANCHOR)/.anchor: requirements/anchor.txt | $(BIN)/python
	@$(BIN)/python -m venv $(ANCHOR)
	@echo "installing requirements/anchor.txt (a minute, once)"
	@$(ANCHOR)/bin/python -m pip install $(PIP_FLAGS) --require-hashes --no-deps -r requirements/anchor.txt
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "copytrade needs Python 3.11, 3.12 or 3.13, and none was found on PATH;" \
		"install one, or name it: make PYTHON=/path/to/python3 ..."; exit 1; }
	@echo "making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) cannot make virtual environments; install its venv module" \
		"(Debian, Ubuntu: python3-venv)"; rm -rf $(VENV); exit 1; }

define install
echo "installing $(1) (a minute or two, once)"; \
$(BIN)/python -m pip install $(PIP_FLAGS) --require-hashes --no-deps -r $(1) && \
$(BIN)/python -m pip install $(PIP_FLAGS) --no-deps --no-build-isolation --editable .
endef
