# `make demo` and `make test` set up all they need; the other targets serve development.

PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest --quiet
PIP := $(BIN)/pip --quiet --disable-pip-version-check
UV := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header --no-annotate

.PHONY: demo test cluster bench chaos chaos-short soak fuzz dev lint unit integration wheel lock clean
FUZZ_SECONDS ?= 15

demo: dev
	@$(BIN)/python -m tests.demo $(if $(KEEP),--keep)

test: lint unit fuzz integration chaos-short wheel

cluster: dev
	@$(BIN)/python -m tests.controlplane

bench: dev
	@$(BIN)/python -m tests.bench

# Every fault in seven minutes; for one of them: make chaos ONLY=stalls
chaos: dev
	@$(BIN)/python -m tests.chaos --only "$(ONLY)"

chaos-short: dev
	@$(BIN)/python -m tests.chaos --short

soak: dev
	@$(BIN)/python -m tests.soak

# For longer by hand: make fuzz FUZZ_SECONDS=3600
fuzz: dev
	$(BIN)/python -m tests.x509.fuzz --seconds $(FUZZ_SECONDS)

dev: .venv/ready

lint: dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: dev
	$(PYTEST) -m "not cluster" --numprocesses 2 --cov --cov-report=

integration: dev
	@$(BIN)/python -m tests.controlplane --build-only
	$(PYTEST) -m cluster --numprocesses 2 --dist loadfile --cov --cov-append --cov-report=term

wheel: dev
	$(BIN)/python -m tests.wheel

lock: dev
	$(UV) pyproject.toml -o requirements.lock
	$(UV) pyproject.toml --group dev -o requirements-dev.lock

clean:
	rm -rf .venv dist build .coverage* .*_cache .hypothesis

.venv/ready: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "policy-approver needs Python 3.11 or later: make PYTHON=/path/to/python" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
