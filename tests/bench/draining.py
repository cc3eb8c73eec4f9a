"""How fast the approver decides what has piled up, with more and more policies."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.bench.crowd import Crowd, in_parallel
from tests.bench.evidence import Record, rate_of
from tests.bench.site import HOME, Site
from tests.controlplane.identities import ALICE, APPROVER
from tests.controlplane.manifests import Manifest, grant, namespace, use
from tests.examples import policy_manifest
from tests.running import Approver

POLICIES = "/apis/policy.cert-manager.io/v1alpha1/certificaterequestpolicies"
_TICKS = 100  # of a CPU's second, as /proc counts
_LOOK = 1.0  # seconds
_READY = 60.0
_HERE = {"selector": {"namespace": {"matchNames": [HOME]}}}


@dataclass(frozen=True)
class Setting:
    """How policies lie to requests; `homes` are the namespaces of requests.

    Unless they are `decided`, they are told that no policy decides them.
    """

    title: str
    policy: Callable[[int, int], Manifest]
    bound: Callable[[int], tuple[str, ...]]  # to Alice; none means all
    homes: Callable[[int], list[str]]
    decided: bool = True


def _name(index: int) -> str:
    return f"p{index:03}"


def _allowing(index: int, _: int) -> Manifest:
    return policy_manifest(_name(index), allowedDNSNames=["*.example.com"], **_HERE)


def _at_home(index: int, _: int) -> Manifest:
    selector = {"namespace": {"matchNames": [_home(index)]}}
    return policy_manifest(_name(index), allowedDNSNames=["*.example.com"], selector=selector)


def _last_allowing(index: int, number: int) -> Manifest:
    domain = "com" if index == number - 1 else "org"
    return policy_manifest(_name(index), allowedDNSNames=[f"*.example.{domain}"], **_HERE)


def _everywhere(index: int, _: int, domain: str = "com") -> Manifest:
    return policy_manifest(_name(index), allowedDNSNames=[f"*.example.{domain}"])


def _home(index: int) -> str:
    return f"{HOME}-{index:03}"


def _last(number: int) -> tuple[str]:
    return (_name(number - 1),)


def _many_homes(_: int) -> list[str]:
    return [_home(index) for index in range(20)]


SETTINGS = (
    Setting("bound to the last", _allowing, _last, lambda _: [HOME]),
    Setting(
        "a policy for each namespace",
        _at_home,
        lambda _: (),
        lambda number: [_home(index) for index in range(number)],
    ),
    Setting("all bound, the last allows", _last_allowing, lambda _: (), lambda _: [HOME]),
    Setting("bound to the last, 20 namespaces", _everywhere, _last, _many_homes),
    Setting("the same, denied", partial(_everywhere, domain="org"), _last, _many_homes),
    Setting("the same, unmatched", _everywhere, lambda _: ("none",), _many_homes, decided=False),
)


async def prepare(crowd: Crowd, setting: Setting, number: int) -> None:
    """Make the namespaces, policies and bindings of a setting."""
    await apply_all(
        crowd, "/api/v1/namespaces", [namespace(home) for home in setting.homes(number)]
    )
    policies = [setting.policy(index, number) for index in range(number)]
    await apply_all(crowd, POLICIES, policies)
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    role, binding = grant("use", use(*setting.bound(number)), ALICE)
    await apply_all(crowd, f"{rbac}/clusterroles", [role])
    await apply_all(crowd, f"{rbac}/clusterrolebindings", [binding])


async def measure(
    site: Site, setting: Setting, policies: int, requests: int
) -> Mapping[str, float]:
    """Return decisions a second, each with its event, and what each costs.

    That is `CPU` in milliseconds, and `access reviews` that were asked in all.
    """
    await prepare(site.crowd, setting, policies)
    kubeconfig = site.cluster.kubeconfig(APPROVER)
    with Approver(kubeconfig) as approver:  # which tells that the policies are ready
        ready = 'policy_approver_policies{mode="Enforce",ready="true"}'
        approver.wait_until(lambda: approver.metrics()[ready] == policies, _READY)
        await _reported(site.crowd, policies)
        approver.stop()
    homes = setting.homes(policies)
    await asyncio.to_thread(site.stock.put, site.request, homes, "d", requests)
    record = Record(site.cluster)
    with Approver(kubeconfig) as approver:
        deeds = ("decided", "told") if setting.decided else ("told",)
        first, used = 0, 0.0
        while (least := min(map(record.done().__getitem__, deeds))) < requests:
            if least and not first:
                first, used = least, cpu(approver.pid)
            await asyncio.sleep(_LOOK)
        used = cpu(approver.pid) - used
        asked = approver.total("policy_approver_access_reviews_total")
        approver.stop()
    times = [deed.at for deed in record.deeds() if deed.what in deeds]
    site.stock.clear()
    return {
        "rate": rate_of(times) / len(deeds),
        "CPU": used / (requests - first) * 1e3,
        "access reviews": asked,
    }


def cpu(pid: int) -> float:
    """Return the seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def _reported(crowd: Crowd, policies: int) -> None:
    """Wait until the status of all policies is written."""
    while (await crowd.call("GET", POLICIES)).count(b'"reason":"Ready"') < policies:  # noqa: ASYNC110
        await asyncio.sleep(_LOOK)


async def apply_all(crowd: Crowd, path: str, manifests: list[Manifest]) -> None:
    """Apply manifests of the kind that is at a path."""
    media = "application/apply-patch+yaml"
    query = "fieldManager=bench&force=true"

    async def apply(manifest: Manifest) -> None:
        target = f"{path}/{manifest['metadata']['name']}?{query}"
        await crowd.call("PATCH", target, manifest, media=media)

    await in_parallel(manifests, apply, 16)
