"""Files, linted: findings with their places."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from approver.cli.findings import Located
from approver.crd import missing_fields, own_schema
from approver.lint import Estate, Finding, LintObject, LintRule, Shape, Subject, lint, rule_named
from approver.manifests.files import Manifest, Tag, UnusableError, read_manifests
from approver.manifests.places import Place, Span
from approver.model import InvalidObjectError, kinds, without_nulls
from approver.rbac import Binding, Role, parser
from approver.rules import DEFAULT_ENGINE

_ISSUERS = (kinds.ISSUER, kinds.CLUSTER_ISSUER)
Namespaces = Mapping[str, Mapping[str, str]] | None
Wanted = Callable[[LintRule], bool]


@dataclass(frozen=True, slots=True)
class Linted:
    """What was found, in the order of files; `policies` is how many were looked at."""

    found: Sequence[Located]
    errors: Sequence[UnusableError]
    policies: int
    files: Sequence[Path]
    passed_over: int


def read(paths: Iterable[Path], wanted: Wanted, texts: Sequence[tuple[Path, str]] = ()) -> Linted:
    """Read files and folders, and lint what is in them, or in texts. Raise `RuleEngineError`."""
    content = read_manifests(paths, texts)
    manifests = [item for item in content.items if isinstance(item, Manifest)]
    errors = [error for error in content.errors if not error.tag]
    tags = [_tag(error.tag) for error in content.errors if error.tag]
    estate, others = _estate(manifests, errors)
    estate = replace(estate, namespaces=_namespaces(texts, manifests))
    found = [_located(finding) for finding in lint(estate, wanted)]
    found = [*(tag for tag in tags if wanted(tag.rule)), *found]
    files = dict.fromkeys((*(tag.path for tag in tags), *(each.path for each in manifests)))
    order = {path: number for number, path in enumerate(files)}
    found.sort(key=lambda each: (order[each.path], each.span.line, each.rule.id))
    passed_over = content.passed_over + others + len(content.items) - len(manifests)
    return Linted(found, errors, len(estate.policies), tuple(files), passed_over)


def _estate(manifests: Sequence[Manifest], errors: list[UnusableError]) -> tuple[Estate, int]:
    """Return what rules look at, and how many objects are none of their business."""
    shape, engine = Shape(own_schema()), DEFAULT_ENGINE.get()
    policies, others = list[Subject](), 0
    roles, bindings = list[tuple[LintObject, Role]](), list[tuple[LintObject, Binding]]()
    rbac = {(kind.group, kind.name) for kind in kinds.RBAC}
    for manifest in manifests:
        if manifest.group == kinds.POLICY.group:
            if error := _not_a_policy(manifest):
                errors.append(error)
            else:
                policies.append(Subject.parse(manifest.obj, shape, engine, manifest))
        elif (manifest.group, manifest.kind) in rbac:
            try:
                parsed = parser(manifest.kind)(without_nulls(manifest.obj))
            except InvalidObjectError as error:
                errors.append(manifest.unusable(error.field, error.message))
                continue
            if isinstance(parsed, Role):
                roles.append((LintObject(manifest.obj, manifest), parsed))
            else:
                bindings.append((LintObject(manifest.obj, manifest), parsed))
        else:
            others += 1
    issuers = [LintObject(each.obj, each) for each in _those(manifests, *_ISSUERS)]
    requests = [LintObject(each.obj, each) for each in _those(manifests, kinds.CERTIFICATE_REQUEST)]
    estate = Estate(policies, roles, bindings, issuers, requests, _missing(manifests))
    return estate, others - len(requests)


def _those(manifests: Iterable[Manifest], *wanted: kinds.Kind) -> Iterator[Manifest]:
    names = {(kind.group, kind.name) for kind in wanted}
    return (each for each in manifests if (each.group, each.kind) in names)


def _missing(manifests: Iterable[Manifest]) -> Sequence[str]:
    """Return what the definition of policies lacks: the cluster's, which comes last, if known."""
    found: Sequence[str] = ()
    for each in _those(manifests, kinds.CUSTOM_RESOURCE_DEFINITION):
        found = missing_fields(each.obj) if each.name == kinds.POLICY.full_name else found
    return found


def _namespaces(texts: Sequence[tuple[Path, str]], manifests: Iterable[Manifest]) -> Namespaces:
    """Return all namespaces, None if not all of them are known: they are in a cluster."""
    of_cluster = {path for path, _ in texts}
    found = [each for each in _those(manifests, kinds.NAMESPACE) if each.path in of_cluster]
    labels = {each.name: each.obj["metadata"].get("labels") or {} for each in found}
    return labels or None


def _not_a_policy(manifest: Manifest) -> UnusableError | None:
    api_version = manifest.obj.get("apiVersion")
    if api_version != kinds.POLICY.api_version:
        return manifest.unusable("apiVersion", f"{api_version} is not {kinds.POLICY.api_version}")
    if manifest.kind != kinds.POLICY.name:
        return manifest.unusable("kind", f"{api_version} has no such kind")
    return None


def _located(finding: Finding) -> Located:
    manifest, hit = finding.of.key, finding.hit
    assert isinstance(manifest, Manifest)  # noqa: S101 - it is what we gave
    place = manifest.place(hit.path)
    return Located(
        rule=finding.rule,
        kind=manifest.kind,
        name=manifest.name,
        field=hit.path,
        message=hit.message,
        hint=hit.hint,
        witness=hit.witness,
        fix=hit.fix,
        path=manifest.path,
        span=place.span if hit.is_key else _marked(place, manifest.text),
        source=manifest.text,
        place_of_fix=place if hit.fix else None,
    )


def _marked(place: Place, text: str) -> Span:
    """Return what to mark: the value if it is on one line, else the key."""
    value = place.value_span
    if not place.missing and "\n" not in text[value.start : value.end].rstrip():
        return value
    return place.span


def _tag(tag: Tag) -> Located:
    rule = rule_named("CRP002")
    assert rule  # noqa: S101 - it is declared
    end = tag.text.find("\n", tag.index)
    span = Span(tag.index, end if end >= 0 else len(tag.text), tag.line, tag.column)
    message = "YAML reads a tag here, and no text"
    return Located(
        rule=rule,
        kind="",
        name="",
        field="",
        message=message,
        hint="put it in quotes",
        witness="",
        fix=None,
        path=tag.path,
        span=span,
        source=tag.text,
        tag_at=tag.index,
    )
