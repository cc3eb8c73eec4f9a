"""Coverage that means something: policies are changed, and a test must notice.

Every field and every item of a list is taken away, one at a time, and patterns are widened to `*`.
A change after which the policy is not valid, or is proven to permit the same requests, is left out.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from approver.analysis import Alternatives, needless
from approver.cli.suite_run import Prepared
from approver.policy import Policy

_AWAY: Final = "taken away"
_WIDENED: Final = "widened to *"
_WITHOUT_EFFECT: Final = frozenset({"message", "mode"})

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change of a policy; `noticed_by` names a test that fails with it, "" if there is none."""

    policy: str
    field: str
    change: str
    noticed_by: str


def coverage(prepared: Iterable[Prepared]) -> list[Mutant]:
    """Return all changes; where several suites are about a policy, any of them may notice.

    Raise `RuleEngineError`.
    """
    found = dict[tuple[str, str, str], Mutant]()
    for each in prepared:
        for mutant in _of_suite(each):
            key = (mutant.policy, mutant.field, mutant.change)
            if key not in found or mutant.noticed_by:
                found[key] = mutant
    return list(found.values())


def percentage(mutants: Iterable[Mutant]) -> int:
    """Return how many of a hundred changes are noticed, rounded down; 100 if there are none."""
    noticed = [bool(each.noticed_by) for each in mutants]
    return 100 * sum(noticed) // len(noticed) if noticed else 100


def _of_suite(prepared: Prepared) -> Iterator[Mutant]:
    policies = {policy.name: policy for policy in prepared.world.policies}
    for name, manifest in prepared.world.manifests.items():
        for path, change, obj in _changes(manifest.obj):
            policy = Policy.parse(obj)
            if policy.ready and not _same(policy, policies[name]):
                changed = [*({**policies, name: policy}).values()]
                world = replace(prepared.world, policies=changed)
                failed = (
                    result.test.name
                    for result in replace(prepared, world=world).results()
                    if not result.passed
                )
                yield Mutant(name, _shown(path), change, next(failed, ""))


def _changes(obj: Mapping[str, Any]) -> Iterator[tuple[Path, str, Mapping[str, Any]]]:
    for path, value in _fields(obj["spec"], ("spec",)):
        without = copy.deepcopy(obj)
        parent = _at(without, path[:-1])
        del parent[path[-1]]
        yield path, _AWAY, without
        # In pattern style, and in a selector, to take a list away is to widen it.
        if path[1] == "allowed" and _is_patterns(value) and value != ["*"]:
            wide = copy.deepcopy(obj)
            _at(wide, path[:-1])[path[-1]] = ["*"]
            yield path, _WIDENED, wide


def _fields(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:  # noqa: ANN401 - any JSON
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
    for key, item in pairs:
        if key in _WITHOUT_EFFECT:
            continue
        inner = (*path, key)
        # An object is what is in it: whoever notices a part notices that all of it is gone.
        if not isinstance(item, Mapping) or "rule" in item or not item:
            yield inner, item
        if (isinstance(item, Mapping) and "rule" not in item) or (
            isinstance(item, list) and len(item) > 1
        ):
            yield from _fields(item, inner)


def _is_patterns(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _at(obj: Any, path: Path) -> Any:  # noqa: ANN401 - any JSON
    for key in path:
        obj = obj[key]
    return obj


def _same(one: Policy, other: Policy) -> bool:
    """Tell whether it is proven that both select and permit the same requests.

    What one selects and does not permit, it denies; so what is selected counts as well.
    """
    rules = [(each.field, each.rule) for each in one.rule_checks]
    if rules != [(each.field, each.rule) for each in other.rule_checks]:
        return False
    if one.selector != other.selector or one.consents != other.consents:
        return False
    plain, plain_other = (replace(each, rule_checks=(), enforcing=True) for each in (one, other))
    return needless(plain, Alternatives([plain_other])) and needless(
        plain_other, Alternatives([plain])
    )


def _shown(path: Path) -> str:
    parts = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return "".join(parts).removeprefix(".")
