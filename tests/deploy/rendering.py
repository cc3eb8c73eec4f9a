"""The chart's objects, looked at."""

from typing import Any

from tests.controlplane.chart import render_chart
from tests.controlplane.manifests import Manifest

Objects = dict[tuple[str, str], Manifest]


def render(**values: object) -> Objects:
    """Render the chart; return its objects by kind and name."""
    return _by_name(render_chart(values))


def render_for(kubernetes: str, **values: object) -> Objects:
    """Do so for a version of Kubernetes."""
    return _by_name(render_chart(values, kubernetes))


def _by_name(objects: list[Manifest]) -> Objects:
    by_name = {(each["kind"], each["metadata"]["name"]): each for each in objects}
    assert len(by_name) == len(objects)
    return by_name


def only(objects: Objects, kind: str) -> Manifest:
    """Pick the one object of a kind."""
    (found,) = (each for (each_kind, _), each in objects.items() if each_kind == kind)
    return found


def kinds(objects: Objects) -> set[str]:
    return {kind for kind, _ in objects}


def rules(objects: Objects) -> list[Manifest]:
    """Give the rules of all ClusterRoles that are bound to the controller."""
    bound = {
        each["roleRef"]["name"]
        for (kind, _), each in objects.items()
        if kind == "ClusterRoleBinding"
    }
    return [rule for name in sorted(bound) for rule in objects["ClusterRole", name]["rules"]]


def permissions(rule: Manifest) -> list[str]:
    """Spell out a rule as `VERBS GROUP/RESOURCE NAMES`, a line for each resource."""
    verbs, names = " ".join(rule["verbs"]), rule.get("resourceNames", [])
    return [
        " ".join([verbs, f"{group}/{resource}", *names])
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    ]


def pod(objects: Objects) -> Manifest:
    template: Manifest = only(objects, "Deployment")["spec"]["template"]
    return template


def container(objects: Objects) -> dict[str, Any]:
    (only_one,) = pod(objects)["spec"]["containers"]
    return dict(only_one)
