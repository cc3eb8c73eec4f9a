"""Files, and the objects in them with their places."""

from pathlib import Path

import pytest

from approver.manifests.files import (
    Manifest,
    SigningRequestFile,
    UnusableError,
    read_manifests,
)

POLICY = """\
apiVersion: policy.cert-manager.io/v1alpha1
kind: CertificateRequestPolicy
metadata:
  name: web
spec:
  allowedDNSNames:
    - a
    - b
"""


def read(path: Path) -> list[Manifest | SigningRequestFile]:
    found = read_manifests([path])
    if found.errors:
        raise found.errors[0]
    return found.items


def test_each_object_knows_its_place(tmp_path: Path) -> None:
    file = tmp_path / "all.yaml"
    file.write_text(f"{POLICY}---\n# nothing\n---\n{POLICY}")
    first, second = read(file)
    assert isinstance(first, Manifest)
    assert isinstance(second, Manifest)
    assert (first.kind, first.group, first.name) == (
        "CertificateRequestPolicy",
        "policy.cert-manager.io",
        "web",
    )
    assert [first.source, second.source] == [f"{file}:1", f"{file}:12"]


def test_an_error_names_the_line_of_the_field(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY)
    [policy] = read(file)
    assert isinstance(policy, Manifest)
    error = policy.unusable("spec.allowedDNSNames[1]", "is wrong")
    assert str(error) == (
        f"{file}:8:7: CertificateRequestPolicy web: spec.allowedDNSNames[1]: is wrong"
    )


def test_lists_are_taken_apart(tmp_path: Path) -> None:
    file = tmp_path / "list.yaml"
    file.write_text("apiVersion: v1\nkind: List\nitems:\n- {kind: A}\n- {kind: B}\n")
    assert [(item.kind, item.source) for item in read(file) if isinstance(item, Manifest)] == [
        ("A", f"{file}:4"),
        ("B", f"{file}:5"),
    ]


def test_folders_are_walked_in_order_and_hidden_ones_passed_over(tmp_path: Path) -> None:
    for name in ("b/2.yaml", "a/1.json", ".git/3.yaml", "a/notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{kind: A}")
    paths = [item.path.name for item in read(tmp_path) if isinstance(item, Manifest)]
    assert paths == ["1.json", "2.yaml"]


@pytest.mark.parametrize("text", ["2026-01-01", "=", "<<", "0x_", "0b_"])
def test_text_that_only_looks_like_more_stays_text(tmp_path: Path, text: str) -> None:
    """kubectl writes it without quotes."""
    file = tmp_path / "a.yaml"
    file.write_text(f"kind: A\nvalue: {text}\nvalues: [{text}]\n")
    [manifest] = read(file)
    assert isinstance(manifest, Manifest)
    assert manifest.obj == {"kind": "A", "value": text, "values": [text]}


def test_a_key_can_still_merge(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("kind: A\na: &a {x: 1}\nb: {<<: *a}\n")
    [manifest] = read(file)
    assert isinstance(manifest, Manifest)
    assert manifest.obj["b"] == {"x": 1}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("kind: A\nkind: B\n", ":2:1: not YAML: 'kind' is set twice"),
        ("", ": there is nothing in it"),
        ("# a comment\n---\n", ": there is nothing in it"),
        ("a: [", ":2:1: not YAML: "),
        ("just text", ":1: not a Kubernetes object"),
        ("kind: List\nitems: {}\n", ":2:1: List: items: must be a list"),
        ("-----BEGIN CERTIFICATE-----", ": PEM, but no CERTIFICATE REQUEST"),
    ],
)
def test_what_cannot_be_used_names_the_file(tmp_path: Path, text: str, error: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    with pytest.raises(UnusableError) as caught:
        read(file)
    assert str(caught.value).startswith(f"{file}{error}")
