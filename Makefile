# Everything works from a fresh clone on Debian 12 with the Swift 6.3 toolchain. `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

SWIFT ?= swift
PYTHON ?= /usr/bin/python3
DATA ?= $(CURDIR)/.build/fleet
LISTEN ?= 127.0.0.1:7070
TEST_FLAGS ?=
UP_FLAGS ?=
N ?= 20000
SEED ?=
BASE ?=
MUTATION ?=
SECONDS ?= 60
PROVIDER ?= local

STAMPS := .build/stamps
RELEASE := .build/release
VENV := .build/venv
PROTO := $(shell find proto -name '*.proto' 2>/dev/null)
SOURCES := $(wildcard Sources Services Tests Benchmarks)

.PHONY: help build test check format demo up bench bench-report bench-compare bench-test simulate chaos agent-soak providers generate packages venv clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

packages: $(STAMPS)/packages ## Install the Debian packages that are missing

$(STAMPS)/packages: deploy/install-packages.sh
	@mkdir -p $(@D)
	@deploy/install-packages.sh
	@touch $@

venv: $(STAMPS)/venv ## Make the Python environment of the tests

$(STAMPS)/venv: Tests/requirements.txt Tests/Emulators/requirements.txt $(STAMPS)/packages
	@mkdir -p $(@D)
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement Tests/requirements.txt \
		--requirement Tests/Emulators/requirements.txt
	@touch $@

$(STAMPS)/sdk: $(wildcard Tests/Conformance/sdk/requirements*.txt) $(STAMPS)/packages
	@mkdir -p $(@D)
	@PYTHON=$(PYTHON) $(PYTHON) -B Tests/Conformance/sdk/run.py --prepare
	@touch $@

build: $(STAMPS)/packages ## Build all executables (release)
	$(SWIFT) build -c release

test: $(STAMPS)/packages $(STAMPS)/venv $(STAMPS)/sdk ## Build and run all tests
	$(SWIFT) build --build-tests
	SANDFLEET_TEST_PYTHON=$(CURDIR)/$(VENV)/bin/python SWIFT=$(SWIFT) Tests/run.sh $(TEST_FLAGS)

check: $(STAMPS)/packages ## Check format, imports, house rules and generated code
	$(SWIFT) format lint --parallel --strict --recursive $(SOURCES) Package.swift
	$(PYTHON) deploy/checks/imports.py
	$(PYTHON) deploy/checks/house_rules.py
	deploy/checks/generated.sh

format: ## Format all Swift files in place
	$(SWIFT) format format --parallel --in-place --recursive $(SOURCES) Package.swift

up: build ## Run a fleet on this machine (DATA, LISTEN, UP_FLAGS)
	exec $(RELEASE)/sandfleet up --data $(DATA) --listen $(LISTEN) $(UP_FLAGS)

demo: build $(STAMPS)/venv ## Start a private fleet and do the main job through its HTTP API, on PROVIDER
	SANDFLEET_TEST_PYTHON=$(CURDIR)/$(VENV)/bin/python PROVIDER=$(PROVIDER) deploy/demo/demo.sh $(RELEASE)

bench: build $(STAMPS)/venv ## Measure the budgets against their raw parts (BENCH_FLAGS: --only, --strict)
	$(PYTHON) Benchmarks/run.py $(RELEASE) $(BENCH_FLAGS)

bench-report: ## Put the last report and its plots into docs/performance.md
	$(PYTHON) Benchmarks/publish.py

bench-compare: build ## Measure BASE (a commit, or a folder of executables) and this tree in turns (BENCH_FLAGS: --only, --rounds)
	@test -n "$(BASE)" || { echo "BASE is missing: make bench-compare BASE=<commit>" >&2; exit 2; }
	SWIFT=$(SWIFT) $(PYTHON) Benchmarks/compare.py $(BASE) $(RELEASE) $(BENCH_FLAGS)

bench-test: ## Test what the benchmarks judge by: curves, comparisons, reports
	cd Benchmarks && $(PYTHON) -B -m unittest discover --start-directory tests --top-level-directory .

simulate: $(STAMPS)/packages ## Run N schedules of the simulated fleet, or replay SEED; MUTATION takes a fence away
	$(SWIFT) build -c release --product simulate
	$(RELEASE)/simulate --count $(N) $(if $(SEED),--seed $(SEED)) $(if $(MUTATION),--mutation $(MUTATION)) \
		--threads $(shell nproc)

chaos: build ## Kill, freeze and cut off parts of a fleet under load (SECONDS, SEED), and count what is lost
	$(RELEASE)/chaos --seconds $(SECONDS) $(if $(SEED),--seed $(SEED)) --report .build/chaos.json $(CHAOS_FLAGS)

agent-soak: $(STAMPS)/packages $(STAMPS)/venv ## Cuts of minutes, frozen parts and SECONDS of load on a user's machine
	$(SWIFT) build --build-tests
	SANDFLEET_AGENT_SOAK=$(SECONDS) SANDFLEET_TEST_PYTHON=$(CURDIR)/$(VENV)/bin/python \
		$(SWIFT) test --skip-build --filter '^EndToEndTests\.MachineSoakTests'

providers: $(STAMPS)/packages $(STAMPS)/venv ## Hold all drivers to their descriptors, and write docs/providers.md
	$(SWIFT) build --build-tests
	SANDFLEET_WRITE_PROVIDERS=1 SANDFLEET_TEST_PYTHON=$(CURDIR)/$(VENV)/bin/python \
		$(SWIFT) test --skip-build --filter '^ConformanceTests\.'

generate: $(STAMPS)/packages ## Regenerate Sources/Wire/Generated from proto/
	deploy/generate.sh Sources/Wire/Generated

clean: ## Remove everything that was built
	rm -rf .build
