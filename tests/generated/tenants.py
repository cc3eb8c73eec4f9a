"""The page for those who wait for a certificate; its transcripts are made by the command."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from tests.controlplane.identities import CERT_MANAGER
from tests.controlplane.manifests import Manifest, certificate_request, decision, grant, use
from tests.crds.examples import REPOSITORY
from tests.examples import policy_manifest
from tests.generated.markdown import page
from tests.generated.transcripts import run

PAGE: Final = REPOSITORY / "docs" / "why-not-issued.md"
_DENIED: Final = (
    "No policy approved this request: [shop-web: spec.maxDuration: an unset duration is not within"
    " the maximum, 720h]"
)


def tenants_page() -> str:
    """Return the page."""
    return page(
        "# Why is my certificate not issued?",
        "",
        "A `Certificate` that is not ready after a minute is waiting for somebody. Ask who:",
        "",
        "    kubectl approver explain -n shop certificate/web",
        "",
        "It names the cause, what each policy says that could matter, and what helps. You need no",
        "other right than to list requests and policies; what you may not see, it says. Below is",
        "what it prints of the commonest causes. It is the same without a cluster, as here: --file",
        "reads what kubectl has written.",
        "",
        "## No policy is bound to who asks",
        "",
        "A policy would approve, and nobody has permitted its use. Who asks for a `Certificate` is",
        "cert-manager's own service account, not you. Send what is proposed to whoever administers",
        "policies.",
        "",
        *_transcript(_policy(), _request()),
        "",
        "## No policy selects the request",
        "",
        "Nothing is said about this issuer, from this namespace.",
        "",
        *_transcript(
            _policy(selector={"namespace": {"matchNames": ["bank"]}}), _binding(), _request()
        ),
        "",
        "## A policy is not ready",
        "",
        "It may be the one that approves, so the request waits until it is mended.",
        "",
        *_transcript(_policy(maxDuration="a month"), _binding(), _request()),
        "",
        "## It was denied",
        "",
        "A denial is final for this request. Correct the `Certificate`, delete the denied request,",
        "and renew: without the deletion cert-manager finds the old denial again.",
        "",
        *_transcript(_policy(maxDuration="720h"), _binding(), _request(denied=True)),
        "",
        "## It was approved, and is still not there",
        "",
        "Then policies are done with it, and the signer is next: `kubectl describe` on the",
        "`CertificateRequest` and on its issuer says what it waits for.",
        "",
        *_transcript(_policy(), _binding(), _request(approved=True)),
    )


def _policy(**spec: Any) -> Manifest:  # noqa: ANN401 - any field of the language
    selector = {"namespace": {"matchNames": ["shop"]}}
    names = ["*.shop.example.com"]
    return policy_manifest("shop-web", **{"selector": selector, "allowedDNSNames": names, **spec})


def _binding() -> list[Manifest]:
    return grant("use-shop-web", use("shop-web"), CERT_MANAGER, namespace="shop")


def _request(*, approved: bool = False, denied: bool = False) -> Manifest:
    csr = (REPOSITORY / "tests" / "generated" / "web.csr").read_text()
    who = {"username": CERT_MANAGER.name, "groups": [*CERT_MANAGER.groups]}
    made = certificate_request("web-1", "shop", csr, issuer="internal-ca", **who)
    made["metadata"] |= {
        "uid": "1",
        "annotations": {"cert-manager.io/certificate-name": "web"},
    }
    if approved or denied:
        text = 'Approved by CertificateRequestPolicy: "shop-web"' if approved else _DENIED
        made |= decision("Approved" if approved else "Denied", text)
        made["status"]["conditions"][0]["reason"] = "policy.cert-manager.io"
    return made


def _transcript(*manifests: Manifest | Sequence[Manifest]) -> Iterator[str]:
    objects = [obj for each in manifests for obj in ([each] if isinstance(each, dict) else each)]
    # Some role that is about policies, so that bindings count as they do in a cluster.
    objects += grant("use-other", use("other"), CERT_MANAGER, namespace="other")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "dump.yaml").write_text(yaml.safe_dump_all(objects))
        yield from run(Path(folder), "explain --file dump.yaml -n shop certificate/web")
