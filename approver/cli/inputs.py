"""What a set of manifests says: policies, who may use them, and requests to decide."""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from approver.issuance import (
    CERTIFICATE_NAME,
    request_for_certificate,
    requests_for_gateway,
    requests_for_ingress,
)
from approver.manifests.files import Manifest, UnusableError, read_manifests
from approver.manifests.schema import errors
from approver.model import (
    Decision,
    InvalidObjectError,
    MetadataOnly,
    Request,
    kinds,
    parse_duration,
)
from approver.model.kinds import Kind
from approver.ops.flags import flag, one_of, repeated, switch
from approver.policy import Policy
from approver.rbac import Bindings, parser
from approver.review import review
from approver.x509 import USAGES

_T = TypeVar("_T")

_REQUESTS: Mapping[Kind, Callable[[Mapping[str, Any]], Sequence[Request]]] = {
    kinds.CERTIFICATE_REQUEST: lambda obj: (Request.parse(obj),),
    kinds.CERTIFICATE: lambda obj: (request_for_certificate(obj),),
    kinds.INGRESS: requests_for_ingress,
    kinds.GATEWAY: requests_for_gateway,
}
_SHIMMED = (kinds.INGRESS, kinds.GATEWAY)
_WITHOUT_A_SAY = (kinds.ISSUER, kinds.CLUSTER_ISSUER)
_KINDS = {
    (kind.group, kind.name): kind
    for kind in (*_REQUESTS, kinds.POLICY, kinds.NAMESPACE, *kinds.RBAC, *_WITHOUT_A_SAY)
}
# Of these groups we know every kind that decides anything.
_VERSIONS = {kind.group: kind.api_version for kind in (kinds.CERTIFICATE_REQUEST, kinds.POLICY)}


def _duration(text: str) -> str:
    try:
        parse_duration(text)
    except ValueError as error:
        raise ValueError(f"{text} is {error}") from None
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """Flags for what manifests leave open."""

    user: str | None = flag("who makes the requests that do not name a requester", name="--as")
    groups: tuple[str, ...] = repeated("and a group of the requester", name="--as-group")
    namespace: str = flag("namespace of requests that do not name one", "default")
    issuer: str | None = flag("[KIND/]NAME that a PEM CSR is for")
    duration: str | None = flag(
        "duration that a PEM CSR is for, such as 2160h", None, parse=_duration
    )
    usages: tuple[str, ...] = repeated(
        "a usage that a PEM CSR is for, such as 'server auth'",
        one_of(*sorted(USAGES)),
        name="--usage",
    )
    is_ca: bool = switch("the PEM CSR is for a CA", name="--ca")


@dataclass(frozen=True, slots=True)
class Case:
    """A request to decide, the object that stands for it, and where that is.

    `certificate` is the Certificate that cert-manager makes of another object, else "".
    """

    kind: str
    name: str
    source: str
    request: Request
    certificate: str = ""


@dataclass(frozen=True)
class World:
    """Everything that a decision depends on, read from manifests."""

    policies: Sequence[Policy]
    bindings: Bindings
    namespace_labels: Mapping[str, Mapping[str, str]]
    cases: Sequence[Case]

    @classmethod
    def read(cls, paths: Iterable[Path], defaults: Defaults) -> Self:
        """Read files and folders; raise `UnusableError` for the first that is wrong."""
        found = list(read_manifests(paths))
        manifests = [item for item in found if isinstance(item, Manifest)]
        for manifest in manifests:
            _check_identity(manifest)
        cases = [case for item in found if _is_request(item) for case in _cases(item, defaults)]
        if not cases:
            raise UnusableError(
                "no CertificateRequest, Certificate or CSR in the files, nor an Ingress or Gateway "
                "whose annotations ask cert-manager for a Certificate"
            )
        return cls(
            policies=_policies(item for item in manifests if _kind(item) == kinds.POLICY),
            bindings=_bindings(item for item in manifests if _kind(item) in kinds.RBAC),
            namespace_labels=_labels(item for item in manifests if _kind(item) == kinds.NAMESPACE),
            cases=cases,
        )

    def decide(self, case: Case) -> Decision:
        """Return the decision on one of the requests."""
        request = case.request
        names = [policy.name for policy in self.policies]
        bound = None
        if self.bindings.present and request.requester.username:
            bound = self.bindings.usable(names, request.requester, request.namespace)
        labels = self.namespace_labels.get(request.namespace, {})
        return review(self.policies, request, bound, labels)


def _kind(manifest: Manifest) -> Kind | None:
    return _KINDS.get((manifest.group, manifest.kind))


def _check_identity(manifest: Manifest) -> None:
    """Refuse what would be passed over, though it was surely meant to have a say."""
    api_version = manifest.obj.get("apiVersion")
    expected = _VERSIONS.get(manifest.group)
    if expected and api_version != expected:
        raise manifest.unusable("apiVersion", f"{api_version} is not {expected}")
    kind = _kind(manifest)
    if not api_version or (expected and kind is None):
        raise manifest.unusable("kind", f"{api_version or 'no apiVersion'} has no such kind")
    if kind is None:
        return
    metadata = manifest.obj.get("metadata")
    if not (isinstance(metadata, Mapping) and metadata.get("name")):
        raise manifest.unusable("metadata.name", "is required")


def _bindings(manifests: Iterable[Manifest]) -> Bindings:
    return Bindings([(item.kind, _parsed(item, parser(item.kind))) for item in manifests])


def _policies(manifests: Iterable[Manifest]) -> list[Policy]:
    policies: dict[str, Policy] = {}
    for manifest in manifests:
        for error in errors(manifest):
            raise error
        policy = _parsed(manifest, Policy.parse)
        if policy.name in policies:
            raise manifest.unusable("metadata.name", f"{policy.name} is defined twice")
        policies[policy.name] = policy
    return list(policies.values())


def _labels(manifests: Iterable[Manifest]) -> dict[str, Mapping[str, str]]:
    parsed = (_parsed(manifest, MetadataOnly.parse).metadata for manifest in manifests)
    # The API server adds this label to every namespace.
    return {
        metadata.name: {**metadata.labels, "kubernetes.io/metadata.name": metadata.name}
        for metadata in parsed
    }


def _is_request(item: Manifest | Path) -> bool:
    return isinstance(item, Path) or _kind(item) in _REQUESTS


def _cases(item: Manifest | Path, defaults: Defaults) -> list[Case]:
    if isinstance(item, Path):
        request = _completed(_request_of_csr(item, defaults), defaults)
        return [Case("CSR", request.name, str(item), request)]
    parse = _REQUESTS[_KINDS[item.group, item.kind]]
    requests = _parsed(item, lambda obj: parse(_with_namespace(obj, defaults)))
    return [_case(item, _completed(request, defaults)) for request in requests]


def _case(manifest: Manifest, request: Request) -> Case:
    name = manifest.obj["metadata"]["name"]
    made = request.metadata.annotations.get(CERTIFICATE_NAME, "")
    certificate = made if _kind(manifest) in _SHIMMED else ""
    return Case(manifest.kind, name, manifest.source, request, certificate)


def _with_namespace(obj: Mapping[str, Any], defaults: Defaults) -> Mapping[str, Any]:
    """Put an object where it would be created, if it does not say where."""
    metadata = obj["metadata"]
    if metadata.get("namespace"):
        return obj
    return {**obj, "metadata": {**metadata, "namespace": defaults.namespace}}


def _request_of_csr(path: Path, defaults: Defaults) -> Request:
    if not defaults.issuer:
        raise UnusableError(f"{path}: say with --issuer whom this CSR is for")
    kind, _, name = defaults.issuer.rpartition("/")
    return Request.parse(
        {
            "metadata": {"name": path.stem, "namespace": defaults.namespace},
            "spec": {
                "request": base64.b64encode(path.read_bytes()).decode(),
                "issuerRef": {"name": name, "kind": kind},
                "duration": defaults.duration,
                "usages": defaults.usages,
                "isCA": defaults.is_ca,
            },
        }
    )


def _completed(request: Request, defaults: Defaults) -> Request:
    """Fill in who asks, as the API server would have."""
    spec = request.spec
    if spec.username or not defaults.user:
        return request
    spec = msgspec.structs.replace(spec, username=defaults.user, groups=defaults.groups)
    return msgspec.structs.replace(request, spec=spec)


def _parsed(manifest: Manifest, parse: Callable[[Mapping[str, Any]], _T]) -> _T:
    try:
        return parse(manifest.obj)
    except InvalidObjectError as error:
        raise manifest.unusable(error.field, error.message) from error
