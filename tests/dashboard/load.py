"""A load that fills every panel: ordinary days, and all that can go wrong, one after the other."""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpx

from tests.cel.test_engine import HANGS
from tests.controller.scene import Scene
from tests.controlplane.identities import APPROVER_NAMESPACE, CAROL
from tests.controlplane.manifests import Manifest, certificate, decision
from tests.controlplane.pki import signing_request
from tests.controlplane.waiting import wait_until
from tests.examples import policy_manifest
from tests.prometheus.traffic import traffic
from tests.prometheus.watched import REPLICAS, Watched

NAMESPACES: Final = ("shop", "team-a", "lab")
# CAs that live for a minute, so that new ones are made.
WEBHOOK: Final = (
    f"--webhook-ca-secret-namespace={APPROVER_NAMESPACE}",
    "--webhook-ca-duration=1m",
    "--webhook-request-warnings",
)
_DEFINITION_KIND: Final = "CustomResourceDefinition"
_DEFINITION: Final = "certificaterequestpolicies.policy.cert-manager.io"
_WEBHOOK: Final = "cert-manager-webhook"
_RATE: Final = 8  # requests a second
_WRITES: Final = 3  # policies and Certificates a second, of which the webhook is asked
_MANY: Final = 400  # more than are decided while they are made
_CREATORS: Final = 16
_SECONDS: Final = 30


class Load:
    """`calm` is how many seconds pass between one thing that goes wrong and the next."""

    def __init__(self, watched: Watched, calm: float) -> None:
        self._watched = watched
        self._admin = watched.cluster.client()
        self._calm = calm
        self._shop, self._team, self._lab = (
            Scene(watched.cluster, namespace) for namespace in NAMESPACES
        )
        self._writes = itertools.cycle(
            itertools.product(
                (
                    ("policies", policy_manifest("good", allowedIsCA=False)),
                    ("policies", policy_manifest("sloppy", allowedDNSNames=["*example.com"])),
                    ("policies", policy_manifest("wrong", rules=[_rule("request.nme == ''")])),
                    ("requests", certificate("web", "shop", dnsNames=["web.example.org"])),
                ),
                REPLICAS,
            )
        )

    def run(self) -> None:
        """Put it on the approvers, and leave them with some requests that nobody decides."""
        self._write_policies()
        asks = [self._shop.ask, self._team.ask, self._shop.ask, self._shop.ask, self._foreign_name]
        writes = traffic(self._ask_the_webhook, a_second=_WRITES)
        with writes, traffic(*asks, a_second=_RATE):
            for trouble in (
                self._undecided_requests,
                self._many_at_once,
                self._another_approver,
                self._rule_without_end,
                self._permissions_revoked,
                self._outage,
                self._leader_killed,
                self._definition_of_another,
                self._webhook_gone,
            ):
                time.sleep(self._calm)
                trouble()
            time.sleep(self._calm)

    def _write_policies(self) -> None:
        self._shop.policy("web", allowedDNSNames=["*.example.com"])
        self._shop.policy("reported", allowedDNSNames=[], mode="Audit")
        self._team.policy("team-a", allowedDNSNames=["*.example.com"], rules=[_rule("true")])
        self._lab.policy("lab", allowedIsCA=False, rules=[_rule(HANGS.text)])
        self._shop.bind("web", "reported")
        self._team.bind("team-a")
        self._lab.bind("lab")
        self._team.policy_ready("team-a")

    def _foreign_name(self, name: str) -> None:
        self._shop.ask(name, signing_request("", f"DNS:{name}.example.org"))

    def _ask_the_webhook(self, uid: str) -> None:
        """Ask it as the API server does, which would refuse what has to be written here."""
        (path, obj), pod = next(self._writes)
        address = self._watched.approvers[pod].wait_for_line("serving webhook")["address"]
        group, _, version = obj["apiVersion"].partition("/")
        review = {
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "request": {
                "uid": uid,
                "kind": {"group": group, "version": version, "kind": obj["kind"]},
                "name": obj["metadata"]["name"],
                "namespace": obj["metadata"].get("namespace", ""),
                "operation": "CREATE",
                "object": obj,
            },
        }
        url = f"https://{address}/{path}"
        httpx.post(url, json=review, verify=False, trust_env=False, timeout=_SECONDS)  # noqa: S501

    def _undecided_requests(self) -> None:
        """One that no policy is for, and one whose policy is broken."""
        self._team.ask("unmatched", by=CAROL)
        self._lab.policy("broken", allowedIsCA=False, rules=[_rule("request.nme == ''")])
        self._lab.bind("broken", to=CAROL)
        self._lab.policy_ready("broken", "False")
        self._lab.ask("waiting", by=CAROL)

    def _many_at_once(self) -> None:
        with ThreadPoolExecutor(_CREATORS) as pool:
            list(pool.map(self._shop.ask, (f"many-{index}" for index in range(_MANY))))

    def _another_approver(self) -> None:
        change = decision("Approved", "by hand")
        change["status"]["conditions"][0]["reason"] = "cert-manager.io"
        for index in range(3):
            name = f"foreign-{index}"
            self._team.ask(name, by=CAROL)
            self._admin.patch(
                "CertificateRequest", name, change, self._team.namespace, subresource="status"
            )

    def _rule_without_end(self) -> None:
        for index in range(2):
            self._lab.ask(f"endless-{index}")

    def _permissions_revoked(self) -> None:
        # It is looked at once a minute, or for a kind that no policy has selected before.
        another = {"issuerRef": {"kind": "Issuer", "group": "example.com"}}
        self._shop.policy("external", allowedDNSNames=["*"], selector=another)
        for lost in (("signers", "events"), ("subjectaccessreviews",)):
            with self._watched.without(*lost):
                time.sleep(self._calm)

    def _outage(self) -> None:
        self._watched.cluster.api_server.kill()
        time.sleep(3)
        self._watched.cluster.api_server.start()

    def _leader_killed(self) -> None:
        wait_until(self._has_leader, _SECONDS, "nobody leads after the outage")
        self._watched.restart(self._watched.leader())
        wait_until(self._has_leader, _SECONDS, "nobody leads after the leader's end")

    def _has_leader(self) -> bool:
        return any(self._watched.approvers[pod].leads() for pod in REPLICAS)

    def _definition_of_another(self) -> None:
        spec = self._admin.get(_DEFINITION_KIND, _DEFINITION)["spec"]
        schema = spec["versions"][0]["schema"]["openAPIV3Schema"]
        selector = schema["properties"]["spec"]["properties"]["selector"]["properties"]
        requester = selector.pop("requester")
        self._admin.patch(_DEFINITION_KIND, _DEFINITION, {"spec": spec})
        time.sleep(self._calm)
        selector["requester"] = requester
        self._admin.patch(_DEFINITION_KIND, _DEFINITION, {"spec": spec})

    def _webhook_gone(self) -> None:
        kind = "MutatingWebhookConfiguration"
        found = self._admin.get(kind, _WEBHOOK)
        self._admin.delete(kind, _WEBHOOK)
        time.sleep(self._calm)
        fields = ("apiVersion", "kind", "webhooks")
        kept = {name: found[name] for name in fields}
        self._admin.apply({**kept, "metadata": {"name": _WEBHOOK}})


def _rule(text: str) -> Manifest:
    return {"rule": text, "message": "is not what the rule asks for"}
