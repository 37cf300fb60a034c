# Everything runs in .venv, made from pyproject.toml with the versions of constraints.txt. On Windows, or without make, README.md has
# the same commands written out.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
VENV ?= .venv
BIN := $(abspath $(VENV))/bin
export PATH := $(BIN):$(PATH)
# Small networks gain nothing from a second thread, and two threads on two busy cores wait for one another.
export OMP_NUM_THREADS ?= 1
READY := $(VENV)/.installed
NPM := tests/js/node_modules/.package-lock.json
BIOME := tests/js/node_modules/.bin/biome
BIOME_OPTIONS := --config-path=tests/js/scripts.json --error-on-warnings wgan_lib/js tests/js book/_static/widget-host.js
BROWSERS := $(VENV)/.browsers

.PHONY: book pdf fast test check format serve clean notebooks colab oldest benchmark soak record
# Makes what is not there yet: nothing, some pages, or all; book/_ext/rebuild.py says when. `make clean` forgets the last build.
book: $(READY)
	python book/_ext/rebuild.py
	@echo "The book: _build/html/index.html"

# The whole book on paper, in one file: _build/moving-earth.pdf
pdf: book $(BROWSERS)
	python book/_ext/paper.py

# All but the browser tests, which read the built book. With `make -j2 test` they run while the book is built, which leaves a core idle.
fast: $(READY) $(BROWSERS)
	node --test 'tests/js/*.test.mjs'
	python -m pytest -n 2 --dist worksteal -m "not browser"

# Chapters whose code and imports did not change are not run again.
test: book fast
	python -m pytest -n 2 --dist worksteal -m browser

check: $(READY) $(NPM)
	ruff format --check .
	ruff check .
	mypy
	codespell
	$(BIOME) ci $(BIOME_OPTIONS)
	node --test 'tests/js/*.test.mjs'
	python -m pytest -q -m "not slow and not browser and not notebook"

format: $(READY) $(NPM)
	ruff format .
	ruff check --fix .
	$(BIOME) check --write $(BIOME_OPTIONS)

notebooks: $(READY)
	python book/_ext/notebooks.py

# Every notebook from top to bottom with the versions that Colab ships.
colab: notebooks
	test -d .venv-colab || $(PYTHON) -m venv .venv-colab
	.venv-colab/bin/python -m pip install --quiet -r tests/colab/requirements.txt
	.venv-colab/bin/python -m pip install --quiet --no-deps .
	rm -rf build
	.venv-colab/bin/python tests/colab/run_notebooks.py

# The fast tests with the oldest versions that pyproject.toml allows, torch excepted: `make PYTHON=python3.11 oldest`.
oldest:
	test -d .venv-oldest || $(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet uv
	.venv-oldest/bin/python -m uv pip install --quiet --python .venv-oldest/bin/python --resolution lowest-direct torch==2.13.0 -e '.[book,test]'
	PATH="$(CURDIR)/.venv-oldest/bin:$$PATH" .venv-oldest/bin/python -m pytest -n 2 --dist worksteal -m "not slow and not browser and not notebook"

# Times and quality of trainings, recorded and written into README.md; about twenty minutes on a quiet machine.
benchmark: $(READY)
	python benchmarks/training.py --all

# Measures that take long or depend on the machine, which no test may: kills without end, weights and speed of the pages.
soak: $(READY) $(BROWSERS) book
	python -m pytest -m soak
	python experiments/kill_and_resume.py --kills 20
	python benchmarks/widgets.py

# One recorded run again, by the command that its file names: make record RUN=critic-steps
record: $(READY)
	python experiments/record.py $(RUN)

serve:
	$(PYTHON) -m http.server --directory _build/html 8000

clean:
	rm -rf _build build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/js/node_modules
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; '$(PYTHON)' is $$($(PYTHON) --version 2>&1). Name another with: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "The venv module is missing: on Debian and Ubuntu, apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[book,test,dev]'
	touch $@

# The formatter and linter of the scripts, and axe-core for the browser tests.
$(NPM): $(READY) tests/js/package.json
	cd tests/js && npm install --no-audit --no-fund --no-package-lock --silent
	touch $@

# Chromium and Firefox for the browser tests.
$(BROWSERS): $(READY) $(NPM)
	./tests/install-browsers
	touch $@
