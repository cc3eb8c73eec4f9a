"""A certificate from files is read again when they change, and never half."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from approver.webhook.authorities import Authorities
from approver.webhook.authority import Authority, Leaf
from approver.webhook.certificates import CertificateFiles
from approver.webhook.serving_context import CertificateError, ServingContext

NAME = "webhook.approver.svc"
END = b"-----END CERTIFICATE-----\n"


def authority() -> Authority:
    return Authority.make(datetime.now(UTC), timedelta(days=7))


def leaf(signer: Authority) -> Leaf:
    return signer.issue([NAME], datetime.now(UTC), timedelta(days=1))


def write(folder: Path, name: str, pair: Leaf) -> None:
    certificate, _, key = pair.pem.partition(END)
    (folder / name).write_bytes(certificate + END if name == "tls.crt" else key)


async def test_files_that_change_are_served_once_both_have(tmp_path: Path) -> None:
    context, signer, other = ServingContext(), authority(), authority()
    files = CertificateFiles(context, tmp_path)
    old, new = leaf(signer), leaf(other)
    write(tmp_path, "tls.crt", old)
    write(tmp_path, "tls.key", old)
    await files.keep()
    assert not context.verifies(Authorities((signer,)).certificates, NAME)
    write(tmp_path, "tls.crt", new)
    with pytest.raises(CertificateError, match=str(tmp_path)):
        await files.keep()
    await files.keep()  # said once
    assert not context.verifies(Authorities((signer,)).certificates, NAME)
    write(tmp_path, "tls.key", new)
    await files.keep()
    assert not context.verifies(Authorities((other,)).certificates, NAME)


async def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    files = CertificateFiles(ServingContext(), tmp_path)
    with pytest.raises(CertificateError, match=r"tls\.crt: No such file"):
        await files.keep()
