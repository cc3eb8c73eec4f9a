"""Where fields stand."""

import pytest

from approver.manifests.documents import documents
from approver.manifests.places import locate

TEXT = """\
metadata:
  labels: {app.example.com/tier: gold, app: x}
spec:
  names: [a, 'b c']
  others:
    - oid: 1.2.3
      values:
        - ü
"""

[(_, ROOT)] = documents(TEXT)


@pytest.mark.parametrize(
    ("path", "place", "value"),
    [
        ("", "1:1", None),
        ("spec", "3:1", None),
        ("spec.names", "4:3", "[a, 'b c']"),
        ("spec.names[1]", "4:14", "'b c'"),
        ("metadata.labels.app.example.com/tier", "2:12", "gold"),
        ("metadata.labels.app", "2:40", "x"),
        ("spec.others[1.2.3].values[0]", "8:11", "ü"),
        ("spec.others[0].oid", "6:7", "1.2.3"),
    ],
)
def test_a_field(path: str, place: str, value: str | None) -> None:
    found = locate(ROOT, path)
    assert (str(found.span), found.missing) == (place, "")
    if value is not None:
        assert TEXT[found.value_span.start : found.value_span.end] == value


@pytest.mark.parametrize(
    ("path", "place", "missing"),
    [
        ("spec.usages[0]", "3:1", "usages[0]"),
        ("spec.names[2]", "4:3", "[2]"),
        ("spec.others[1.2.4].values", "5:3", "[1.2.4].values"),
        ("spec.names.x", "4:3", "x"),
    ],
)
def test_what_is_missing_is_at_the_nearest_field_above(path: str, place: str, missing: str) -> None:
    found = locate(ROOT, path)
    assert (str(found.span), found.missing) == (place, missing)
