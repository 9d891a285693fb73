"""Fail the 1st, 2nd, 3rd ... driver call of a run, then let it get through: nothing is lost."""

from __future__ import annotations

import itertools

import pytest

from dtm.errors import DtmError, ExitCode
from tests.faults.audit import audit
from tests.faults.breaking import Breaker, broken
from tests.faults.world import FaultWorld


def one(ref: FaultWorld, at: int, after: bool, times: int = 1) -> bool:
    """Break call number `at` of a run, then run until it is through; False: there was none."""
    with broken(Breaker(at, times, after)) as breaker:
        try:
            ref.run()
        except DtmError:
            assert breaker.fired, "only a broken call may end a run"
    seed = f"at={at} after={after}: {breaker.what}"
    open_ = ref.query("SELECT COUNT(*) FROM dtm_runs WHERE open_key IS NOT NULL")[0][0]
    if open_:
        report = ref.run(wait_s=20)
        assert report.exit_code is ExitCode.OK, (seed, report)
    for (run_id,) in ref.query("SELECT run_id FROM dtm_runs ORDER BY started_at DESC")[:1]:
        audit(ref, run_id, seed, repeatable=1)
    return bool(breaker.fired)


@pytest.mark.parametrize("after", [False, True])
def test_some_calls(ref: FaultWorld, after: bool) -> None:
    """A slice of the long test."""
    for at in (5, 23, 41, 47, 53, 59, 66, 74):
        one(ref, at, after)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("after", [False, True])
def test_every_call(ref: FaultWorld, after: bool) -> None:
    for at in itertools.count(1):
        if not one(ref, at, after):
            assert at > 50
            return


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_call_and_all_those_after_it(ref: FaultWorld) -> None:
    """The failure persists for a while: every later call of that run fails, too."""
    for at in itertools.count(1, 3):
        if not one(ref, at, after=False, times=10_000):
            return
