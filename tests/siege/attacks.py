"""What somebody with few permissions can do, each attack in the words of the API."""

import itertools
import string
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from socket import create_connection
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.controlplane.client import APIError
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.identities import BOB
from tests.controlplane.manifests import Manifest, certificate_request, everything, grant, use
from tests.controlplane.pki import pem, signing_request
from tests.examples import policy_manifest
from tests.running import Approver

_CREATORS = 4
_MOST_ATTRIBUTES = 2_000
_MOST_NAMES = 4_400


@dataclass(frozen=True, slots=True)
class Field:
    """Where an attack takes place: a namespace in which Bob may request certificates."""

    cluster: ControlPlane
    namespace: str
    approver: Approver
    over: threading.Event
    refused: list[str]
    """What the API server did not let in."""

    def policies(self, number: int, **spec: Any) -> None:  # noqa: ANN401 - any field
        """Make policies for this namespace."""
        selector = {"namespace": {"matchNames": [self.namespace]}}
        policies = [
            policy_manifest(f"{self.namespace}-{index:03}", **{"selector": selector, **spec})
            for index in range(number)
        ]
        self.cluster.client().apply(*policies)

    def bind(self) -> None:
        """Let Bob use all policies in this namespace."""
        self.cluster.client().apply(*grant("use-all", use(), BOB, namespace=self.namespace))

    def ask(self, number: int, csr: str | None = None, **spec: Any) -> None:  # noqa: ANN401 - any field
        """Make requests, a few at a time, until there are so many or the attack is over."""
        csr = csr or signing_request("", "DNS:attack.example.com")
        requests = [
            certificate_request(f"r{index:04}", self.namespace, csr, **spec)
            for index in range(number)
        ]
        with ThreadPoolExecutor(_CREATORS) as creators:
            list(creators.map(self._create, requests))

    def _create(self, request: Manifest) -> None:
        if not self.over.is_set():
            try:
                self.cluster.client(BOB).create(request)
            except (APIError, httpx.HTTPError) as error:
                self.refused.append(str(error))

    def roles(self, pause: float, rule: Manifest) -> None:
        """Make a Role and its binding every few seconds until the attack is over."""
        for index in itertools.count():
            if self.over.wait(pause):
                return
            self.cluster.client().apply(
                *grant(f"role-{index}", rule, BOB, namespace=self.namespace)
            )


@dataclass(frozen=True, slots=True)
class Attack:
    """`prepare` is done before the approver starts, `begin` while victims ask."""

    title: str
    prepare: Callable[[Field], None]
    begin: Callable[[Field], None]
    brief: bool = False


def attributes() -> str:
    """Make the largest CSR of a subject of many attributes."""
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "DE")] * _MOST_ATTRIBUTES)
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    return pem(builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()))


def names() -> str:
    """Make the largest CSR of many names."""
    letters = itertools.product(string.ascii_lowercase, repeat=4)
    return signing_request(
        "", *[f"DNS:{''.join(name)}" for name in itertools.islice(letters, _MOST_NAMES)]
    )


def nothing(_: Field) -> None:
    """Prepare nothing."""


def _subjects(field: Field) -> None:
    field.ask(300, attributes())
    field.roles(2, everything("apps"))


def _changes(field: Field) -> None:
    field.ask(150, attributes())
    field.roles(2, use("nothing"))


def _policies(field: Field) -> None:
    field.ask(100, attributes())
    for index in itertools.count():
        if field.over.wait(1):
            return
        field.policies(index % 20 + 1, maxDuration=f"{index + 1}h")


def _names(field: Field) -> None:
    field.ask(60, names())


def _usages(field: Field) -> None:
    field.ask(2, usages=["any"] * 230_000)


def _foreign_issuer(field: Field) -> None:
    field.ask(300, issuerRef={"name": "ca", "kind": "Issuer", "group": "nosuch.example"})


def _issuer_names(field: Field) -> None:
    field.ask(30, issuerRef={"name": "x" * 1_000_000})


def _large_requests(field: Field) -> None:
    field.ask(200, issuerRef={"name": "y" * 1_400_000})


def _rules(field: Field) -> None:
    field.ask(100, names())


def _scrapes(field: Field) -> None:
    address = field.approver.wait_for_line("serving metrics")["address"]

    def scrape() -> None:
        with httpx.Client(trust_env=False, timeout=5) as client:
            while not field.over.is_set():
                try:
                    client.get(f"http://{address}/metrics")
                except httpx.HTTPError:
                    field.over.wait(0.05)

    _at_once(60, scrape)


def _idle(field: Field) -> None:
    host, _, port = str(field.approver.wait_for_line("serving probes")["address"]).rpartition(":")
    with ExitStack() as stack:
        for _ in range(1_300):
            stack.enter_context(create_connection((host, int(port)), timeout=5))
        field.over.wait()


def _at_once(number: int, work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work, daemon=True) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _denying(number: int) -> Callable[[Field], None]:
    def prepare(field: Field) -> None:
        field.policies(number, allowedDNSNames=["*.example.org"], allowedUsages=["*"])
        field.bind()

    return prepare


def _permitting(field: Field) -> None:
    field.policies(1, allowedDNSNames=["*"])
    field.bind()


def _judging(field: Field) -> None:
    rules = [{"rule": f"self.size() > 0 && !self.startsWith('{word}')"} for word in "12345"]
    allowed = {"dnsNames": {"values": ["*"], "validations": rules}}
    field.policies(1, allowed=allowed)
    field.bind()


def _applying(number: int) -> Callable[[Field], None]:
    return lambda field: field.policies(number, allowedDNSNames=["*.example.org"])


ATTACKS = (
    Attack("2,000 subject attributes each", _applying(5), _subjects, brief=True),
    Attack("4,400 names before 200 policies", _denying(200), _names, brief=True),
    Attack("230,000 usages before 80 policies", _denying(80), _usages),
    Attack("an issuer that hangs the webhook", _permitting, _foreign_issuer, brief=True),
    Attack("issuer names of 1 MB", _permitting, _issuer_names),
    Attack("undecided requests of 1.4 MB", _applying(5), _large_requests),
    Attack("4,400 names for 5 validations", _judging, _rules),
    Attack("a role that grants use, every 2 s", _applying(100), _changes),
    Attack("policies that change every second", _applying(5), _policies),
    Attack("60 scrapers without a pause", nothing, _scrapes),
    Attack("1,300 idle connections", nothing, _idle),
)


def chosen(only: str, *, brief: bool) -> Iterator[Attack]:
    """Yield the attacks whose title contains a text, or only those for a short run."""
    for attack in ATTACKS:
        if only in attack.title and (attack.brief or not brief):
            yield attack
