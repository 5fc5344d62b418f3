# What people and CI type. Everything lands in .venv; nothing is installed outside it but Debian's browser and PostgreSQL for the tests.
.DEFAULT_GOAL := help
.PHONY: help run test soak check format bench bench-all bench-posts bench-readers bench-peers docs requirements browser postgres

PYTHON ?= python3
BIN := .venv/bin

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: .venv/installed  ## the whole service on config.yaml, at http://127.0.0.1:8000
	$(BIN)/aggregator --config config.yaml run

test: .venv/installed-dev browser postgres  ## all tests, with all they need
	$(BIN)/pytest -n 2 --dist loadfile

soak: .venv/installed-dev postgres  ## the nemesis and the model for longer, on both databases: SEEDS=10 MINUTES=1 SEED=1
	$(BIN)/pytest -q -n 2 --hypothesis-profile=soak tests/test_agreement.py
	$(BIN)/python -m tests.nemesis.run --database both --seed $(or $(SEED),1) --seeds $(or $(SEEDS),10) --minutes $(or $(MINUTES),1)

check: .venv/installed-dev  ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/installed-dev  ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/installed-dev  ## slower than benchmarks/figures.json? how well are repeated items recognised? HISTORY=GIT-DIRECTORY
	$(BIN)/python -m benchmarks.dedup $(addprefix --history ,$(HISTORY))
	$(BIN)/python -m benchmarks.quick

bench-all: .venv/installed-dev  ## what it costs, and how publishers see us
	$(BIN)/python -m benchmarks.fetch_304
	$(BIN)/python -m benchmarks.reading
	$(BIN)/python -m benchmarks.cleaning
	$(BIN)/python -m benchmarks.config
	$(BIN)/python -m benchmarks.corpus
	$(BIN)/python -m benchmarks.etiquette
	$(BIN)/python -m benchmarks.images
	$(BIN)/python -m benchmarks.start
	$(BIN)/python -m benchmarks.pages

bench-posts: .venv/installed-dev  ## what posts cost, and what the real Hexo makes of fifty (needs node and npm)
	$(BIN)/python -m benchmarks.posts
	$(BIN)/python -m benchmarks.hexo

bench-peers: .venv/installed .venv/peers/installed  ## ours beside reader, newsboat and a plain script, into docs/performance.md
	$(BIN)/python -m benchmarks.peers --feeds $(FEEDS) --write
FEEDS ?= 1000

.venv/peers/installed: benchmarks/peers/requirements.txt | .venv/created
	$(PYTHON) -m venv .venv/peers
	.venv/peers/bin/pip install --quiet --disable-pip-version-check --upgrade --requirement $< || \
		echo "some of the peers could not be installed: they will be missing"
	@touch $@

bench-readers: .venv/installed-dev .venv/peers/installed  ## what real readers make of our feeds (those that are here), and how fast they get them
	$(BIN)/python -m benchmarks.readers
	$(BIN)/python -m benchmarks.serving

docs: .venv/installed-dev  ## write the pages that are made from the code
	$(BIN)/python -m aggregator.config.reference docs

.venv/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/installed: .venv/created requirements.txt pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/installed-dev: .venv/created requirements-dev.txt requirements-axe.txt pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --requirement requirements-axe.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ .venv/installed

# The tests open the pages in Chromium. As root it is installed; otherwise the tests that need it say so.
browser:
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
			chromium chromium-driver fonts-noto-core fonts-noto-cjk >/dev/null; \
	else echo "chromium and chromedriver are not installed: the tests in a browser cannot run"; fi

# … and start a PostgreSQL of their own from Debian's binaries. The package's own server is neither made nor started.
postgres:
	@ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf && \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
			-o Dpkg::Options::=--force-confold postgresql >/dev/null; \
	else echo "PostgreSQL is not installed: the tests on it cannot run"; fi

requirements:  ## pin the newest releases, with their hashes (needs pip-tools)
	pip-compile --quiet --upgrade $(PIN) --output-file requirements.txt pyproject.toml
	pip-compile --quiet --upgrade $(PIN) --extra dev --extra postgres --constraint requirements.txt \
		--output-file requirements-dev.txt pyproject.toml
PIN := --generate-hashes --all-build-deps --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host
