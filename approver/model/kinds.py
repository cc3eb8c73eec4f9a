"""The kinds of Kubernetes objects that we deal with, each spelt once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of objects; `group` is "" for the core group."""

    group: str
    version: str
    name: str
    plural: str

    @property
    def api_version(self) -> str:
        """`apiVersion` of its manifests."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def header(self) -> dict[str, str]:
        """What a manifest of it begins with: `apiVersion` and `kind`."""
        return {"apiVersion": self.api_version, "kind": self.name}

    @property
    def full_name(self) -> str:
        """What tells it from those of other groups, as kubectl takes it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


CERTIFICATE = Kind("cert-manager.io", "v1", "Certificate", "certificates")
CERTIFICATE_REQUEST = Kind("cert-manager.io", "v1", "CertificateRequest", "certificaterequests")
ISSUER = Kind("cert-manager.io", "v1", "Issuer", "issuers")
CLUSTER_ISSUER = Kind("cert-manager.io", "v1", "ClusterIssuer", "clusterissuers")

INGRESS = Kind("networking.k8s.io", "v1", "Ingress", "ingresses")
GATEWAY = Kind("gateway.networking.k8s.io", "v1", "Gateway", "gateways")

POLICY = Kind(
    "policy.cert-manager.io", "v1alpha1", "CertificateRequestPolicy", "certificaterequestpolicies"
)
CUSTOM_RESOURCE_DEFINITION = Kind(
    "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions"
)

NAMESPACE = Kind("", "v1", "Namespace", "namespaces")
SECRET = Kind("", "v1", "Secret", "secrets")
EVENT = Kind("events.k8s.io", "v1", "Event", "events")
LEASE = Kind("coordination.k8s.io", "v1", "Lease", "leases")
SUBJECT_ACCESS_REVIEW = Kind(
    "authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews"
)
SELF_SUBJECT_ACCESS_REVIEW = Kind(
    "authorization.k8s.io", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews"
)
SELF_SUBJECT_REVIEW = Kind("authentication.k8s.io", "v1", "SelfSubjectReview", "selfsubjectreviews")
SELF_SUBJECT_RULES_REVIEW = Kind(
    "authorization.k8s.io", "v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews"
)

MUTATING_WEBHOOKS = Kind(
    "admissionregistration.k8s.io",
    "v1",
    "MutatingWebhookConfiguration",
    "mutatingwebhookconfigurations",
)
VALIDATING_WEBHOOKS = Kind(
    "admissionregistration.k8s.io",
    "v1",
    "ValidatingWebhookConfiguration",
    "validatingwebhookconfigurations",
)

ROLE = Kind("rbac.authorization.k8s.io", "v1", "Role", "roles")
ROLE_BINDING = Kind("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings")
CLUSTER_ROLE = Kind("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles")
CLUSTER_ROLE_BINDING = Kind(
    "rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings"
)
RBAC = (ROLE, ROLE_BINDING, CLUSTER_ROLE, CLUSTER_ROLE_BINDING)
