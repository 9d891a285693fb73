"""A parallel group: each member in its own session and its own daemon thread."""

from __future__ import annotations

from concurrent.futures import wait

from dtm.model.stream import TaskKey
from dtm.runner.stream import Seat, Stream
from dtm.runner.tasks import perform
from dtm.runner.threads import DaemonExecutor


def perform_group(stream: Stream, keys: tuple[TaskKey, ...]) -> None:
    """Run the members side by side; return when all have ended. The first error is raised then.

    In test mode they run one after the other in the stream's session: one transaction.
    """
    if stream.definition.shape.test_mode:
        for key in keys:
            perform(stream, key, stream.seat)
        return
    executor = DaemonExecutor("dtm-member")
    members = [executor.submit(_member, stream, key) for key in keys]
    wait(members)
    for member in members:
        member.result()


def _member(stream: Stream, key: TaskKey) -> None:
    seat = Seat(stream.tools, stream.instance, stream.info, member=True)
    try:
        perform(stream, key, seat)
    finally:
        seat.drop()
