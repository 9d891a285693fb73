"""Faults of the original system that the pure core alone can rule out; named after their number.

The others need sessions, locks or a database and are in tests/faults.
"""

from __future__ import annotations

import itertools

from dtm.model.states import StreamState
from dtm.runner.decide import Stop
from tests.unit.runner.play import OK, Player, played


def test_fault_01_failed_initial_does_not_skip_the_tasks_of_the_iteration() -> None:
    player = Player(results={"initial@1": ["fail"], "iterator@2": ["complete"]})
    assert played(player.start(), StreamState.FAILED)
    player.calls.clear()
    assert played(player.start(), StreamState.COMPLETED)
    assert player.calls == [
        "initial@1",
        *("a@1", "b@1", "c@1", "d@1"),
        "iterator@2",
        "final(N)@1",
    ]


def test_fault_04_no_limit_configured_is_no_limit() -> None:
    player = Player(results={"iterator@200": ["complete"]})
    assert played(player.start(), StreamState.COMPLETED)
    assert player.record.iteration == 199


def test_fault_08_ora_20100_from_a_task_is_an_ordinary_error() -> None:
    # The call reports ORA-20100 as an error unless it is the iterator's; the stream fails.
    player = Player(results={"b@1": ["fail"]})
    stop = player.start()
    assert isinstance(stop, Stop)
    assert stop.state is StreamState.FAILED
    assert not player.record.exhausted
    assert player.record.failed is not None


def test_fault_14_a_retry_overwrites_no_history() -> None:
    player = Player(results={"a@1": ["fail", "crash", "ok"], "iterator@2": ["complete"]})
    for _ in range(3):
        player.start()
    attempts = player.record.last_seq
    assert attempts == len(player.calls)


def test_every_single_crash_point_ends_complete_with_each_task_once() -> None:
    """For each call of the reference stream, die before or after its work is committed."""
    clean = Player(shape=OK, results={"iterator@3": ["complete"]})
    clean.start()
    every_start = {"initial@1", "initial@2"}
    for call, how in itertools.product(sorted(set(clean.calls)), ("crash", "lost")):
        if call == "iterator@3" and how == "lost":
            continue  # ORA-20100 rolls back: there is no commit whose answer could be lost
        results = {"iterator@3": ["complete"]}
        results[call] = [how, *results.get(call, [])]
        player = Player(results=results)
        player.start()
        assert played(player.start(), StreamState.COMPLETED), (call, how)
        for name in set(clean.calls) - every_start:
            expected = 2 if (name, how) == (call, "crash") else 1
            assert player.calls.count(name) == expected, (call, how, name)
