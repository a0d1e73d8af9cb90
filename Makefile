# Everything a developer does here. `make` alone lists the targets.
#
# Needed: Go, GNU make, git and a C compiler (for the race detector). All other tools (ocb, mdatagen,
# golangci-lint) are Go tools with pinned versions in internal/tools/go.mod, a module of its own so that
# they stay out of the dependencies of those who import Spanwarden.

SHELL         := bash
.SHELLFLAGS   := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

# A go.work file further up has no say in how this repository is built.
export GOWORK := off

GO       ?= go
TOOL     := $(GO) tool -modfile=internal/tools/go.mod
# Static binaries without paths of this machine; no VCS stamp, so that a checkout of any owner builds.
BUILD_FLAGS := -trimpath -buildvcs=false -ldflags='-s -w'

COLLECTOR := bin/spanwarden-collector
CONFIG    ?= testdata/collector/default.yaml
FUZZTIME  ?= 20s
BENCH     ?= .
# The race detector is slow on two cores; a hanging test must still end well before the CI job does.
TEST_FLAGS ?= -race -timeout 15m

# Directories of this repository's own code that hold a match of $(1) in a test file, as ./a ./b.
packages_with = $(sort $(dir $(shell grep -rlE --include='*_test.go' --exclude-dir=_build '$(1)' .)))

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## Building

.PHONY: build
build: collector command ## Build bin/spanwarden-collector and bin/spanwarden

# The compiler is always asked: it knows best what changed, and answers in under a second when nothing did.
# -mod=mod lets a new import of the components into the generated go.mod without generating it afresh.
.PHONY: collector
collector: _build/main.go
	CGO_ENABLED=0 $(GO) build -C _build -mod=mod $(BUILD_FLAGS) -o ../$(COLLECTOR) .

# ocb writes the Collector's main package; only when the list of components or the dependencies change.
_build/main.go: builder-config.yaml go.mod go.sum internal/tools/go.mod
	$(TOOL) builder --config builder-config.yaml --skip-compilation
	@touch $@

.PHONY: command
command:
ifneq ($(wildcard cmd/spanwarden/*.go),)
	CGO_ENABLED=0 $(GO) build $(BUILD_FLAGS) -o bin/spanwarden ./cmd/spanwarden
endif

# A module of its own, with some hundred dependencies: the first build takes some minutes, another one a second.
.PHONY: jaeger
jaeger: ## Build bin/jaeger, to which a test sends its traces
	CGO_ENABLED=0 $(GO) build -C internal/tools/jaeger $(BUILD_FLAGS) -o ../../../bin/jaeger github.com/jaegertracing/jaeger/cmd/all-in-one

.PHONY: run
run: build ## Start the Collector (CONFIG=...): OTLP on 127.0.0.1:4317 and :4318, anomalies here and in var/anomalies.jsonl
	exec ./$(COLLECTOR) --config $(CONFIG)

# exec: make hands a signal on to the demonstration itself, which then ends what it has started.
.PHONY: demo
demo: build bank ## Let the Collector watch a small bank, quiet at first and then attacked, and see what it finds
	exec ./bin/bank demo $(DEMO_FLAGS)

.PHONY: bank
bank: ## Build bin/bank, the bank of the demonstration with its customers and attackers
	CGO_ENABLED=0 $(GO) build $(BUILD_FLAGS) -o bin/bank ./examples/bank

# Minutes of the bank's life, recorded in seconds; the same seed gives the same calls, only the times differ.
.PHONY: testdata
testdata: bank ## Record the bank anew for the tests (testdata/bank)
	./bin/bank record --scenario quiet --length 40m --seed 11 --out testdata/bank/quiet.jsonl.gz
	./bin/bank record --scenario flood --seed 12 --opt-in sizes --out testdata/bank/flood.jsonl.gz
	./bin/bank record --scenario theft --seed 13 --opt-in sizes --out testdata/bank/theft.jsonl.gz
	./bin/bank record --scenario tampering --seed 14 --out testdata/bank/tampering.jsonl.gz

# Days of the bank to learn from, half of them without sizes, to try on, and to find false alarms in; the seeds have nothing else in common. About
# twenty minutes, since they are played 150 to 250 times as fast as life.
.PHONY: hours
hours: bank ## Record days of the bank in var/hours: to train on, to try on, and quiet ones
	for seed in 101 102; do \
		./bin/bank record --scenario training --seed $$seed --factor 150 --opt-in sizes --out var/hours/training$$seed.jsonl.gz; done
	for seed in 103 104; do \
		./bin/bank record --scenario training --seed $$seed --factor 150 --opt-in none --out var/hours/training$$seed.jsonl.gz; done
	for seed in 211 212 213; do \
		./bin/bank record --scenario trial --seed $$seed --factor 150 --opt-in sizes --out var/hours/trial$$seed.jsonl.gz; done
	for seed in 311 312 313; do \
		./bin/bank record --seed $$seed --length 10h --factor 250 --opt-in sizes --out var/hours/quiet$$seed.jsonl.gz; done
	for seed in 401 402; do \
		./bin/bank record --seed $$seed --length 10h --factor 150 --out var/hours/honest$$seed.jsonl.gz; done
	for seed in 403 404; do \
		./bin/bank record --seed $$seed --length 10h --factor 150 --opt-in none --out var/hours/plain$$seed.jsonl.gz; done
	./bin/bank record --scenario tampering --seed 92 --out var/hours/tampering92.jsonl.gz
	./bin/bank record --scenario tampering --seed 93 --opt-in none --out var/hours/plaintampering93.jsonl.gz

# The rows that the model learns from and is tried on are kept, for the tests.
.PHONY: model
model: command ## Train the model of the bank (examples/bank/model.json.gz) on the hours that `make hours` recorded
	@mkdir -p testdata/bank/windows
	for recording in $(basename $(basename $(basename $(wildcard var/hours/tr*.truth.jsonl.gz)))); do \
		./bin/spanwarden features --spans $$recording.jsonl.gz --truth $$recording.truth.jsonl.gz --only-services gateway --out - \
			| gzip -9n > testdata/bank/windows/$$(basename $$recording).csv.gz; done
	./bin/spanwarden train $$(printf -- '--data %s ' testdata/bank/windows/training*.csv.gz) --label label \
		--features $(BANK_FEATURES) --kind random_forest --trees 60 --min-leaf 3 --seed 1 \
		--origin 'the bank of the examples: windows of 16 hours of its gateway, seeds 101 to 104, made by make hours' \
		--out examples/bank/model.json.gz

# API-TAD's five features first, then those of a client's past.
empty :=
space := $(empty) $(empty)
comma := ,
BANK_FEATURES := $(subst $(space),$(comma),$(strip inter_api_access api_access_unique max_api_call data_out num_failed \
	total_calls num_server_failed distinct_endpoints session_length distinct_resources period_calls period_failed period_windows \
	period_endpoints period_resources calls_per_endpoint resources_per_endpoint failed_ratio))

## Checking

.PHONY: test
test: check build ## Check, build and run all tests with the race detector
	@$(call without,initdb /usr/lib/postgresql/*/bin/initdb,PostgreSQL is not installed: the tests of the bank on it are skipped; install postgresql to run them)
	@$(call without,prometheus,Prometheus is not installed: the test with its increase() is skipped; install prometheus to run it)
	@$(MAKE) --no-print-directory jaeger || { echo 'Jaeger could not be built, as said above: the test that looks into it is skipped; `make jaeger` tries again'; }
	@[ -n "$${SPANWARDEN_DATA:-}" ] || echo 'SPANWARDEN_DATA is not set: the tests on real recordings are skipped'
	$(GO) test $(TEST_FLAGS) ./...

# Says $(2) where none of the programs $(1) is there; go test shows why a test is skipped only with -v.
without = found=; for program in $(1); do ! command -v "$$program" > /dev/null || found=yes; done; [ -n "$$found" ] || echo '$(2)'

.PHONY: test-short
test-short: ## Run the tests that need no Collector binary, without the race detector
	$(GO) test -short ./...

.PHONY: check
check: check-format check-generated ## Quick checks: gofmt, go vet, generated files up to date
	$(GO) vet ./...

.PHONY: check-format
check-format:
	@unformatted=$$(find . -name '*.go' -not -path './_build/*' -print0 | xargs -0 gofmt -l); \
	if [ -n "$$unformatted" ]; then printf 'gofmt would change:\n%s\n' "$$unformatted"; exit 1; fi

# Compares the tree before and after, not with git: work in progress is no difference, a stale file is.
.PHONY: check-generated
check-generated:
	@mkdir -p _build
	@$(call checksums) > _build/checksums.before
	@$(GO) generate ./...
	@$(call checksums) > _build/checksums.after
	@cmp -s _build/checksums.before _build/checksums.after || { \
		echo 'Generated files were out of date; they are now up to date, commit them:'; \
		diff _build/checksums.before _build/checksums.after | awk '/^[<>]/ {print "  " $$4}' | sort -u; exit 1; }

checksums = find . \( -path ./.git -o -path ./_build -o -path ./bin -o -path ./var \) -prune -o -type f -print0 | sort -z | xargs -0 cksum

.PHONY: lint
lint: check ## Quick checks and golangci-lint
	$(TOOL) golangci-lint run ./...

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (20s)
	@for package in $(call packages_with,^func Fuzz); do \
		for target in $$($(GO) test -list '^Fuzz' "$$package" | grep '^Fuzz'); do \
			echo "== $$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package"; \
		done; \
	done

.PHONY: bench
bench: ## Run the benchmarks (BENCH=regexp), five times each
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count 5 -timeout 60m $(call packages_with,^func Benchmark)

## Housekeeping

.PHONY: generate
generate: ## Regenerate what comes from the components' metadata.yaml
	$(GO) generate ./...

.PHONY: clean
clean: ## Remove what was built and what `make run` wrote
	rm -rf bin _build var
