"""A clock that jumps, as after a suspended night, costs no admission for longer than a look."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from approver.kube.session import Session
from approver.ops.metrics import Metrics
from approver.webhook.authority_secret import AuthoritySecret
from approver.webhook.certificates import OwnCertificates
from approver.webhook.serving_context import ServingContext
from approver.webhook.trust import Trust
from tests.controlplane import ControlPlane
from tests.controlplane.identities import APPROVER, APPROVER_NAMESPACE
from tests.webhook.served import NAME, SECRET

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("no_secret")]

DAY = timedelta(days=1)
SERVICE = f"{NAME}.{APPROVER_NAMESPACE}.svc"


async def test_a_month_forth_and_back(cluster: ControlPlane) -> None:
    start = datetime.now(UTC)
    now = start
    async with Session.open(cluster.kubeconfig(APPROVER)) as session:
        context = ServingContext()
        secret = AuthoritySecret(
            session, APPROVER_NAMESPACE, SECRET, 365 * DAY, Metrics(), leading=lambda: True
        )
        trust = Trust(session, NAME, injects=False, leading=lambda: True)
        certificates = OwnCertificates(
            context, secret, trust, [SERVICE], 7 * DAY, clock=lambda: now
        )
        following = asyncio.create_task(certificates.run())
        try:
            async with asyncio.timeout(20):
                while context.ends_at is None:
                    await certificates.keep()
                    await asyncio.sleep(0.05)
            authorities = secret.authorities
            for moment in (start, start + 31 * DAY, start, start + 61 * DAY):
                now = moment
                await certificates.keep()
                assert context.ends_at > moment + 6 * DAY
                assert context.ends_at <= moment + 7 * DAY
                assert secret.authorities == authorities
            assert len(authorities.all) == 2
        finally:
            following.cancel()
            await asyncio.wait([following])
