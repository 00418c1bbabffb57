# Every target builds .venv from requirements.lock by itself; needs Python 3.11 or newer, make and git.
PYTHON ?= python3
BIN := .venv/bin
PYTEST ?= -n auto --dist loadfile --no-loadscope-reorder
unexport PYTHONDONTWRITEBYTECODE # modules that some thousand processes import are compiled once

.PHONY: demo test check style bench bench-ingest bench-log bench-pages bench-relay bench-releases bench-team-page bench-team-start lock screenshots translations clean

demo: .venv/ready
	$(BIN)/sameview demo $(DEMO)

# Types are checked beside the tests, which leave a processor idle now and then; what they say comes last.
test: style
	types=$$(mktemp); $(BIN)/mypy >$$types 2>&1 & typing=$$!; \
	$(BIN)/python -m pytest $(PYTEST); tested=$$?; \
	wait $$typing; typed=$$?; cat $$types; rm $$types; \
	exit $$((tested ? tested : typed))

check: style
	$(BIN)/mypy

style: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: .venv/ready .venv-peer/ready
	$(BIN)/python -m benchmarks.run $(BENCH)

bench-ingest: .venv/ready .venv-peer/ready
	$(BIN)/python -m benchmarks.ingest $(BENCH)

bench-log: .venv/ready
	$(BIN)/python -m benchmarks.log $(BENCH)

bench-pages: .venv/ready
	$(BIN)/python -m benchmarks.pages $(BENCH)

bench-relay: .venv/ready
	$(BIN)/python -m benchmarks.relay $(BENCH)

bench-releases: .venv/ready
	$(BIN)/python -m benchmarks.releases $(BENCH)
	$(BIN)/python -m benchmarks.release_job $(BENCH)

bench-team-page: .venv/ready
	$(BIN)/python -m benchmarks.team_page $(BENCH)

bench-team-start: .venv/ready
	$(BIN)/python -m benchmarks.team_start $(BENCH)

# Collects the texts of the pages into portal/translations, and fails while one has no translation.
translations: .venv/ready
	$(BIN)/python -m docs.translations

screenshots: .venv/ready
	$(BIN)/python -m docs.screenshots

# The lock holds hashes and no address. --no-deps: the lock is complete, and aw-core's own pins contradict it on purpose.
.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

.venv-peer/ready: requirements-peer.lock
	$(PYTHON) -m venv .venv-peer
	.venv-peer/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-peer.lock
	touch $@

# Needs uv (pip install uv). --no-header and the hash form keep every address out of the file.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra build --extra test pyproject.toml -o requirements.lock

clean:
	rm -rf .venv .venv-peer build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
