import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.x509.build import pem, request
from tests.x509.fuzz import check, corpus
from tests.x509.mutate import mutated

HONEST = request()
QUICK = settings(max_examples=300, deadline=None, derandomize=True, database=None)


@QUICK
@given(st.randoms(use_true_random=True))
def test_a_changed_request_means_the_same_to_a_second_reader(rng: random.Random) -> None:
    """Whatever is changed in a request, it is read as OpenSSL reads it, or refused."""
    check(mutated(rng, corpus()))


@QUICK
@given(st.binary(max_size=500))
def test_random_bytes_are_refused(data: bytes) -> None:
    """Nothing but Refused is raised, whatever is in the bytes, and in the block."""
    assert check(data)
    assert check(pem(data))


@QUICK
@given(st.integers(0, len(HONEST) - 1), st.integers(0, 255))
def test_a_changed_byte_is_read_as_before_or_refused(place: int, octet: int) -> None:
    """One byte of a request cannot change what it means."""
    check(HONEST[:place] + bytes((octet,)) + HONEST[place + 1 :])
