# Everything a developer or a robot does here is a target of this file. `make` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# A clone that belongs to someone else, or an archive without .git, builds like any other.
export GOFLAGS := $(strip -buildvcs=false $(GOFLAGS))

NODE := $(shell sed -n 's/.*"node": "\([0-9.]*\)".*/\1/p' frontend/package.json)
FRONTEND_SOURCES := $(shell find frontend proto -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path '*/test-results/*' -not -path 'frontend/e2e/*' \
	-not -path '*/locales/*.ts' -not -name '*.gen.ts')
GO_SOURCES := go.mod go.sum $(shell find server ent gen rules frontend -name '*.go' -not -path '*/node_modules/*') \
	$(shell find server ent rules -type f -not -name '*.go' -not -path '*/testdata/*')

.PHONY: help run build test check generate bench e2e soak clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build everything and start a server with demo traffic; prints the address and the sign-in
	@exec bin/laurel dev --traffic 50/s

build: bin/laurel ## Build the front end and bin/laurel, which carries it inside

test: ## Install what tests need, then run every check and test there is (about ten minutes on two cores, the first time twenty)
	@.ci/test

check: .cache/frontend.stamp .cache/bin/golangci-lint ## Lint and type-check both sides
	@.ci/check

generate: frontend/node_modules/.stamp ## Write generated code anew: protobuf, Connect, ent, texts; NAME=... names a new migration
	@.ci/generate

bench: bin/laurel ## Measure the hot paths and the whole way, each beside its yardstick
	@.ci/bench

e2e: bin/laurel ## Drive the real binary with a real browser
	@.ci/e2e

soak: ## The long tests: fifty kills on each database, and of one of two processes: killed, stopped, cut off
	@.ci/soak

clean: ## Remove what was built; data/ stays
	rm -rf bin .cache frontend/node_modules frontend/studio/dist/* frontend/widget/dist/*

# npm ci starts from nothing each time, so it runs only when the lock has changed. The machine's npm only fetches the npm and the Node that install: an old pair
# (Debian 12 has npm 9 on Node 18) silently leaves out the native packages that its own Node is too old for, and then nothing builds.
frontend/node_modules/.stamp: frontend/package-lock.json
	npm exec --yes --package=node@$(NODE) --package=npm@11.19.1 --loglevel=error -- \
		npm ci --prefix=frontend --include=dev --no-audit --no-fund --loglevel=error
	@touch $@

.cache/frontend.stamp: frontend/node_modules/.stamp $(FRONTEND_SOURCES)
	@mkdir -p $(@D)
	cd frontend && npm run build
	@touch $@

bin/laurel: .cache/frontend.stamp $(GO_SOURCES)
	go build -o $@ ./server/cmd/laurel

# The linter has its own module, so that its two hundred dependencies are not ours.
.cache/bin/golangci-lint: .ci/lint/go.mod .ci/lint/go.sum
	@mkdir -p $(@D)
	cd .ci/lint && go build -o ../../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
