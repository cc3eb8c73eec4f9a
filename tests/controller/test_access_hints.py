"""Which policies are asked about first, and which not again."""

from approver.controller.access_hints import AccessHints
from approver.model import Requester
from approver.rbac import Bindings
from tests.controller.small_world import binding_to

ALICE = Requester("alice", ("team-a",))
NAMES = frozenset({"a", "b", "c"})
B = frozenset({"b"})
P1 = frozenset({"p1"})


class Drops:
    number = 0

    def __call__(self) -> int:
        return self.number


def test_what_roles_and_bindings_show_is_likely() -> None:
    hints = AccessHints(binding_to(ALICE, ["b", "elsewhere"]), Drops())
    assert hints.likely(NAMES, ALICE, "shop") == {"b"}
    assert hints.likely(NAMES, Requester("bob"), "shop") == set()


def test_what_was_allowed_is_likely_and_what_was_refused_is_not_asked_again() -> None:
    hints = AccessHints(Bindings(), Drops())
    hints.learn({"a": True, "b": False}, ALICE, "shop")
    assert hints.likely(NAMES, ALICE, "shop") == {"a"}
    assert hints.unasked(NAMES, ALICE, "shop") == {"a", "c"}
    assert hints.unasked(B, ALICE, "elsewhere") == B
    assert hints.unasked(B, Requester("alice", ("team-b",)), "shop") == B


def test_all_is_forgotten_when_access_may_be_another() -> None:
    drops = Drops()
    hints = AccessHints(Bindings(), drops)
    hints.learn({"a": True, "b": False}, ALICE, "shop")
    drops.number += 1
    assert hints.likely(NAMES, ALICE, "shop") == set()
    assert hints.unasked(B, ALICE, "shop") == B


def test_only_so_much_is_remembered() -> None:
    hints = AccessHints(Bindings(), Drops())
    names = [f"p{number}" for number in range(60_000)]
    hints.learn(dict.fromkeys(names, False), ALICE, "one")
    hints.learn(dict.fromkeys(names, False), ALICE, "two")
    assert hints.unasked(P1, ALICE, "one") == P1
    assert hints.unasked(P1, ALICE, "two") == set()
