"""Small facts to plan from: resources, a recorded state and live instances, with defaults."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from dtm.model.inventory import Inventory
from dtm.model.package import SourceUnit, UnitKey
from dtm.model.resources import Kind, Resource, ResourceId
from dtm.reconcile.changes import Base, Plan
from dtm.reconcile.live import Live, LiveState
from dtm.reconcile.plan import Inputs, make
from dtm.reconcile.scope import wanted
from dtm.reconcile.target import LiveTable, LiveUnit
from dtm.repository.records import Facts, Intent, ReadBack, Recorded, RepositoryState
from dtm.repository.versions import package_version

SPEC, BODY, TABLE = UnitKey("PACKAGE", "P"), UnitKey("PACKAGE BODY", "P"), UnitKey("TABLE", "T")
HELPER = UnitKey("PACKAGE", "DTM")
STATE = RepositoryState("line", 7, 1)
BASE = Base("line", 7, 1, "digest", "c0ffee", "1.0")
HELPERS = (package_version("DTM", [SourceUnit("PACKAGE", "DTM", "dtm.pks", "helper")]),)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def resource(
    kind: Kind,
    name: str,
    spec: Mapping[str, Any],
    sources: Mapping[str, str] | None = None,
    **metadata: Any,
) -> Resource:
    content = json.dumps([kind, name, spec, metadata, sources], sort_keys=True)
    return Resource(ResourceId(kind, name), metadata, spec, sha(content), sources or {})


def environment(name: str = "prod", **spec: Any) -> Resource:
    return resource(Kind.ENVIRONMENT, name, spec)


def instance(name: str, env: str = "prod", **spec: Any) -> Resource:
    connect = {"user": "DTM", "dsn": f"{name}:1521/X"}
    return resource(Kind.INSTANCE, name, {"environment": env, "connect": connect, **spec})


def package(spec: str = "spec", body: str = "body", **more: Any) -> Resource:
    units = [
        {"file": "p.pks", "type": "PACKAGE", "name": "P"},
        {"file": "p.pkb", "type": "PACKAGE BODY", "name": "P"},
    ]
    tables = [{"file": "t.sql", "type": "TABLE", "name": "T"}]
    sources = {"p.pks": spec, "p.pkb": body, "t.sql": "create table t"}
    return resource(Kind.PACKAGE, "P", {"units": units, "tables": tables, **more}, sources)


def operation(**spec: Any) -> Resource:
    cycle = {"initial": None, "iterator": None, "final": None}
    tasks = [{"name": "a", "procedure": "A"}]
    return resource(
        Kind.OPERATION, "op", {"package": "P", "lifecycle": cycle, "tasks": tasks, **spec}
    )


def assignment(env: str = "prod", **spec: Any) -> Resource:
    return resource(Kind.ASSIGNMENT, f"op-{env}", {"operation": "op", "environment": env, **spec})


def fleet(*names: str, **package_texts: str) -> list[Resource]:
    return [
        environment(),
        *(instance(name) for name in names),
        package(**package_texts),
        operation(),
        assignment(),
    ]


def recorded(
    resources: Iterable[Resource] = (),
    *,
    readbacks: Iterable[ReadBack] = (),
    intents: Iterable[Intent] = (),
    releases: Mapping[tuple[str, str], str] | None = None,
) -> Recorded:
    known = {r.id: r for r in resources}
    return Recorded(
        state=STATE,
        digests={one: r.digest for one, r in known.items()},
        resources=known,
        readbacks=tuple(readbacks),
        intents=tuple(intents),
        releases=releases or {},
    )


def live(
    units: Mapping[UnitKey, str] | None = None,
    *,
    invalid: Iterable[UnitKey] = (),
    table: LiveTable | None = None,
) -> LiveState:
    """`units` maps to the text that reads back; None as text stands for nothing there."""
    bad = set(invalid)
    found = {
        key: LiveUnit(sha(f"read back {text}"), "INVALID" if key in bad else "VALID")
        for key, text in (units or {}).items()
    }
    return LiveState(Facts("i1", "DB1", 1, None), found, {TABLE: table or LiveTable(True)})


def readback(name: str, key: UnitKey, text: str) -> ReadBack:
    return ReadBack(name, key, sha(text), sha(f"read back {text}"))


def installed(*names: str, spec: str = "spec", body: str = "body") -> list[ReadBack]:
    return [
        readback(name, key, text)
        for name in names
        for key, text in ((HELPER, "helper"), (SPEC, spec), (BODY, body))
    ]


ALL = {HELPER: "helper", SPEC: "spec", BODY: "body"}


def version(resources: Iterable[Resource]) -> str:
    want = wanted(Inventory.of(resources), HELPERS)[0]
    return want.packages[-1].version


def released(resources: list[Resource], *names: str) -> dict[tuple[str, str], str]:
    found = {(name, "P"): version(resources) for name in names}
    return found | {(name, "DTM"): HELPERS[0].version for name in names}


def plan(desired: list[Resource], known: Recorded, seen: Mapping[str, Live]) -> Plan:
    inventory = Inventory.of(desired)
    return make(
        Inputs(inventory.resources, known, wanted(inventory, HELPERS), seen, BASE, (), False)
    )
