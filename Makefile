# Nightbell. `make help` lists the targets; README.md tells the first call.
SHELL := /bin/sh
.SHELLFLAGS := -eu -c
GO ?= go
DIR ?= .nightbell
BIN := bin/nightbell
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)

# Rooms that do not link SQLite: quick to build with -race and under FIPS.
LIGHT := ./phi/... ./policy ./book ./access ./audit ./seal ./media/... ./sip/... ./call ./report
STAGE = @start=$$(date +%s); echo "== $(1)"; $(2); echo "== $(1): $$(( $$(date +%s) - start )) s"

.PHONY: help
help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/nightbell
	$(call STAGE,build,$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/nightbell)

.PHONY: run
run: build ## set up a demo clinic in DIR (.nightbell), take one real call, keep serving
	@exec ./$(BIN) demo --dir $(DIR)

.PHONY: peers
peers: ## install the real peers of the tests from Debian's packages
	@./scripts/peers.sh

.PHONY: test
test: peers build check unit stories ## everything CI runs: small counts, fixed seeds, real peers

.PHONY: check
check: ## formatting, vet, the privacy review, the law of the house
	@bad=$$(gofmt -l $$(git ls-files '*.go' 2>/dev/null || find . -name '*.go')); [ -z "$$bad" ] || { echo "gofmt: $$bad"; exit 1; }
	$(call STAGE,vet,$(GO) vet ./...)
	@mkdir -p bin
	$(call STAGE,privacy,$(GO) build -o bin/phivet ./phi/phivet && $(GO) vet -vettool=bin/phivet ./...)
	$(call STAGE,house,$(GO) test .)

.PHONY: unit
unit: ## unit tests, in parallel
	$(call STAGE,unit,$(GO) test $$($(GO) list ./... | grep -v '^nightbell$$'))

.PHONY: stories
stories: build ## stories with real peers, one at a time, in a network namespace of their own
	@mkdir -p bin
	$(call STAGE,build stories,$(GO) test -c -tags stories -o bin/stories ./cmd/nightbell)
	$(call STAGE,stories,cd cmd/nightbell && ../../scripts/in-namespace.sh ../../bin/stories -test.v -test.timeout 25m -test.run '^TestStory')

.PHONY: race
race: ## the rooms without SQLite under the race detector
	$(call STAGE,race,$(GO) test -race $(LIGHT))

.PHONY: fips
fips: ## the rooms without SQLite with the FIPS 140-3 module on
	$(call STAGE,fips,GOFIPS140=v1.0.0 GODEBUG=fips140=on $(GO) test $(LIGHT))

FUZZTIME ?= 20s
.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (20s)
	@for pkg in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$pkg 2>/dev/null | grep '^Fuzz' || true); do \
			echo "== $$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5x $$pkg; \
		done; done

.PHONY: openapi
openapi: ## validate the served OpenAPI document with a public validator (npm)
	@./scripts/openapi.sh

.PHONY: bench
bench: build ## durations and ratios to a baseline of the same run
	@./scripts/bench.sh

.PHONY: soak
soak: peers build ## the full counts: 10,000 races, 500 kills, long calls
	$(call STAGE,soak unit,NIGHTBELL_SOAK=1 $(GO) test -timeout 85m $$($(GO) list ./...))
	@mkdir -p bin
	$(GO) test -c -tags stories -o bin/stories ./cmd/nightbell
	$(call STAGE,soak stories,cd cmd/nightbell && NIGHTBELL_SOAK=1 ../../scripts/in-namespace.sh ../../bin/stories -test.v -test.timeout 85m -test.run '^TestStory')

.PHONY: zonedata
zonedata: ## zone data inside the program: the newest of Debian's tzdata and of the newest Go toolchain
	@./scripts/zonedata.sh $(ZONEZIP)

.PHONY: clean
clean: ## remove what was built and the demo's data folder
	rm -rf bin $(DIR)
