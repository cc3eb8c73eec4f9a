"""Where the API server keeps the objects of a kind."""

from dataclasses import dataclass
from urllib.parse import quote

from approver.model import kinds
from approver.model.kinds import Kind


@dataclass(frozen=True, slots=True)
class Resource:
    """All objects of a kind, those in a namespace, or with `only` the one of that name.

    Those are `urgent` of which these columns are empty, that kubectl shows.
    """

    kind: Kind
    only: str = ""
    namespace: str = ""
    urgent: tuple[str, ...] = ()

    def path(self, name: str = "", *, namespace: str = "", subresource: str = "") -> str:
        """Return the path of all objects, those of a namespace, one object or a part of it."""
        kind = self.kind
        root = ("apis", kind.group, kind.version) if kind.group else ("api", kind.version)
        namespace = namespace or self.namespace
        scope = ("namespaces", namespace) if namespace else ()
        parts = (*root, *scope, kind.plural, name, subresource)
        return "".join(f"/{quote(part, safe='')}" for part in parts if part)

    @property
    def selection(self) -> dict[str, str]:
        """What to add to the query of a list; whoever may see but one object must ask for it."""
        return {"fieldSelector": f"metadata.name={self.only}"} if self.only else {}


CERTIFICATE_REQUESTS = Resource(kinds.CERTIFICATE_REQUEST, urgent=("Approved", "Denied"))
POLICIES = Resource(kinds.POLICY)
POLICY_DEFINITION = Resource(kinds.CUSTOM_RESOURCE_DEFINITION, only=kinds.POLICY.full_name)
NAMESPACES = Resource(kinds.NAMESPACE)
EVENTS = Resource(kinds.EVENT)
LEASES = Resource(kinds.LEASE)
SUBJECT_ACCESS_REVIEWS = Resource(kinds.SUBJECT_ACCESS_REVIEW)
SELF_SUBJECT_ACCESS_REVIEWS = Resource(kinds.SELF_SUBJECT_ACCESS_REVIEW)
SELF_SUBJECT_RULES_REVIEWS = Resource(kinds.SELF_SUBJECT_RULES_REVIEW)
