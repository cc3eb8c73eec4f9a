"""The kinds of objects that we talk about with the API server, and where it keeps them."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of objects, or with `only` the one of that name; `group` is "" for the core group."""

    group: str
    version: str
    plural: str
    kind: str
    only: str = ""

    def path(self, name: str = "", *, namespace: str = "", subresource: str = "") -> str:
        """Return the path of all objects, those of a namespace, one object or a part of it."""
        root = ("apis", self.group, self.version) if self.group else ("api", self.version)
        scope = ("namespaces", namespace) if namespace else ()
        parts = (*root, *scope, self.plural, name, subresource)
        return "".join(f"/{quote(part, safe='')}" for part in parts if part)

    @property
    def full_name(self) -> str:
        """What tells it from those of other groups, as kubectl takes it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def selection(self) -> dict[str, str]:
        """What to add to the query of a list; whoever may see but one object must ask for it."""
        return {"fieldSelector": f"metadata.name={self.only}"} if self.only else {}

    @property
    def header(self) -> dict[str, str]:
        """What a manifest of it begins with: `apiVersion` and `kind`."""
        version = f"{self.group}/{self.version}" if self.group else self.version
        return {"apiVersion": version, "kind": self.kind}


CERTIFICATE_REQUESTS = Resource(
    "cert-manager.io", "v1", "certificaterequests", "CertificateRequest"
)
POLICIES = Resource(
    "policy.cert-manager.io", "v1alpha1", "certificaterequestpolicies", "CertificateRequestPolicy"
)
NAMESPACES = Resource("", "v1", "namespaces", "Namespace")
EVENTS = Resource("events.k8s.io", "v1", "events", "Event")
LEASES = Resource("coordination.k8s.io", "v1", "leases", "Lease")
POLICY_DEFINITION = Resource(
    "apiextensions.k8s.io",
    "v1",
    "customresourcedefinitions",
    "CustomResourceDefinition",
    only=POLICIES.full_name,
)
SUBJECT_ACCESS_REVIEWS = Resource(
    "authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview"
)
RBAC = tuple(
    Resource("rbac.authorization.k8s.io", "v1", f"{kind.lower()}s", kind)
    for kind in ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
)
