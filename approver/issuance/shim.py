"""The Certificates that cert-manager makes for an Ingress or Gateway with its annotations.

This is pkg/controller/certificate-shim/sync.go of cert-manager 1.21, run with its default flags;
Gateways are looked at with --enable-gateway-api only.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from approver.issuance.annotations import FIELD, PREFIX, translate
from approver.issuance.names import is_ip_address
from approver.issuance.request import request_for_certificate
from approver.model import (
    InvalidObjectError,
    IssuerRef,
    Object,
    ObjectMeta,
    Request,
    without_nulls,
)
from approver.model.kinds import CERTIFICATE
from approver.model.request import DEFAULT_ISSUER_GROUP
from approver.x509 import DEFAULT_USAGES


class IngressTLS(Object, frozen=True):
    """One of `spec.tls` of an Ingress."""

    hosts: tuple[str, ...] = ()
    secret_name: str = ""


class IngressSpec(Object, frozen=True):
    """`spec` of an Ingress."""

    tls: tuple[IngressTLS, ...] = ()


class Ingress(Object, frozen=True):
    """An Ingress of networking.k8s.io/v1, as far as cert-manager looks at it."""

    metadata: ObjectMeta
    spec: IngressSpec = IngressSpec()


class CertificateRef(Object, frozen=True):
    """A Secret that a listener takes its certificate from."""

    name: str
    group: str = ""
    kind: str = "Secret"
    namespace: str | None = None


class ListenerTLS(Object, frozen=True):
    """`tls` of a listener."""

    mode: str = "Terminate"
    certificate_refs: tuple[CertificateRef, ...] = ()


class Listener(Object, frozen=True):
    """One of `spec.listeners` of a Gateway."""

    name: str
    protocol: str
    hostname: str = ""
    tls: ListenerTLS = ListenerTLS()


class GatewaySpec(Object, frozen=True):
    """`spec` of a Gateway."""

    listeners: tuple[Listener, ...] = ()


class Gateway(Object, frozen=True):
    """A Gateway of gateway.networking.k8s.io/v1, as far as cert-manager looks at it."""

    metadata: ObjectMeta
    spec: GatewaySpec = GatewaySpec()


def requests_for_ingress(obj: Mapping[str, Any]) -> list[Request]:
    """Return the requests that an Ingress leads to: none, unless an annotation names an issuer.

    Raise `InvalidObjectError` for annotations that cert-manager would refuse.
    """
    ingress = Ingress.parse(without_nulls(obj))
    return list(_requests(ingress.metadata, partial(_hosts_of_ingress, ingress)))


def requests_for_gateway(obj: Mapping[str, Any]) -> list[Request]:
    """Return the requests that a Gateway leads to: none, unless an annotation names an issuer.

    Raise `InvalidObjectError` for annotations that cert-manager would refuse.
    """
    gateway = Gateway.parse(without_nulls(obj))
    parent = {
        f"{_ACME}http01-parentrefkind": "Gateway",
        f"{_ACME}http01-parentrefname": gateway.metadata.name,
    }
    return list(_requests(gateway.metadata, partial(_hosts_of_gateway, gateway), parent))


def _hosts_of_ingress(ingress: Ingress) -> Mapping[str, Iterable[str]]:
    """Return hosts by the Secret of their certificate; what lacks either is skipped."""
    blocks = ingress.spec.tls
    for index, block in enumerate(blocks):
        if block.secret_name in {each.secret_name for each in blocks[:index]}:
            raise InvalidObjectError(
                f"spec.tls[{index}].secretName", f"{block.secret_name!r} is named twice"
            )
    return {each.secret_name: each.hosts for each in blocks if each.hosts and each.secret_name}


def _hosts_of_gateway(gateway: Gateway) -> Mapping[str, Iterable[str]]:
    annotations = gateway.metadata.annotations
    ignored = annotations.get(f"{PREFIX}ignore-tls-listeners", "").split(",")
    hosts: dict[str, list[str]] = {}
    for listener in gateway.spec.listeners:
        if listener.name not in map(str.strip, ignored) and _is_served(listener, gateway.metadata):
            for ref in listener.tls.certificate_refs:
                hosts.setdefault(ref.name, []).append(listener.hostname)
    return hosts


def _is_annotated(annotations: Mapping[str, str]) -> bool:
    return f"{PREFIX}issuer" in annotations or f"{PREFIX}cluster-issuer" in annotations


def _issuer(annotations: Mapping[str, str]) -> IssuerRef:
    given = {
        name: annotations[PREFIX + name]
        for name in ("issuer", "cluster-issuer", "issuer-kind", "issuer-group")
        if PREFIX + name in annotations
    }
    if "cluster-issuer" in given and len(given) > 1:
        other = next(name for name in given if name != "cluster-issuer")
        raise InvalidObjectError(
            FIELD, f"{PREFIX}cluster-issuer and {PREFIX}{other} cannot both be set"
        )
    if not (name := given.get("cluster-issuer") or given.get("issuer")):
        raise InvalidObjectError(FIELD, "the annotation for the issuer's name is empty")
    kind = "ClusterIssuer" if "cluster-issuer" in given else "Issuer"
    return IssuerRef(
        name, given.get("issuer-kind", kind), given.get("issuer-group", DEFAULT_ISSUER_GROUP)
    )


def _is_served(listener: Listener, metadata: ObjectMeta) -> bool:
    """Tell whether cert-manager makes certificates for a listener; it skips others."""
    refs = listener.tls.certificate_refs
    return (
        listener.protocol in {"HTTPS", "TLS"}
        and bool(listener.hostname and refs)
        and listener.tls.mode == "Terminate"
        and all(
            ref.group in {"", "core"}
            and ref.kind in {"", "Secret"}
            and ref.namespace in {None, metadata.namespace}
            for ref in refs
        )
    )


def _overrides(metadata: ObjectMeta) -> dict[str, str]:
    """Return the annotations of the Certificate, which tell an ACME issuer what to do."""
    found = metadata.annotations
    overrides = {}
    if found.get(f"{_ACME}http01-edit-in-place") == "true":
        overrides[f"{_ACME}http01-override-ingress-name"] = metadata.name
        overrides[f"{PREFIX}issue-temporary-certificate"] = "true"
    for name in ("ingress-class", "ingress-ingressclassname"):
        if value := found.get(f"{_ACME}http01-{name}"):
            overrides[f"{_ACME}http01-override-{name}"] = value
    return overrides


def _requests(
    metadata: ObjectMeta,
    hosts_of: Callable[[], Mapping[str, Iterable[str]]],
    parent: Mapping[str, str] | None = None,
) -> Iterator[Request]:
    """Yield the request of the Certificate of each Secret, if an annotation names an issuer.

    `parent` are annotations that tell an ACME issuer whom the Certificate is for.
    """
    if not _is_annotated(metadata.annotations):
        return
    issuer = _issuer(metadata.annotations)
    annotations = {**_overrides(metadata), **(parent or {})}
    for secret, names in hosts_of().items():
        unique = list(dict.fromkeys(names))
        spec: dict[str, Any] = {
            "secretName": secret,
            "dnsNames": [name for name in unique if not is_ip_address(name)],
            "ipAddresses": [name for name in unique if is_ip_address(name)],
            "issuerRef": {"name": issuer.name, "kind": issuer.kind, "group": issuer.group},
            "usages": list(DEFAULT_USAGES),
        }
        translate(metadata.annotations, spec)
        named = {"name": secret, "namespace": metadata.namespace, "annotations": annotations}
        try:
            yield request_for_certificate({**CERTIFICATE.header, "metadata": named, "spec": spec})
        except InvalidObjectError as error:
            message = f"the Certificate {secret} made of it would be refused: {error}"
            raise InvalidObjectError(FIELD, message) from error


_ACME: Final = "acme.cert-manager.io/"
