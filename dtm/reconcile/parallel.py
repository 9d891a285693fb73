"""Jobs in daemon threads, each with a deadline; one that hangs is left behind and delays nobody.

Daemon threads, because a driver call into a silent network cannot be ended from outside and must
not keep the process alive.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from dtm.errors import DtmError

T = TypeVar("T")

BEAT_S = 30.0  # profiles and MAX_IDLE_TIME end sessions that are silent for minutes


class DeadlineExceeded(DtmError):
    """A job did not end in time; its thread was left behind."""


def run_each(
    jobs: Mapping[str, Callable[[], T]],
    *,
    limit: int,
    deadline_s: float,
    beat: Callable[[], object] | None = None,
) -> Iterator[tuple[str, T | DtmError]]:
    """Run jobs, at most `limit` at a time, and yield each result as it arrives.

    A DtmError is a result; anything else is a bug and is raised here. `deadline_s` counts from the
    start of a job. The caller is the only one who sees results: no locking is needed there.
    `beat` is called in the caller's thread when nothing has arrived for BEAT_S seconds.
    """
    results: queue.SimpleQueue[tuple[str, T | Exception]] = queue.SimpleQueue()
    waiting = deque(jobs.items())
    started: dict[str, float] = {}
    while waiting or started:
        while waiting and len(started) < limit:
            name, job = waiting.popleft()
            started[name] = time.monotonic()
            _start(name, job, results)
        try:
            remaining = min(started.values()) + deadline_s - time.monotonic()
            name, result = results.get(timeout=max(0.0, min(remaining, BEAT_S)))
        except queue.Empty:
            if beat is not None:
                beat()
            for name in _overdue(started, deadline_s):
                del started[name]
                yield name, DeadlineExceeded(f"no answer within {deadline_s:g} s")
            continue
        if name not in started:
            continue  # it came after its deadline
        del started[name]
        if isinstance(result, Exception) and not isinstance(result, DtmError):
            raise result
        yield name, result


def _overdue(started: Mapping[str, float], deadline_s: float) -> list[str]:
    now = time.monotonic()
    return [name for name, begun in started.items() if begun + deadline_s <= now]


def _start(
    name: str, job: Callable[[], T], results: queue.SimpleQueue[tuple[str, T | Exception]]
) -> None:
    def body() -> None:
        try:
            results.put((name, job()))
        except Exception as error:  # noqa: BLE001 - carried to the caller, who raises it
            results.put((name, error))

    threading.Thread(target=body, name=f"dtm-{name}", daemon=True).start()
