"""The page of versions that are tested, from what the tests are built of."""

import re
import tomllib
from typing import Final

from tests.crds.examples import REPOSITORY
from tests.generated.markdown import page, table

PAGE: Final = REPOSITORY / "docs" / "versions.md"
_MODULES: Final = REPOSITORY / "tests" / "controlplane" / "modules"


def versions_page() -> str:
    """Return what each version is, and what it is used for."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    return page(
        "# Versions",
        "",
        "What the tests run against, all of it for real:",
        "",
        *table(
            ("what", "version", "for"),
            [
                ("Kubernetes' API server", _module("kubernetes", "k8s.io/kubernetes"), "all tests"),
                (
                    "cert-manager: webhook, controllers, shims",
                    _module("certmanager", "github.com/cert-manager/cert-manager"),
                    "all tests; `approver check` makes the requests that this version makes",
                ),
                ("Helm", _module("helm", "helm.sh/helm/v3"), "the charts"),
                ("Python", f"{project['requires-python']}, the image has 3.11", "the program"),
            ],
        ),
        "",
        "The chart needs Kubernetes 1.30 or later for its ValidatingAdmissionPolicy. Rules in CEL",
        "need Linux with glibc on x86-64 or arm64. Other versions of cert-manager have the same",
        "API `cert-manager.io/v1`; what they make of a Certificate may differ in a detail.",
    )


def _module(folder: str, module: str) -> str:
    text = (_MODULES / folder / "go.mod").read_text()
    found = re.search(rf"{re.escape(module)} v(\S+)", text)
    assert found, f"{module} is not in the go.mod of {folder}"
    return found[1]
