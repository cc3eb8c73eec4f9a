"""A dump is read object by object, however kubectl or a person has written it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from approver.manifests.dumps import read_dump
from tests.controlplane.manifests import Manifest, certificate_request, namespace
from tests.examples import policy_manifest

OBJECTS = [
    policy_manifest("web", selector={"issuerRef": {}}),
    namespace("shop"),
    certificate_request("a", "shop"),
]


def as_json(*objects: Manifest) -> str:
    return json.dumps({"apiVersion": "v1", "items": list(objects), "kind": "List"}, indent=4)


def as_yaml(*objects: Manifest) -> str:
    listed = {"apiVersion": "v1", "items": list(objects), "kind": "List"}
    return yaml.dump(listed, Dumper=yaml.CSafeDumper)


ROLE = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "Role",
    "metadata": {"name": "a", "namespace": "shop"},
    "rules": [{"verbs": ["get"]}, {"verbs": ["list"]}],  # a list at the left margin
}
TEXTS = {
    "list.json": as_json(*OBJECTS),
    "one line.json": json.dumps({"items": OBJECTS, "kind": "List"}),
    "one after another.json": "".join(json.dumps(each) for each in OBJECTS),
    "two lists.json": as_json(OBJECTS[0]) + as_json(*OBJECTS[1:]),
    "list.yaml": as_yaml(*OBJECTS),
    "documents.yaml": yaml.safe_dump_all(OBJECTS),
    "two lists.yaml": f"{as_yaml(OBJECTS[0])}---\n{as_yaml(*OBJECTS[1:])}",
    "comments.yaml": as_yaml(*OBJECTS).replace("items:", "# a\n\nitems:\n# b\n"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_objects_are_found_wherever_they_are(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(TEXTS[name])
    assert [found.obj for found in read_dump(tmp_path / name)] == OBJECTS


def test_a_list_that_is_not_of_items_stays_whole(tmp_path: Path) -> None:
    (tmp_path / "dump").write_text(yaml.safe_dump_all([ROLE, OBJECTS[1]]))
    assert [found.obj for found in read_dump(tmp_path / "dump")] == [ROLE, OBJECTS[1]]


@pytest.mark.parametrize("write", [as_json, as_yaml])
def test_no_more_than_an_object_is_held(write: Callable[..., str], tmp_path: Path) -> None:
    text = "x" * 200_000
    (tmp_path / "dump").write_text(
        write(*({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": text}} for _ in range(200)))
    )
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from approver.manifests.dumps import read_dump\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "before = peak()\n"
        "assert sum(1 for _ in read_dump(Path(sys.argv[1]))) == 200\n"
        "print(peak() - before)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "dump")]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=50)
    assert int(ran.stdout) < 20, "MiB, of a dump of 40"
