from collections.abc import Iterator

import pytest

from tests.controlplane.processes import Process, ProcessGroup, StartError


@pytest.fixture
def group() -> Iterator[ProcessGroup]:
    group = ProcessGroup()
    yield group
    group.kill()


def test_failed_start_shows_the_log(group: ProcessGroup) -> None:
    failing = Process(group, ["/bin/sh", "-c", "echo no luck >&2; exit 3"], ready=lambda: False)

    with pytest.raises(StartError, match="no luck"):
        failing.start()


def test_group_takes_its_directory_and_processes_along(group: ProcessGroup) -> None:
    process = Process(group, ["/bin/sleep", "60"], ready=lambda: True)
    process.start()

    group.kill()

    assert not process.running
    assert not group.directory.exists()
