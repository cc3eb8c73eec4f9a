"""How kinds are served, as the real API server says."""

import pytest

from approver.kube.discovery import Discovery, ServedKind
from tests.kube.proxy import Proxy

pytestmark = pytest.mark.cluster


async def test_a_kind_has_a_plural_and_a_scope(proxy: Proxy) -> None:
    async with proxy.session() as session:
        discovery = Discovery(session)
        issuer = await discovery.find("cert-manager.io", "Issuer")
        assert issuer == ServedKind("issuers", namespaced=True, version="v1")
        cluster = await discovery.find("cert-manager.io", "ClusterIssuer")
        assert cluster == ServedKind("clusterissuers", namespaced=False, version="v1")
        assert proxy.count("GET", "/apis/cert-manager.io") == 2  # it is remembered


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        ("cert-manager.io", "Isuer"),
        ("nosuch.example", "Issuer"),
        ("", "Issuer"),
        ("../api/v1/namespaces", "Issuer"),
        ("cert-manager.io/v1", "Issuer"),
        ("x?watch=1", "Issuer"),
    ],
)
async def test_a_kind_may_not_be_there(proxy: Proxy, group: str, kind: str) -> None:
    async with proxy.session() as session:
        assert await Discovery(session).find(group, kind) is None
        assert not any(".." in path or "?" in path for _, path in proxy.calls)
