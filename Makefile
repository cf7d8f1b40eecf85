# Needs git, make and Python 3.11 or newer; everything else goes into .venv. 'make help' lists the targets.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# An environment variable of the caller must not decide what our interpreter imports.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP VIRTUAL_ENV
# Nor keep it from storing bytecode: each command of a test would compile a thousand modules again.
unexport PYTHONDONTWRITEBYTECODE

# Name an interpreter for .venv with 'make PYTHON=python3.12 ...'; otherwise the first of these that is new enough.
CANDIDATES := $(if $(PYTHON),"$(PYTHON)",python3 python3.14 python3.13 python3.12 python3.11)
RUN := .venv/bin/python
# For what needs nothing installed.
SYSTEM_PYTHON := $(firstword $(PYTHON) python3)
# Further arguments for pytest: make test ARGS='-k matrix -x'; ARGS='-n0 --pdb' has everything in one process.
ARGS ?=
# Files in the order of their names: those of whole gates come first, and the many short ones fill the end.
TESTS := -m "not real and not stack" -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: help
help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

.PHONY: venv
venv: ## Make or refresh .venv (the other targets do it by themselves).
	@for python in $(CANDIDATES); do \
	    if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        exec "$$python" -s -m dev.env.set_up $(if $(PYTHON),--exactly); \
	    fi; \
	done; \
	echo "Autopack needs Python 3.11 or newer, and none of these is one:" $(CANDIDATES) >&2; \
	echo "Install it (Debian, Ubuntu: apt-get install python3 python3-venv) or name it: make PYTHON=/path/to/python3.12" >&2; \
	exit 1

.PHONY: demo
demo: venv ## Gate five candidates of a sample repository and print the verdicts.
	@$(RUN) -m dev.demo

.PHONY: quick
quick: venv ## Lint, types and all unit tests, in seconds; ARGS='...' goes to pytest.
	@$(RUN) -m dev.checks lint format types
	@$(RUN) -m pytest tests/unit -q -n auto --maxprocesses 4 --dist worksteal $(ARGS)

.PHONY: test
test: venv ## Run all tests except those of real projects and of the stack; ARGS='...' goes to pytest.
	@$(RUN) -m pytest $(TESTS) $(ARGS)

.PHONY: coverage
coverage: venv ## Run the tests of 'make test' and measure branches; fails below 90 %, the gatekeeper below 100 %.
	@rm -rf .pytest_cache/coverage && mkdir -p .pytest_cache/coverage
	@$(RUN) -m coverage run -m pytest $(TESTS) $(ARGS)
	@$(RUN) -m coverage combine --quiet
	@$(RUN) -m coverage report --fail-under=90
	@$(RUN) -m coverage report --include='services/gatekeeper/*' --fail-under=100

.PHONY: test-real
test-real: venv ## Gate real open-source projects, fetched from the package index.
	@$(RUN) -m pytest -m real -n auto --maxprocesses 4 --dist load $(ARGS)

.PHONY: check
check: venv ## Lint, types, layers, contracts, pins, each distribution installed alone; ARGS='types layers' picks some.
	@$(RUN) -m dev.checks $(ARGS)

.PHONY: fmt
fmt: venv ## Format the code and repair what the linter can.
	@$(RUN) -m ruff check --fix-only --quiet .
	@$(RUN) -m ruff format .

.PHONY: proto
proto: venv ## Generate the code of the contracts into proto/gen, and docs/contracts.md.
	@$(RUN) -m dev.contracts.generate
	@$(RUN) -m dev.contracts.document

.PHONY: rules
rules: venv ## Write docs/rules.md from the matrix, the conditions and the default policy.
	@$(RUN) -m dev.checks.document_rules

.PHONY: migration
migration: venv ## Write a new migration from the schema's change: make migration MESSAGE='add waiver'.
	@test -n "$(MESSAGE)" || { echo "say what changes: make migration MESSAGE='add waiver'" >&2; exit 2; }
	@$(RUN) -m dev.env.new_migration "$(MESSAGE)"

.PHONY: offline-images
offline-images: ## Build base images from this machine's package source, as root; it says how to use them.
	@$(SYSTEM_PYTHON) -m dev.stack.offline_images

.PHONY: compose-up
compose-up: ## Start the three services and PostgreSQL in containers; missing secrets are made in .compose/secrets.
	@$(SYSTEM_PYTHON) -m dev.stack up

.PHONY: compose-build
compose-build: ## Build the images of the three services.
	@$(SYSTEM_PYTHON) -m dev.stack build

.PHONY: compose-test
compose-test: venv ## Gate through a stack of containers and compare with embedded gates; ARGS='...' goes to pytest.
	@$(RUN) -m pytest -m stack -n0 $(ARGS)

.PHONY: compose-down
compose-down: ## End what compose-up started; ARGS=--volumes removes what was stored, too.
	@$(SYSTEM_PYTHON) -m dev.stack down $(ARGS)

.PHONY: bench
bench: venv ## Run the benchmarks and print their ratios; those of minutes are bench-store, bench-real and bench-cross.
	@for file in $(filter-out benchmarks/bench_store.py benchmarks/bench_real.py benchmarks/bench_cross.py,$(wildcard benchmarks/bench_*.py)); do \
	    name=$$(basename "$$file" .py); echo "== $$name"; $(RUN) -m "benchmarks.$$name" || exit 1; \
	done

.PHONY: bench-store
bench-store: venv ## Compare the store on PostgreSQL with a row per test: minutes; ARGS='ingest history' picks some.
	@$(RUN) -m benchmarks.bench_store $(ARGS)

.PHONY: bench-real
bench-real: venv ## Compare gates of real projects with their bare set-up and suites: minutes; ARGS='cattrs' picks some.
	@$(RUN) -m benchmarks.bench_real $(ARGS)

.PHONY: bench-cross
bench-cross: venv ## Compare gates with and without third sides on real projects: minutes; ARGS='sqlparse' picks some.
	@$(RUN) -m benchmarks.bench_cross $(ARGS)

.PHONY: constraints
constraints: venv ## Pin all packages again; UPGRADE=1 takes the newest versions.
	@$(RUN) -m dev.env.constraints $(if $(UPGRADE),--upgrade)

.PHONY: version
version: venv ## Write the version of all distributions: make version VERSION=0.2.0.
	@$(RUN) -m dev.env.version "$(VERSION)"

.PHONY: wheels
wheels: venv ## Build the wheel of each distribution into dist.
	@rm -rf dist
	@$(RUN) -m dev.checks.standalone --build dist

.PHONY: clean
clean: ## Remove the environments, caches and build products of this checkout.
	@rm -rf dist .venv .venv.lock .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .autonomous_runs
	@find proto packages services tests dev benchmarks migrations -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
