"""What is linted: policies, and the roles and bindings beside them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

from approver.analysis import Question, Region, can
from approver.analysis.shown import in_one_line
from approver.lint.shape import Shape, ShapeProblem
from approver.model import InvalidObjectError, Problem
from approver.policy import Policy
from approver.policy.fields import FIELDS, Style
from approver.policy.wildcard import Wildcards
from approver.rbac import Binding, Role
from approver.rules import RuleEngine


@dataclass(frozen=True)
class LintObject:
    """A decoded object; `key` is whatever the caller tells it by."""

    obj: Mapping[str, Any]
    key: object = None

    @property
    def kind(self) -> str:
        """Its kind, without the group."""
        return str(self.obj.get("kind", ""))

    @cached_property
    def name(self) -> str:
        """Its name, "" if it has none."""
        metadata = self.obj.get("metadata")
        return str(metadata.get("name") or "") if isinstance(metadata, Mapping) else ""

    @cached_property
    def annotations(self) -> Mapping[str, Any]:
        """Its annotations."""
        metadata = self.obj.get("metadata")
        found = metadata.get("annotations") if isinstance(metadata, Mapping) else None
        return found if isinstance(found, Mapping) else {}

    def at(self, path: str) -> Any:  # noqa: ANN401 - any JSON
        """Return what is at a path of names, None if there is nothing."""
        value: Any = self.obj
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return value


@dataclass(frozen=True)
class Patterns:
    """The patterns of one field: `paths` says where each of `texts` stands.

    `kind` is the field's name in structured style, such as `allowed.dnsNames`, whatever the style.
    """

    kind: str
    path: str
    texts: tuple[str, ...]
    paths: tuple[str, ...]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return zip(self.paths, self.texts, strict=True)


@dataclass(frozen=True)
class Subject(LintObject):
    """A policy, compiled; `unreadable` is what is wrong with metadata that cannot be read."""

    policy: Policy = field(kw_only=True)
    shape: Shape = field(kw_only=True)
    unreadable: Problem | None = field(default=None, kw_only=True)

    @classmethod
    def parse(
        cls, obj: Mapping[str, Any], shape: Shape, engine: RuleEngine, key: object = None
    ) -> Self:
        """Read a decoded policy, which is to have this shape. Raise `RuleEngineError`."""
        unreadable = None
        try:
            policy = Policy.parse(obj, engine)
        except InvalidObjectError as error:
            unreadable = Problem(error.field, error.message)
            policy = Policy.parse({"metadata": {}, "spec": obj.get("spec") or {}}, engine)
        return cls(obj, key, policy=policy, shape=shape, unreadable=unreadable)

    @cached_property
    def shape_problems(self) -> Sequence[ShapeProblem]:
        """What the API server would refuse."""
        return tuple(self.shape.problems(self.obj))

    @property
    def spec(self) -> Mapping[str, Any]:
        """Its spec, empty if it is no object."""
        spec = self.obj.get("spec")
        return spec if isinstance(spec, Mapping) else {}

    @property
    def pattern_style(self) -> bool:
        """Whether what it leaves out does not restrict."""
        return any(name.startswith("allowed") and name != "allowed" for name in self.spec) or any(
            name in self.spec for name in ("minDuration", "maxDuration")
        )

    @cached_property
    def patterns(self) -> Sequence[Patterns]:
        """Give the patterns of its fields, in order."""
        found = []
        for check in self.policy.checks:
            if isinstance(check.condition, Wildcards):
                path = f"{check.field}{check.part}"
                texts = check.condition.texts
                listed = not (check.part == ".value" or isinstance(_value(self, path), str))
                paths = tuple(f"{path}[{n}]" if listed else path for n in range(len(texts)))
                found.append(Patterns(_structured(check.field), path, texts, paths))
        return found

    @cached_property
    def _enforced(self) -> Policy:
        """The policy as it would be if it did not only audit."""
        return self.policy if self.policy.enforcing else replace(self.policy, enforcing=True)

    def permits(self, **asked: Any) -> str:  # noqa: ANN401 - of Question
        """Return such a request that the policy approves; "" if none is known."""
        return self.shown(*Question(**asked).regions())

    def shown(self, *asked: Region) -> str:
        """Return a request that the policy approves, of those asked about; "" if none is known."""
        for each in can([self._enforced], asked):
            if each.request:
                return in_one_line(each.request, each.labels or {})
        return ""

    def rules(self) -> Iterator[tuple[str, str]]:
        """Yield the path and the text of each rule in CEL."""
        for check in self.policy.rule_checks:
            yield f"{check.place}.rule", check.rule.text

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield the path and the value of every text in its spec."""
        yield from _texts(self.spec, "spec")


@dataclass(frozen=True)
class Estate:
    """Everything that is linted together, and what is known of the cluster."""

    policies: Sequence[Subject]
    roles: Sequence[tuple[LintObject, Role]] = ()
    bindings: Sequence[tuple[LintObject, Binding]] = ()
    issuers: Sequence[LintObject] = ()
    requests: Sequence[LintObject] = ()
    """Stored CertificateRequests: of those that were decided alike, one may stand for all."""
    missing: Sequence[str] = ()
    """The fields that the definition that is installed, or to be, does not have."""
    namespaces: Mapping[str, Mapping[str, str]] | None = None
    """All that there are, with their labels; None if only some may be known."""


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts(item, f"{path}.{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}[{index}]")


def _value(subject: LintObject, path: str) -> object:
    return None if "[" in path else subject.at(path)


def _structured(path: str) -> str:
    name = path.removeprefix("spec.")
    for each in FIELDS:
        for own, other in zip(
            each.names(Style.PATTERN), each.names(Style.STRUCTURED), strict=False
        ):
            if own == name:
                return other
    return name
