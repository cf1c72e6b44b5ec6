# The two commands: `make run` builds and starts Slipway, `make test` runs every test.
# `make help` lists the rest.

CARGO ?= cargo
export CARGO_TERM_COLOR ?= auto

TARGET := $(or $(CARGO_TARGET_DIR),target)
SLIPWAY := $(TARGET)/release/slipway
DATA ?= data

.PHONY: run build programs release library tests garage model browser wasm console check test bench bench-s3 help clean

help: ## This list
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: build ## Build everything and start on SQLite and a folder (DATA=data)
	$(SLIPWAY) serve --data-dir $(DATA)

# What is independent is compiled beside each other, so that no core waits while one of the builds has a single thing to do.
build: wasm ## Build the release binary, console included: target/release/slipway
	+@$(MAKE) --no-print-directory -j$(shell nproc) release

programs: wasm ## Build all that `make test` needs: the tests, the release binary, and what they run
	+@$(MAKE) --no-print-directory -j$(shell nproc) release tests garage

release: library console
	+$(CARGO) build --release -p server

library:
	+$(CARGO) build --release -p server --lib

tests: console
	+$(CARGO) test --quiet --workspace --exclude frontend --no-run

garage:
	+@bash -c '. scripts/tools && need_garage'

console: wasm ## Build the console's assets into target/site
	+$(CARGO) xtask console

wasm:
	@if command -v rustup >/dev/null && ! rustup target list --installed | grep -qx wasm32-unknown-unknown; then \
		rustup target add wasm32-unknown-unknown; fi

check: wasm ## Format, lints (native and wasm32), dependencies, docs
	scripts/check

test: ## Every test: units, services, protocol, kill -9, real clients
	scripts/test

model: ## 100,000 random steps of the registry beside a model of it, on SQLite (part of `make test` with fewer)
	SLIPWAY_MODEL_STEPS=5000 $(CARGO) test --workspace --exclude frontend --lib -- content::tests::walk::long_walks

browser: build ## Only the console's tests in Chromium, which are a part of `make test`
	cd end2end && npm ci --silent && SLIPWAY=$(abspath $(SLIPWAY)) node --test --test-concurrency=1 tests/story.test.mjs tests/console.test.mjs

bench: build ## Measure against Distribution and nginx, rewrite the table of docs/performance.md
	$(CARGO) run --release -p bench -- --slipway $(SLIPWAY)

bench-s3: build garage ## The same on S3 (Garage) and PostgreSQL against Distribution on the same S3
	scripts/on-garage $(CARGO) run --release -p bench -- --stage s3 --slipway $(SLIPWAY)

clean: ## Remove what was built (never data/)
	$(CARGO) clean
