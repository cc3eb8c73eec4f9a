"""The page of versions that are tested, from what the tests are built of."""

import tomllib
from typing import Final

from tests.controlplane.binaries import CERT_MANAGER, OLDER, SOURCES, required
from tests.crds.examples import REPOSITORY
from tests.generated.markdown import page, table

PAGE: Final = REPOSITORY / "docs" / "versions.md"


def versions_page() -> str:
    """Return what each version is, and what it is used for."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    return page(
        "# Versions",
        "",
        "What the tests run against, all of it for real. `make test` takes the first version of",
        "each, `make matrix` the other one of Kubernetes, then of cert-manager.",
        "",
        *table(
            ("what", "version", "for"),
            [
                (
                    "Kubernetes' API server",
                    _versions("kubernetes", "k8s.io/kubernetes"),
                    "all tests",
                ),
                (
                    "cert-manager: webhook, controllers, shims",
                    _versions("certmanager", CERT_MANAGER),
                    "all tests; `approver check` makes the requests that the first one makes",
                ),
                ("Helm", _versions("helm", "helm.sh/helm/v3"), "the charts"),
                ("Python", f"{project['requires-python']}, the image has 3.11", "the program"),
            ],
        ),
        "",
        "The chart needs Kubernetes 1.30 or later for its ValidatingAdmissionPolicy. Rules in CEL",
        "need Linux with glibc on x86-64 or arm64. Other versions of cert-manager have the same",
        "API `cert-manager.io/v1`; what they make of a Certificate may differ in a detail: 1.21.0",
        "asks twice for a host that an Ingress or Gateway names twice, and in nothing else that is",
        "tried.",
    )


def _versions(folder: str, module: str) -> str:
    older = OLDER / f"{folder}.mod"
    files = (SOURCES / folder / "go.mod", *([older] if older.exists() else []))
    return ", ".join(required(file, module) for file in files)
