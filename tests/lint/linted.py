"""Findings in a few words: `ids("spec of a policy, in YAML")`."""

from approver.crd import missing_fields, own_schema
from approver.lint import Estate, Finding, LintObject, Shape, Subject, lint
from approver.manifests.documents import DocumentError, documents
from approver.rbac import Binding, Role, parser
from approver.rules import DEFAULT_ENGINE
from tests.examples import policy_manifest

SHAPE = Shape(own_schema())


def findings(text: str) -> list[Finding]:
    """Lint YAML: the spec of a policy named example, or whole objects."""
    objects = [value for value, _ in documents(text)]
    if "apiVersion" not in text:
        objects = [policy_manifest("example", **spec) for spec in objects]  # type: ignore[arg-type]
    engine = DEFAULT_ENGINE.get()
    policies, roles, bindings, issuers, requests = [], [], [], [], []
    missing, namespaces = tuple[str, ...](), dict[str, dict[str, str]]()
    for obj in objects:
        assert isinstance(obj, dict)
        if obj["kind"] == "ClusterIssuer":
            issuers.append(LintObject(obj))
        elif obj["kind"] == "CertificateRequest":
            requests.append(LintObject(obj))
        elif obj["kind"] == "CustomResourceDefinition":
            missing = missing_fields(obj)
        elif obj["kind"] == "Namespace":
            namespaces[obj["metadata"]["name"]] = {}
        elif obj["kind"] == "CertificateRequestPolicy":
            policies.append(Subject.parse(obj, SHAPE, engine))
        else:
            parsed = parser(obj["kind"])(obj)
            if isinstance(parsed, Role):
                roles.append((LintObject(obj), parsed))
            elif isinstance(parsed, Binding):
                bindings.append((LintObject(obj), parsed))
    return lint(Estate(policies, roles, bindings, issuers, requests, missing, namespaces or None))


def ids(text: str) -> set[str]:
    """Return the ids of the rules that find something."""
    try:
        return {finding.rule.id for finding in findings(text)}
    except DocumentError as error:
        return {"CRP002" if error.is_tag else "CRP001"}
