"""Looking at instances: the right database, away, and what is our own fault."""

from __future__ import annotations

from typing import NoReturn

import pytest

from dtm.errors import ConfigurationError, DatabaseError
from dtm.model.instance import Instance
from dtm.model.inventory import Inventory
from dtm.oracle.errors import WrongDatabase
from dtm.reconcile.changes import Contact
from dtm.reconcile.events import Event, EventKind
from dtm.reconcile.live import Live, LiveState, NotRead, check_identity, read_all
from dtm.reconcile.scope import wanted
from dtm.reconcile.target import Target
from dtm.repository.records import Facts
from tests.unit.reconcile.facts import HELPERS, fleet, instance
from tests.unit.reconcile.fake_target import Fleet

WANTS = wanted(Inventory.of(fleet("i1", "i2", "i3")), HELPERS)


def read(connect, known=None, events=None) -> dict[str, Live]:
    report = (events if events is not None else []).append
    return read_all(WANTS, connect, known or {}, limit=2, deadline_s=5, report=report)


def test_one_that_is_away_is_reported_and_the_others_are_read():
    events: list[Event] = []
    found = read(Fleet.of("i1", "i3").connect, events=events)
    assert [type(found[name]) for name in ("i1", "i2", "i3")] == [LiveState, NotRead, LiveState]
    away = found["i2"]
    assert isinstance(away, NotRead)
    assert away.contact is Contact.UNREACHABLE
    assert away.message == "ORA-12541: no listener (check connect.dsn)"
    assert sorted(event.kind for event in events) == [
        EventKind.AWAY,
        EventKind.READ,
        EventKind.READ,
    ]


def test_missing_secrets_are_our_own_fault_and_all_are_named():
    def connect(target: Instance) -> Target:
        if target.name == "i1":
            raise DatabaseError("away")
        raise ConfigurationError(f"variable PW_{target.name} is not set", hint="export it")

    with pytest.raises(ConfigurationError) as caught:
        read(connect)
    assert caught.value.message == "variable PW_i2 is not set; variable PW_i3 is not set"
    assert caught.value.hint == "export it"


def test_another_database_is_refused():
    known = {"i2": Facts("i2", "I2", 99, None)}
    found = read(Fleet.of("i1", "i2", "i3").connect, known)
    refused = found["i2"]
    assert isinstance(refused, NotRead)
    assert refused.contact is Contact.REFUSED
    assert "DBID 1; at first contact it was 99" in refused.message


HERE = Facts("i1", "SALES_A", 7, "G1")


@pytest.mark.parametrize(
    "known",
    [None, HERE, Facts("i1", "OTHER_NAME", 7, "G1"), Facts("i1", "SALES_A", None, None)],
    ids=["first contact", "the same", "a switchover renamed it", "nothing was visible then"],
)
def test_the_same_database(known):
    check_identity(Instance.from_resource(instance("i1")), HERE, known)


@pytest.mark.parametrize(
    ("expect", "known"),
    [
        (["SALES_B", "SALES_C"], None),
        ([], Facts("i1", "SALES_A", 8, "G1")),
        ([], Facts("i1", "SALES_A", 7, "G2")),
    ],
    ids=["name", "dbid", "pdb"],
)
def test_another_database(expect, known):
    made = Instance.from_resource(instance("i1", expect={"dbUniqueName": expect}))
    with pytest.raises(WrongDatabase):
        check_identity(made, HERE, known)


def test_a_name_is_compared_as_oracle_does():
    made = Instance.from_resource(instance("i1", expect={"dbUniqueName": ["sales_a"]}))
    check_identity(made, HERE, None)


def test_the_session_is_closed_even_where_looking_fails():
    fleet_ = Fleet.of("i1", "i2", "i3")

    class Blind:
        def __init__(self, target: Target) -> None:
            self._target = target

        def __getattr__(self, name: str) -> object:
            return getattr(self._target, name)

        def units(self, wanted: object) -> NoReturn:
            raise DatabaseError("ORA-00942")

    found = read(lambda target: Blind(fleet_.connect(target)))
    assert {type(live) for live in found.values()} == {NotRead}
    assert [schema.log for schema in fleet_.schemas.values()] == [["close"]] * 3
