"""Stored units and dependencies: Development Guide 19c, "Understanding Schema Object Dependency";
SQL Language Reference, DROP PACKAGE, ALTER PACKAGE."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import PlsqlPort, StoredUnit, UnitError
from dtm.sandbox.kernel.types import NUMBER, Column
from dtm.sandbox.sql import ddl
from dtm.sandbox.sql.catalog_model import View
from dtm.sandbox.sql.catalog_port import CatalogAccess
from dtm.sandbox.sql.ddl_units import unit_header
from tests.unit.sandbox.storage.conftest import Client, World

Fails = Callable[..., OraError]


class Compiler:
    """Stores what it is given; a text with "wrong" in it has an error."""

    def __init__(self, access: CatalogAccess) -> None:
        self.access = access

    def create_unit(self, text: str, schema: str) -> tuple[StoredUnit, Sequence[UnitError]]:
        source = text[text.upper().index("PACKAGE") :]
        words = source.split()
        kind = "PACKAGE BODY" if words[1].upper() == "BODY" else "PACKAGE"
        name = words[2 if kind == "PACKAGE BODY" else 1].upper().split(".")[-1]
        return self.compile(StoredUnit(schema, name, kind, source, "INVALID", 0))

    def compile(self, unit: StoredUnit) -> tuple[StoredUnit, Sequence[UnitError]]:
        errors = [UnitError(1, 9, "PLS-00201: wrong")] if "wrong" in unit.text else []
        status = "INVALID" if errors else "VALID"
        stored = StoredUnit(
            unit.owner, unit.name, unit.type, unit.text, status, unit.version, unit.settings
        )
        self.access.put_unit(stored, errors)
        return stored, errors

    def compile_unit(self, unit: StoredUnit) -> Sequence[UnitError]:
        return self.compile(unit)[1]


@pytest.fixture
def access(world: World, app: Client) -> CatalogAccess:
    return CatalogAccess(world.instance, app.session.context)


@pytest.fixture
def run(app: Client, access: CatalogAccess) -> Callable[[str], Any]:
    compiler = cast("PlsqlPort", Compiler(access))
    return lambda text: ddl.execute(app.session, text, app.translator, compiler)


Run = Callable[[str], Any]


def status(app: Client, name: str, kind: str) -> str:
    unit = app.instance.catalog.unit("APP", name, kind)
    assert unit is not None
    return unit.status


def test_create_compile_drop(app: Client, access: CatalogAccess, run: Run, fails: Fails) -> None:
    assert not run("CREATE OR REPLACE PACKAGE p AS x NUMBER; END;").warning
    assert run("create or replace /* c */ package body p AS wrong; END;").warning
    spec, body = access.unit("APP", "P", "PACKAGE"), access.unit("APP", "P", "PACKAGE BODY")
    assert spec is not None
    assert body is not None
    assert (spec.status, body.status) == ("VALID", "INVALID")
    assert body.text == "package body p AS wrong; END;"
    errors = app.instance.catalog.unit("APP", "P", "PACKAGE BODY")
    assert errors is not None
    assert errors.errors == ((1, 9, "PLS-00201: wrong", "ERROR"),)
    assert run("ALTER PACKAGE p COMPILE BODY").warning
    run("DROP PACKAGE BODY p")
    assert access.unit("APP", "P", "PACKAGE BODY") is None
    run("DROP PACKAGE p")
    fails(4043, run, "DROP PACKAGE p")
    fails(4043, run, "ALTER PACKAGE p COMPILE")
    fails(4080, run, "DROP TRIGGER p")


def test_versions(access: CatalogAccess, run: Run) -> None:
    def version() -> int:
        unit = access.unit("APP", "P", "PACKAGE")
        assert unit is not None
        return unit.version

    run("CREATE PACKAGE p AS x NUMBER; END;")
    first = version()
    before = access.version()
    run("CREATE OR REPLACE PACKAGE p AS x NUMBER; END;")
    assert (version(), access.version()) == (first, before)  # the same text: nothing happened
    run("CREATE OR REPLACE PACKAGE p AS y NUMBER; END;")
    second = version()
    assert second > first
    run("DROP PACKAGE p")
    run("CREATE PACKAGE p AS y NUMBER; END;")
    assert version() > second


def test_dependents_become_invalid(app: Client, access: CatalogAccess, run: Run) -> None:
    app.ddl("CREATE TABLE t (id NUMBER, name VARCHAR2(5))")
    for name in ("low", "high"):
        run(f"CREATE PACKAGE {name} AS x NUMBER; END;")
        run(f"CREATE PACKAGE BODY {name} AS x NUMBER; END;")
    access.set_dependencies("APP", "LOW", "PACKAGE BODY", [("APP", "T", "TABLE")], {})
    access.set_dependencies("APP", "HIGH", "PACKAGE", [("APP", "LOW", "PACKAGE")], {})
    access.set_dependencies("APP", "HIGH", "PACKAGE BODY", [("APP", "HIGH", "PACKAGE")], {})
    app.ddl("ALTER TABLE t ADD (more NUMBER)")
    states = [status(app, "LOW", "PACKAGE"), status(app, "LOW", "PACKAGE BODY")]
    assert states == ["VALID", "INVALID"]
    assert status(app, "HIGH", "PACKAGE") == "VALID"  # it uses the specification, not the body
    run("CREATE OR REPLACE PACKAGE low AS y NUMBER; END;")
    assert status(app, "HIGH", "PACKAGE") == "INVALID"
    assert status(app, "HIGH", "PACKAGE BODY") == "INVALID"


def test_views_become_invalid_and_compile_again(app: Client, world: World) -> None:
    query = "SELECT id FROM t"
    app.translator.queries[query] = ([Column("ID", NUMBER)], [])
    app.ddl("CREATE TABLE t (id NUMBER)", f"CREATE VIEW v AS {query}")
    app.ddl("ALTER TABLE t MODIFY (id NUMBER(5))")
    view = world.instance.catalog.find("APP", "V")
    assert isinstance(view, View)
    assert view.status == "INVALID"
    assert not app.ddl("ALTER VIEW v COMPILE").warning
    assert cast("View", world.instance.catalog.find("APP", "V")).status == "VALID"


def test_units_survive_reopening(world: World, run: Run) -> None:
    run("CREATE PACKAGE p AS x NUMBER; END;")
    world.reopen()
    unit = world.instance.catalog.unit("APP", "P", "PACKAGE")
    assert unit is not None
    assert unit.text == "PACKAGE p AS x NUMBER; END;"


def test_resolution_and_execute_privilege(world: World, access: CatalogAccess, run: Run) -> None:
    run("CREATE PACKAGE p AS x NUMBER; END;")
    other = world.add_user("OTHER")
    theirs = CatalogAccess(world.instance, other.session.context)
    assert access.resolve(("P",), "APP") == ("APP", "P", "PACKAGE")
    assert theirs.resolve(("APP", "P"), "OTHER") is None
    assert not theirs.can_execute("APP", "P", "OTHER")
    run("GRANT EXECUTE ON p TO other")
    assert theirs.resolve(("APP", "P"), "OTHER") == ("APP", "P", "PACKAGE")
    assert theirs.can_execute("APP", "P", "OTHER")
    other.ddl("CREATE SYNONYM q FOR app.p")
    assert theirs.resolve(("Q",), "OTHER") == ("APP", "P", "PACKAGE")
    assert theirs.resolve(("DBMS_OUTPUT",), "OTHER") == ("SYS", "DBMS_OUTPUT", "PACKAGE")
    assert theirs.can_execute("SYS", "DBMS_OUTPUT", "OTHER")
    assert not theirs.can_execute("SYS", "DBMS_LOCK", "OTHER")
    world.dba.ddl("GRANT EXECUTE ON sys.dbms_lock TO other")
    assert theirs.can_execute("SYS", "DBMS_LOCK", "OTHER")


def test_create_needs_the_privilege(world: World, run: Run, fails: Fails) -> None:
    world.dba.ddl("REVOKE CREATE PROCEDURE FROM app")
    fails(1031, run, "CREATE PACKAGE p AS x NUMBER; END;")
    fails(1435, run, "CREATE PACKAGE nobody.p AS x NUMBER; END;")
    world.dba.ddl("GRANT CREATE PROCEDURE TO app")
    assert not run("CREATE PACKAGE p AS x NUMBER; END;").warning


def test_what_is_a_unit() -> None:
    assert unit_header("CREATE OR REPLACE EDITIONABLE PACKAGE BODY a.b AS")
    assert unit_header("-- c\ncreate procedure p is begin null; end;")
    assert not unit_header("CREATE TABLE package_x (id NUMBER)")
    assert not unit_header("BEGIN NULL; END;")
