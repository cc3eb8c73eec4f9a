"""Keys that are made at once and hold: their signatures verify, and their sizes are exact."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from approver.issuance import keys


@pytest.mark.parametrize("size", [2048, 2049, 2560, 3072, 4095, 4096, 5001, 8191, 8192])
def test_rsa_key_of_any_size(size: int) -> None:
    key = keys.key("RSA", size)
    public = load_der_public_key(key.public)
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size == size
    public.verify(key.sign(b"data", "sha512"), b"data", padding.PKCS1v15(), hashes.SHA512())


def test_key_is_made_once() -> None:
    assert keys.key("RSA", 4096) is keys.key("RSA", 4096)
    assert keys.key("ECDSA", 384) is keys.key("ECDSA", 384)
