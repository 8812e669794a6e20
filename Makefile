# Everyday verbs. `make` alone lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help install demo up test test-fast chaos fuzz check audit flow bench clean
# Where known faults of dependencies are looked up: pypi, osv or esms. "off" looks up none, and says so.
AUDIT ?= pypi

help: ## list the verbs
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: .venv/installed ## make the environment in .venv from the locked dependencies

.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; try make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@# setuptools warns that an editable installation is one.
	PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@# Else every process compiles it anew where PYTHONDONTWRITEBYTECODE is set: 0.4 s at each start.
	$(BIN)/python -m compileall -q runtime functions local tests
	@touch $@

demo: install ## the December order book through the whole system
	$(BIN)/sluice demo

up: install ## run every function on the embedded engine until Ctrl-C
	$(BIN)/sluice up

test: install ## everything: unit, contract, flows, on both engines (builds the real platform)
	$(BIN)/python -m local.cluster build
	$(BIN)/python -m pytest

test-fast: install ## what needs no platform, in under a minute
	$(BIN)/python -m pytest -m "not platform and not slow"

SECONDS ?= 300
chaos: install ## kill processes and stop servers at random while events flow (SECONDS=300 SEED=7)
	$(BIN)/python -m local.cluster build
	$(BIN)/python -m tests.chaos --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

fuzz: SECONDS = 60
fuzz: install ## feed the decoder with spoilt records (SECONDS=60 SEED=7)
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

check: install ## lint, types, and what is known against the dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy runtime functions local
	@$(MAKE) --no-print-directory audit

# Strict: a dependency that could not be looked up must not count as one without faults.
audit: install ## look the locked dependencies up at an advisory service (AUDIT=osv: another one)
ifeq ($(AUDIT),off)
	@echo "audit: the dependencies were NOT looked up, as AUDIT=off says"
else
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --progress-spinner off -r requirements.lock -s $(AUDIT) || { echo "audit: a dependency has a known fault, or could not be looked up; see above. Another service: AUDIT=osv; without: AUDIT=off" >&2; exit 1; }
endif

flow: install ## draw docs/flow.md anew from the functions
	$(BIN)/sluice flow --mermaid > docs/flow.md

bench: install ## events per second, beside what people use instead, on the real platform
	$(BIN)/sluice bench --cluster

clean: ## remove the environment, the built platform and local data
	rm -rf .venv .platform .sluice
