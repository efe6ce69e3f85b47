# Everything runs in .venv, which can be made with any Python from 3.11 on. Each target
# installs what it needs: RUN is what the program needs, DEV also the tools and tests.
PYTHON ?= python3
BIN := .venv/bin
RUN := .venv/.installed-to-run
DEV := .venv/.installed-to-develop
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
KILLS ?= 300
DISKS ?= 5000
MINUTES ?= 10
SURROUNDINGS ?= 1000
SEED ?= 20261124
SECONDS ?= 120
TARGETS ?= json jsonl csv any-format configuration answer answer-body activity-log state

.DEFAULT_GOAL := help
.PHONY: help install run test test-fast test-installs test-pythons mutants fuzz locks lint types format check crash power-cuts cluster surroundings soak peers bench plots pictures clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: $(RUN) ## make .venv and install what the program needs

$(RUN): requirements.lock
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; name one: make PYTHON=python3.12 ..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(PIP) --require-hashes -r requirements.lock
	@touch $@

$(DEV): $(RUN) requirements-dev.lock
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

run: $(RUN) ## sync the example users into a local sandbox, then look some of them up
	@$(BIN)/python examples/demo.py

test: $(DEV) ## run every test (five to ten minutes)
	$(BIN)/python -m pytest -q -n 3 --dist worksteal

test-fast: $(DEV) ## run the unit and property tests (under a minute)
	$(BIN)/python -m pytest -q tests/unit tests/properties

crash: $(DEV) ## kill the program 300 times, and check that nothing is lost (KILLS=300 SEED=…)
	$(BIN)/python tests/crash/campaign.py --kills $(KILLS) --seed $(SEED)

power-cuts: $(DEV) ## cut the power 5,000 times, as a model of disks, and check the results (DISKS=5000 SEED=…)
	$(BIN)/python tests/power_cuts/campaign.py --disks $(DISKS) --seed $(SEED)

cluster: $(DEV) ## run shards on a Dask cluster: 300,000 users with kills, and the use of the rate
	$(BIN)/python tests/cluster/campaign.py

surroundings: $(DEV) ## run the program in 1,000 unusual environments (SURROUNDINGS=1000)
	SURROUNDINGS=$(SURROUNDINGS) $(BIN)/python -m pytest -q --timeout 3600 tests/properties/test_surroundings.py

soak: $(DEV) ## kill and restart the program, with faults, for 10 minutes (MINUTES=10 SEED=…)
	$(BIN)/python tests/crash/campaign.py --minutes $(MINUTES) --seed $(SEED)

peers: ## install the official Node client to compare with, if there is npm
	@if command -v npm >/dev/null && npm install --prefix benchmarks/peers --no-audit --no-fund --no-package-lock --silent; \
	then :; else echo "the official Node client is left out: there is no npm, or npm cannot install it"; fi

test-installs: $(DEV) ## build and install the packages, and sync the example with each
	$(BIN)/python tests/installs/check_packages.py

test-pythons: $(DEV) ## run the tests on each Python of this machine, from 3.11 to 3.15
	$(BIN)/python tests/installs/check_pythons.py

mutants: $(DEV) ## change pure modules in small ways, and count what the tests notice (MODULE=core/text)
	$(PIP) "mutmut>=3.8,<4"
	$(BIN)/python tests/mutants/check_mutants.py $(MODULE)

fuzz: $(DEV) ## make inputs that break a reader, 2 minutes for each (TARGETS=json SECONDS=120)
	$(PIP) "atheris>=3,<4"
	for target in $(TARGETS); do $(BIN)/python tests/fuzz/fuzz.py $$target --seconds $(SECONDS) || exit 1; done

lint: $(DEV) ## check style, layers and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(DEV) ## check types, strictly
	$(BIN)/mypy

format: $(DEV) ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only .

check: lint types test ## what CI runs

bench: $(DEV) peers ## measure speed and memory, and print tables
	$(BIN)/python benchmarks/run.py

plots: $(DEV) ## draw the results of the last make bench into docs/images
	$(PIP) -r benchmarks/requirements.txt
	$(BIN)/python benchmarks/plot.py

pictures: $(DEV) ## take the pictures of the pages for the documents (two minutes)
	$(BIN)/python benchmarks/pictures.py

LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --upgrade

locks: $(RUN) ## choose the newest allowed versions, and write them to *.lock
	$(PIP) "uv>=0.9,<1"
	$(BIN)/$(LOCK) --extra sandbox -o requirements.lock pyproject.toml
	$(BIN)/$(LOCK) -o requirements-dev.lock requirements-dev.txt

clean: ## delete .venv, caches and all local state
	rm -rf .venv .venvs build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find state -mindepth 1 ! -name README.md -delete
