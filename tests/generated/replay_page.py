"""The page about trying policies on requests that were made; its transcripts are run."""

import json
import tempfile
from pathlib import Path
from typing import Final

import yaml

from tests.controlplane.identities import CERT_MANAGER
from tests.controlplane.manifests import (
    Manifest,
    certificate,
    certificate_request,
    decision,
    grant,
    use,
)
from tests.controlplane.pki import signing_request
from tests.crds.examples import REPOSITORY
from tests.examples import policy_manifest
from tests.generated.markdown import page
from tests.generated.transcripts import run

PAGE: Final = REPOSITORY / "docs" / "replay.md"
_DUMP: Final = "dump.json"


def replay_page() -> str:
    """Return the page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder)
        text = [*run(folder, f"replay --file {_DUMP} policies")]
        rows = [*run(folder, f"replay --file {_DUMP} -o csv policies")]
        gained = [*run(folder, f"replay --file {_DUMP} --fail-on gained -o jsonl policies")]
        then = [*run(folder, f"replay --file {_DUMP} --then policies")]
    return page(
        "# Try policies on the requests that there are",
        "",
        "`approver replay policies` asks what policies would say of the requests in the cluster,",
        "before they are applied. Of each Certificate the newest request counts: the next one will",
        "be like it. With `--file` it reads a dump of any length, and no cluster is needed:",
        "",
        "    KINDS=crp,cr,certificates,ns,roles,rolebindings,clusterroles,clusterrolebindings",
        "    kubectl get $KINDS -A -o json > dump.json",
        "",
        "Here a team's limit goes down from 90 days to 30, and its names become more:",
        "",
        *text,
        "",
        "Whatever breaks the same rule is in one group. Those come first whose Certificate is",
        "renewed first: until then what was issued stays valid. A Certificate that is gone is not",
        "asked for again. `-o csv`, `jsonl` and `json` have the dates, `-o html=FILE` is a page",
        "for those whose renewals fail, `-o policyreport=FILE` is for viewers of wgpolicyk8s.io:",
        "",
        *rows,
        "",
        "In CI, `--fail-on gained` fails for new access only, `--fail-on broken` for renewals:",
        "",
        *gained,
        "",
        "`--then` compares with what was decided at the time, by whoever it was:",
        "",
        *then,
        "",
        "Exit status 0 means that no verdict changes, 1 that some do, 2 that the input is not",
        "usable, 3 that there is no answer, or not the whole one: the API server is away, or you",
        "may not list what verdicts depend on.",
    )


def _write(folder: Path) -> None:
    (folder / "policies").mkdir()
    selector = {"namespace": {"matchNames": ["shop"]}}
    old = policy_manifest("shop-web", selector=selector, allowedDNSNames=["*.shop.example.com"])
    hosts = ["*.shop.example.com", "*.pay.example.com"]
    new = policy_manifest("shop-web", selector=selector, allowedDNSNames=hosts, maxDuration="720h")
    (folder / "policies" / "shop-web.yaml").write_text(yaml.safe_dump(new))
    items: list[Manifest] = [old, *grant("use-shop-web", use("shop-web"), CERT_MANAGER)]
    for name, duration, renewal in (
        ("web", "2160h", "2020-02-01T00:00:00Z"),
        ("api", "1440h", "2020-01-15T00:00:00Z"),
        ("old", "2160h", ""),
        ("mail", "720h", "2020-01-20T00:00:00Z"),
    ):
        items.append(_request(name, f"{name}.shop.example.com", duration, decided="Approved"))
        if renewal:
            items.append({**certificate(name, "shop"), "status": {"renewalTime": renewal}})
    items.append(_request("card", "card.pay.example.com", "720h", decided="Denied"))
    (folder / _DUMP).write_text(json.dumps({"kind": "List", "items": items}))


def _request(name: str, host: str, duration: str, *, decided: str) -> Manifest:
    request = certificate_request(
        f"{name}-1",
        "shop",
        signing_request("", f"DNS:{host}"),
        duration=duration,
        username=CERT_MANAGER.name,
        groups=list(CERT_MANAGER.groups),
    )
    request["metadata"]["annotations"] = {"cert-manager.io/certificate-name": name}
    return request | decision(decided, "by hand")
