# The commands of OpenSIRT. `make demo` and `make test` install what they need:
# Debian packages when run as root, Python packages into .venv.
# Everything of cargo's is built from Cargo.lock.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),target)
SIRT := $(TARGET)/release/sirt
PYTHON := .venv/bin/python
STAMP := .venv/.installed
SCRIPTS := $(wildcard tests/python/*.py)
BENCHES := $(sort $(wildcard bench/*.py))
# Seconds for each fuzz target.
FUZZ_SECONDS ?= 600

.PHONY: help demo test check rust python readme bench fuzz build-tools test-tools python-lock

help: ## say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

demo: build-tools ## the main job on the built-in patient: tables here, pictures in ./demo
	$(CARGO) build --release --locked -p sirt-cli
	$(SIRT) demo --out demo

test: check rust python readme ## everything that CI runs
	@scripts/summary

check: build-tools ## formatting, lints, licences
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) metadata --locked --format-version 1 --manifest-path fuzz/Cargo.toml >/dev/null
	@if $(CARGO) deny --version >/dev/null 2>&1; then \
	  $(CARGO) deny --locked check licenses bans sources; \
	else \
	  echo "cargo-deny is not installed: licences, bans and sources are not checked (deny.toml)"; \
	fi

rust: test-tools ## unit, integration and documentation tests
	@scripts/rust-tests

python: build-tools $(STAMP) ## what we write, read by programs that are not ours
	$(CARGO) build --release --locked -p sirt-cli
	@scripts/python-tests $(PYTHON) $(SIRT) $(SCRIPTS)

readme: build-tools ## the commands of the README
	$(CARGO) build --release --locked -p sirt-cli
	@scripts/readme-commands $(SIRT) README.md

bench: test-tools $(STAMP) ## speed and memory beside the peers
	$(CARGO) build --release --locked -p sirt-cli
	$(CARGO) build --release --locked --workspace --examples
	@scripts/benches $(PYTHON) $(BENCHES)

fuzz: build-tools ## every reader against damaged files, FUZZ_SECONDS each
	@scripts/fuzz $(FUZZ_SECONDS)

# What the compiler and the checks need from the system.
build-tools:
	@scripts/bootstrap

# And what only tests and benches start: R.
test-tools:
	@scripts/bootstrap tests

$(STAMP): tests/python/requirements.lock
	python3 -m venv .venv
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

python-lock: ## renew tests/python/requirements.lock from requirements.in
	python3 -m venv .venv-lock
	.venv-lock/bin/pip install --quiet pip-tools==7.5.1
	.venv-lock/bin/pip-compile --quiet --generate-hashes --strip-extras --no-annotate \
	  --no-header --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	  -o tests/python/requirements.lock tests/python/requirements.in
	rm -rf .venv-lock
