"""What rules may know of a request."""

from collections.abc import Mapping

from approver.policy import oids
from approver.policy.decoded import DecodedRequest
from approver.rules import Activation

_FROZEN = ("cert-manager.io/", "acme.cert-manager.io/")
"""Prefixes of the annotations that cert-manager does not let anybody change."""

_SUBJECT = {
    "organizations": oids.ORGANIZATION,
    "countries": oids.COUNTRY,
    "organizationalUnits": oids.ORGANIZATIONAL_UNIT,
    "localities": oids.LOCALITY,
    "provinces": oids.PROVINCE,
    "streetAddresses": oids.STREET_ADDRESS,
    "postalCodes": oids.POSTAL_CODE,
    "serialNumber": oids.SERIAL_NUMBER,
}


def activation(decoded: DecodedRequest, namespace_labels: Mapping[str, str]) -> Activation:
    """Tell of a request."""
    request, csr = decoded.request, decoded.csr
    issuer, key = request.issuer, csr.key
    return Activation(
        name=request.name,
        namespace=request.namespace,
        username=request.requester.username,
        groups=request.requester.groups,
        namespace_labels=namespace_labels,
        annotations={
            name: value
            for name, value in request.metadata.annotations.items()
            if name.startswith(_FROZEN)
        },
        issuer_ref={"name": issuer.name, "kind": issuer.kind, "group": issuer.group},
        common_names=tuple(decoded.texts(oids.COMMON_NAME)),
        subject={field: tuple(decoded.texts(oid)) for field, oid in _SUBJECT.items()},
        dns_names=csr.names.dns,
        ip_addresses=csr.names.ip_addresses,
        uris=csr.names.uris,
        email_addresses=csr.names.emails,
        is_ca=request.spec.is_ca,
        usages=request.spec.usages,
        duration=decoded.duration,
        key={"algorithm": key.algorithm, "size": key.size, "curve": key.curve},
    )
