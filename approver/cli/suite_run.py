"""Suites, run: each test by the same review that decides in a cluster."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Final

from approver.cli.defaults import Defaults
from approver.cli.inputs import Case, World
from approver.cli.suite_requests import requests
from approver.lint import Shape
from approver.manifests.files import UnusableError
from approver.manifests.suites import Suite, SuiteTest
from approver.model import Decision, PolicyTrace, Request
from approver.model.labels import namespace_labels

_INVALID: Final = "invalid"
_REQUEST: Final = "request"
_ANY: Final = "any"
_BOUND: Final = {"by-manifests": "required", "all": "ignore"}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a test; `wrong` says what is not as expected, nothing if it passed.

    `request` and `decision` are of the first request that is wrong, else of the first one.
    """

    test: SuiteTest
    request: Request
    decision: Decision
    wrong: Sequence[str]

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.wrong

    @property
    def got(self) -> str:
        """The verdict."""
        return verdict(self.decision)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A suite that can be run: its policies, and its tests with their requests."""

    suite: Suite
    world: World
    tests: Sequence[tuple[SuiteTest, Sequence[tuple[str, Request]]]]

    def results(self) -> list[Result]:
        """Run the tests. Raise `RuleEngineError`."""
        return [self._result(test, asked) for test, asked in self.tests]

    def _result(self, test: SuiteTest, asked: Sequence[tuple[str, Request]]) -> Result:
        first = None
        for label, request in asked:
            decision = self.world.decide(Case("", "", "", request))
            wrong = list(_differences(test.said, decision))
            if wrong:
                prefix = f"{label}: " if label else ""
                return Result(test, request, decision, [f"{prefix}{line}" for line in wrong])
            first = first or Result(test, request, decision, ())
        assert first  # noqa: S101 - there is at least one request
        return first


def prepare(suite: Suite, shape: Shape, wanted: Callable[[SuiteTest], bool]) -> Prepared:
    """Read what a suite is about; raise an `ExceptionGroup` of all that is wrong."""
    bound = suite.part("cluster").get("bound")
    world = World.read(suite.policies, Defaults(bindings=_BOUND[bound] if bound else "auto"))
    labels = {
        name: namespace_labels(name, labels)
        for name, labels in (suite.part("cluster").get("namespaces") or {}).items()
    }
    world = replace(world, namespace_labels={**world.namespace_labels, **labels})
    errors = [*world.errors, *_errors(suite, world, shape)]
    tests = []
    for test in filter(wanted, suite.tests):
        try:
            asked = tuple(requests(suite, test))
        except UnusableError as error:
            errors.append(error)
            continue
        if asked:
            tests.append((test, asked))
        else:
            errors.append(suite.manifest.unusable(f"{test.field}.each", "has no value"))
    if errors:
        raise ExceptionGroup("a suite cannot be run", errors)
    return Prepared(suite, world, tests)


def verdict(decision: Decision) -> str:
    """Return the verdict; `invalid` where no policy could approve the request."""
    denied = decision.verdict == "denied"
    return _INVALID if denied and decision.request_problems else decision.verdict


def refusals(decision: Decision) -> list[str]:
    """Return why no policy could approve a request; each begins with the rule."""
    return [problem.removeprefix("spec.request: ") for problem in decision.request_problems]


def _errors(suite: Suite, world: World, shape: Shape) -> Iterator[UnusableError]:
    manifest = suite.manifest
    policies = {policy.name: policy for policy in world.policies}
    if not (policies or world.errors):
        yield manifest.unusable("policies", "there is no policy in these files")
    waiting = any(test.said["expect"] == "waiting" for test in suite.tests)
    for policy in () if waiting else world.policies:
        for problem in policy.problems:
            yield manifest.unusable("policies", f"{policy.name} is not ready: {problem}")
    for test in suite.tests if policies else ():
        named = [(f"{test.field}.by", test.said["by"])] if "by" in test.said else []
        because = test.said.get("because") or {}
        named += [(f"{test.field}.because.{name}", name) for name in because if name != _REQUEST]
        for field, name in named:
            if name not in policies:
                near = get_close_matches(name, policies, 1)
                cure = f": did you mean {near[0]}?" if near else ""
                yield manifest.unusable(field, f"there is no policy {name}{cure}")
        if "by" in test.said and test.said["expect"] != "approved":
            yield manifest.unusable(f"{test.field}.by", "only what is approved is so by a policy")
        yield from _unknown_fields(suite, test, because, shape)


def _unknown_fields(
    suite: Suite, test: SuiteTest, because: Mapping[str, Any], shape: Shape
) -> Iterator[UnusableError]:
    for name, reasons in because.items():
        place = f"{test.field}.because.{name}"
        if isinstance(reasons, str):
            if name != _REQUEST and reasons != _ANY:
                yield suite.manifest.unusable(place, f"{reasons!r} is neither any nor a list")
            continue
        for index, reason in enumerate(reasons):
            if not shape.has(reason["field"]):
                yield suite.manifest.unusable(
                    f"{place}[{index}].field",
                    f"the policy language has no field {reason['field']}: write it as a violation"
                    " does, such as spec.allowedDNSNames",
                )


def _differences(said: Mapping[str, Any], decision: Decision) -> Iterator[str]:
    got = verdict(decision)
    if got != said["expect"]:
        by = f" by {decision.policy}" if decision.policy else ""
        yield f"expected  {said['expect']}"
        yield f"got       {got.upper()}{by}"
        yield f"          {decision.message}"
    elif said.get("by", decision.policy) != decision.policy:
        yield f"expected  approved by {said['by']}"
        yield f"got       APPROVED by {decision.policy}"
    for name, reasons in (said.get("because") or {}).items():
        if name == _REQUEST:
            yield from _other_refusal(reasons, decision)
        elif reasons != _ANY:
            yield from _other_reasons(name, reasons, decision.policies.get(name))


def _other_refusal(rule: object, decision: Decision) -> Iterator[str]:
    problems = refusals(decision)
    if not any(problem.startswith(str(rule)) for problem in problems):
        yield f"expected  a refusal by the rule {rule}"
        yield f"got       {'; '.join(problems) or 'none'}"


def _other_reasons(
    policy: str, expected: Sequence[Mapping[str, str]], trace: PolicyTrace | None
) -> Iterator[str]:
    """Compare what a policy has against a request with what it is to have, exactly."""
    if trace is None or not trace.selected:
        mismatch = f": {trace.mismatch} does not match" if trace else ""
        yield f"{policy} does not select the request{mismatch}"
        return
    if trace.bound is False:
        yield f"{policy} is not bound to the requester"
        return
    got = [(each.field, each.value, str(each)) for each in trace.violations]
    got += [(each.field, "", str(each)) for each in trace.problems]
    for reason in expected:
        if not any(_is(reason, field, value) for field, value, _ in got):
            value = f" {reason['value']!r}" if "value" in reason else ""
            yield f"{policy} has nothing against {reason['field']}{value}"
    for field, value, text in got:
        if not any(_is(reason, field, value) for reason in expected):
            yield f"{policy} has more against it: {text}"


def _is(reason: Mapping[str, str], field: str, value: str) -> bool:
    return reason["field"] == field and reason.get("value", value) == value
