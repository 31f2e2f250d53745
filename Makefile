# Every target sets up what it needs: a fresh clone, Python 3.11 and a package
# index are enough.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SOURCES := pali_tf seqio_tasks serving tests benchmarks bazel t5x setup.py
DEMO := demo
DEMO_LONG := demo-long
PEERS := .venv-peers
# Two processes; the tests of a file share what they prepare. Folder by folder,
# not the largest files first: the few tests of an integration file take longest.
PYTEST := $(BIN)/python -m pytest --numprocesses=2 --dist=loadfile \
	--no-loadscope-reorder
ONLY :=

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-long test test-fast check format bench \
	bench-peers report lock clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | \
		expand -t 20

setup: $(STAMP)  ## .venv with the exact versions of requirements.lock

$(STAMP): requirements.lock setup.py
	@command -v $(PYTHON) >/dev/null || { \
		echo "make: $(PYTHON) not found; install Python 3.11 or name it:" \
			"make PYTHON=/path/to/python3.11" >&2; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --python $(BIN)/python --compile-bytecode \
		-r requirements.lock
	$(BIN)/uv pip install --python $(BIN)/python --no-deps \
		--no-build-isolation -e .
	touch $@

demo: $(STAMP)  ## sample, train, evaluate, export, serve, ask: ~15 minutes
	$(BIN)/pali demo --output_dir=$(DEMO)

demo-long: $(STAMP)  ## a longer run, and free scenes too: 45 minutes
	$(BIN)/pali demo --plan=long --output_dir=$(DEMO_LONG)

test: $(STAMP)  ## every test, with every shape checked; ONLY=... names some
	$(PYTEST) --check-shapes $(ONLY)

test-fast: $(STAMP)  ## the unit and architecture tests, without the slow ones
	$(PYTEST) -m "not slow" tests/unit tests/architecture

check: $(STAMP)  ## format, lint, types, import arrows, spelling
	$(BIN)/ruff format --check $(wildcard $(SOURCES))
	$(BIN)/ruff check $(wildcard $(SOURCES))
	$(BIN)/pyright
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell $(wildcard $(SOURCES) *.md docs gin)

format: $(STAMP)  ## rewrite in the house format
	$(BIN)/ruff format $(wildcard $(SOURCES))
	$(BIN)/ruff check --fix $(wildcard $(SOURCES))

bench: $(STAMP)  ## time of the parts that matter
	$(BIN)/python -m benchmarks

bench-peers: $(STAMP)  ## decoding and training beside Hugging Face's
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(BIN)/uv pip install --python $(PEERS)/bin/python -r setup.py \
		--extra parity
	$(BIN)/python -m benchmarks.decode --peer_python=$(PEERS)/bin/python
	$(BIN)/python -m benchmarks.forward --peer_python=$(PEERS)/bin/python

report: $(STAMP)  ## demo/report.html again, from what the demo left
	test -f $(DEMO)/metrics.json || $(MAKE) demo
	$(BIN)/pali demo --only=report --output_dir=$(DEMO)

lock: $(STAMP)  ## requirements.lock again, from setup.py
	$(BIN)/uv pip compile --python-version 3.11 --extra dev --no-annotate \
		--no-header setup.py -o requirements.lock

clean:  ## everything that a target made, the environment excepted
	rm -rf $(DEMO) $(DEMO_LONG) bench .pytest_cache .ruff_cache \
		.import_linter_cache
