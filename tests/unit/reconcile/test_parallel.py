"""Jobs in threads: a job that hangs delays nobody, and errors are results."""

from __future__ import annotations

import threading
import time

import pytest

from dtm.errors import DatabaseError
from dtm.reconcile import parallel
from dtm.reconcile.parallel import DeadlineExceeded, run_each


def test_results_and_expected_errors_arrive():
    def refuse() -> int:
        raise DatabaseError("no")

    found = dict(run_each({"a": lambda: 1, "b": refuse}, limit=2, deadline_s=5))
    assert found["a"] == 1
    assert isinstance(found["b"], DatabaseError)


def test_a_bug_is_raised_here():
    def divide() -> float:
        return 1 / 0

    with pytest.raises(ZeroDivisionError):
        dict(run_each({"a": divide}, limit=1, deadline_s=5))


def test_jobs_that_hang_delay_nobody():
    never = threading.Event()
    jobs = {f"hangs-{number}": (lambda: never.wait(30)) for number in range(3)}
    started = time.monotonic()
    found = dict(run_each(jobs | {"quick": lambda: True}, limit=3, deadline_s=0.3))
    elapsed = time.monotonic() - started
    never.set()
    assert found["quick"] is True
    assert all(isinstance(found[name], DeadlineExceeded) for name in jobs)
    assert elapsed < 2


def test_no_more_than_the_limit_at_a_time():
    lock, now, most = threading.Lock(), 0, 0

    def job() -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        with lock:
            now -= 1

    assert len(dict(run_each({str(n): job for n in range(20)}, limit=4, deadline_s=5))) == 20
    assert 1 < most <= 4


def test_the_caller_is_called_while_nothing_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "BEAT_S", 0.02)
    beats: list[int] = []
    jobs = {"slow": lambda: time.sleep(0.3)}
    dict(run_each(jobs, limit=1, deadline_s=5, beat=lambda: beats.append(1)))
    assert len(beats) >= 3
