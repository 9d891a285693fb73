"""Rollout against schemas in memory: waves, budget, order, restore, what is recorded."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from dataclasses import dataclass, field

import pytest

from dtm.model.environment import RolloutPolicy
from dtm.model.inventory import Inventory
from dtm.model.resources import Resource
from dtm.reconcile.changes import Plan
from dtm.reconcile.deps import ApplyOptions, Deps, Desired, Who
from dtm.reconcile.events import Event, EventKind, ignore
from dtm.reconcile.live import read_all
from dtm.reconcile.make import Planned
from dtm.reconcile.plan import Inputs, make
from dtm.reconcile.rollout import Applied, Rollout, waves
from dtm.reconcile.scope import wanted
from dtm.repository.records import (
    Facts,
    InstallRecord,
    InstallStatus,
    Intent,
    Outcome,
    ReadBack,
    Recorded,
    Release,
)
from tests.unit.reconcile.facts import (
    BASE,
    BODY,
    HELPER,
    HELPERS,
    SPEC,
    TABLE,
    assignment,
    environment,
    fleet,
    instance,
    operation,
    package,
    recorded,
)
from tests.unit.reconcile.fake_target import Fleet


@dataclass
class FakeStore:
    """Keeps what is recorded, and gives it back as a recorded state."""

    resources: list[Resource]
    intents: set[Intent] = field(default_factory=set)
    installs: list[InstallRecord] = field(default_factory=list)
    releases: dict[tuple[str, str], str] = field(default_factory=dict)
    facts: dict[str, Facts] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)

    def schema(self) -> str:
        return "REPO"

    def record_intents(self, intents: list[Intent]) -> None:
        self.intents |= set(intents)

    def forget_intents(self, intents: list[Intent]) -> None:
        self.intents -= set(intents)

    def settle(self, instance: str, packages: list[str]) -> None:
        gone = {(instance, package) for package in packages}
        self.intents = {i for i in self.intents if (i.instance, i.package) not in gone}

    def record_installs(self, records: list[InstallRecord]) -> None:
        self.installs += records
        done = {(record.instance, record.unit) for record in records}
        self.intents = {i for i in self.intents if (i.instance, i.unit) not in done}

    def record_facts(self, facts: list[Facts]) -> None:
        self.facts |= {fact.instance: fact for fact in facts}

    def release(self, releases: list[Release], apply_id: int) -> None:
        self.batches.append(len(releases))
        self.releases |= {(r.instance, r.package): r.version for r in releases}

    def recorded(self) -> Recorded:
        backs = [
            ReadBack(r.instance, r.unit, r.sent_sha256, r.readback_sha256)
            for r in self.installs
            if r.readback_sha256 is not None
        ]
        return recorded(
            self.resources, readbacks=backs, intents=self.intents, releases=self.releases
        )


@dataclass
class World:
    fleet: Fleet
    store: FakeStore
    events: list[Event] = field(default_factory=list)

    def plan(self, resources: list[Resource]) -> Planned:
        self.store.resources = resources
        inventory, known = Inventory.of(resources), self.store.recorded()
        wants = wanted(inventory, HELPERS)
        live = read_all(wants, self.fleet.connect, {}, limit=4, deadline_s=5, report=ignore)
        made = make(Inputs(inventory.resources, known, wants, live, BASE))
        return Planned(made, Desired(tuple(resources)), inventory, known, wants, self.store.facts)

    def apply(self, planned: Planned, **options: float) -> dict[str, Applied]:
        deps = Deps(
            repository=lambda: pytest.fail("no session is needed"),
            connect=self.fleet.connect,
            helper=HELPERS,
            lock=nullcontext,
            tool_version="1.0",
            who=Who("me", "here"),
        )
        rollout = Rollout(
            planned,
            self.store,  # type: ignore[arg-type]
            deps,
            ApplyOptions(**options),  # type: ignore[arg-type]
            self.events.append,
        )
        return {one.change.id: one for wave in rollout.run(1) for one in wave}

    def roll(self, resources: list[Resource]) -> dict[str, Applied]:
        return self.apply(self.plan(resources))


def world(*names: str) -> World:
    return World(Fleet.of(*names), FakeStore([]))


def outcomes(applied: dict[str, Applied]) -> dict[str, str]:
    return {name: one.outcome.value for name, one in applied.items()}


def test_helper_table_spec_body_then_released_and_then_nothing_to_do():
    w = world("i1")
    done = w.roll(fleet("i1"))
    assert outcomes(done) == {
        "install Package/DTM on i1": "DONE",
        "install Package/P on i1": "DONE",
    }
    assert [line for line in w.fleet.schemas["i1"].log if line != "close"] == [
        "install PACKAGE DTM",
        "create T",
        "install PACKAGE P",
        "install PACKAGE BODY P",
    ]
    assert set(w.store.releases) == {("i1", "DTM"), ("i1", "P")}
    assert w.store.intents == set()
    assert w.store.facts["i1"].dbid == 0
    w.fleet.schemas["i1"].log.clear()
    again = w.plan(fleet("i1"))
    assert again.plan.empty
    assert w.apply(again) == {}
    assert w.fleet.schemas["i1"].log == ["close"]


def test_a_compile_error_is_located_and_everything_is_put_back():
    w = world("i1")
    w.roll(fleet("i1"))
    version = w.store.releases["i1", "P"]
    w.fleet.schemas["i1"].log.clear()
    done = w.roll(fleet("i1", spec="spec 2", body="ERROR"))
    failed = done["install Package/P on i1"]
    assert failed.outcome is Outcome.FAILED
    assert failed.message == "p.pkb:3:5: PLS-00201: identifier 'ERROR' must be declared"
    assert w.fleet.schemas["i1"].log[-3:] == [
        "restore PACKAGE BODY P",
        "restore PACKAGE P",
        "close",
    ]
    assert w.fleet.schemas["i1"].units[BODY] == "body"
    assert w.store.releases["i1", "P"] == version
    assert [r.status for r in w.store.installs[-2:]] == [InstallStatus.RESTORED] * 2
    assert w.plan(fleet("i1")).plan.empty


def test_what_was_not_there_before_is_dropped_again():
    w = world("i1")
    w.roll(fleet("i1", body="ERROR"))
    assert set(w.fleet.schemas["i1"].units) == {HELPER}
    assert [r.status for r in w.store.installs[-2:]] == [InstallStatus.DROPPED] * 2


def test_a_failed_helper_skips_what_calls_it():
    w = world("i1")
    w.fleet.schemas["i1"].refuses = "ORA-01031: insufficient privileges"
    done = w.roll(fleet("i1"))
    assert outcomes(done) == {
        "install Package/DTM on i1": "FAILED",
        "install Package/P on i1": "SKIPPED",
    }
    assert "ORA-01031" in done["install Package/DTM on i1"].message


def three(waves_: list[object], failures: int = 0, **texts: str) -> list[Resource]:
    rest = fleet("i1", "i2", "i3", **texts)[1:]
    return [environment(rollout={"waves": waves_, "maxFailures": failures}), *rest]


def test_a_spent_budget_stops_the_package_before_the_next_wave():
    w = world("i1", "i2", "i3")
    w.roll(three([1, "100%"]))
    done = w.roll(three([1, "100%"], body="ERROR"))
    assert outcomes(done) == {
        "install Package/P on i1": "FAILED",
        "install Package/P on i2": "SKIPPED",
        "install Package/P on i3": "SKIPPED",
    }
    assert done["install Package/P on i2"].message == (
        "P failed on 1 instance of prod (0 allowed)"
    )
    assert w.fleet.schemas["i2"].units[BODY] == "body"
    assert w.store.intents == set()


def test_within_the_budget_the_rollout_goes_on_and_releases_what_succeeded():
    w = world("i1", "i2", "i3")
    w.roll(three([1, "100%"], 1))
    w.fleet.schemas["i1"].refuses = "ORA-04021: timeout"
    done = w.roll(three([1, "100%"], 1, body="body 2"))
    assert outcomes(done) == {
        "install Package/P on i1": "FAILED",
        "install Package/P on i2": "DONE",
        "install Package/P on i3": "DONE",
    }
    released = {name: w.store.releases[name, "P"] for name in ("i1", "i2", "i3")}
    assert released["i2"] == released["i3"] != released["i1"]


def test_in_a_wave_that_failed_nothing_is_released_not_even_what_compiled():
    w = world("i1", "i2")
    w.fleet.schemas["i1"].refuses = "ORA-04021: timeout"
    resources = [environment(rollout={"waves": ["100%"]}), *fleet("i1", "i2")[1:]]
    done = w.roll(resources)
    assert done["install Package/P on i2"].outcome is Outcome.SKIPPED or (
        done["install Package/DTM on i2"].outcome is Outcome.SKIPPED
    )
    assert ("i2", "DTM") not in w.store.releases
    w.fleet.schemas["i1"].refuses = None
    again = w.roll(resources)
    assert set(outcomes(again).values()) == {"DONE"}
    assert ("i2", "DTM") in w.store.releases


def test_a_package_stopped_in_one_environment_stays_stopped_in_the_next():
    w = world("d1", "p1")
    resources = [
        environment("dev"),
        environment("prod", protected=True),
        instance("d1", "dev"),
        instance("p1", "prod"),
        package(body="ERROR"),
        operation(),
        assignment("dev"),
        assignment("prod"),
    ]
    done = w.roll(resources)
    assert outcomes(done) == {
        "install Package/DTM on d1": "DONE",
        "install Package/P on d1": "FAILED",
        "install Package/DTM on p1": "DONE",
        "install Package/P on p1": "SKIPPED",
    }


def test_busy_away_and_changed_instances_are_reported_and_cost_no_budget():
    w = world("i1", "i2", "i3", "i4")
    planned = w.plan(fleet("i1", "i2", "i3", "i4"))
    w.fleet.schemas["i1"].busy = True
    del w.fleet.schemas["i2"]
    w.fleet.schemas["i3"].units[SPEC] = "somebody was faster"
    done = w.apply(planned)
    found = {name.rpartition(" ")[2]: one.outcome for name, one in done.items()}
    assert found == {
        "i1": Outcome.BUSY,
        "i2": Outcome.UNREACHABLE,
        "i3": Outcome.STALE,
        "i4": Outcome.DONE,
    }
    assert w.store.intents == set()


def test_another_database_behind_the_name_is_refused():
    w = world("i1")
    w.roll(fleet("i1"))
    planned = w.plan(fleet("i1", body="body 2"))
    w.fleet.schemas["i1"].dbid = 99
    (one,) = w.apply(planned).values()
    assert one.outcome is Outcome.FAILED
    assert "DBID 99" in one.message
    assert w.fleet.schemas["i1"].units[BODY] == "body"


def test_a_killed_rollout_is_interrupted_not_drift_and_is_finished_by_the_next():
    w = world("i1")
    w.store.record_intents([Intent("i1", key, "P", "sent") for key in (SPEC, BODY, TABLE)])
    w.fleet.schemas["i1"].units[SPEC] = "half way"
    planned = w.plan(fleet("i1"))
    assert not planned.plan.drift
    assert set(outcomes(w.apply(planned)).values()) == {"DONE"}
    assert w.store.intents == set()


def test_what_was_in_place_before_the_kill_is_settled_too():
    w = world("i1")
    w.roll(fleet("i1"))
    w.store.record_intents([Intent("i1", TABLE, "P", "sent")])
    done = w.roll(fleet("i1"))
    assert outcomes(done) == {"release Package/P on i1": "DONE"}
    assert done["release Package/P on i1"].change.reason == "in place, but not recorded"
    assert w.store.intents == set()
    assert w.plan(fleet("i1")).plan.empty


def test_an_install_that_hangs_is_left_behind_and_its_intent_stays():
    w = world("i1", "i2")
    planned = w.plan(fleet("i1", "i2"))
    release = threading.Event()
    w.fleet.schemas["i1"].hangs = release
    done = w.apply(planned, deadline_s=0.3)
    release.set()
    assert done["install Package/P on i1"].outcome is Outcome.FAILED
    assert "no answer within 0.3 s" in done["install Package/P on i1"].message
    assert {intent.instance for intent in w.store.intents} == {"i1"}


def test_waves_are_cut_by_the_environments_policy():
    w = world(*(f"i{n}" for n in range(1, 9)))
    made: Plan = w.plan(fleet(*(f"i{n}" for n in range(1, 9)))).plan
    policy = RolloutPolicy.from_spec({"waves": [1, "25%", "100%"]})
    found = [wave.instances for wave in waves(made.changes, {"prod": policy})]
    assert [len(names) for names in found] == [1, 1, 6]


def test_progress_is_told_wave_by_wave():
    w = world("i1", "i2")
    w.roll([environment(rollout={"waves": [1, "100%"]}), *fleet("i1", "i2")[1:]])
    kinds = [event.kind for event in w.events]
    assert (
        kinds
        == [
            EventKind.WAVE,
            EventKind.INSTALLED,
            EventKind.INSTALLED,
            EventKind.RELEASED,
        ]
        * 2
    )
