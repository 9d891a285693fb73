"""Halts in force, and calls that are stopped by a halt or a time limit."""

from __future__ import annotations

import threading

import pytest

from dtm.runner.decide import Halt, HaltAt, HaltKind
from dtm.runner.halting import CancelledBy, Halting
from tests.unit.runner.fakes import Client, Instance

LATER = Halt(HaltAt.ITERATION, HaltKind.PERSON, "later")
SOON = Halt(HaltAt.TASK, HaltKind.PERSON, "soon")
NOW = Halt(HaltAt.NOW, HaltKind.PERSON, "now")


def test_the_sooner_boundary_holds_and_instances_are_apart() -> None:
    halting = Halting()
    halting.request(SOON, "east")
    halting.request(LATER)
    assert halting.halt_for("east") == SOON
    assert halting.halt_for("west") == LATER
    halting.request(NOW)
    assert halting.halt_for("east") == NOW
    halting.request(LATER)
    assert halting.halt_for("west") == NOW


def test_pause_ends_at_once_with_a_halt() -> None:
    halting = Halting()
    threading.Timer(0.05, halting.request, (SOON,)).start()
    assert halting.pause("east", 30.0) is False
    assert Halting().pause("east", 0.01) is True


@pytest.mark.parametrize(
    ("halt", "timeout_s", "by"),
    [(NOW, None, CancelledBy.HALT), (None, 0.0, CancelledBy.TIMEOUT)],
)
def test_call_is_stopped(halt: Halt | None, timeout_s: float | None, by: CancelledBy) -> None:
    halting = Halting()
    client = Client(Instance())
    with halting.running("east", "1", client, timeout_s) as call:
        if halt is not None:
            halting.request(halt)
        halting.sweep()
        halting.sweep()
        assert client.cancelled.wait(5)
        assert call.cancelled_by is by
    assert halting.running_calls() == ()


@pytest.mark.parametrize("halt", [SOON, LATER])
def test_call_is_left_to_end_where_the_boundary_is_later(halt: Halt) -> None:
    halting = Halting()
    client = Client(Instance())
    with halting.running("east", "1", client, 60.0) as call:
        halting.request(halt)
        halting.sweep()
        assert call.cancelled_by is None
    assert not client.cancelled.is_set()
