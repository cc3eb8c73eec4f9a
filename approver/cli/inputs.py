"""What a set of manifests says: policies, who may use them, and requests to decide."""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self, TypeVar

from approver.cli.defaults import Defaults
from approver.issuance import (
    request_for_certificate,
    requests_for_gateway,
    requests_for_ingress,
)
from approver.manifests.files import (
    STANDARD_INPUT,
    Findings,
    Manifest,
    SigningRequestFile,
    UnusableError,
    read_manifests,
)
from approver.manifests.schema import errors
from approver.model import (
    Decision,
    InvalidObjectError,
    MetadataOnly,
    Request,
    Requester,
    RequestSpec,
    groups_of,
    kinds,
    without_nulls,
)
from approver.model.kinds import Kind
from approver.model.labels import namespace_labels
from approver.model.request import CERTIFICATE_NAME, RequestMeta
from approver.policy import Policy
from approver.rbac import Binding, Bindings, Role, parser
from approver.review import Catalogue, review

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
    """Everything that a decision depends on, read from manifests.

    `errors` are all that is wrong with them; what they are about is left out of the rest. `binding`
    tells whether bindings count. `passed_over` is how many objects have no say.
    """

    policies: Sequence[Policy]
    bindings: Bindings
    binding: bool
    namespace_labels: Mapping[str, Mapping[str, str]]
    cases: Sequence[Case]
    errors: Sequence[UnusableError]
    passed_over: int
    manifests: Mapping[str, Manifest]
    """Of the policies, by name: where they stand, and what they say there."""

    @classmethod
    def read(
        cls,
        paths: Iterable[Path],
        defaults: Defaults,
        texts: Iterable[tuple[Path, str]] = (),
    ) -> Self:
        """Read files and folders, and texts of manifests by their names."""
        found = read_manifests(paths, texts)
        reader = _Reader(found, defaults)
        policies = reader.policies()
        bindings = Bindings(reader.rbac())
        modes = {"required": True, "ignore": False, "auto": bindings.about_policies}
        return cls(
            policies=policies,
            bindings=bindings,
            binding=modes[defaults.bindings],
            namespace_labels=reader.labels(),
            cases=reader.cases(),
            errors=found.errors,
            passed_over=found.passed_over,
            manifests=reader.manifests,
        )

    @property
    def counted(self) -> Bindings | None:
        """Roles and bindings, None if they do not count: then all policies are bound."""
        return self.bindings if self.binding else None

    def decide(self, case: Case) -> Decision:
        """Return the decision on one of the requests. Raise `RuleEngineError`."""
        request = case.request
        names = [policy.name for policy in self.policies]
        bound = None
        # A manifest may leave open who asks; what the API server gave a UID will not be told.
        if self.binding and (request.requester.username or request.metadata.uid):
            bound = self.bindings.usable(names, request.requester, request.namespace)
        labels = self.namespace_labels.get(request.namespace, {})
        return review(self._catalogue, request, bound, labels)

    @cached_property
    def _catalogue(self) -> Catalogue:
        return Catalogue(self.policies)


class _Reader:
    """Takes what was found apart by kinds. What is wrong with one object costs no other."""

    def __init__(self, found: Findings, defaults: Defaults) -> None:
        self._defaults = defaults
        self._errors = found.errors
        self._csrs = [item for item in found.items if isinstance(item, SigningRequestFile)]
        self._manifests: list[Manifest] = []
        self.manifests: dict[str, Manifest] = {}
        for item in found.items:
            if isinstance(item, Manifest) and (known := self._try(partial(_identified, item))):
                self._manifests.append(known)
        found.passed_over += sum(_kind(item) is None for item in self._manifests)

    def policies(self) -> list[Policy]:
        """Read the policies, whose names must differ."""
        policies: dict[str, Policy] = {}
        for manifest in self._of(kinds.POLICY):
            wrong = list(errors(manifest))
            self._errors += wrong
            policy = None if wrong else self._try(partial(_parsed, manifest, Policy.parse))
            if policy and policy.name in policies:
                self._errors.append(
                    manifest.unusable("metadata.name", f"{policy.name} is defined twice")
                )
            elif policy:
                policies[policy.name] = policy
                self.manifests[policy.name] = manifest
        return list(policies.values())

    def rbac(self) -> Iterator[tuple[str, Role | Binding]]:
        """Read roles and bindings, each with its kind."""
        for manifest in self._of(*kinds.RBAC):
            parse = parser(manifest.kind)
            if found := self._try(partial(_parsed, manifest, parse)):
                yield manifest.kind, found

    def labels(self) -> dict[str, Mapping[str, str]]:
        """Read the labels of namespaces, with the one that the API server adds to each."""
        found: dict[str, Mapping[str, str]] = {}
        for manifest in self._of(kinds.NAMESPACE):
            if parsed := self._try(partial(_parsed, manifest, MetadataOnly.parse)):
                name = parsed.metadata.name
                found[name] = namespace_labels(name, parsed.metadata.labels)
        return found

    def cases(self) -> list[Case]:
        """Read what is to be decided."""
        cases: list[Case] = []
        for manifest in self._of(*_REQUESTS):
            cases += self._try(partial(_cases, manifest, self._defaults)) or []
        for csr in self._csrs:
            case = self._try(partial(_case_of_csr, csr, self._defaults))
            cases += [case] if case else []
        return cases

    def _of(self, *wanted: Kind) -> Iterator[Manifest]:
        return (manifest for manifest in self._manifests if _kind(manifest) in wanted)

    def _try(self, read: Callable[[], _T]) -> _T | None:
        try:
            return read()
        except UnusableError as error:
            self._errors.append(error)
            return None


def _kind(manifest: Manifest) -> Kind | None:
    return _KINDS.get((manifest.group, manifest.kind))


def _identified(manifest: Manifest) -> Manifest:
    """Refuse what would be passed over, though it was surely meant to have a say."""
    api_version = manifest.obj.get("apiVersion")
    expected = _VERSIONS.get(manifest.group)
    if expected and api_version != expected:
        raise manifest.unusable("apiVersion", f"{api_version} is not {expected}")
    kind = _kind(manifest)
    if not api_version or (expected and kind is None):
        raise manifest.unusable("kind", f"{api_version or 'no apiVersion'} has no such kind")
    metadata = manifest.obj.get("metadata")
    if kind and not (isinstance(metadata, Mapping) and metadata.get("name")):
        raise manifest.unusable("metadata.name", "is required")
    return manifest


def _cases(manifest: Manifest, defaults: Defaults) -> list[Case]:
    parse = _REQUESTS[_KINDS[manifest.group, manifest.kind]]
    requests = _parsed(manifest, lambda obj: parse(_with_namespace(obj, defaults)))
    by_itself = _kind(manifest) == kinds.CERTIFICATE_REQUEST
    who = _asking if by_itself else _asked_by_cert_manager
    return [_case(manifest, who(request, defaults)) for request in requests]


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


def _case_of_csr(file: SigningRequestFile, defaults: Defaults) -> Case:
    if not defaults.issuer:
        raise UnusableError(f"{file.path}: say with --issuer whom this CSR is for")
    name = "request" if file.path == STANDARD_INPUT else file.path.stem
    spec = RequestSpec(
        request=base64.b64encode(file.pem).decode(),
        issuer_ref=defaults.issuer,
        duration=defaults.duration,
        is_ca=defaults.is_ca,
        usages=defaults.usages,
    )
    request = Request(RequestMeta(name=name, namespace=defaults.namespace), spec)
    return Case("CSR", name, str(file.path), _asking(request, defaults))


def _asking(request: Request, defaults: Defaults) -> Request:
    """Fill in who asks, as cert-manager's webhook would have."""
    if request.spec.username or not defaults.user:
        return request
    groups = dict.fromkeys((*defaults.groups, *groups_of(defaults.user)))
    return request.asked_by(Requester(defaults.user, tuple(groups)))


def _asked_by_cert_manager(request: Request, defaults: Defaults) -> Request:
    return request.asked_by(Requester.of(defaults.cert_manager_account))


def _parsed(manifest: Manifest, parse: Callable[[Mapping[str, Any]], _T]) -> _T:
    try:
        return parse(without_nulls(manifest.obj))
    except InvalidObjectError as error:
        raise manifest.unusable(error.field, error.message) from error
