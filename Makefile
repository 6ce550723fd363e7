# Seatbridge. `make help` lists the targets; each line of help is the comment behind a target's name.

.PHONY: run demo dev generate fmt lint test check soak e2e fuzz mutants cover dead vuln screenshot build help
.DEFAULT_GOAL := help

run: ## serve the data in ./data
	go run .

demo: ## serve sample data, with simulators of ConnectWise PSA and of NordPass
	go run . demo

dev: ## run the demo, rebuilt and reloaded whenever a template or a Go file changes
	go tool templ generate --watch --path=. --proxy=http://127.0.0.1:8080 --cmd='go run . demo'

generate: ## generate Go code from the templates
	go generate ./...

fmt: ## format Go code and templates
	gofmt -w $$(git ls-files '*.go' ':!*_templ.go')
	go tool templ fmt views

lint: ## vet, staticcheck and the other linters of .golangci.yml
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run --allow-serial-runners ./... ./.ci/mutants

test: ## run the tests with the race detector
	go test -race -timeout 30m ./...

check: ## do what CI does for every commit; installs what is missing with apt
	./.ci/run

soak: ## run all that is long, at its full size: an hour on two cores
	./.ci/soak

e2e: ## walk the guide in a real browser and kill a server in the middle of its syncs
	./.ci/e2e -v

fuzz: ## run every fuzz target for FUZZTIME (default 10s)
	./.ci/fuzz $(or $(FUZZTIME),10s)

# The rooms that decide what is billed, as far as they stand.
MUTATED = $(addprefix ./,$(wildcard $(addprefix billing/,seats plan settle match money table bulletin survey run)))

mutants: ## put small faults into what decides about money, and see whether the tests notice
	SEATBRIDGE_WORLDS=20 SEATBRIDGE_DROPS=50 go run ./.ci/mutants -allowed .ci/mutants/allowed.txt $(MUTANTS) $(MUTATED)

cover: ## say how much of each package the tests reach, and write cover.out
	./.ci/cover

dead: ## find functions that nothing reaches, not even a test
	@found=$$(go run golang.org/x/tools/cmd/deadcode@v0.51.0 -test -tags 'e2e thirdparty' ./...) || exit; \
	[ -z "$$found" ] || { echo "$$found"; exit 1; }

vuln: ## look for known vulnerabilities in what is used (asks vuln.go.dev)
	./.ci/vuln

screenshot: ## make the pictures in docs anew: the overview of the demo, and the months of a year
	SEATBRIDGE_SCREENSHOT=$(CURDIR)/docs/overview.png SEATBRIDGE_SCREENSHOT_MONTHS=$(CURDIR)/docs ./.ci/e2e -run '^TestJourney(Months)?$$'

build: ## build the binary ./seatbridge
	go build -trimpath -ldflags='-s -w' -o seatbridge .

help: ## list the targets
	@sed -n 's/^\([a-z0-9]*\):.* ## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | awk -F'\t' '{printf "  %-11s %s\n", $$1, $$2}'
