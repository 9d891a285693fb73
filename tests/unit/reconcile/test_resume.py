"""A plan file whose apply was killed is not stale because of what that apply did itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dtm.reconcile import planfile
from dtm.reconcile.changes import Plan
from dtm.reconcile.resume import tolerated
from dtm.repository.records import ApplyHeader, ApplyRecord, ApplyState
from tests.unit.reconcile.facts import ALL, BODY, fleet, installed, live, plan, recorded

FLEET = fleet("i1", "i2")
KNOWN = recorded(FLEET[1:], readbacks=installed("i1", "i2"))
SAVED = plan(FLEET, KNOWN, {"i1": live(), "i2": live()})


def after(**seen: object) -> Plan:
    made = plan(FLEET, KNOWN, {"i1": live(), "i2": live()} | seen)  # type: ignore[arg-type]
    return replace(made, base=replace(made.base, serial=8))


def apply_of(saved: Plan, **change: object) -> ApplyRecord:
    header = ApplyHeader("me", "here", None, planfile.digest(saved), "d", "1", 7)
    record = ApplyRecord(
        3,
        ApplyState.RUNNING,
        datetime(2026, 1, 1, tzinfo=UTC),
        None,
        header,
        8,
        None,
    )
    return replace(record, **change)  # type: ignore[arg-type]


def stale(current: Plan, last: ApplyRecord | None, *touched: str) -> list[str]:
    return list(planfile.stale(SAVED, tolerated(SAVED, current, last, frozenset(touched))))


@pytest.mark.parametrize("state", [ApplyState.RUNNING, ApplyState.INTERRUPTED])
def test_its_own_serial_and_installs_are_tolerated(state):
    assert stale(after(i1=live(ALL)), apply_of(SAVED, state=state), "i1") == []


def test_an_instance_it_had_not_begun_is_still_checked():
    found = stale(after(i1=live(ALL), i2=live({BODY: "by hand"})), apply_of(SAVED), "i1")
    assert found == ["instance i2 no longer holds what it held"]


@pytest.mark.parametrize(
    "last",
    [
        None,
        apply_of(SAVED, state=ApplyState.DONE),
        apply_of(SAVED, state=ApplyState.FAILED),
        apply_of(replace(SAVED, resources=99)),
        apply_of(SAVED, serial_after=7),
    ],
    ids=["no apply", "done", "failed", "of another plan", "somebody wrote after it"],
)
def test_everything_else_stays_stale(last):
    assert "repository serial was 7, is 8" in stale(after(), last)


def test_a_repository_that_was_only_initialised_is_tolerated():
    fresh = replace(SAVED, base=replace(SAVED.base, lineage="", serial=0, schema_version=0))
    made = replace(SAVED, base=replace(SAVED.base, lineage="new", serial=0, schema_version=2))
    assert list(planfile.stale(fresh, tolerated(fresh, made, None, frozenset()))) == []
    moved = replace(made, base=replace(made.base, serial=1))
    assert len(list(planfile.stale(fresh, tolerated(fresh, moved, None, frozenset())))) == 3
