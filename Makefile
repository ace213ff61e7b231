# Headwater. `make help` lists the commands; `make run` and `make test` need only python3 (with venv) and make.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS   += --no-builtin-rules --no-print-directory

PYTHON ?= python3
DATA   ?= data
PORT   ?=
ARGS   ?=

CACHE := $(CURDIR)/.cache
MADE  := .cache/made
BIN   := .venv/bin
UV    := .cache/tools/bin/uv
MEMBERS := $(patsubst %/pyproject.toml,%,$(wildcard libs/*/pyproject.toml services/*/pyproject.toml deploy/*/pyproject.toml))

# Everything that set-up downloads stays in this folder; the machine's own registry settings apply.
export UV_CACHE_DIR      := $(CACHE)/uv
export UV_LINK_MODE      := hardlink
# Compile once during set-up, not at each start: a start imports some two thousand modules, and some machines are configured not to
# keep bytecode.
export UV_COMPILE_BYTECODE := 1
export PYTHONDONTWRITEBYTECODE :=
export PIP_CACHE_DIR     := $(CACHE)/pip
export npm_config_cache  := $(CACHE)/npm
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Behind a TLS-inspecting proxy: uv and Node trust the machine's certificates, as pip does; a bundle that the environment
# names for one download tool is used for all of them.
UV_SYSTEM_CERTS ?= true
NODE_USE_SYSTEM_CA ?= 1
export UV_SYSTEM_CERTS NODE_USE_SYSTEM_CA
CERTIFICATES := $(or $(SSL_CERT_FILE),$(PIP_CERT),$(REQUESTS_CA_BUNDLE),$(CURL_CA_BUNDLE))
ifneq ($(CERTIFICATES),)
SSL_CERT_FILE ?= $(CERTIFICATES)
PIP_CERT ?= $(CERTIFICATES)
REQUESTS_CA_BUNDLE ?= $(CERTIFICATES)
NODE_EXTRA_CA_CERTS ?= $(CERTIFICATES)
export SSL_CERT_FILE PIP_CERT REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS
endif
export PATH := $(CURDIR)/$(BIN):$(PATH)
ifeq ($(strip $(HOME)),)
export HOME := $(CACHE)/home
endif

QUIETLY := deploy/setup/quietly
NPM := npm --prefix frontend --no-fund --no-audit
BANDIT := bandit -q -c pyproject.toml -r libs services deploy -x */tests/*
UNIT := libs services deploy
WHOLE := embedded or browser or soak
# Two workers, each with servers of its own, unless the tests are told to use a running set.
PARALLEL := $(if $(HEADWATER_TEST_SERVERS),,-n 2)
INTEGRATION := $(wildcard tests/integration tests/conformance tests/security tests/accuracy tests/compatibility)

##@ Use

.PHONY: run
run: $(MADE)/run $(MADE)/frontend  ## Install into this folder and start the product with a sample story; prints its address at the end
	@exec $(BIN)/headwater up --data-dir $(DATA) --sample $(if $(PORT),--port $(PORT)) $(ARGS)

.PHONY: run-distributed
run-distributed: $(MADE)/dev $(MADE)/frontend $(MADE)/servers  ## The same as six services and a stream, on real servers behind nginx
	@deploy/setup/require nginx
	@exec $(BIN)/python -m headwater.local.distributed --sample $(if $(PORT),--port $(PORT)) $(ARGS)

.PHONY: servers-up
servers-up: $(MADE)/servers  ## Start Kafka, Neo4j and PostgreSQL and leave them running
	@$(BIN)/python -m headwater.local up

.PHONY: servers-down
servers-down: $(MADE)/dev  ## Stop what servers-up started
	@$(BIN)/python -m headwater.local down

##@ Check

.PHONY: test
test: setup  ## Install and start what the tests need and run all checks; prints durations at the end (ARGS=--keep-going)
	@$(BIN)/python deploy/setup/check.py $(ARGS)

.PHONY: lint
lint: $(MADE)/dev  ## Style, formatting, import rules and security of the Python code
	@failed=; \
	for check in "ruff check" "ruff format --check" "lint-imports --no-logo" "$(BANDIT)"; do \
	  $$check || failed="$$failed, $$check"; \
	done; \
	if [ -n "$$failed" ]; then echo "failed$$failed" >&2; exit 1; fi

.PHONY: types
types: $(MADE)/dev  ## mypy, strict
	@$(BIN)/python deploy/setup/typecheck.py

.PHONY: unit
unit: $(MADE)/dev  ## Unit tests (no sockets), with coverage
	@$(BIN)/python -m pytest $(UNIT) -q -n 2 -m "not (slow or servers or integration or $(WHOLE))" --cov --cov-report= $(ARGS)
	@printf 'coverage of unit tests: %s %%\n' "$$($(BIN)/coverage report --format=total)"

.PHONY: unit-slow
unit-slow: $(MADE)/dev  ## Unit tests that take seconds: many event orders, many processes
	@$(BIN)/python -m pytest $(UNIT) -q -m "slow and not (servers or integration or $(WHOLE))" $(ARGS)

.PHONY: architecture
architecture: $(MADE)/node_modules $(MADE)/dev  ## Guards: documentation, names, addresses, deployment files
	@$(BIN)/python -m pytest tests/architecture -q $(ARGS)

.PHONY: contract
contract: $(MADE)/servers  ## One suite per port, against every adapter; members' tests on real servers
	@$(BIN)/python -m pytest tests/contract $(UNIT) -q -m "(contract or servers) and not ($(WHOLE))" $(ARGS)

.PHONY: integration
integration: $(MADE)/servers $(MADE)/frontend  ## Faults, bad input and real clients on the whole product
	@deploy/setup/require nginx prometheus prometheus-alertmanager
	@$(BIN)/python -m pytest $(INTEGRATION) $(UNIT) -q $(PARALLEL) --dist loadfile -m "(integration or embedded) and not (browser or soak)" $(ARGS)

.PHONY: e2e
e2e: $(MADE)/servers $(MADE)/frontend  ## The browser tests, embedded and distributed
	@deploy/setup/require chromium nginx
	@$(BIN)/python -m pytest tests/e2e -q $(PARALLEL) --dist loadgroup -m "not soak" $(ARGS)

.PHONY: frontend-check
frontend-check: $(MADE)/node_modules  ## ESLint, tsc, Vitest, generated client
	@$(NPM) run check:generated
	@$(NPM) run lint
	@$(NPM) run typecheck
	@$(NPM) test

.PHONY: docs
docs: $(MADE)/dev  ## Build the documentation into docs/_build/html; warnings are errors
	@$(BIN)/python docs/generate.py --check
	@$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

##@ Measure

.PHONY: bench
bench: $(MADE)/servers $(MADE)/frontend  ## Measure every performance claim, embedded and distributed
	@deploy/setup/require nginx
	@$(BIN)/python -m bench $(or $(ARGS),embedded distributed)

.PHONY: soak
soak: $(MADE)/servers $(MADE)/frontend  ## The heavy tests with full counts
	@deploy/setup/require chromium nginx prometheus prometheus-alertmanager
	@$(BIN)/python -m pytest $(wildcard tests) $(UNIT) -q -s -m soak --timeout 7200 $(ARGS)

##@ Maintain

.PHONY: setup
setup: $(MADE)/servers $(MADE)/frontend  ## Only install what the other commands need
	@deploy/setup/require chromium nginx prometheus prometheus-alertmanager

.PHONY: generate
generate: $(MADE)/node_modules $(MADE)/dev  ## Rewrite generated files: topics, tables of new files, API description, its TypeScript types, reference pages, alert rules
	@$(BIN)/python -m headwater.contracts.generate
	@$(BIN)/python -m headwater.embedded.new_files
	@$(BIN)/python docs/generate.py
	@$(BIN)/python -m headwater.local.monitoring
	@$(NPM) run --silent generate

.PHONY: format
format: $(MADE)/dev  ## Format the Python code
	@ruff format -q
	@ruff check --fix -q

.PHONY: lock
lock: $(UV)  ## Resolve dependencies again; locks hold names, versions and hashes, no URLs
	@deploy/setup/lock

.PHONY: clean
clean:  ## Remove what set-up and builds created; keeps data and downloads
	rm -rf .venv $(MADE) .cache/tools docs/_build frontend/dist frontend/node_modules
	find . -name __pycache__ -not -path './.cache/*' -prune -exec rm -rf {} +

.PHONY: help
help:  ## This list
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\nVariables: PYTHON=%s  DATA=%s (data directory)  PORT=  ARGS= (passed on)\n' '$(PYTHON)' '$(DATA)'

# Set-up: each step leaves a marker and is repeated only when what it depends on has changed.

$(UV): requirements/uv.txt
	@PYTHON=$(PYTHON) deploy/setup/prerequisites
	@echo "set-up: uv"
	@$(PYTHON) -m venv --clear .cache/tools
	@.cache/tools/bin/python -m pip install -q --require-hashes -r requirements/uv.txt
	@touch $@

.venv/pyvenv.cfg: | $(UV)
	@$(UV) venv -q --python "$$(command -v $(PYTHON))" .venv

$(MADE)/members: $(addsuffix /pyproject.toml,$(MEMBERS)) | .venv/pyvenv.cfg
	@mkdir -p $(MADE)
	@$(UV) pip install -q -p .venv --no-deps $(addprefix -e ,$(MEMBERS))
	@$(BIN)/python -m compileall -q -j 2 libs services deploy
	@touch $@

$(MADE)/run: requirements/run.txt requirements/frontend.txt $(MADE)/members
	@echo "set-up: python packages"
	@$(UV) pip install -q -p .venv --require-hashes -r requirements/run.txt -r requirements/frontend.txt
	@touch $@

$(MADE)/dev: requirements/dev.txt $(MADE)/members
	@echo "set-up: python packages with the developer's tools"
	@$(UV) pip install -q -p .venv --require-hashes -r requirements/dev.txt
	@touch $@ $(MADE)/run

$(MADE)/servers: deploy/local/src/headwater/local/jars.lock.toml $(MADE)/dev
	@echo "set-up: Kafka and Neo4j"
	@$(BIN)/python -m headwater.local fetch
	@touch $@

$(MADE)/node_modules: frontend/package-lock.json frontend/package.json $(MADE)/run
	@echo "set-up: frontend packages"
	@$(QUIETLY) npm-ci $(NPM) ci
	@touch $@

$(MADE)/frontend: $(MADE)/node_modules $(shell find frontend -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
	@echo "set-up: frontend"
	@$(QUIETLY) frontend-build $(NPM) run build
	@touch $@
