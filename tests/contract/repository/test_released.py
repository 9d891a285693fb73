"""A run's own install: the released version, no other, and only where it is needed."""

from __future__ import annotations

import pytest

from dtm.errors import DtmError, Locked, NotApplied, TaskFailed
from dtm.model.names import code_lock_name
from dtm.oracle.locks import Mode, request
from dtm.reconcile.released import ensure_released
from dtm.repository.config import ConfigStore
from dtm.repository.records import PackageVersion
from tests.contract.repository.world import BODY, NEXT_BODY, WRONG_BODY, World


def released(world: World) -> tuple[PackageVersion, ...]:
    session = world.repository.connect()
    store = ConfigStore(session)
    found = tuple(store.unit_texts(r.package, r.version) for r in store.releases())
    session.close()
    return found


def ensure(world: World, *, repair: bool = False, name: str = "east") -> tuple[str, ...]:
    return ensure_released(world.deps(), name, released(world), run_id="r1", repair=repair)


def body(world: World) -> str:
    sql = "SELECT text FROM user_source WHERE type = 'PACKAGE BODY' ORDER BY line"
    return "".join(text for (text,) in world.on("east", sql))


def test_what_is_current_is_left_alone(one: World) -> None:
    one.apply()
    before = one.ddl_times()
    assert ensure(one) == ()
    assert one.ddl_times() == before
    assert one.query("SELECT COUNT(*) FROM dtm_installs WHERE run_id IS NOT NULL") == [(0,)]


def test_what_was_dropped_comes_back_and_is_recorded_for_the_run(one: World) -> None:
    one.apply()
    one.do("east", "DROP PACKAGE tidy")
    (sentence,) = ensure(one)
    assert "not there yet" in sentence
    assert "'one'" in body(one)
    rows = one.query("SELECT unit_type, status, apply_id FROM dtm_installs WHERE run_id = 'r1'")
    assert sorted(rows) == [("PACKAGE", "INSTALLED", None), ("PACKAGE BODY", "INSTALLED", None)]
    assert one.query("SELECT COUNT(*) FROM dtm_install_intents") == [(0,)]
    assert one.plan().plan.empty


def test_a_version_that_was_not_released_gives_way_to_the_released_one(two: World) -> None:
    two.apply(two.tree(rollout={"waves": ["100%"]}))

    class Refuses:
        """West refuses its install, so that nothing of the wave is released."""

        def __init__(self, target):
            self._target = target
            self._west = False

        def __getattr__(self, name):
            return getattr(self._target, name)

        def facts(self, instance):
            self._west = instance == "west"
            return self._target.facts(instance)

        def install(self, unit):
            if self._west:
                raise DtmError("no")
            return self._target.install(unit)

    two.wrap = Refuses
    two.apply(two.tree(body=NEXT_BODY, rollout={"waves": ["100%"]}))
    two.wrap = lambda target: target
    ensure(two)
    assert "'one'" in body(two)


def test_drift_is_refused_unless_it_is_to_be_repaired(one: World) -> None:
    one.apply()
    one.do("east", BODY.replace("'one'", "'by hand'").rstrip("/\n"))
    with pytest.raises(DtmError, match="drift"):
        ensure(one)
    assert "'by hand'" in body(one)
    assert len(ensure(one, repair=True)) == 1
    assert "'one'" in body(one)


def test_what_does_not_compile_fails_the_task_and_is_put_back(one: World) -> None:
    one.apply()
    session = one.repository.connect()
    (version,) = released(one)
    session.close()
    wrong = PackageVersion(
        "TIDY",
        "f" * 64,
        tuple(
            type(unit)(unit.role, unit.type, unit.name, unit.file, WRONG_BODY, "0" * 64)
            if unit.type == "PACKAGE BODY"
            else unit
            for unit in version.units
        ),
    )
    with pytest.raises(TaskFailed, match=r"tidy\.pkb:5:"):
        ensure_released(one.deps(), "east", (wrong,), run_id="r1", repair=False)
    assert "'one'" in body(one)
    assert one.query("SELECT COUNT(*) FROM dtm_install_intents") == [(0,)]


def test_code_in_use_is_not_replaced(one: World) -> None:
    one.apply()
    one.do("east", "DROP PACKAGE BODY tidy")
    session = one.schemas["east"].connect()
    assert request(session, code_lock_name(one.schemas["east"].user), Mode.S).held
    with pytest.raises(Locked):
        ensure_released(one.deps(), "east", released(one), run_id="r1", repair=False, gate_s=0)
    session.close()
    assert len(ensure(one)) == 1


def test_an_instance_that_was_never_applied_is_refused(one: World) -> None:
    one.apply()
    with pytest.raises(NotApplied, match="nowhere"):
        ensure(one, name="nowhere")
