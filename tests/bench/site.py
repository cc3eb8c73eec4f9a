"""A new control plane to measure on: one that has been filled and emptied is slower."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.bench.crowd import Crowd
from tests.bench.evidence import AUDIT
from tests.bench.stock import Stock
from tests.controlplane import chart
from tests.controlplane.controlplane import ControlPlane
from tests.controlplane.etcd import etcd_of
from tests.controlplane.identities import ALICE
from tests.controlplane.manifests import Manifest, everything, grant, namespace

HOME = "bench"


@dataclass(frozen=True)
class Site:
    """`request` is one of Alice's that nobody has decided, as it is stored."""

    cluster: ControlPlane
    crowd: Crowd
    stock: Stock
    request: Manifest


@asynccontextmanager
async def new_site() -> AsyncIterator[Site]:
    """Set it up: everything but cert-manager's controllers, whose work is not ours to measure."""
    with ControlPlane(audit=AUDIT) as cluster:
        cluster.controllers.stop()
        admin = cluster.client()
        chart.install_chart(admin)
        anywhere = grant("request-anywhere", everything("cert-manager.io"), ALICE)
        admin.apply(namespace(HOME), *anywhere)
        async with Crowd(cluster) as crowd:
            with etcd_of(cluster) as etcd:
                stock = Stock(etcd)
                await crowd.ask(HOME, "request")
                request = stock.take(HOME, "request")
                stock.clear()
                yield Site(cluster, crowd, stock, request)
