"""What apply refuses before it touches anything, and the exit code of what it did."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dtm.errors import ExitCode, Locked, StalePlan, UsageError
from dtm.model.resources import Kind, ResourceId
from dtm.model.run import OpenRun
from dtm.reconcile.apply import ApplyReport, _check_base, check_limits, check_runs
from dtm.reconcile.changes import Action, Change, Contact, Plan
from dtm.reconcile.deps import ApplyOptions
from dtm.reconcile.live import NotRead
from dtm.reconcile.rollout import Applied
from dtm.repository.records import Outcome, RepositoryState
from tests.unit.reconcile.facts import environment, fleet, instance, live, plan, recorded

NOTHING = plan([], recorded(), {})


def test_deletions_are_capped():
    removal = plan([], recorded(fleet("i1", "i2")), {})
    check_limits(removal, ApplyOptions(max_deletions=6))
    with pytest.raises(UsageError) as caught:
        check_limits(removal, ApplyOptions(max_deletions=5))
    assert caught.value.exit_code is ExitCode.ERROR
    assert "removes 6 resources" in caught.value.message
    assert caught.value.hint == "if that is meant: --max-deletions 6"


def test_protected_environments_need_confirmation():
    guarded = [environment(protected=True), instance("i1")]
    removal = plan(guarded[:1], recorded(guarded), {})
    check_limits(removal, ApplyOptions(confirmed=frozenset({"prod"})))
    with pytest.raises(UsageError, match="protected environment prod"):
        check_limits(removal, ApplyOptions(confirmed=frozenset({"dev"})))


RUN = OpenRun("17", "op", "op-prod", "prod", ("i1",), running=True)


def removing(
    kind: Kind, name: str, action: Action = Action.DELETE, old: str | None = None
) -> Plan:
    change = Change(action, ResourceId(kind, name), "", renamed_from=old)
    return replace(NOTHING, changes=(change,))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Kind.ENVIRONMENT, "prod"),
        (Kind.INSTANCE, "i1"),
        (Kind.OPERATION, "op"),
        (Kind.ASSIGNMENT, "op-prod"),
    ],
)
def test_what_an_open_run_uses_is_not_removed(kind, name):
    with pytest.raises(Locked, match="used by run 17"):
        check_runs(removing(kind, name), [RUN])
    with pytest.raises(UsageError, match="not finished") as caught:
        check_runs(removing(kind, name), [replace(RUN, running=False)])
    assert caught.value.hint is not None
    assert "dtm abandon 17" in caught.value.hint
    check_runs(removing(kind, "other"), [RUN])


def test_what_an_open_run_uses_is_not_renamed():
    with pytest.raises(Locked):
        check_runs(removing(Kind.INSTANCE, "east", Action.RENAME, old="i1"), [RUN])
    check_runs(removing(Kind.INSTANCE, "i1", Action.RENAME, old="west"), [RUN])


def test_a_repository_that_moved_on_makes_the_plan_stale():
    base = NOTHING.base
    _check_base(NOTHING, RepositoryState(base.lineage, base.serial, 1))
    with pytest.raises(StalePlan, match="serial"):
        _check_base(NOTHING, RepositoryState(base.lineage, base.serial + 1, 1))
    with pytest.raises(StalePlan, match="lineage"):
        _check_base(NOTHING, RepositoryState("other", base.serial, 1))


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([], ExitCode.OK),
        ([Outcome.DONE], ExitCode.OK),
        ([Outcome.DONE, Outcome.UNREACHABLE], ExitCode.DEGRADED),
        ([Outcome.BUSY, Outcome.UNREACHABLE], ExitCode.LOCKED),
        ([Outcome.FAILED, Outcome.SKIPPED, Outcome.BUSY], ExitCode.FAILED),
        ([Outcome.STALE, Outcome.FAILED], ExitCode.STALE),
    ],
)
def test_exit_codes(outcomes, expected):
    change = Change(Action.INSTALL, ResourceId(Kind.PACKAGE, "P"), "")
    applied = tuple(Applied(change, outcome) for outcome in outcomes)
    assert ApplyReport(NOTHING, 1, 1, applied).exit_code is expected


def test_an_instance_that_could_not_be_read_degrades_an_apply():
    away = plan(fleet("i1"), recorded(), {"i1": NotRead(Contact.UNREACHABLE, "no")})
    assert ApplyReport(away, 1, 1, ()).exit_code is ExitCode.DEGRADED
    assert ApplyReport(plan(fleet("i1"), recorded(), {"i1": live()})).exit_code is ExitCode.OK
