"""The loop: where the stream stands, what comes next, do it, journal it.

Intent is durable before the act, the outcome before the next intent: two writes, because Oracle
DDL commits by itself and nothing can make a remote call and a local record one thing.
"""

from __future__ import annotations

from dtm.runner.decide import Act, Look, Stop, decide
from dtm.runner.group import perform_group
from dtm.runner.look import look
from dtm.runner.ports import Point
from dtm.runner.stream import Stream
from dtm.runner.tasks import perform


def loop(stream: Stream) -> Stop:
    """Take the stream as far as it goes; its end is not journalled here."""
    while True:
        step = decide(stream.record, stream.definition.shape, stream.halt())
        match step:
            case Look(attempts):
                look(stream, attempts)
            case Act((key,)):
                perform(stream, key, stream.seat)
            case Act(keys):
                perform_group(stream, keys)
            case Stop():
                return step
        stream.tools.strike(Point.BETWEEN_TASKS, stream.instance)
