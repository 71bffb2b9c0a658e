# `make` alone says what there is to say. Everything needs only Python 3.11+, make and git: the rest comes into .venv.

BIN := .venv/bin
READY := .venv/.ready
ENGINE := sidecar/assent_sidecar/opa/engine/opa

# The first Python on this machine that is new enough; `make PYTHON=python3.13 …` names another one.
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
	$(name) -c 'import sys; print(sys.executable) if sys.version_info >= (3, 11) else None' 2>/dev/null)))
UV_VERSION = $(shell sed -n 's/^ *"uv==\([0-9.]*\)".*/\1/p' pyproject.toml)
# uv is told which environment and which Python it has, whatever the caller's own settings are, and fetches no other.
UV = env -u VIRTUAL_ENV -u PYTHONPATH UV_PROJECT_ENVIRONMENT="$(CURDIR)/.venv" UV_PYTHON="$(CURDIR)/$(BIN)/python" \
	UV_PYTHON_DOWNLOADS=never $(BIN)/python -m uv

# Some machines tell Python to keep no compiled code; then each program, and tests start hundreds, compiles all of its own.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-long fuzz kill-suite lint proto bench clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(READY) $(ENGINE) ## make .venv from uv.lock and compile the policy engine; the other targets do it by themselves

demo: setup ## watch three contract renewals being governed; ARGS=legal reviews three others, ARGS=--keep leaves everything running, ARGS=--kill kills the server in the middle
	@$(BIN)/assent demo $(ARGS)

# Each worker has its own PostgreSQL, and a file's tests share a worker, for they share what is costly to start.
# tests/conftest.py says which files come first: those that may take long, not those with many tests.
test: setup ## run every test, on up to four cores; ARGS="-k name" runs some, ARGS=-n0 one after the other
	@$(BIN)/python -m pytest --numprocesses=logical --maxprocesses=4 --dist=loadfile --no-loadscope-reorder $(ARGS)

test-long: setup ## run the tests that take long and prove at length what others prove as well
	@$(BIN)/python -m pytest -m long $(ARGS)

fuzz: setup ## look for ways to make an allow of a fault, for some minutes
	@$(BIN)/python -m pytest --hypothesis-profile=fuzz --timeout=3600 $(addprefix tests/sidecar/,test_http_fuzz.py \
		test_question_fuzz.py test_mutations.py test_evaluator.py) $(ARGS)

kill-suite: setup ## kill the server and PostgreSQL at every transition of a run in turn, for half an hour or more
	@GRPC_ENABLE_FORK_SUPPORT=false PYTHONPATH=.:examples $(BIN)/python -m tests.kill.suite $(ARGS)

lint: setup ## style, types, import rules, protos and policies
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/buf lint proto
	$(ENGINE) fmt --list --fail rego examples sidecar/assent_sidecar/opa/authz.rego
	$(ENGINE) check --strict rego sidecar/assent_sidecar/opa/authz.rego
	@for workspace in $(dir $(wildcard examples/*/assent.yaml)); do \
		echo "$(BIN)/assent policy test $$workspace"; $(BIN)/assent policy test "$$workspace" || exit 1; done

proto: setup ## generate proto/gen/python from proto/
	$(BIN)/python proto/generate.py

bench: setup ## print what governance costs, as ratios measured in one run
	@for program in benchmarks/*.py; do echo "== $$program"; $(BIN)/python "$$program" || exit 1; done

clean: ## remove everything that make made here; the user's cache folder keeps the compiled engine
	rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache $(dir $(ENGINE))
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml uv.lock hatch_build.py engine/go.mod engine/go.sum
	@test -n "$(PYTHON)" || { echo "Assent needs Python 3.11 or newer: install it, or name it with make PYTHON=…" >&2; exit 1; }
	@$(BIN)/python -c '' 2>/dev/null || "$(PYTHON)" -m venv --clear .venv || { \
		echo "$(PYTHON) cannot make virtual environments: install its venv module (Debian: python3-venv)" >&2; exit 1; }
	@$(BIN)/python -m uv --version 2>/dev/null | grep -qF "uv $(UV_VERSION)" || \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@echo "setting up .venv; the first time on a machine, the policy engine is compiled too: a minute or two"
	@$(UV) sync --frozen --quiet
	@touch $@

# Removed, or never placed: build the checkout anew (seconds, when the compiled engine is in the cache).
$(ENGINE): | $(READY)
	@$(UV) sync --frozen --quiet --reinstall-package assent
