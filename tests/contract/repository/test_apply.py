"""Plan and apply on a database: what they promise (P5, P6, P10, P11, P13), looked at in SQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from dtm.errors import ExitCode, Locked, UsageError
from dtm.model.resources import Kind, ResourceId
from dtm.model.run import OpenRun
from dtm.reconcile.apply import initialise
from dtm.reconcile.changes import Action, Contact
from dtm.reconcile.deps import ApplyOptions
from dtm.reconcile.oracle_target import helper_versions, repository_lock
from dtm.repository.applies import ApplyLog
from dtm.repository.config import ConfigStore
from dtm.repository.records import ApplyState, Outcome
from tests.contract.repository.world import (
    BODY,
    NEXT_BODY,
    SPEC,
    WRONG_BODY,
    World,
    body_of,
    resource,
)

UNITS = "SELECT object_type, object_name, status FROM user_objects ORDER BY 1, 2"


def test_plan_apply_plan(two: World) -> None:
    first = two.plan().plan
    assert first.exit_code is ExitCode.CHANGES
    assert first.counts() == {Action.CREATE: 6, Action.INSTALL: 2}
    assert first.base.lineage == ""
    report = two.apply()
    assert report.exit_code is ExitCode.OK, report
    assert two.on("west", UNITS) == [
        ("PACKAGE", "TIDY", "VALID"),
        ("PACKAGE BODY", "TIDY", "VALID"),
        ("TABLE", "TIDY_STATE", "VALID"),
    ]
    again = two.plan().plan
    assert again.exit_code is ExitCode.OK
    assert again.changes == ()
    assert again.base.serial == 1


def test_a_second_apply_changes_nothing_not_even_last_ddl_time(one: World) -> None:
    one.apply()
    before = (
        one.ddl_times(),
        one.query("SELECT * FROM dtm_applies"),
        one.query("SELECT * FROM dtm_repository"),
    )
    report = one.apply()
    assert report.apply_id is None
    assert report.exit_code is ExitCode.OK
    after = (
        one.ddl_times(),
        one.query("SELECT * FROM dtm_applies"),
        one.query("SELECT * FROM dtm_repository"),
    )
    assert after == before


def test_the_real_helper_is_installed_and_then_left_alone(one: World) -> None:
    one.helper = helper_versions()[:1]
    report = one.apply()
    assert report.exit_code is ExitCode.OK, report.applied
    assert one.on("east", "SELECT status FROM user_objects WHERE object_name = 'DTM'") == [
        ("VALID",),
        ("VALID",),
    ]
    before = one.ddl_times()
    assert one.plan().plan.empty
    assert one.ddl_times() == before
    assert one.query("SELECT package FROM dtm_releases ORDER BY 1") == [("DTM",), ("TIDY",)]


def test_a_dba_reads_the_configuration_in_plain_columns(one: World) -> None:
    one.apply()
    user = one.schemas["east"].user
    assert one.query("SELECT name, enabled, protected FROM dtm_environments") == [
        ("test", "Y", "N")
    ]
    assert one.query("SELECT instance, environment, enabled, db_user FROM dtm_v_instances") == [
        ("east", "test", "Y", user)
    ]
    assert one.query("SELECT operation, phase, name, procedure_name FROM dtm_tasks") == [
        ("tidy", "TASK", "sweep", "SWEEP")
    ]
    assert one.query("SELECT parameter, layer, value FROM dtm_parameter_values") == [
        ("DAYS", "environment", "30")
    ]
    assert one.query("SELECT operation, tasks, assignments, owner FROM dtm_v_operations") == [
        ("tidy", 1, 1, "dba")
    ]
    assert one.query("SELECT assignment, instance, object_name, enabled FROM dtm_v_targets") == [
        ("tidy-test", "east", None, "Y")
    ]
    assert one.query("SELECT instance, package, current_version FROM dtm_v_releases") == [
        ("east", "TIDY", "Y")
    ]
    assert one.query(
        "SELECT unit_type, unit_name, status FROM dtm_v_installs ORDER BY unit_type"
    ) == [
        ("PACKAGE", "TIDY", "INSTALLED"),
        ("PACKAGE BODY", "TIDY", "INSTALLED"),
        ("TABLE", "TIDY_STATE", "INSTALLED"),
    ]
    assert one.query("SELECT apply_id, state, os_user, changes, failures FROM dtm_v_applies") == [
        (1, "DONE", "tester", 6, 0)
    ]


def test_the_recorded_state_is_what_was_desired(one: World) -> None:
    one.apply()
    session = one.repository.connect()
    recorded = ConfigStore(session).recorded()
    session.close()
    desired = {r.id: r for r in one.tree()}
    assert recorded.digests == {key: r.digest for key, r in desired.items()}
    for key, resource_ in desired.items():
        found = recorded.resources[key]
        assert (found.metadata, found.spec, found.sources) == (
            resource_.metadata,
            resource_.spec,
            resource_.sources,
        )
    assert recorded.intents == ()


def test_updates_and_removals_reach_every_table(one: World) -> None:
    one.apply()
    gone = [r for r in one.tree() if r.id.kind in (Kind.ENVIRONMENT, Kind.INSTANCE)]
    report = one.apply(gone)
    assert report.exit_code is ExitCode.OK
    for table in ("packages", "operations", "tasks", "assignments", "parameter_decls", "releases"):
        assert one.query(f"SELECT COUNT(*) FROM dtm_{table}") == [(0,)], table
    assert one.query("SELECT COUNT(*) FROM dtm_resources") == [(2,)]
    assert one.query("SELECT COUNT(*) FROM dtm_assignment_instances") == [(0,)]
    assert one.plan(gone).plan.empty


def test_deletions_beyond_the_cap_are_refused(one: World) -> None:
    one.apply()
    with pytest.raises(UsageError, match="--max-deletions"):
        one.apply([], ApplyOptions(max_deletions=4))
    assert one.query("SELECT COUNT(*) FROM dtm_resources") == [(5,)]


def test_removal_in_a_protected_environment_needs_confirmation(one: World) -> None:
    one.apply(one.tree(protected=True))
    with pytest.raises(UsageError, match="protected environment test"):
        one.apply([])
    report = one.apply([], ApplyOptions(confirmed=frozenset({"test"})))
    assert report.exit_code is ExitCode.OK


def test_removal_while_a_run_is_active_is_refused(one: World) -> None:
    one.apply()
    run = OpenRun("17", "tidy", "tidy-test", "test", ("east",), running=True)
    with pytest.raises(Locked, match="used by run 17"):
        one.apply([], open_runs=lambda _: (run,))
    assert one.query("SELECT COUNT(*) FROM dtm_applies") == [(1,)]


def test_history_follows_a_renamed_instance(one: World) -> None:
    one.apply()
    one.schemas["orient"] = one.schemas.pop("east")
    tree = [r for r in one.tree() if r.id != ResourceId(Kind.INSTANCE, "orient")]
    tree.append(one.instance("orient", renamedFrom="east"))
    planned = one.plan(tree).plan
    assert [change.id for change in planned.changes] == ["rename Instance/orient"]
    renamed = []
    report = one.apply(tree, rename_history=lambda *what: renamed.append(what[1:]))
    assert report.exit_code is ExitCode.OK
    assert renamed == [(Kind.INSTANCE, "east", "orient")]
    for table in ("installs", "releases", "instance_facts", "assignment_instances"):
        assert one.query(f"SELECT DISTINCT instance FROM dtm_{table}") == [("orient",)], table
    assert one.plan(tree).plan.empty


# --- P11, P13


def test_an_unreachable_instance_is_reported_and_the_others_proceed(two: World) -> None:
    two.elsewhere["west"] = two.schemas["west"].elsewhere("NO_SUCH_SERVICE")
    planned = two.plan().plan
    assert [(r.name, r.contact) for r in planned.away] == [("west", Contact.UNREACHABLE)]
    report = two.apply()
    assert report.exit_code is ExitCode.DEGRADED
    assert "'one'" in body_of(two, "east")
    assert two.query("SELECT state FROM dtm_applies") == [("DEGRADED",)]
    del two.elsewhere["west"]
    assert two.apply().exit_code is ExitCode.OK
    assert "'one'" in body_of(two, "west")


def test_another_database_than_at_first_contact_is_refused(one: World) -> None:
    one.apply()
    assert one.query("SELECT instance FROM dtm_instance_facts WHERE dbid IS NOT NULL") == [
        ("east",)
    ]
    one.do("repository", "UPDATE dtm_instance_facts SET dbid = dbid + 1")
    planned = one.plan(one.tree(body=NEXT_BODY)).plan
    assert [(r.name, r.contact) for r in planned.away] == [("east", Contact.REFUSED)]
    assert "first contact" in planned.away[0].message
    assert planned.exit_code is ExitCode.ERROR
    assert one.apply(one.tree(body=NEXT_BODY)).exit_code is ExitCode.ERROR
    assert "'one'" in body_of(one, "east")


def test_an_unexpected_name_is_refused(one: World) -> None:
    tree = one.tree()
    spec = {**tree[1].spec, "expect": {"dbUniqueName": ["ANOTHER_DB"]}}
    tree[1] = resource(Kind.INSTANCE, "east", spec)
    planned = one.plan(tree).plan
    assert planned.away[0].contact is Contact.REFUSED
    assert "ANOTHER_DB" in planned.away[0].message


# --- locks and records


def test_two_applies_at_once_the_second_is_told_who_has_the_lock(one: World) -> None:
    session = one.repository.connect()
    with repository_lock(session), pytest.raises(Locked) as caught:
        one.apply()
    session.close()
    assert caught.value.exit_code is ExitCode.LOCKED
    assert "another apply is at work" in caught.value.message
    assert "SID" in caught.value.message
    assert one.apply().exit_code is ExitCode.OK


def test_init_is_repeatable_and_keeps_the_lineage(one: World) -> None:
    state = initialise(one.deps())
    assert state.serial == 0
    assert initialise(one.deps()) == state
    assert one.apply().exit_code is ExitCode.OK


def test_an_apply_can_be_listed_and_shown(one: World) -> None:
    one.apply()
    one.apply(one.tree(body=NEXT_BODY))
    session = one.repository.connect()
    log = ApplyLog(session)
    newest, oldest = log.applies()
    changes = log.changes(newest.apply_id)
    session.close()
    assert (newest.apply_id, newest.state, oldest.apply_id) == (2, ApplyState.DONE, 1)
    assert (newest.header.commit, newest.header.os_user) == ("c0ffee", "tester")
    assert (newest.header.serial_before, newest.serial_after) == (1, 2)
    assert isinstance(newest.finished_at, datetime)
    assert [(c.action, c.name, c.outcome) for c in changes] == [
        ("update", "TIDY", Outcome.DONE),
        ("install", "TIDY", Outcome.DONE),
    ]
    assert changes[0].fields[0].path == 'sources["tidy.pkb"]'


def test_no_secret_is_anywhere_in_the_repository(one: World) -> None:
    one.apply()
    one.apply(one.tree(body=WRONG_BODY))
    secrets = {one.repository.password, *(s.password for s in one.schemas.values())}
    session = one.repository.connect()
    found = []
    for (table,) in session.query("SELECT table_name FROM user_tables"):
        text = repr(session.query(f'SELECT * FROM "{table}"'))
        found += [table for secret in secrets if secret in text]
    session.close()
    assert found == []


def test_round_trips_of_one_unit(one: World) -> None:
    """At most two beyond the DDL: one reads back, one looks for broken dependents."""
    one.apply()
    counts = []

    class Counting:
        def __init__(self, target):
            self._target = target

        def __getattr__(self, name):
            return getattr(self._target, name)

        def install(self, unit):
            before = self._target._session.round_trips
            result = self._target.install(unit)
            counts.append(self._target._session.round_trips - before)
            return result

    one.wrap = Counting
    two_units = one.tree(body=NEXT_BODY, spec=SPEC.replace("AS\n", "AS\n  -- more\n"))
    assert one.apply(two_units).exit_code is ExitCode.OK
    assert len(counts) == 2
    settings = 1  # ALTER SESSION, once per session
    assert sum(counts) - settings <= 2 * (1 + 2)


def test_serial_counts_applies_that_changed_something(one: World) -> None:
    for body in (BODY, NEXT_BODY, NEXT_BODY, BODY):
        one.apply(one.tree(body=body))
    assert one.query("SELECT serial FROM dtm_repository") == [(3,)]
    assert replace(one.plan().plan.base, lineage="").serial == 3
