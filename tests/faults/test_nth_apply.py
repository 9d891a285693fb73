"""Fail the 1st, 2nd, 3rd ... driver call of an apply and its rollout; then apply gets through."""

from __future__ import annotations

import itertools

import pytest

from dtm.errors import DtmError, ExitCode
from tests.contract.repository.conftest import migrated, two
from tests.contract.repository.world import BODY, World, body_of
from tests.faults.breaking import Breaker, broken

__all__ = ["migrated", "two"]  # fixtures of the repository's tests

WAVES = {"waves": [1, "100%"]}


def one(two: World, at: int, after: bool, times: int = 1) -> bool:
    """Break call number `at` of the apply of a new body; False: there was no such call.

    Whatever came of it, the same apply then gets through, and another one changes nothing.
    """
    wanted = f"'{at} {after} {times}'"
    tree = two.tree(body=BODY.replace("'one'", wanted), rollout=WAVES)
    with broken(Breaker(at, times, after)) as breaker:
        try:
            two.apply(tree)
        except DtmError:
            assert breaker.fired, "only a broken call may end an apply"
    seed = f"at={at} after={after} times={times}: {breaker.what[:2]}"
    assert not two.plan(tree).plan.drift, seed
    report = two.apply(tree)
    assert report.exit_code is ExitCode.OK, (seed, report)
    for name in two.schemas:
        assert wanted in body_of(two, name), (seed, name)
    assert two.query("SELECT COUNT(*) FROM dtm_install_intents") == [(0,)], seed
    released = two.query("SELECT COUNT(*), COUNT(DISTINCT version) FROM dtm_releases")
    assert released == [(2, 1)], (seed, released)
    open_ = two.query("SELECT COUNT(*) FROM dtm_applies WHERE state = 'RUNNING'")
    before = two.ddl_times()
    assert two.plan(tree).plan.empty, seed
    two.apply(tree)
    assert two.ddl_times() == before, f"{seed}: the second apply changed something"
    assert open_[0][0] <= 1, (seed, open_)
    return bool(breaker.fired)


@pytest.mark.parametrize("after", [False, True])
def test_some_calls(two: World, after: bool) -> None:
    """A slice of the long test."""
    assert one(two, 45 if after else 20, after)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("after", [False, True])
def test_every_call(two: World, after: bool) -> None:
    for at in itertools.count(1):
        if not one(two, at, after):
            assert at > 50
            return


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_call_and_all_those_after_it(two: World) -> None:
    """Whatever is tried after it fails, too."""
    for at in itertools.count(1, 3):
        if not one(two, at, after=False, times=10_000):
            return
