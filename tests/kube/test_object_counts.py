"""Objects are counted by class, without being remembered."""

from approver.kube.object_counts import ObjectCounts


def census(*listed: str) -> ObjectCounts[str]:
    """Count words by their first letter."""
    counted = ObjectCounts[str](lambda word: word[0])
    counted.begin()
    for word in listed:
        counted.add(word)
    counted.end()
    return counted


def test_a_list_is_counted() -> None:
    assert census("ant", "ape", "bee").counts == {"a": 2, "b": 1}


def test_changes_are_counted() -> None:
    counted = census("ant", "bee")
    counted.add("ape")
    counted.change("bee", "cat")
    counted.change(None, "bee")  # a change of something that nobody remembers
    counted.remove("ant")
    assert counted.counts == {"a": 1, "c": 1}


def test_a_list_that_broke_off_does_not_count() -> None:
    counted = census("ant")
    counted.begin()
    counted.add("bee")
    assert counted.counts == {"a": 1}
    counted.begin()
    counted.add("cat")
    counted.end()
    assert counted.counts == {"c": 1}
