# The two commands: `make run` builds and starts Slipway, `make test` runs every test.
# `make help` lists the rest.

CARGO ?= cargo
export CARGO_TERM_COLOR ?= auto

TARGET := $(or $(CARGO_TARGET_DIR),target)
SLIPWAY := $(TARGET)/debug/slipway
RELEASE := $(TARGET)/release/slipway
DATA ?= data

# What both `make run` and the tests are made of is compiled once: the same packages with the same features, but for the few that the
# client of the tests asks more of.
WORKSPACE := --workspace --exclude frontend
# What is independent is compiled beside each other, so that no core waits while one of the builds has a single thing to do.
TOGETHER = +@$(MAKE) --no-print-directory -j$(shell nproc)

.PHONY: run build release programs program libraries tested-libraries delivered tests garage model browser wasm xtask console assets check test bench bench-s3 help clean

help: ## This list
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: build ## Build everything and start on SQLite and a folder (DATA=data)
	$(SLIPWAY) serve --data-dir $(DATA)

build: wasm xtask ## Build what `make run` starts, console included, in minutes: target/debug/slipway
	$(TOGETHER) libraries assets
	+@$(MAKE) --no-print-directory program

release: wasm xtask ## Build what is delivered, optimized in full, which takes longer: target/release/slipway
	$(TOGETHER) delivered assets
	+$(CARGO) build --release -p server

programs: wasm xtask ## Build all that `make test` needs: the tests, what `make run` starts, and what they run
	$(TOGETHER) tested-libraries garage assets
	+@$(MAKE) --no-print-directory tests program

# The program alone includes the console's assets: it is compiled when they are there, and libraries while they are made.
program:
	+$(CARGO) build $(WORKSPACE) --bin slipway

libraries:
	+$(CARGO) build $(WORKSPACE) --lib

tested-libraries:
	+$(CARGO) test --quiet $(WORKSPACE) --lib --no-run

delivered:
	+$(CARGO) build --release -p server --lib

tests:
	+$(CARGO) test --quiet $(WORKSPACE) --no-run

garage:
	+@bash -c '. scripts/tools && need_garage'

xtask:
	+@$(CARGO) build --quiet --package xtask

console: xtask ## Build the console's assets into target/site
	+@$(MAKE) --no-print-directory assets

# Not with `cargo run`: Cargo lets one build at a time into a folder, and would wait for the libraries.
assets:
	+$(TARGET)/debug/xtask console

wasm:
	@if command -v rustup >/dev/null && ! rustup target list --installed | grep -qx wasm32-unknown-unknown; then \
		rustup target add wasm32-unknown-unknown; fi

check: wasm ## Format, lints (native and wasm32), dependencies, docs
	scripts/check

test: ## Every test: units, services, protocol, kill -9, real clients
	scripts/test

model: ## 100,000 random steps of the registry beside a model of it, on SQLite (part of `make test` with fewer)
	scripts/model

browser: build ## Only the console's tests in Chromium, which are a part of `make test`
	cd end2end && npm ci --silent && SLIPWAY=$(abspath $(SLIPWAY)) node --test --test-concurrency=1 tests/story.test.mjs tests/console.test.mjs tests/scenes.test.mjs

bench: release ## Measure against Distribution and nginx, rewrite the table of docs/performance.md
	$(CARGO) run --release -p bench -- --slipway $(RELEASE)

bench-s3: release ## The same on S3 (Garage, optimized) and PostgreSQL against Distribution on the same S3
	+@bash -c '. scripts/tools && need_fast_garage'
	GARAGE=$$(bash -c '. scripts/tools && echo "$$fast_garage"') \
		scripts/on-garage $(CARGO) run --release -p bench -- --stage s3 --slipway $(RELEASE)

clean: ## Remove what was built (never data/)
	$(CARGO) clean
