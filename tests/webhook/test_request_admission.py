"""Warnings cost a bounded amount: who creates many requests is not told of all of them."""

import asyncio

from approver.model import Decision, Request, ServiceAccount
from approver.webhook.admission import AdmissionRequest
from approver.webhook.request_admission import RequestAdmission
from tests.controlplane.manifests import certificate, certificate_request

CERT_MANAGER = ServiceAccount("cert-manager", "cert-manager")
DENIED = Decision("denied", None, "no policy wants it")


def asked(namespace: str = "team-a", number: int = 0) -> AdmissionRequest:
    obj = certificate_request(f"web-{number}", namespace)
    return AdmissionRequest(uid="u", name=f"web-{number}", namespace=namespace, object=obj)


async def test_few_of_a_namespace_are_looked_at_at_a_time_and_others_have_their_turn() -> None:
    free = asyncio.Event()

    async def decide(_: Request) -> Decision:
        await free.wait()
        return DENIED

    admission = RequestAdmission(decide, CERT_MANAGER)
    crowd = [asyncio.create_task(admission.admit(asked(number=n))) for n in range(10)]
    other = asyncio.create_task(admission.admit(asked("team-b")))
    await asyncio.sleep(0)
    assert [each.done() for each in crowd] == [False] * 4 + [True] * 6
    free.set()
    outcomes = [answer.outcome for answer in await asyncio.gather(*crowd)]
    assert outcomes == ["warned"] * 4 + ["unchecked"] * 6
    assert (await other).outcome == "warned"


async def test_places_are_free_again_after_a_while() -> None:
    async def decide(_: Request) -> Decision:
        return DENIED

    admission = RequestAdmission(decide, CERT_MANAGER)
    for _ in range(4):
        assert (await admission.admit(asked())).outcome == "warned"
    assert (await admission.admit(asked())).outcome == "unchecked"
    await asyncio.sleep(0.3)
    assert (await admission.admit(asked())).outcome == "warned"


async def test_a_certificate_is_judged_as_the_request_that_cert_manager_makes_of_it() -> None:
    seen = []

    async def decide(request: Request) -> Decision:
        seen.append(request)
        return DENIED

    obj = certificate("web", "team-a", dnsNames=["web.example.com"])
    kind = type(asked().kind)("cert-manager.io", "v1", "Certificate")
    review = AdmissionRequest(uid="u", kind=kind, name="web", namespace="team-a", object=obj)
    answer = await RequestAdmission(decide, CERT_MANAGER).admit(review)
    assert seen[0].requester.username == CERT_MANAGER.username
    assert answer.warnings == (
        "Certificate web would be denied: no policy wants it",
        "for all reasons, and what helps: kubectl approver explain -n team-a certificate/web",
    )


async def test_what_cannot_be_told_now_is_no_warning() -> None:
    async def decide(_: Request) -> None:
        return None

    answer = await RequestAdmission(decide, CERT_MANAGER).admit(asked())
    assert (answer.outcome, answer.warnings) == ("unchecked", ())
