"""Reading that is expected to be refused."""

import pytest

from approver.x509 import Refused, read


def refusal(pem: bytes) -> Refused:
    """Return how a request is refused; it is an error if it is not."""
    with pytest.raises(Refused) as caught:
        read(pem)
    return caught.value
