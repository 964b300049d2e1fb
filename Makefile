# From a fresh clone: `make demo` shows what treffer is, `make test` shows that it holds. Each does all its own set-up.
# Needed beforehand: make, git, Python >= 3.11 and Rust >= 1.90. pip and cargo use whatever registry this machine sets.

PATH := $(PATH):$(HOME)/.cargo/bin
VENV := $(CURDIR)/.venv
BIN := $(VENV)/bin
# One interpreter for every cargo call: pyo3 is built anew whenever this changes.
export PATH
export PYO3_PYTHON := $(BIN)/python
export VIRTUAL_ENV := $(VENV)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
ARGS ?=

SOURCES := Cargo.toml Cargo.lock pyproject.toml \
    $(shell find rust proto -name '*.rs' -o -name '*.toml' -o -name '*.proto' 2>/dev/null)

# What must be there beforehand is looked for before anything is done, and missed in one line.
ifneq ($(filter-out help clean,$(or $(MAKECMDGOALS),help)),)
RUST := $(word 2,$(shell PATH="$(PATH)" rustc --version 2>/dev/null))
ifeq ($(and $(RUST),$(shell PATH="$(PATH)" command -v cargo)),)
$(error treffer needs Rust >= 1.90 (cargo not found))
endif
ifneq ($(shell echo $(RUST) | awk -F. '$$1 > 1 || $$2 >= 90'),$(RUST))
$(error treffer needs Rust >= 1.90 (found $(RUST)))
endif
PYTHON := $(shell for python in python3 python3.13 python3.12 python3.11 python3.14; do \
    $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$python && break; done)
ifeq ($(PYTHON),)
$(error treffer needs Python >= 3.11 ($(or $(word 2,$(shell python3 --version 2>/dev/null)),python3) \
    $(if $(shell command -v python3),is too old,not found)))
endif
endif

.PHONY: help demo test lint serve proto lock clean
.DELETE_ON_ERROR:
# Stamps are kept: make takes them for steps in between.
.PRECIOUS: $(VENV)/has-%
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z%-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: $(VENV)/built $(VENV)/has-demo ## load 1.47 million real purchases, define segments, count, explain, hold auctions, serve, compare
	@$(BIN)/treffer demo --picture out/demo.png $(ARGS)

test: $(VENV)/built $(VENV)/has-dev ## every test, Rust and Python
	cargo test --profile proof --locked --workspace --exclude treffer-bindings --lib --bins --tests
	cargo test --profile proof --locked --package treffer-core --package treffer-service --doc
	cargo build --release --locked --package treffer-bench-auction
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/built $(VENV)/has-dev ## format, lints, types, stubs, protos: warnings count as failures
	@for part in fmt clippy; do cargo $$part --version >/dev/null 2>&1 \
	    || { echo "treffer needs the Rust component cargo-$$part (not found)" >&2; exit 1; }; done
	cargo fmt --all --check
	cargo clippy --release --locked --workspace --all-targets -- -D warnings
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict python tests $(wildcard benches)
	$(BIN)/python -m mypy.stubtest treffer._native --allowlist tests/stubtest-allowlist.txt
	$(BIN)/buf lint proto

bench-%: $(VENV)/built $(VENV)/has-bench ## one bench beside its peers, e.g. make bench-count ARGS=--quick
	@test -f benches/bench_$*.py || { echo "no such bench: benches/bench_$*.py" >&2; exit 1; }
	@$(BIN)/python benches/bench_$*.py $(ARGS)

serve: $(VENV)/built ## the gRPC server, e.g. make serve ARGS=--help
	@$(BIN)/treffer serve $(ARGS)

proto: $(VENV)/has-dev ## regenerate python/treffer/v1 from proto/treffer/v1
	$(BIN)/python -m grpc_tools.protoc -Iproto --python_out=python --pyi_out=python --grpc_python_out=python \
	    proto/treffer/v1/*.proto

lock: $(VENV)/has-run ## resolve pyproject.toml anew into requirements/*.txt
	$(BIN)/python requirements/lock.py

clean: ## remove everything that was built
	rm -rf .venv target out dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find python tests benches -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
	rm -f python/treffer/_native*.so

# A stamp stands for a step that is done: it is as new as what the step read.
$(BIN)/python:
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); \
	    echo "treffer needs Python's venv module with ensurepip (Debian: python3-venv)" >&2; exit 1; }

$(VENV)/has-%: requirements/%.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --requirement $<
	@touch $@

$(VENV)/built: $(SOURCES) $(VENV)/has-run
	PIP_QUIET=1 $(BIN)/maturin develop --release --locked
	@touch $@
