# `make demo` and `make test` set up all they need; the other targets serve development.

PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest --quiet
PIP := $(BIN)/pip --quiet --disable-pip-version-check
UV := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header --no-annotate

.DEFAULT_GOAL := help
.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*/\1/p' $(MAKEFILE_LIST))
FUZZ_SECONDS ?= 15

help: ## say what there is to make
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: dev ## a real API server and cert-manager: one certificate is issued, two are not, a bad policy is refused; KEEP=1 leaves it running
	@$(BIN)/python -m tests.demo $(if $(KEEP),--keep)

test: lint unit fuzz integration chaos-short siege-short wheel ## everything that must pass before a change lands

cluster: dev ## a control plane to try things on, until Ctrl-C
	@$(BIN)/python -m tests.controlplane

bench: dev ## how fast it is; the figures go to bench.json
	@$(BIN)/python -m tests.bench

dashboard: dev ## draw the dashboard, filled by real approvers, for docs/dashboard.png; needs Chromium
	@$(BIN)/python -m tests.dashboard

chaos: dev ## every fault, in seven minutes; for one of them: ONLY=stalls
	@$(BIN)/python -m tests.chaos --only "$(ONLY)"

chaos-short: dev ## some faults, in half a minute
	@$(BIN)/python -m tests.chaos --short

siege: dev ## tenants who mean harm, in ten minutes; for one attack: ONLY=names
	@$(BIN)/python -m tests.siege --only "$(ONLY)"

siege-short: dev ## some attacks, in a minute
	@$(BIN)/python -m tests.siege --short

soak: dev ## whether memory grows in the long run
	@$(BIN)/python -m tests.soak

fuzz: dev ## mutated CSRs, read as OpenSSL does or refused; for longer: FUZZ_SECONDS=3600
	$(BIN)/python -m tests.x509.fuzz --seconds $(FUZZ_SECONDS)

dev: .venv/ready ## the environment to work in, in .venv

format: dev ## lay out the code, and mend what can be mended
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lint: dev ## style, types and the layers of the packages
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint deploy/Dockerfile

generate: dev ## write what follows from the code: pages of docs/, dashboards, the chart's copy of the CRD
	$(BIN)/python -m tests.generated

# Before any test, whose time is limited: the first build takes minutes.
binaries: dev ## build the API server, etcd, cert-manager and Helm for tests, and fetch Prometheus, once
	@$(BIN)/python -m tests.controlplane --build-only

unit: binaries ## tests that need no control plane
	$(PYTEST) -m "not cluster" --numprocesses 2 --cov --cov-report=

integration: binaries ## tests on the real control plane
	$(PYTEST) -m cluster --numprocesses 2 --dist loadfile --cov --cov-append --cov-report=term

matrix: dev ## the same with an older Kubernetes, then an older cert-manager, each built first
	@for older in kubernetes certmanager; do \
		OLDER=$$older $(PYTEST) -m cluster --numprocesses 2 --dist loadfile || exit 1; \
	done

wheel: dev ## build the wheel, install it elsewhere, and use it there
	$(BIN)/python -m tests.wheel

image: dev ## build the image on a stand-in for its base, and try it out; needs root, debootstrap and buildah
	$(BIN)/python -m tests.image

lock: dev ## pin all dependencies anew, in the requirements*.lock files
	$(UV) pyproject.toml -o requirements.lock
	$(UV) pyproject.toml --group dev -o requirements-dev.lock
	$(UV) --group build -o requirements-build.lock

clean: ## remove what was made here
	rm -rf .venv dist build .coverage* .*_cache .hypothesis

.venv/ready: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "policy-approver needs Python 3.11 or later: make PYTHON=/path/to/python" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
