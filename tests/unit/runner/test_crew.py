"""The supervisor: budget, signals, halts, parallelism changed while it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from dtm.errors import ExitCode
from dtm.model.states import StreamState
from dtm.model.stream import StreamRecord
from dtm.repository.runs_rows import StreamRow
from dtm.runner.crew import Crew
from dtm.runner.decide import HaltAt, HaltKind
from dtm.runner.halting import Halting
from dtm.runner.run_stream import StreamResult
from dtm.runner.schedule import Capacity
from dtm.runner.signals import SignalLadder
from dtm.runner.threads import DaemonExecutor


def row(handle: str, instance: str | None = None, wave: int = 1) -> StreamRow:
    return StreamRow(
        handle, "run", instance or f"i{handle}", None, 1, 1, wave, StreamRecord(handle)
    )


def crew(
    rows: list[StreamRow],
    start: Callable[[StreamRow], StreamResult],
    *,
    overall: int | None = None,
    budget: int | None = None,
    signals: SignalLadder | None = None,
) -> Crew:
    return Crew(
        rows={r.handle: r for r in rows},
        passed=frozenset(),
        start=start,
        executor=DaemonExecutor("test"),
        halting=Halting(),
        capacity=Capacity(overall, 1),
        max_failures=budget,
        tick_s=0.01,
        stuck_s=1.0,
        signals=signals,
    )


def done(stream: StreamRow) -> StreamResult:
    return StreamResult(stream.handle, StreamState.COMPLETED, ExitCode.OK, "", started=True)


def failed(stream: StreamRow) -> StreamResult:
    return replace(done(stream), state=StreamState.FAILED, exit_code=ExitCode.FAILED)


def test_all_streams_run_and_at_most_so_many_at_a_time() -> None:
    running, most, lock = [0], [0], threading.Lock()

    def start(stream: StreamRow) -> StreamResult:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        threading.Event().wait(0.02)
        with lock:
            running[0] -= 1
        return done(stream)

    made = crew([row(str(n)) for n in range(12)], start, overall=3)
    assert made.drive() == ()
    assert len(made.results) == 12
    assert most[0] == 3


def test_spent_budget_halts_the_others_and_starts_no_more() -> None:
    made: Crew

    def start(stream: StreamRow) -> StreamResult:
        return failed(stream)

    made = crew([row(str(n)) for n in range(10)], start, overall=2, budget=1)
    made.drive()
    assert 2 <= len(made.results) < 10
    halt = made.halting.halt_for("i9")
    assert halt is not None
    assert halt.kind is HaltKind.BUDGET


def test_unlimited_budget_goes_on() -> None:
    made = crew([row(str(n)) for n in range(5)], failed, overall=1)
    made.drive()
    assert len(made.results) == 5


def test_second_wave_starts_after_the_first() -> None:
    order: list[str] = []

    def start(stream: StreamRow) -> StreamResult:
        order.append(stream.handle)
        return done(stream)

    crew([row("b", wave=2), row("a", wave=1), row("c", wave=2)], start).drive()
    assert order[0] == "a"


def test_signals_climb_from_boundary_to_now() -> None:
    ladder = SignalLadder()
    levels: list[HaltAt] = []

    def wait_for(at: HaltAt, instance: str) -> None:
        for _ in range(400):
            halt = made.halting.halt_for(instance)
            if halt is not None and halt.at is at:
                levels.append(at)
                return
            threading.Event().wait(0.005)

    def start(stream: StreamRow) -> StreamResult:
        for at in (HaltAt.TASK, HaltAt.NOW):
            ladder._handle(2, None)
            wait_for(at, stream.instance)
        return done(stream)

    made = crew([row("1")], start, signals=ladder)
    made.drive()
    assert levels == [HaltAt.TASK, HaltAt.NOW]


def test_a_bug_in_a_stream_is_raised() -> None:
    def start(stream: StreamRow) -> StreamResult:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crew([row("1")], start).drive()
