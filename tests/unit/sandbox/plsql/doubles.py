"""A tiny SQL engine and dictionary on SQLite, so that PL/SQL is tested alone."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dtm.plsql.lexer import BIND, IDENT, QUOTED, lex
from dtm.sandbox.interpreter.library import Library
from dtm.sandbox.interpreter.session import Interpreter
from dtm.sandbox.interpreter.values import Collection, Record
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import (
    BlockBind,
    Compiled,
    HostScope,
    HostVariable,
    SessionContext,
    SqlResult,
    StoredUnit,
    UnitError,
)
from dtm.sandbox.kernel.types import DATE, NUMBER, VARCHAR2, Column, Kind, OraType

_TYPES = {"NUMBER": NUMBER, "VARCHAR2": VARCHAR2, "DATE": DATE}


class FakeCatalog:
    """Units and tables of one schema, U."""

    def __init__(self) -> None:
        self.units: dict[tuple[str, str, str], StoredUnit] = {}
        self.errors: dict[tuple[str, str, str], Sequence[UnitError]] = {}
        self.tables: dict[str, tuple[Column, ...]] = {}
        self.granted: set[str] = {"DBMS_LOCK"}
        self.number = 1

    def version(self) -> int:
        return self.number

    def unit(self, owner: str, name: str, unit_type: str) -> StoredUnit | None:
        return self.units.get((owner, name, unit_type))

    def put_unit(self, unit: StoredUnit, errors: Sequence[UnitError]) -> None:
        key = (unit.owner, unit.name, unit.type)
        before = self.units.get(key)
        version = unit.version
        if before is None or before.text != unit.text:
            version = self.number = self.number + 1
            if unit.type == "PACKAGE":
                body = self.units.get((unit.owner, unit.name, "PACKAGE BODY"))
                if body is not None:
                    self.units[(unit.owner, unit.name, "PACKAGE BODY")] = replace(
                        body, status="INVALID"
                    )
        self.units[key] = replace(unit, version=version)
        self.errors[key] = errors

    def drop(self, name: str, unit_type: str) -> None:
        self.units.pop(("U", name, unit_type))
        self.number += 1

    def resolve(self, path: tuple[str, ...], schema: str) -> tuple[str, str, str] | None:
        if len(path) == 2 and path[0] == "U":
            path = path[1:]
        if len(path) != 1:
            return None
        for kind in ("PACKAGE", "PROCEDURE", "FUNCTION", "TYPE"):
            if ("U", path[0], kind) in self.units:
                return ("U", path[0], kind)
        if path[0] in self.tables:
            return ("U", path[0], "TABLE")
        return None

    def column_type(self, owner: str, table: str, column: str) -> OraType | None:
        return next((c.type for c in self.tables[table] if c.name == column), None)

    def columns(self, owner: str, table: str) -> tuple[Column, ...] | None:
        return self.tables.get(table)

    def can_execute(self, owner: str, name: str, schema: str) -> bool:
        return name in self.granted

    def table(self, owner: str, name: str) -> None:
        """Statistics are not for this double."""

    def index(self, owner: str, name: str) -> None:
        """Statistics are not for this double."""

    def jobs(self) -> dict[tuple[str, str], dict[str, Any]]:
        return {}

    def change_number(self) -> int:
        return 1

    def ddl_of(self, kind: str, owner: str, name: str) -> None:
        """It knows no table whose DDL could be told."""

    def tables_of(self, owner: str) -> tuple[str, ...]:
        return ()

    def change_statistics(self, owner: str, name: str, work: Any) -> bool:
        return False

    def set_dependencies(self, owner: str, name: str, unit_type: str, on: Any, uses: Any) -> None:
        pass


class FakeSql:
    """Statements of SQLite's dialect, with PL/SQL names as host variables."""

    def __init__(self, catalog: FakeCatalog) -> None:
        self.catalog = catalog
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.log: list[str] = []
        self.marks = 0
        self.autonomous = 0

    def table(self, name: str, **columns: str) -> None:
        """Create a table; the columns' types by name."""
        self.catalog.tables[name] = tuple(Column(c, _TYPES[t]) for c, t in columns.items())
        names = ", ".join(columns)
        self.connection.execute(f"CREATE TABLE {name} ({names})")

    def compile(
        self,
        text: str,
        scope: HostScope | None = None,
        bind_types: Sequence[OraType | None] = (),
    ) -> Compiled:
        if scope is None and "RETURNING" in text and "INTO" in text:
            text, _, outs = text.partition(" INTO ")
            inner = self.compile(text)
            return replace(inner, into=tuple(outs.replace(":", "").split(", ")))
        known = {c.name for columns in self.catalog.tables.values() for c in columns}
        hosts: list[HostVariable | str] = []
        out, last = [], 0
        tokens = lex(text).tokens
        if tokens[0].value in ("CREATE", "DROP", "ALTER"):
            return Compiled(text, "ddl", (), (), text)
        index = 0
        while index < len(tokens):
            token = tokens[index]
            end = index + 1
            host: HostVariable | str | None = None
            if token.kind == BIND:
                host = token.value
            elif token.kind in (IDENT, QUOTED) and scope is not None:
                path = [token.value]
                while end + 1 < len(tokens) and tokens[end].text == ".":
                    path.append(tokens[end + 1].value)
                    end += 2
                if token.value not in known:
                    host = scope.resolve(tuple(path))
            if host is not None:
                hosts.append(host)
                out += [text[last : token.offset], "?"]
                last = tokens[end - 1].end
            index = end
        sql = "".join(out) + text[last:]
        return Compiled(text, tokens[0].value.lower(), self._columns(sql, tokens), tuple(hosts),
                        sql)  # fmt: skip

    def _columns(self, sql: str, tokens: list[Any]) -> tuple[Column, ...]:
        sql = sql.replace("FOR UPDATE", "")
        try:
            cursor = self.connection.execute(f"EXPLAIN {sql}", [None] * sql.count("?"))
        except sqlite3.OperationalError as error:
            text = str(error)
            if "no such table" in text:
                name = text.rsplit(" ", 1)[1]
                offset = next((t.offset for t in tokens if t.text == name), 0)
                raise OraError(942, offset=offset) from None
            raise OraError(904, f'"{text}"') from None
        cursor.close()
        returning = any(t.value in ("RETURNING", "SELECT") for t in tokens)
        if not returning:
            return ()
        mark = self.connection.execute("SAVEPOINT columns")
        rows = self.connection.execute(sql, [None] * sql.count("?"))
        names = [d[0].upper() for d in rows.description or ()]
        rows.close()
        mark.execute("ROLLBACK TO columns")
        types = {c.name: c.type for columns in self.catalog.tables.values() for c in columns}
        return tuple(Column(name, types.get(name, OraType(Kind.NUMBER))) for name in names)

    def run(self, statement: Compiled, values: Sequence[Any]) -> SqlResult:
        self.log.append(statement.text)
        sql = str(statement.handle).replace("FOR UPDATE", "")
        if statement.kind == "ddl":
            return SqlResult()
        stored = [v.isoformat(" ") if isinstance(v, dt.datetime) else v for v in values]
        if any(isinstance(value, Collection | Record) for value in values):
            raise OraError(932, "NUMBER", "UDT")
        try:
            cursor = self.connection.execute(sql, stored)
        except sqlite3.IntegrityError:
            raise OraError(1, "U.X") from None
        rows = cursor.fetchall()
        count = len(rows) if statement.kind == "select" else max(cursor.rowcount, len(rows))
        if statement.kind != "select":
            count = self.connection.execute("SELECT changes()").fetchone()[0]
        texts = [c.type.kind is Kind.VARCHAR2 for c in statement.columns]
        rows = [
            tuple(
                str(v) if text and v is not None else v for v, text in zip(r, texts, strict=False)
            )
            for r in rows
        ]
        return SqlResult(rows, count)

    def commit(self) -> None:
        self.log.append("COMMIT")

    def rollback(self) -> None:
        self.log.append("ROLLBACK")

    def savepoint(self, name: str) -> None:
        self.log.append(f"SAVEPOINT {name}")

    def rollback_to(self, name: str) -> None:
        self.log.append(f"ROLLBACK TO {name}")

    def mark(self) -> object:
        self.marks += 1
        self.connection.execute(f"SAVEPOINT call{self.marks}")
        return self.marks

    def undo_to(self, mark: object) -> None:
        self.connection.execute(f"ROLLBACK TO call{mark}")

    def insert_many(self, statement: Any, rows: Sequence[Sequence[Any]]) -> None:
        return None

    def in_transaction(self) -> bool:
        return False

    def transaction_id(self) -> str | None:
        return None

    def begin_autonomous(self) -> None:
        self.autonomous += 1
        self.log.append("BEGIN AUTONOMOUS")

    def end_autonomous(self) -> None:
        self.autonomous -= 1
        self.log.append("END AUTONOMOUS")

    def close(self) -> None:
        self.connection.close()


class Session:
    """A session of user U with helpers for tests."""

    def __init__(self, library: Library | None = None, catalog: FakeCatalog | None = None,
                 sid: int = 10) -> None:  # fmt: skip
        self.checks = 0
        self.most_checks = 10**9
        self.catalog = catalog or FakeCatalog()
        self.sql = FakeSql(self.catalog)
        self.context = SessionContext(
            sid=sid, serial=1, user="U", current_schema="U", instance_name="I",
            service_name="S", logon_time=dt.datetime(2024, 1, 1), interrupt_check=self._check,
        )  # fmt: skip
        self.library = library or Library()
        self.plsql = Interpreter(self.library, self.context, self.sql, self.catalog)
        self.plsql.rt.output.enable(None)

    def _check(self) -> None:
        self.checks += 1
        if self.checks > self.most_checks:
            raise OraError(1013)

    def limit_checks(self, count: int) -> None:
        """Cancel what runs after so many looks at the interrupt flag (endless loops)."""
        self.most_checks = self.checks + count

    def run(self, text: str, **binds: Any) -> dict[str, Any]:
        """Run a block; binds by name."""
        return self.plsql.execute_block(text, [_bind(n, v) for n, v in binds.items()]).out

    def lines(self, text: str, **binds: Any) -> list[str]:
        """Run a block; the lines it put out."""
        self.run(text, **binds)
        output = self.plsql.rt.output
        lines = list(output.lines)
        output.lines.clear()
        return lines

    def value(self, expression: str, declarations: str = "") -> Any:
        """The value of an expression of any scalar type, as text (NULL is None)."""
        (line,) = self.lines(f"DECLARE {declarations} BEGIN DBMS_OUTPUT.PUT_LINE({expression});"
                             " END;")  # fmt: skip
        return line or None

    def boolean(self, expression: str, declarations: str = "") -> bool | None:
        """The value of a BOOLEAN expression."""
        text = (
            f"DECLARE {declarations} x BOOLEAN := {expression}; BEGIN DBMS_OUTPUT.PUT_LINE("
            "CASE WHEN x THEN 'T' WHEN NOT x THEN 'F' ELSE 'N' END); END;"
        )
        (line,) = self.lines(text)
        return {"T": True, "F": False, "N": None}[line]

    def create(self, text: str) -> list[tuple[int, int, str]]:
        """Create a unit; its errors."""
        _, errors = self.plsql.create_unit(text, "U")
        return [(e.line, e.position, e.text) for e in errors]

    def error(self, text: str, **binds: Any) -> OraError:
        """The error a block ends with."""
        try:
            self.run(text, **binds)
        except OraError as error:
            return error
        raise AssertionError("no error")


def _bind(name: str, value: Any) -> BlockBind:
    kinds = {int: Kind.NUMBER, str: Kind.VARCHAR2, dt.datetime: Kind.DATE}
    kind = kinds.get(type(value), Kind.VARCHAR2)
    if isinstance(value, OraType):
        return BlockBind(name.upper(), None, value)
    return BlockBind(name.upper(), value, OraType(kind))
