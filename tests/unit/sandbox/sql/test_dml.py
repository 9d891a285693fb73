"""INSERT, UPDATE, DELETE, MERGE, multi-table INSERT, RETURNING, triggers.

SQL Language Reference 19c, "SQL Statements"; PL/SQL Language Reference 19c, "PL/SQL Triggers".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import FunctionRef, HostVariable, TriggerEvent, UserShape
from dtm.sandbox.kernel.types import (
    DATE,
    NUMBER,
    VARCHAR2,
    Column,
    Composite,
    Kind,
    OraType,
)
from dtm.sandbox.sql.catalog_model import Unit
from tests.unit.sandbox.sql.conftest import Db


@pytest.fixture
def t(db):
    db.run("create table t (id number(5) primary key, v varchar2(10), n number(8,2), d date)")
    db.run("insert into t values (1, 'a', 10, date '2026-01-01')")
    db.run("insert into t values (2, 'b', 20, null)")
    db.run("insert into t values (3, null, null, date '2026-03-03')")
    db.run("create table log (k number, txt varchar2(40))")
    db.run("commit")
    return db


def test_insert_forms(t):
    assert t.run("insert into t (id) values (4)") == 1
    assert t.run("insert into t x (x.id, x.v) values (5, default)") == 1
    assert t.run("insert into t (id, n) select id + 10, n * 2 from t where id < 3") == 2
    assert t.run("insert into t (id, v) values (6, (select v from t where id = 1))") == 1
    assert t.run("insert into t (v, id) values (:1, :2)", "z", 7) == 1
    assert t.rows("select id, v, n from t where id > 3 order by id") == [
        (4, None, None), (5, None, None), (6, "a", None), (7, "z", None), (11, None, 20),
        (12, None, 40),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("insert into t (id) values (1)", 1),
        ("insert into t (v) values ('x')", 1400),
        ("update t set id = null", 1407),
        ("insert into t (id, v) values (9, '12345678901')", 12899),
        ("insert into t (id) values (123456)", 1438),
        ("insert into t (id, d) values (9, 'nonsense')", 1858),
        ("insert into t (id, n) values (9, 'abc')", 1722),
        ("insert into t (id, n) values (9, sysdate)", 932),
        ("update t set n = d", 932),
        ("update t set v = (select v from t)", 1427),
        ("insert into t values (1, 'x')", 947),
        ("insert into dual values ('x')", 1031),
    ],
)
def test_values_that_do_not_fit(t, statement, code):
    assert t.error(statement)[0] == code
    assert t.value("select count(*) from t") == 3


def test_update_forms(t):
    assert t.run("update t set n = n + 1, v = upper(v) where id <= 2") == 2
    assert (
        t.run("update t x set x.v = (select max(v) from t y where y.id < x.id) where x.id = 3")
        == 1
    )
    assert t.rows("select id, v, n from t order by id") == [
        (1, "A", 11),
        (2, "B", 21),
        (3, "B", None),
    ]
    assert t.run("update t set (v, n) = (select 'q', 5 from dual where t.id = 1)") == 3
    assert t.rows("select id, v, n from t order by id") == [
        (1, "q", 5),
        (2, None, None),
        (3, None, None),
    ]
    assert t.run("update t set n = 1 where rownum <= 2") == 2
    assert t.run("update t set n = 1 where id = 99") == 0


def test_update_reads_the_table_as_it_was(t):
    """Statement-level read consistency: SET subqueries do not see this statement's changes."""
    t.run("update t set n = id")
    assert t.run("update t set n = (select sum(n) from t)") == 3
    assert t.rows("select distinct n from t") == [(6,)]


def test_delete_forms(t):
    assert t.run("delete t where id = 1") == 1
    assert t.run("delete from t x where x.rowid = (select max(rowid) from t)") == 1
    assert t.run("delete from t where rownum < 2") == 1
    assert t.run("delete t") == 0


def test_rowid_finds_its_row(t):
    rowid = t.value("select rowid from t where id = 2")
    assert len(rowid) == 18
    assert t.rows("select id from t where rowid = :1", rowid) == [(2,)]
    assert t.run("update t set v = 'r' where rowid = :1", rowid) == 1
    assert t.rows("select v from t where rowid in (:1, :2)", rowid, None) == [("r",)]
    assert t.error("select * from t where rowid = 'x'")[0] == 1410


def test_returning(t):
    """ "RETURNING": INTO binds are no host values; rows come back in RETURNING's order."""
    compiled = t.compile("update t set n = n * 2 where id < :1 returning id, n into :a, :b")
    assert compiled.hosts == ("1",)
    assert compiled.into == ("A", "B")
    result = t.sql.run(compiled, (3,))
    assert (sorted(result.rows), result.rowcount) == ([(1, 20), (2, 40)], 2)
    result = t.sql.run(t.compile("insert into t (id, d) values (8, :1) returning d, rowid into :2, :3"),
                       (dt.datetime(2026, 5, 5),))  # fmt: skip
    assert result.rows[0][0] == dt.datetime(2026, 5, 5)
    assert result.rows[0][1] == result.last_rowid
    result = t.sql.run(t.compile("delete from t where id = 8 return id into :x"), ())
    assert result.rows == [(8,)]


def test_merge(t):
    source = (
        "using (select 2 id, 'm' v from dual union all select 9, 'n' from dual) s on (t.id = s.id)"
    )
    assert t.run(
        f"merge into t {source} when matched then update set t.v = s.v where t.n > 5 "
        "when not matched then insert (id, v) values (s.id, s.v) where s.v <> 'x'"
    ) == 2  # fmt: skip
    assert t.rows("select id, v from t where id in (2, 9) order by id") == [(2, "m"), (9, "n")]
    assert t.run(
        "merge into t using (select 1 id, 0 n from dual) s on (t.id = s.id) "
        "when matched then update set n = s.n delete where t.n = 0"
    ) == 1  # fmt: skip
    assert t.value("select count(*) from t where id = 1") == 0
    assert t.run("merge into t using dual on (t.id = 50) when not matched then "
                 "insert values (50, 'd', null, null)") == 1  # fmt: skip
    twice = (
        "merge into t using (select 2 id, 'a' v from dual union all select 2, 'b' from dual) s "
        "on (t.id = s.id) when matched then update set v = s.v"
    )
    assert t.error(twice)[0] == 30926


def test_insert_all_and_first(t):
    assert t.run(
        "insert all into t (id, v) values (k, 'x') into log values (k, 'l' || k) "
        "select id + 20 k from t where id < 3"
    ) == 4  # fmt: skip
    assert t.rows("select txt from log order by 1") == [("l21",), ("l22",)]
    t.run("delete log")
    first = (
        "insert {} when n > 15 then into log values (id, 'big') "
        "when n > 5 then into log values (id, 'some') else into log (k) values (id) "
        "select id, n from t where id < 4"
    )
    assert t.run(first.format("first")) == 3
    assert t.rows("select k, txt from log order by k") == [(1, "some"), (2, "big"), (3, None)]
    t.run("delete log")
    assert t.run(first.format("all")) == 4


def test_create_table_as_select(t):
    t.run(
        "create table c as select id, v, n * 2 dbl, sysdate now, 'x' x from t where n is not null"
    )
    assert t.rows("select id, dbl, x from c order by id") == [(1, 20, "x"), (2, 40, "x")]
    assert t.rows("select column_name, data_type from user_tab_columns where table_name = 'C' "
                  "order by column_id") == [
        ("ID", "NUMBER"), ("V", "VARCHAR2"), ("DBL", "NUMBER"), ("NOW", "DATE"), ("X", "CHAR")
    ]  # fmt: skip


def test_lobs(db):
    db.run("create table l (c clob, b blob, r raw(4))")
    text = "é" * 5000
    assert db.run("insert into l values (:1, :2, :3)", text, b"\x00\xff", b"\x01") == 1
    assert db.rows("select c, length(c), substr(c, 2, 3), b, rawtohex(r) from l") == [
        (text, 5000, "ééé", b"\x00\xff", "01")
    ]
    db.run("update l set c = empty_clob()")
    assert db.rows("select c, length(c) from l where c is not null") == [("", 0)]
    assert db.error("select * from l where c = 'x'")[0] == 932
    assert db.error("select distinct c from l")[0] == 932
    assert db.error("select c from l order by c")[0] == 932
    assert db.error("insert into l (r) values (:1)", b"12345")[0] == 12899


class Plsql:
    """A stand-in for the interpreter: triggers and one function in Python."""

    def __init__(self, session: Db) -> None:
        self.session = session
        self.events: list[tuple[Any, ...]] = []
        self.body: Callable[[str, TriggerEvent], None] | None = None

    def function(self, path, schema):
        if path[-1] not in {"TWICE", "COUNT_T"}:
            return None
        parameters = (("X", NUMBER, False),) if path[-1] == "TWICE" else ()
        return FunctionRef(path[-1], NUMBER, parameters, path[-1])

    def call_function(self, ref, args):
        if ref.handle == "TWICE":
            return None if args[0] is None else args[0] * 2
        return self.session.value("select count(*) from t")

    def fire_trigger(self, owner, name, event: TriggerEvent):
        self.events.append((name, event.operation, event.old and event.old["ID"],
                            event.new and event.new["ID"]))  # fmt: skip
        if self.body is not None:
            self.body(name, event)


@pytest.fixture
def plsql(t):
    stub: Any = Plsql(t)
    t.sql.plsql = stub
    return stub


def add_trigger(t: Db, name: str, timing: str, level: str, events: str, columns: str = "") -> None:
    instance = t.sql.engine.instance
    settings = {"TABLE_OWNER": "APP", "TABLE_NAME": "T", "TIMING": timing, "LEVEL": level,
                "EVENTS": events, "COLUMNS": columns}  # fmt: skip
    with instance.database.mutex, instance.database.atomic():
        catalog = instance.catalog
        unit = Unit(catalog.new_id(), "APP", name, "TRIGGER", "", "VALID", 1, settings,
                    trigger_on=("APP", "T"))  # fmt: skip
        catalog.put(unit)


def test_functions_of_plsql_in_sql(t, plsql):
    assert t.value("select twice(21) from dual") == 42
    assert t.value("select twice('1.5') from dual") == 3
    assert t.value("select twice(x => 4) from dual") == 8
    assert t.rows("select id from t where twice(id) = 4") == [(2,)]
    assert t.error("select twice() from dual")[0] == 6553
    assert t.error("select twice(1, 2) from dual")[0] == 6553
    assert t.value("select count_t from dual") == 3
    assert t.run("update t set n = twice(n) where id = 1") == 1
    assert t.error("update t set n = count_t")[0] == 4091
    assert t.error("delete from t where count_t > 0")[0] == 4091
    assert t.run("insert into t (id, n) values (9, count_t)") == 1


def test_triggers_fire_in_order_and_change_the_row(t, plsql):
    """ "Order in Which Triggers Fire"; correlation names OLD and NEW."""
    for name, timing, level in (
        ("BS", "BEFORE", "STATEMENT"),
        ("BR", "BEFORE", "ROW"),
        ("AR", "AFTER", "ROW"),
        ("AS_", "AFTER", "STATEMENT"),
    ):
        add_trigger(t, name, timing, level, "INSERT,UPDATE,DELETE")

    def body(name, event):
        if name == "BR" and event.new is not None:
            event.new["V"] = "trg"

    plsql.body = body
    assert t.run("insert into t (id) values (7)") == 1
    assert plsql.events == [("BS", "INSERT", None, None), ("BR", "INSERT", None, 7),
                            ("AR", "INSERT", None, 7), ("AS_", "INSERT", None, None)]  # fmt: skip
    assert t.value("select v from t where id = 7") == "trg"
    plsql.events.clear()
    assert t.run("update t set n = n + 1 where id in (1, 2)") == 2
    assert [e[0] for e in plsql.events] == ["BS", "BR", "AR", "BR", "AR", "AS_"]
    assert t.rows("select v, n from t where id = 1") == [("trg", 11)]
    plsql.events.clear()
    assert t.run("delete from t where id = 7") == 1
    assert plsql.events[1] == ("BR", "DELETE", 7, None)


def test_trigger_columns_and_errors(t, plsql):
    add_trigger(t, "ONLY_N", "BEFORE", "ROW", "UPDATE", "N")
    t.run("update t set v = 'x'")
    assert plsql.events == []

    def body(name, event):
        if event.old["ID"] == 2:
            raise OraError(20001, message="no")

    plsql.body = body
    assert t.error("update t set n = 0")[0] == 20001
    assert t.rows("select n from t order by id") == [(10,), (20,), (None,)]

    def mutating(name, event):
        t.value("select count(*) from t")

    plsql.body = mutating
    assert t.error("update t set n = 0")[0] == 4091


def test_trigger_values_are_fitted_to_their_columns(t, plsql):
    add_trigger(t, "FIT", "BEFORE", "ROW", "INSERT")

    def body(name, event):
        event.new["N"] = Decimal("1.005")
        event.new["V"] = "x" * event.new["ID"]

    plsql.body = body
    assert t.run("insert into t (id) values (10)") == 1
    assert t.rows("select n, v from t where id = 10") == [(Decimal("1.01"), "x" * 10)]
    assert t.error("insert into t (id) values (11)")[0] == 12899


class Scope:
    """A PL/SQL scope with variables."""

    def __init__(self, **types: OraType) -> None:
        self.types = types

    def resolve(self, path):
        ora_type = self.types.get(path[0]) if len(path) == 1 else None
        if ora_type is None:
            return None
        if ora_type.kind is not Kind.COLLECTION:
            return HostVariable(path, ora_type)
        return HostVariable(path, ora_type, UserShape((Column("COLUMN_VALUE", NUMBER),), NUMBER))

    def resolve_record(self, path):
        if path != ("REC",):
            return None
        types = (NUMBER, VARCHAR2, NUMBER, DATE)
        return tuple(HostVariable(("REC", i), t) for i, t in enumerate(types))

    def resolve_function(self, path):
        return None


def test_host_variables_yield_to_columns(t):
    """ "PL/SQL Name Resolution": column names win over variables."""
    scope: Any = Scope(V=VARCHAR2, LIM=NUMBER)
    compiled = t.compile("select id from t where v = v and id < lim order by id", scope)
    assert [h.key for h in compiled.hosts] == [("LIM",)]
    assert t.sql.run(compiled, (3,)).rows == [(1,), (2,)]
    compiled = t.compile("update t set n = lim where id = lim returning n", scope)
    assert [h.key for h in compiled.hosts] == [("LIM",)]
    assert t.sql.run(compiled, (2,)).rows == [(2,)]
    with pytest.raises(OraError) as error:
        t.compile("select nosuch from t", scope)
    assert error.value.code == 904


def test_records_as_rows(t):
    """PL/SQL Language Reference 19c, "Inserting Records into Tables", "Updating Rows with Records"."""
    scope: Any = Scope()
    compiled = t.compile("insert into t values rec", scope)
    assert t.sql.run(compiled, (8, "rec", Decimal("1.005"), None)).rowcount == 1
    assert t.rows("select * from t where id = 8") == [(8, "rec", Decimal("1.01"), None)]
    compiled = t.compile("update t set row = rec where id = 8", scope)
    assert t.sql.run(compiled, (9, "new", 5, None)).rowcount == 1
    assert t.rows("select id, v, n from t where id > 7") == [(9, "new", 5)]
    with pytest.raises(OraError) as error:
        t.compile("insert into t (id, v) values rec", scope)
    assert error.value.code == 913


def numbers(*values: int | None) -> Composite:
    """A collection of numbers."""
    return Composite(Kind.COLLECTION, ("", ""), values)


def test_collections_as_tables(t):
    """ "table_collection_expression": TABLE(variable) with COLUMN_VALUE."""
    scope: Any = Scope(IDS=OraType(Kind.COLLECTION))
    query = "select t.id from t, table(ids) i where i.column_value = t.id order by t.id"
    compiled = t.compile(query, scope)
    assert t.sql.run(compiled, (numbers(3, 1, None),)).rows == [(1,), (3,)]
    compiled = t.compile("select count(*) from t where id in (select * from table(ids))", scope)
    assert t.sql.run(compiled, (numbers(),)).rows == [(0,)]
    assert t.sql.run(compiled, (numbers(2),)).rows == [(1,)]
