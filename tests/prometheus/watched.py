"""A cluster whose approvers a real Prometheus scrapes."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.controlplane import ControlPlane, chart
from tests.controlplane.identities import APPROVER, TENANTS
from tests.controlplane.manifests import Manifest, everything, grant, namespace
from tests.controlplane.waiting import wait_until
from tests.prometheus.server import Prometheus, Target
from tests.running import Approver
from tests.webhook.served import HOST, free_port

REPLICAS = ("policy-approver-0", "policy-approver-1")
SHADOW = "policy-approver-shadow"
_SECONDS = 30


@dataclass(slots=True)
class Watched:
    """`approvers` by the names of their pods, which a cluster would have given them.

    `chart` is what was rendered of the chart; the approvers may do what it lets them. `webhook` are
    the flags of theirs, if they serve one. No API server asks it.
    """

    cluster: ControlPlane
    chart: list[Manifest]
    approvers: dict[str, Approver]
    prometheus: Prometheus
    webhook: Sequence[str]
    _stack: ExitStack

    def restart(self, pod: str) -> None:
        """Kill an approver, and start another at its address."""
        address = _address(self.approvers[pod])
        self.approvers[pod].kill()
        approver = _approver(self.cluster, pod, self.webhook, address)
        self.approvers[pod] = self._stack.enter_context(approver)

    def leader(self) -> str:
        """Name the pod that decides."""
        return next(pod for pod in REPLICAS if self.approvers[pod].leads())

    @contextmanager
    def without(self, *resources: str) -> Iterator[None]:
        """Take from the approvers what their roles say of some resources, for a while."""
        lost = set(resources)
        roles = [each for each in self.chart if any(map(lost.intersection, _resources(each)))]
        admin = self.cluster.client()
        for role in roles:
            kept = [rule for rule in role["rules"] if not lost.intersection(rule["resources"])]
            admin.apply(role | {"rules": kept})
        try:
            yield
        finally:
            admin.apply(*roles)


def _resources(manifest: Manifest) -> list[list[str]]:
    """Give the resources of each rule, if it is a role."""
    rules = manifest["rules"] if manifest["kind"] in {"Role", "ClusterRole"} else []
    return [rule["resources"] for rule in rules]


@contextmanager
def watched(
    *namespaces: str, rules: Path | None = None, webhook: Sequence[str] = ()
) -> Iterator[Watched]:
    """Run two approvers and a shadow; tenants may request certificates in the namespaces."""
    with ExitStack() as stack:
        cluster = stack.enter_context(ControlPlane())
        admin = cluster.client()
        rendered = chart.install_chart(admin)
        rights = everything("cert-manager.io")
        for name in namespaces:
            admin.apply(namespace(name), *grant("request", rights, *TENANTS, namespace=name))
        approvers = {
            pod: stack.enter_context(_approver(cluster, pod, webhook))
            for pod in (*REPLICAS, SHADOW)
        }
        approvers[REPLICAS[0]].wait_until(approvers[REPLICAS[0]].leads)
        targets = (
            Target(_address(approver), pod, SHADOW if pod == SHADOW else "policy-approver")
            for pod, approver in approvers.items()
        )
        prometheus = stack.enter_context(Prometheus(*targets, rules=rules))
        wait_until(prometheus.scraped, _SECONDS, "the approvers are not scraped")
        yield Watched(cluster, rendered, approvers, prometheus, webhook, stack)


def _approver(
    cluster: ControlPlane, pod: str, webhook: Sequence[str], address: str = "127.0.0.1:0"
) -> Approver:
    flags = ["--enforcement=shadow"] if pod == SHADOW else [*webhook]
    if webhook and pod != SHADOW:
        flags += [f"--webhook-host={HOST}", f"--webhook-port={free_port()}"]
    return Approver(cluster.kubeconfig(APPROVER), f"--metrics-bind-address={address}", *flags)


def _address(approver: Approver) -> str:
    return str(approver.wait_for_line("serving metrics")["address"])
