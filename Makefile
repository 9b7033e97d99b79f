# Everything that a person or CI does with this checkout. All of it works in .venv, which `make setup` makes.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# What the caller's shell has set for another project may not reach this one.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONOPTIMIZE PYTHONDONTWRITEBYTECODE VIRTUAL_ENV CONDA_PREFIX
unexport UV_PROJECT_ENVIRONMENT UV_PYTHON UV_PROJECT PIP_TARGET PIP_PREFIX PIP_USER
unexport CARGO_TARGET_DIR CARGO_BUILD_TARGET CARGO_BUILD_TARGET_DIR RUSTC_WRAPPER PYTEST_ADDOPTS MYPYPATH

PYTHON_IN := .venv/bin/python
READY := .venv/.ready
BUILT_FROM := pyproject.toml uv.lock tools/bootstrap.txt tools/setup.sh kernels/Cargo.toml kernels/Cargo.lock \
	$(shell find kernels/src -type f -name '*.rs' 2>/dev/null)
CARGO := PATH="$$(cat .venv/.cargo):$$PATH" PYO3_PYTHON="$(CURDIR)/$(PYTHON_IN)" cargo
CHECKS := check-format check-lint check-types check-layers check-determinism check-sizes check-rules check-rust
SOURCES := src tools tests $(wildcard bench) conftest.py

# Build again where the environment is missing, broken, or was made for a checkout elsewhere.
ifneq ($(shell test -x $(PYTHON_IN) && cat $(READY) 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
endif

.PHONY: help setup demo test test-rust test-faults test-all check $(CHECKS) bench fix matrix formats lock clean

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z-]+):[^#]*## */\1\t/' | expand -t 14

setup: $(READY)  ## install everything into .venv and build the Rust module (the others do this by themselves)
	@echo 'ready: .venv'

$(READY): $(BUILT_FROM)
	@tools/setup.sh

demo: $(READY)  ## open a market and prove what happened; ONCE=1 exits at the end, FLOW=PATH plays recorded orders
	@.venv/bin/yuzhong demo $(if $(ONCE),--once) $(if $(FLOW),--flow '$(FLOW)')

test: $(READY) test-rust  ## run the tests; ARGS='-k name' chooses
	@$(PYTHON_IN) -m pytest -n 2 --dist loadfile -m 'not slow' $(ARGS)

test-rust: $(READY)  ## run the tests of the Rust module alone
	@tools/test_rust.sh

test-all: $(READY) test-rust  ## run all tests, the slow ones too
	@$(PYTHON_IN) -m pytest $(ARGS)

test-faults: $(READY)  ## cut the power 200 times, kill the node 200 times: nothing acknowledged may be lost
	@$(PYTHON_IN) -m tests.faults powercut --runs 200
	@$(PYTHON_IN) -m tests.faults kill --runs 200
	@$(PYTHON_IN) -m tests.faults diskfull --runs 20

check: $(CHECKS)  ## format, lint, types, layers, determinism, sizes, rule matrix, Rust lints; `make -k check` goes on after a failure

check-format: $(READY)
	@.venv/bin/ruff format --check --quiet . || { echo 'not formatted: run `make fix`'; .venv/bin/ruff format --check --output-format concise .; }

check-lint: $(READY)
	@.venv/bin/ruff check --output-format concise .

check-types: $(READY)
	@.venv/bin/mypy $(SOURCES)

check-layers: $(READY)
	@.venv/bin/lint-imports --no-logo

check-determinism: $(READY)
	@$(PYTHON_IN) -m tools.check_determinism

check-sizes: $(READY)
	@$(PYTHON_IN) -m tools.ratchet

check-rules: $(READY)
	@$(PYTHON_IN) -m tools.rule_matrix --check

check-rust: $(READY)
	@$(CARGO) fmt --manifest-path kernels/Cargo.toml --check
	@$(CARGO) clippy --manifest-path kernels/Cargo.toml --locked --all-targets --quiet -- -D warnings

bench: $(READY)  ## measure: prints a table, writes JSON with the machine; ARGS='durable --json' runs one
	@$(PYTHON_IN) -m bench $(ARGS)

fix: $(READY)  ## format, mend what can be mended, tighten the ratchet
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format .
	@$(CARGO) fmt --manifest-path kernels/Cargo.toml
	@$(PYTHON_IN) -m tools.ratchet --tighten

matrix: $(READY)  ## write docs/reference/rule-matrix.md again
	@$(PYTHON_IN) -m tools.rule_matrix

formats: $(READY)  ## declare the bytes of all types as they are now (tests/vectors/formats.json): a promise to keep
	@$(PYTHON_IN) -m tools.formats --declare

lock: $(READY)  ## resolve the dependencies again: uv.lock and tools/bootstrap.txt; ARGS=--upgrade takes newer ones
	@.venv/bin/uv lock $(ARGS)
	@.venv/bin/uv export --quiet --locked --no-header --only-group bootstrap --no-emit-project --output-file tools/bootstrap.txt

clean:  ## remove .venv, the Rust build and caches
	@rm -rf .venv kernels/target build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -f src/yuzhong/_kernels*.so
