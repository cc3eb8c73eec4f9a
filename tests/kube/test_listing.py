"""Lists without watching."""

import msgspec
import pytest

from approver.kube.listing import pages
from approver.kube.session import Session
from tests.controlplane.client import Client
from tests.kube.following import CONFIG_MAPS, ConfigMap, config_map

pytestmark = pytest.mark.cluster


async def test_the_objects_of_one_namespace(
    session: Session, admin: Client, namespace: str
) -> None:
    for name in ("a", "b"):
        admin.create(config_map(name, namespace, "1"))
    found = [page async for page in pages(session, CONFIG_MAPS, namespace=namespace)]

    assert len(found) == 1
    numbers = [msgspec.json.decode(raw, type=ConfigMap).data.number for raw in found[0].items]
    assert numbers == ["1", "1"]


async def test_large_objects_come_in_small_pages(
    session: Session, admin: Client, namespace: str
) -> None:
    large = {"note": "x" * 200_000}
    for number in range(60):
        manifest = config_map(f"n{number:02}", namespace, "1")
        manifest["metadata"]["annotations"] = large
        admin.create(manifest)
    found = [page async for page in pages(session, CONFIG_MAPS, namespace=namespace)]

    assert sum(len(page.items) for page in found) == 60
    assert all(sum(map(len, map(bytes, page.items))) < 8 << 20 for page in found)
