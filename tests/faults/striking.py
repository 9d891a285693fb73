"""Named kill points of a run, and what is done to it there.

The product offers `Deps.strike`; the points inside a call are reached through the reference
operation's gate, and the lost answer through the session's `call`. Only tests set any of them.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dtm.oracle.session import OracleSession
from dtm.runner.ports import Point
from tests.faults.world import FaultWorld


class Kill(StrEnum):
    """The kill points of `lifecycle.md`."""

    BEFORE_LOCK = Point.BEFORE_LOCK.value
    LOCK_HELD = Point.LOCK_HELD.value
    RUN_WRITTEN = Point.RUN_WRITTEN.value
    INTENT_RECORDED = Point.INTENT_RECORDED.value
    WORKING = "call sent, server working"
    NOT_COMMITTED = "work done, not committed"
    NO_MARKER = "work committed, marker not"  # self-committing tasks only
    ANSWER_LOST = "commit sent, answer lost"
    ANSWER_RECEIVED = Point.ANSWER_RECEIVED.value
    BETWEEN_TASKS = Point.BETWEEN_TASKS.value
    IN_FINAL = Point.IN_FINAL.value
    BEFORE_DDL = "before DDL"
    SPEC_IN = "spec in, body not"
    BODY_IN = "body in, repository not told"


GATES = {Kill.WORKING: "WAIT FIRST", Kill.NOT_COMMITTED: "WAIT", Kill.NO_MARKER: "WAIT LAST"}
FAILS = {Kill.WORKING: "FAIL FIRST", Kill.NOT_COMMITTED: "FAIL", Kill.NO_MARKER: "FAIL LAST"}


@dataclass(frozen=True)
class Seen:
    """What somebody else saw on the client at that moment: markers by (iteration, task), the
    ledger's committed rows by task."""

    markers: dict[tuple[int, str], str]
    worked: dict[str, int]

    def text(self) -> str:
        """For a process to print."""
        marks = ",".join(f"{i}/{task}={state}" for (i, task), state in self.markers.items())
        return f"markers[{marks}] worked[{','.join(f'{t}={n}' for t, n in self.worked.items())}]"

    @classmethod
    def read(cls, text: str) -> Seen:
        """The reverse."""
        found = re.search(r"markers\[(.*)\] worked\[(.*)\]", text)
        assert found is not None, text
        marks = re.findall(r"(\d+)/(\w+)=(\w+)", found[1])
        worked = re.findall(r"(\w+)=(\d+)", found[2])
        return cls({(int(i), t): s for i, t, s in marks}, {t: int(n) for t, n in worked})


def look(ref: FaultWorld, instance: str = "east") -> Seen:
    """See for yourself."""
    worked: dict[str, int] = {}
    for (_, task), number in ref.ledger(instance).items():
        worked[task] = worked.get(task, 0) + number
    return Seen(ref.markers(instance), worked)


@dataclass
class Striker:
    """Looks and then acts, once, at the `count`-th time of a point at `where` ("": anywhere)."""

    kill: Kill | None
    where: str
    count: int
    act: Callable[[], None]
    watch: Callable[[], Seen]
    seen: Seen | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, point: str, where: str) -> None:
        """`dtm.runner.ports.Strike`, and the same for the points that the product has not."""
        if self.kill is None or str(point) != self.kill.value or self.where not in ("", where):
            return
        with self._lock:
            self.count -= 1
            if self.count != 0:
                return
            self.seen = self.watch()
        self.act()


@contextmanager
def installs(strike: Striker) -> Iterator[None]:
    """Strike around the DDL of a package, the helper's apart."""
    original = OracleSession.execute

    def execute(self: OracleSession, sql: str, *rest: Any, **more: Any) -> int:
        unit = re.match(
            r"\s*create or replace package (body )?\W?(?!(?:dtm|dom)\b)\w", sql, re.IGNORECASE
        )
        if unit is None:
            return original(self, sql, *rest, **more)
        if not unit[1]:
            strike(Kill.BEFORE_DDL.value, "")
        count = original(self, sql, *rest, **more)
        strike(Kill.BODY_IN.value if unit[1] else Kill.SPEC_IN.value, "")
        return count

    OracleSession.execute = execute  # type: ignore[method-assign]
    try:
        yield
    finally:
        OracleSession.execute = original  # type: ignore[method-assign]


@contextmanager
def lost_answers(strike: Striker) -> Iterator[None]:
    """Strike where a task's call has returned, and nobody was told yet."""
    original = OracleSession.call

    def call(self: OracleSession, block: str, *rest: Any, **more: Any) -> dict[str, Any]:
        answer = original(self, block, *rest, **more)
        task = re.search(r'"REF_OP"\."(\w+)"\(', block)
        if task is not None and "task_begin" in block.lower():
            strike(Kill.ANSWER_LOST.value, task[1].lower())
        return answer

    OracleSession.call = call  # type: ignore[method-assign]
    try:
        yield
    finally:
        OracleSession.call = original  # type: ignore[method-assign]
