"""How long the commands for those who write policies take, beside the start of the program."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from approver.analysis import Question, can
from approver.cli.defaults import Defaults
from approver.cli.inputs import World
from tests.controlplane.manifests import Manifest, certificate_request
from tests.controlplane.pki import signing_request
from tests.examples import policy_manifest
from tests.running import ROOT

_REPEATS = 3
_SECONDS = 120
_OUTCOMES = {0, 1}  # both are answers
_USAGES = ["digital signature", "key encipherment", "server auth"]


def figures() -> Mapping[str, float]:
    """Return medians in seconds, of which the start of the program is taken off."""
    with tempfile.TemporaryDirectory() as folder:
        old, new, few, suite = (Path(folder, name) for name in ("old", "new", "few", "suite"))
        _write(old, estate(500))
        _write(new, estate(500, changed_every=5))
        _write(few, estate(200))
        _write(suite, estate(200))
        (suite / "all.approver-test.yaml").write_text(yaml.safe_dump(_suite(200)))
        _write_dump(Path(folder, "dump.json"), 10_000, 300)
        start = _median(["version"])
        commands = {
            "who-can, 200 policies": ["who-can", "--host", "db.team-7.example.com", str(few)],
            "diff, 500 policies and 500": ["diff", str(old), str(new)],
            "lint, 500 policies": ["lint", str(old)],
            "replay, 10,000 requests of 300 Certificates": [
                "replay",
                "--all-requests",
                f"--file={folder}/dump.json",
                str(few),
            ],
            "test, 200 tests of 200 policies": ["test", str(suite)],
        }
        return {"start": start, "one question to 200 policies": _question(few)} | {
            what: _median(command) - start for what, command in commands.items()
        }


def _question(folder: Path) -> float:
    """Ask for the first time, when nothing has been looked at yet, of policies that are read."""
    asked = Question(host="db.team-7.example.com").regions()
    seconds = []
    for _ in range(_REPEATS):
        policies = World.read([folder], Defaults()).policies
        began = time.perf_counter()
        list(can(policies, asked))
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def estate(number: int, *, changed_every: int = 0) -> Iterator[Manifest]:
    """Yield policies as many teams have them: five kinds, one after the other."""
    for index in range(number):
        team, kind = f"team-{index // 5}", index % 5
        spec = _spec(kind, team, longer=bool(changed_every) and index % changed_every == 0)
        yield policy_manifest(f"{team}-{kind}", **spec)


def _spec(kind: int, team: str, *, longer: bool) -> Manifest:
    issuer = {"kind": "ClusterIssuer", "name": f"ca-{kind}"}
    inside = {"issuerRef": issuer, "namespace": {"matchNames": [team, f"{team}-*"]}}
    labelled = {"issuerRef": issuer, "namespace": {"matchLabels": {"team": team}}}
    duration = "1440h" if longer else "720h"
    hosts = [f"*.{team}.example.com", f"*.{team}.svc.cluster.local"]
    match kind:
        case 0:
            return {
                "selector": inside,
                "allowed": {"dnsNames": {"values": hosts}, "usages": _USAGES},
                "constraints": {"maxDuration": duration, "privateKey": {"algorithm": "ECDSA"}},
            }
        case 1:
            uri = f"spiffe://example.com/ns/{team}/sa/*"
            return {
                "selector": labelled,
                "allowed": {
                    "uris": {"required": True, "values": [uri]},
                    "usages": [*_USAGES, "client auth"],
                },
                "constraints": {"maxDuration": duration},
            }
        case 2:
            return {
                "selector": labelled,
                "allowed": {"commonName": {"value": f"{team}-ca"}, "isCA": True},
                "constraints": {"maxDuration": duration},
            }
        case 3:
            return {
                "selector": inside,
                "allowed": {
                    "emailAddresses": {"values": [f"*@{team}.example.com"]},
                    "subject": {"organizations": {"values": [team]}},
                    "usages": ["client auth"],
                },
                "constraints": {"maxDuration": duration},
            }
        case _:
            return {"selector": inside, "allowedDNSNames": hosts, "maxDuration": duration}


def _suite(number: int) -> Manifest:
    tests = [
        {
            "name": f"a server of team {index}",
            "request": {"dns": [f"db.team-{index % 40}.example.com"], "namespace": "team-1"},
            "expect": "approved" if index % 40 == 1 else "denied",
        }
        for index in range(number)
    ]
    return {
        "apiVersion": "test.policy.cert-manager.io/v1alpha1",
        "kind": "PolicyTest",
        "defaults": {"issuer": "ClusterIssuer/ca-0", "duration": "720h", "key": "ECDSA-256"},
        "tests": tests,
    }


def _write(folder: Path, policies: Iterator[Manifest]) -> None:
    folder.mkdir()
    (folder / "policies.yaml").write_text(yaml.safe_dump_all(policies))


def _write_dump(file: Path, requests: int, certificates: int) -> None:
    """Write requests of Certificates, and the policies of now, as kubectl does."""
    csrs = [
        signing_request("", f"DNS:db.team-{number % 40}.example.com")
        for number in range(certificates)
    ]
    items = [*estate(200)]
    for number in range(requests):
        which = number % certificates
        namespace = f"team-{which % 40}"
        request = certificate_request(
            f"web-{which}-{number}",
            namespace,
            csrs[which],
            issuerRef={"kind": "ClusterIssuer", "name": "ca-0"},
            duration="720h",
            usages=_USAGES,
            username="system:serviceaccount:cert-manager:cert-manager",
        )
        request["metadata"]["annotations"] = {
            "cert-manager.io/certificate-name": f"web-{which}",
            "cert-manager.io/certificate-revision": str(number // certificates + 1),
        }
        items.append(request)
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))


def _median(arguments: Sequence[str]) -> float:
    return statistics.median(_seconds(arguments) for _ in range(_REPEATS))


def _seconds(arguments: Sequence[str]) -> float:
    command = [sys.executable, "-m", "approver", *arguments]
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=ROOT, env=dict(os.environ), capture_output=True, check=False, timeout=_SECONDS
    )
    if done.returncode not in _OUTCOMES:
        raise RuntimeError(f"{command}: {done.stdout.decode()}{done.stderr.decode()}")
    return time.perf_counter() - began
