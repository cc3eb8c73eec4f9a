"""Attack the approver, and print what its other tenants notice: `make siege`."""

import argparse
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.chaos.fleet import resident
from tests.controlplane import chart
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import ALICE, APPROVER, BOB
from tests.controlplane.manifests import (
    certificate_authority,
    certificate_request,
    decision_of,
    everything,
    grant,
    namespace,
    use,
)
from tests.examples import policy_manifest
from tests.running import Approver
from tests.siege.attacks import Attack, Field, chosen

_VICTIM = "victim"
_PACE = 0.3  # seconds between two requests of a victim
_LOST = 20.0  # seconds after which a victim gives up
_MOST_MEMORY = 256  # MiB
_MOST_LOG = 100  # kB a second
_WORST_WAIT = 0.5
_MEDIAN_WAIT = 0.1


@dataclass
class Noticed:
    """What came of an attack."""

    waits: list[float] = field(default_factory=list)
    lost: int = 0  # leases
    memory: float = 0.0  # MiB
    log: float = 0.0  # kB a second

    @property
    def faults(self) -> list[str]:
        """What may not be, however slow the machine is."""
        found = {
            "the lease was lost": self.lost > 0,
            "a victim waited in vain": max(self.waits, default=_LOST) >= _LOST,
            "memory": self.memory > _MOST_MEMORY,
            "log": self.log > _MOST_LOG,
        }
        return [name for name, wrong in found.items() if wrong]

    @property
    def slow(self) -> bool:
        """Whether victims waited longer than they should on two cores without other work."""
        return statistics.median(self.waits) > _MEDIAN_WAIT or max(self.waits) > _WORST_WAIT


def main() -> int:
    parser = argparse.ArgumentParser(prog="make siege", description=__doc__)
    parser.add_argument("--short", action="store_true", help="only some attacks, for less long")
    parser.add_argument("--only", default="", help="only attacks whose title contains this")
    parser.add_argument("--seconds", type=float, default=25.0, help="of each attack")
    options = parser.parse_args()
    seconds = 8.0 if options.short else options.seconds
    print(f"{'attack':36} {'victims wait':>18} {'lease':>6} {'memory':>9} {'log':>10}  result")
    wrong = False
    with ControlPlane() as cluster:
        admin = cluster.client()
        chart.install_chart(admin)
        rights = grant("request", everything("cert-manager.io"), ALICE, namespace=_VICTIM)
        selector = {"namespace": {"matchNames": [_VICTIM]}}
        rule = {"rule": "request.namespace == 'victim' && request.dnsNames.size() == 1"}
        policy = policy_manifest(
            _VICTIM, selector=selector, allowedDNSNames=["*.example.com"], rules=[rule]
        )
        bound = grant("use", use(_VICTIM), ALICE, namespace=_VICTIM)
        admin.apply(namespace(_VICTIM), *rights, policy, *bound)
        admin.apply(*certificate_authority(_VICTIM))
        for number, attack in enumerate(chosen(options.only, brief=options.short)):
            noticed = _attacked(cluster, attack, f"attack-{number}", seconds)
            _show(attack, noticed)
            wrong |= bool(noticed.faults)
    return 1 if wrong else 0


def _show(attack: Attack, noticed: Noticed) -> None:
    median, worst = statistics.median(noticed.waits), max(noticed.waits)
    verdict = ", ".join(noticed.faults).upper() or ("slow" if noticed.slow else "right")
    print(
        f"{attack.title:36} {median:6.2f} s, {worst:5.2f} s {noticed.lost:6}"
        f" {noticed.memory:5.0f} MiB {noticed.log:5.0f} kB/s  {verdict}",
        flush=True,
    )


def _attacked(cluster: ControlPlane, attack: Attack, home: str, seconds: float) -> Noticed:
    admin = cluster.client()
    admin.apply(
        namespace(home), *grant("request", everything("cert-manager.io"), BOB, namespace=home)
    )
    noticed = Noticed()
    with Approver(cluster.kubeconfig(APPROVER)) as approver:
        place = Field(cluster, home, approver, threading.Event(), [])
        attack.prepare(place)
        approver.wait_until(approver.leads)
        time.sleep(1)
        lines = sum(1 for _ in approver.log())
        size, began = approver.log_size(), time.monotonic()
        with _meanwhile(lambda: attack.begin(place), place.over):
            _be_a_victim(cluster, home, approver, noticed, seconds)
            noticed.log = (approver.log_size() - size) / 1000 / (time.monotonic() - began)
            place.over.set()
        messages = [line["message"] for line in approver.log()]
        noticed.lost = messages[lines:].count("no longer leading")
    if place.refused:
        print(f"    {len(place.refused)} refused: {place.refused[0][:100]}", flush=True)
    for kind in ("CertificateRequest", "RoleBinding", "Role"):
        admin.delete_all(kind, home)
    for policy in admin.list("CertificateRequestPolicy"):
        if policy["metadata"]["name"].startswith(home):
            admin.delete("CertificateRequestPolicy", policy["metadata"]["name"])
    return noticed


@contextmanager
def _meanwhile(work: Callable[[], None], over: threading.Event) -> Iterator[None]:
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _be_a_victim(
    cluster: ControlPlane, home: str, approver: Approver, noticed: Noticed, seconds: float
) -> None:
    """Ask again and again, and note how long each decision takes."""
    client, end, number = cluster.client(ALICE), time.monotonic() + seconds, 0
    while time.monotonic() < end:
        number += 1
        name = f"{home}-{number:04}"
        client.create(certificate_request(name, _VICTIM))
        created = time.monotonic()
        while time.monotonic() < created + _LOST:
            if decision_of(client.get("CertificateRequest", name, _VICTIM)):
                break
            time.sleep(0.01)
        noticed.waits.append(time.monotonic() - created)
        noticed.memory = max(noticed.memory, resident(approver.pid))
        time.sleep(_PACE)


if __name__ == "__main__":
    sys.exit(main())
