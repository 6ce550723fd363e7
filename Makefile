# Seatbridge. `make help` lists the targets; each line of help is the comment behind a target's name.

.PHONY: run dev generate fmt lint test e2e fuzz mutants vuln screenshot build help
.DEFAULT_GOAL := help

# Chromium for the tests in a browser.
export CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

run: ## serve the data in ./data
	go run .

dev: ## run the demo, rebuilt and reloaded whenever a template or a Go file changes
	go tool templ generate --watch --path=. --proxy=http://127.0.0.1:8080 --cmd='go run . demo'

generate: ## generate Go code from the templates
	go generate ./...

fmt: ## format Go code and templates
	gofmt -w $$(git ls-files '*.go' ':!*_templ.go')
	go tool templ fmt views

lint: ## vet, staticcheck and sqlclosecheck
	go vet -tags 'e2e thirdparty' ./...
	go tool staticcheck -tags 'e2e thirdparty' ./...
	go vet -vettool="$$(go tool -n sqlclosecheck)" ./...

test: ## run the tests with the race detector
	go test -race ./...

e2e: ## walk the guide in a real browser and kill a server in the middle of its syncs
	go test -tags e2e -count=1 -run 'TestJourney|TestKilled' -v .

fuzz: ## run every fuzz target for FUZZTIME (default 10s)
	./.ci/fuzz $(or $(FUZZTIME),10s)

# The rooms that decide what is billed, as far as they stand.
MUTATED = $(addprefix ./,$(wildcard $(addprefix billing/,seats plan match table run)))

mutants: ## put small faults into what decides about money, and see whether the tests notice
	go run ./.ci/mutants -allowed .ci/mutants/allowed.txt $(MUTANTS) $(MUTATED)

vuln: ## look for known vulnerabilities in what is used (asks vuln.go.dev)
	go run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

screenshot: ## make docs/overview.png anew from the demo
	SEATBRIDGE_SCREENSHOT=$(CURDIR)/docs/overview.png go test -tags e2e -count=1 -run TestJourney .

build: ## build the binary ./seatbridge
	go build -trimpath -ldflags='-s -w' -o seatbridge .

help: ## list the targets
	@sed -n 's/^\([a-z0-9]*\):.* ## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | awk -F'\t' '{printf "  %-11s %s\n", $$1, $$2}'
