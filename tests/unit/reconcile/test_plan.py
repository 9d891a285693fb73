"""Facts in, changes out."""

from __future__ import annotations

import pytest

from dtm.errors import ExitCode
from dtm.model.resources import Kind, Resource
from dtm.reconcile.changes import Action, Contact, Plan, Risk, UnitState
from dtm.reconcile.live import Live, NotRead
from dtm.reconcile.plan import to_read
from dtm.reconcile.target import LiveTable
from dtm.repository.records import Intent
from tests.unit.reconcile.facts import (
    ALL,
    BODY,
    HELPER,
    SPEC,
    TABLE,
    assignment,
    environment,
    fleet,
    installed,
    instance,
    live,
    operation,
    package,
    plan,
    recorded,
    released,
    resource,
    sha,
)

FLEET = fleet("i1")
SETTLED = recorded(FLEET, readbacks=installed("i1"), releases=released(FLEET, "i1"))


def ids(found: Plan) -> list[str]:
    return [change.id for change in found.changes]


def test_nothing_to_do_is_an_empty_plan():
    found = plan(FLEET, SETTLED, {"i1": live(ALL)})
    assert found.exit_code is ExitCode.OK
    assert found.empty
    assert to_read({r.id: r for r in FLEET}, SETTLED.digests) == frozenset()


def test_the_first_plan_creates_in_order_of_dependency_then_installs_helper_first():
    found = plan(FLEET, recorded(), {"i1": live(table=LiveTable(False))})
    assert found.exit_code is ExitCode.CHANGES
    assert ids(found) == [
        "create Environment/prod",
        "create Instance/i1",
        "create Package/P",
        "create Operation/op",
        "create Assignment/op-prod",
        "install Package/DTM on i1",
        "install Package/P on i1",
    ]
    assert [unit.key for unit in found.changes[-1].units] == [TABLE, SPEC, BODY]
    assert {unit.state for unit in found.changes[-1].units} == {UnitState.MISSING}
    assert found.changes[-1].reason == "not there yet"


UNIT_CASES = {
    "current": (live(ALL), (), None),
    "spec missing: the body follows": (
        live({HELPER: "helper", BODY: "body"}),
        (),
        [(SPEC, UnitState.MISSING), (BODY, UnitState.CURRENT)],
    ),
    "body older": (
        live(ALL | {BODY: "old body"}),
        (),
        [(BODY, UnitState.OLDER)],
    ),
    "body drifted": (live(ALL | {BODY: "by hand"}), (), [(BODY, UnitState.DRIFT)]),
    "body interrupted": (
        live(ALL | {BODY: "by hand"}),
        (Intent("i1", BODY, "P", sha("body")),),
        [(BODY, UnitState.INTERRUPTED)],
    ),
    "body does not compile": (
        live(ALL, invalid=[BODY]),
        (),
        [(BODY, UnitState.INVALID)],
    ),
    "table missing": (live(ALL, table=LiveTable(False)), (), [(TABLE, UnitState.MISSING)]),
    "column missing": (live(ALL, table=LiveTable(True, ("C",))), (), [(TABLE, UnitState.EXTEND)]),
}


@pytest.mark.parametrize("case", UNIT_CASES, ids=str)
def test_state_of_units(case):
    seen, intents, expected = UNIT_CASES[case]
    old = installed("i1", body="old body")[-1:]
    known = recorded(
        FLEET,
        readbacks=[*installed("i1"), *old],
        intents=intents,
        releases=released(FLEET, "i1"),
    )
    found = plan(FLEET, known, {"i1": seen})
    if expected is None:
        assert found.empty
        return
    assert ids(found) == ["install Package/P on i1"]
    assert [(unit.key, unit.state) for unit in found.changes[0].units] == expected


def test_an_earlier_read_back_of_another_instance_is_drift_here():
    known = recorded(FLEET, readbacks=installed("i2"), releases=released(FLEET, "i1"))
    found = plan(FLEET, known, {"i1": live(ALL)})
    assert found.drift
    assert {unit.state for change in found.changes for unit in change.units} == {UnitState.DRIFT}


def test_drift_in_a_protected_environment_needs_confirmation():
    fleet_ = [environment(protected=True), *FLEET[1:]]
    known = recorded(fleet_, readbacks=installed("i1"), releases=released(fleet_, "i1"))
    found = plan(fleet_, known, {"i1": live(ALL | {BODY: "by hand"})})
    assert found.needs_confirmation == ("prod",)
    assert Risk.DRIFT in found.changes[0].risks


def test_what_is_installed_but_was_never_released_is_released():
    known = recorded(FLEET, readbacks=installed("i1"))
    found = plan(FLEET, known, {"i1": live(ALL)})
    assert ids(found) == ["release Package/DTM on i1", "release Package/P on i1"]
    assert found.changes[0].units == ()


def test_a_table_that_differs_is_reported_and_left_alone():
    seen = live(ALL, table=LiveTable(True, (), ("ID is NUMBER(5), not NUMBER(10)",)))
    found = plan(FLEET, SETTLED, {"i1": seen})
    assert found.empty
    assert found.warnings[0].instance == "i1"
    assert "NUMBER(5)" in found.warnings[0].message


def test_an_unreachable_instance_is_reported_and_holds_up_nothing():
    both = fleet("i1", "i2")
    known = recorded(both, readbacks=installed("i2"), releases=released(both, "i2"))
    seen: dict[str, Live] = {
        "i1": NotRead(Contact.UNREACHABLE, "no answer"),
        "i2": live({HELPER: "helper", SPEC: "spec"}),
    }
    found = plan(both, known, seen)
    assert found.exit_code is ExitCode.CHANGES
    assert ids(found) == ["install Package/P on i2"]
    assert [(r.name, r.contact) for r in found.instances] == [
        ("i1", Contact.UNREACHABLE),
        ("i2", Contact.READ),
    ]


def test_away_and_otherwise_nothing_to_do_is_degraded():
    found = plan(FLEET, SETTLED, {"i1": NotRead(Contact.UNREACHABLE, "no answer")})
    assert found.empty
    assert found.exit_code is ExitCode.DEGRADED


def test_another_database_is_an_error_somebody_has_to_mend():
    found = plan(FLEET, SETTLED, {"i1": NotRead(Contact.REFUSED, "another database")})
    assert found.exit_code is ExitCode.ERROR


def test_offline_plans_configuration_only():
    found = plan(FLEET, recorded(), {})
    assert {change.action for change in found.changes} == {Action.CREATE}
    assert found.instances[0].contact is Contact.NOT_READ
    assert found.instances[0].packages == ("DTM", "P")


def test_an_update_names_its_fields():
    changed = [*FLEET[:3], operation(limits={"iterations": 5}), FLEET[4]]
    found = plan(changed, SETTLED, {"i1": live(ALL)})
    assert ids(found) == ["update Operation/op"]
    assert [(f.path, f.old, f.new) for f in found.changes[0].fields] == [
        ("spec.limits", None, '{"iterations": 5}')
    ]


def test_changed_sources_update_the_package_and_install_what_changed():
    changed = [*FLEET[:2], package(body="new body"), *FLEET[3:]]
    found = plan(changed, SETTLED, {"i1": live(ALL)})
    assert ids(found) == ["update Package/P", "install Package/P on i1"]
    assert "+new body" in (found.changes[0].fields[0].text or "")
    assert [unit.key for unit in found.changes[1].units] == [BODY]
    assert found.changes[1].reason == "older than the working tree"


def test_removals_come_last_in_reverse_order_and_are_destructive():
    found = plan([environment(enabled=False)], SETTLED, {})
    assert ids(found) == [
        "update Environment/prod",
        "delete Assignment/op-prod",
        "delete Operation/op",
        "delete Package/P",
        "delete Instance/i1",
    ]
    assert found.deletions == 4
    assert all(change.risks == (Risk.DESTRUCTIVE,) for change in found.changes[1:])


def test_removal_in_a_recorded_protected_environment_needs_confirmation():
    before = [environment(protected=True), instance("i1")]
    found = plan([environment(protected=False)], recorded(before), {})
    assert found.needs_confirmation == ("prod",)
    assert [Risk.PROTECTED in change.risks for change in found.changes] == [True, True]
    assert found.changes[0].reason == "protection is taken away"


def renamed(name: str, old: str) -> Resource:
    spec = {"environment": "prod", "connect": {"user": "DTM", "dsn": "i1:1521/X"}}
    return resource(Kind.INSTANCE, name, spec, renamedFrom=old)


def test_a_renamed_instance_keeps_its_installs():
    after = [environment(), renamed("east", "i1"), package(), operation(), assignment()]
    found = plan(after, SETTLED, {"east": live(ALL)})
    assert ids(found) == ["rename Instance/east"]
    assert found.changes[0].renamed_from == "i1"


def test_renamed_from_may_stay_in_the_manifest():
    after = [environment(), renamed("east", "i1"), package(), operation(), assignment()]
    known = recorded(after, readbacks=installed("east"), releases=released(after, "east"))
    assert plan(after, known, {"east": live(ALL)}).empty


SCOPE_CASES = {
    "disabled instance": [environment(), instance("i1", enabled=False), *FLEET[2:]],
    "disabled environment": [environment(enabled=False), *FLEET[1:]],
    "disabled operation": [*FLEET[:3], operation(enabled=False), FLEET[4]],
    "disabled there": [*FLEET[:3], operation(environments={"prod": {"enabled": False}}), FLEET[4]],
    "disabled assignment": [*FLEET[:4], assignment(enabled=False)],
    "disabled package": [*FLEET[:2], package(enabled=False), *FLEET[3:]],
    "not selected": [*FLEET[:4], assignment(instances={"names": ["other"]})],
}


@pytest.mark.parametrize("case", SCOPE_CASES, ids=str)
def test_packages_go_only_where_everything_is_enabled(case):
    desired = SCOPE_CASES[case]
    found = plan(desired, recorded(desired), {"i1": live()})
    assert found.empty
    assert found.instances == ()


def test_unprotected_environments_come_first():
    desired = [
        environment("a-prod", protected=True),
        environment("z-dev"),
        instance("i1", "a-prod"),
        instance("i2", "z-dev"),
        package(),
        operation(),
        assignment("a-prod"),
        assignment("z-dev"),
    ]
    found = plan(desired, recorded(desired), {"i1": live(), "i2": live()})
    assert [change.instance for change in found.changes] == ["i2", "i2", "i1", "i1"]


def test_input_order_does_not_matter():
    seen = {"i1": live(), "i2": live()}
    both = fleet("i1", "i2")
    assert plan(both, recorded(), seen) == plan(
        both[::-1], recorded(), dict(reversed(seen.items()))
    )


def test_a_package_that_is_assigned_no_more_is_said_to_stay_installed():
    without = [r for r in FLEET if r.id.kind is not Kind.ASSIGNMENT]
    state = recorded(without, readbacks=installed("i1"), releases=released(FLEET, "i1"))
    found = plan(without, state, {})
    assert found.exit_code is ExitCode.OK
    assert sorted(warned.message for warned in found.warnings) == [
        "DTM stays installed where nothing is assigned to use it: i1",
        "P stays installed where nothing is assigned to use it: i1",
    ]


def test_a_disabled_assignment_keeps_its_packages_without_a_word():
    paused = [r for r in FLEET if r.id.kind is not Kind.ASSIGNMENT]
    paused.append(assignment(enabled=False))
    state = recorded(paused, readbacks=installed("i1"), releases=released(FLEET, "i1"))
    assert plan(paused, state, {}).warnings == ()
