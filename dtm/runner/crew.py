"""Drives the streams of a claimed run: starts what may start, cancels what must end, counts failures.

One supervisor thread that never waits on the network; streams and parallel members are daemon
threads of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field

from dtm.errors import ExitCode
from dtm.model.states import StreamState
from dtm.repository.runs_rows import StreamRow
from dtm.runner.decide import Halt, HaltAt, HaltKind
from dtm.runner.halting import Halting
from dtm.runner.run_stream import StreamResult
from dtm.runner.schedule import Capacity, Place, Progress, startable, stuck
from dtm.runner.signals import SignalLadder

_FIRST_SIGNAL = "a signal came: running tasks end, nothing new starts; once more cancels them"
_SECOND_SIGNAL = "another signal came: running calls are cancelled; once more leaves at once"


@dataclass
class Crew:
    """The streams of one runner. `start` makes the work of a stream; `passed` are not worked on."""

    rows: Mapping[str, StreamRow]
    passed: frozenset[str]
    start: Callable[[StreamRow], StreamResult]
    executor: Executor
    halting: Halting
    capacity: Capacity
    max_failures: int | None
    tick_s: float
    stuck_s: float
    signals: SignalLadder | None = None
    on_tick: Callable[[], None] = lambda: None
    tell: Callable[[str], None] = lambda _message: None
    results: dict[str, StreamResult] = field(default_factory=dict)
    _running: dict[str, Future[StreamResult]] = field(default_factory=dict)
    _level: int = 0

    def limit(self, overall: int | None) -> None:
        """Change how many streams may run at a time; running ones go on."""
        self.capacity = Capacity(overall, self.capacity.per_instance)

    def drive(self) -> tuple[str, ...]:
        """Run until nothing runs and nothing may start; return handles that could not be stopped."""
        while True:
            self._start_some()
            if not self._running:
                return ()
            wait(self._running.values(), timeout=self.tick_s, return_when=FIRST_COMPLETED)
            self._collect()
            self._obey_signals()
            self.on_tick()
            self.halting.sweep()
            if hanging := self._hanging():
                return hanging

    def held_back(self) -> tuple[str, ...]:
        """Streams that did not start because an object before them did not complete."""
        return stuck(self._places(), self._progress())

    def _start_some(self) -> None:
        for handle in startable(self._places(), self._progress(), self.capacity):
            row = self.rows[handle]
            if self.halting.halt_for(row.instance) is not None:
                continue
            self._running[handle] = self.executor.submit(self.start, row)

    def _places(self) -> list[Place]:
        return [
            Place(row.handle, row.instance, row.position, row.member, row.wave)
            for row in self.rows.values()
        ]

    def _progress(self) -> Progress:
        completed = {
            handle
            for handle, row in self.rows.items()
            if row.record.state in (StreamState.COMPLETED, StreamState.SKIPPED)
        }
        completed |= {h for h, r in self.results.items() if r.state is StreamState.COMPLETED}
        return Progress(
            completed=completed,
            ended=set(self.results) - completed,
            running=set(self._running),
            passed=self.passed,
        )

    def _collect(self) -> None:
        for handle in [h for h, future in self._running.items() if future.done()]:
            self.results[handle] = self._running.pop(handle).result()
        failed = {
            self.rows[h].instance
            for h, r in self.results.items()
            if r.exit_code in (ExitCode.FAILED, ExitCode.ERROR)
        }
        if self.max_failures is not None and len(failed) > self.max_failures:
            reason = (
                f"failure budget spent: {len(failed)} instances failed, {self.max_failures} may"
            )
            self.halting.request(Halt(HaltAt.TASK, HaltKind.BUDGET, reason))

    def _obey_signals(self) -> None:
        level = self.signals.level if self.signals else 0
        if level > self._level:
            self._level = level
            at = HaltAt.TASK if level == 1 else HaltAt.NOW
            self.halting.request(Halt(at, HaltKind.SIGNAL, "stopped by a signal"))
            self.tell(_FIRST_SIGNAL if level == 1 else _SECOND_SIGNAL)

    def _hanging(self) -> tuple[str, ...]:
        """Once every running call has been cancelled for long enough without ending: give up."""
        calls = self.halting.running_calls()
        now = self.halting.now()
        over = [
            c for c in calls if c.cancelled_at is not None and now - c.cancelled_at > self.stuck_s
        ]
        if over and len(over) == len(calls):
            return tuple(self._running)
        return ()
