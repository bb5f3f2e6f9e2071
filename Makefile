# Every target installs what it needs by itself; a machine needs Python 3.11, Node 20 and git only.
SHELL := /bin/sh
PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV_VERSION := 0.13.9
BIN := .venv/bin
SLITHER := scripts/slither/.venv
export SOLCX_BINARY_PATH := $(CURDIR)/scripts/solc
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: setup demo docs test fuzz lint fmt networks bench study gas coverage slither mutants clean artifacts audit-page lock compile readme film wheel wheel-test sbom

setup: .venv/.ready node_modules/.ready  ## install everything, locked, into .venv and node_modules

demo: setup  ## the whole loop on a local chain; ends with a summary and reports/demo.html, WATCH=1 with the monitor's page
	$(BIN)/alvh demo $(if $(WATCH),--watch)

test: setup build/.ready  ## the whole suite, three at a time as half of it waits; ends by saying what was skipped and why
	$(BIN)/python -m pytest -n 3 --dist loadgroup -q --durations=25

docs: setup  ## build the site of the documentation into site/, every warning an error
	$(BIN)/python -m scripts.docs_site

FUZZ ?= 10
fuzz: setup  ## the contracts' state machines with FUZZ new seeds for each one of CI; seeds that fail join tests/contracts/fuzz/seeds.txt
	ALVH_FUZZ=$(FUZZ) ALVH_FUZZ_SEED=$$(date +%s) $(BIN)/python -m pytest -n 2 --dist loadgroup -v tests/contracts/fuzz

lint: setup  ## style, types, order of imports, dead code, Solidity rules; changes nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy tests/branches
	$(BIN)/lint-imports
	$(BIN)/vulture
	node_modules/.bin/solhint --max-warnings 0 'contracts/**/*.sol'

fmt: setup  ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

networks: setup  ## Ethereum, Base and Arbitrum on this machine with Uniswap at its real addresses, and a venue, until Ctrl-C
	$(BIN)/python -m scripts.three_networks

bench: setup  ## measure, and write benchmarks/results.json
	$(BIN)/python -m benchmarks

study: setup  ## play the studies of real quotes (ALVH_DATA or ../shared/data); write their table into docs/backtest.md
	$(BIN)/python -m scripts.study_page

gas: setup  ## measure gas and code size; write the snapshot and benchmarks/gas.json
	ALVH_SNAPSHOT=write $(BIN)/python -m pytest -q tests/contracts/test_gas.py

coverage: setup  ## measure branch coverage of the contracts; write docs/coverage.md
	$(BIN)/python tests/branches

compile: setup  ## compile the contracts with Brownie and the offline compiler
	$(BIN)/brownie compile --all

artifacts: compile  ## write the bridge's package data from the compiled contracts
	$(BIN)/python scripts/export_artifacts.py

audit-page: setup  ## write the tables of docs/audit.md from the contracts' syntax trees
	$(BIN)/python -m scripts.audit_page

slither: setup $(SLITHER)/.ready  ## static analysis of the contracts; fails on what docs/static-analysis.md does not answer
	$(BIN)/python -m scripts.slither

mutants: setup  ## try to break the tests of contracts and bridge; takes two hours, goes on where it was stopped
	$(BIN)/python -m scripts.mutants

readme: setup  ## put the demo's real output and picture into docs/demo.md
	$(BIN)/python scripts/demo_page.py

film: setup  ## film the monitor's page over a plan, a crash and the next plan; write docs/img/monitor.webp
	$(BIN)/python -m scripts.film

wheel: setup  ## build the wheel and the source distribution into dist/
	rm -f dist/alvh-*
	$(BIN)/uv build -q

wheel-test: wheel  ## install the wheel with the newest versions it allows, on every Python of .ci/pythons; run fast tests against it
	$(BIN)/python -m scripts.wheel_test

sbom: setup  ## write dist/sbom.json (CycloneDX) and docs/licences.md from the locked packages that users install
	mkdir -p dist
	$(BIN)/uvx -q --from cyclonedx-bom==7.5.0 cyclonedx-py environment --pyproject pyproject.toml --output-reproducible \
	  --of JSON -o dist/sbom.json $(BIN)/python
	$(BIN)/python -m scripts.sbom

lock: setup  ## resolve the dependencies anew
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --generate-hashes --python-version 3.11 \
	  --no-emit-index-url --custom-compile-command "make lock" --upgrade -q -o requirements.lock

clean:  ## remove what was built and installed
	rm -rf .venv $(SLITHER) node_modules build site reports .alvh dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/.ready: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install -q --compile-bytecode --require-hashes --no-deps -r requirements.lock
	$(BIN)/uv pip install -q --no-deps --no-build-isolation -e .
	touch $@

node_modules/.ready: package-lock.json
	# Not `npm ci`: it refuses a lock that lacks anvil's binaries for other platforms, which not every registry serves.
	npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

# What the tests of Brownie and of the packaged artifacts start from: compiled once, before the suite.
build/.ready: $(shell find contracts -name '*.sol') brownie-config.yaml | .venv/.ready node_modules/.ready
	$(BIN)/brownie compile
	touch $@

$(SLITHER)/.ready: scripts/slither/requirements.txt | .venv/.ready
	$(BIN)/uv venv -q --clear --python $(BIN)/python $(SLITHER)
	$(BIN)/uv pip install -q --require-hashes --no-deps --python $(SLITHER)/bin/python -r $<
	touch $@
