"""The ports between the sandbox's rooms: who calls whom, with which values.

    server --SqlPort, PlsqlPort-->     sql, interpreter
    interpreter --SqlPort, CatalogPort-->  sql        static and dynamic SQL, %TYPE, source storage
    sql --PlsqlPort-->                 interpreter    PL/SQL functions in SQL, triggers, CREATE PACKAGE

One `SessionContext` belongs to one logged-on session and is handed to every room. What stands
between wire and server is in `kernel.serving`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from dtm.sandbox.kernel.types import Column, OraType

# A value as `kernel.types` lists them.
Value = Any


@dataclass(slots=True)
class SessionContext:
    """What every room may know of a logged-on session. `interrupt_check` raises OraError 1013 when
    the client asked to cancel and OraError 28 when the session was killed; long loops call it
    (cheap: it looks at a flag, and at the socket every few milliseconds)."""

    sid: int
    serial: int
    user: str  # session user, upper case
    current_schema: str
    instance_name: str
    service_name: str
    logon_time: dt.datetime
    interrupt_check: Callable[[], None]
    attributes: dict[str, str | None] = field(default_factory=dict)  # module, action, client_info,
    # client_identifier, program, machine, osuser, terminal - as V$SESSION shows them
    nls: dict[str, str] = field(default_factory=dict)  # NLS_DATE_FORMAT ... upper-case names
    state: dict[str, Any] = field(default_factory=dict)  # room-private state, key = room name
    # The owner whose definer-rights unit is running: privileges and CURRENT_USER are its, roles do
    # not count. None: the session user's own.
    effective_user: str | None = None


@dataclass(frozen=True, slots=True)
class HostVariable:
    """A PL/SQL variable or a :bind that a SQL statement refers to. `key` is the scope's own."""

    key: object
    type: OraType
    shape: UserShape | None = None  # of a COLLECTION: for TABLE(variable)


@dataclass(frozen=True, slots=True)
class UserShape:
    """What is in a user type: an object's attributes, or what TABLE() of a collection shows: the
    attributes of its elements, or COLUMN_VALUE alone. `element`: a collection's; None of an
    object."""

    columns: tuple[Column, ...]
    element: OraType | None = None


class HostScope(Protocol):
    """Names of the PL/SQL program around a static SQL statement. Column names win over these."""

    def resolve(self, path: tuple[str, ...]) -> HostVariable | None:
        """Return the variable `path` (("V",), ("REC", "FIELD"), ("PKG", "CONST")) means, or None."""

    def resolve_function(self, path: tuple[str, ...]) -> FunctionRef | None:
        """Return the PL/SQL function `path` means from here (package-private ones included)."""


class RecordScope(HostScope, Protocol):
    """A scope that knows records: INSERT ... VALUES record, UPDATE ... SET ROW = record."""

    def resolve_record(self, path: tuple[str, ...]) -> tuple[HostVariable, ...] | None:
        """Return the fields of the record variable `path` means, in order, or None."""


@dataclass(frozen=True, slots=True)
class FunctionRef:
    """A PL/SQL function callable from SQL. `handle` is the interpreter's own."""

    name: str
    returns: OraType
    parameters: tuple[tuple[str, OraType, bool], ...]  # (name, type, has default)
    handle: object
    overloads: tuple[FunctionRef, ...] = ()  # the others of this name
    elements: OraType | None = None  # a collection's constructor: any number of these
    shape: UserShape | None = (
        None  # of the collection it returns, whose type may have no name in SQL
    )


@dataclass(frozen=True, slots=True)
class Compiled:
    """A parsed, name-resolved SQL statement, cached by text, schema and catalog version.

    `hosts` lists the values `run` needs, in order: HostVariable for a PL/SQL variable, or a str
    for a :placeholder (upper-case name, one entry per occurrence).
    `kind`: select, insert, update, delete, merge, ddl, alter session, lock, set transaction,
    commit, rollback, savepoint, explain.
    `columns`: of a query, or of the RETURNING expressions of DML.
    """

    text: str
    kind: str
    columns: tuple[Column, ...]
    hosts: tuple[HostVariable | str, ...]
    handle: object
    into: tuple[str, ...] = ()  # names of the :binds behind RETURNING ... INTO, as `columns`
    relations: tuple[tuple[str, str, str], ...] = ()  # (owner, name, TABLE | VIEW | SEQUENCE) used


@dataclass(slots=True)
class SqlResult:
    """What running a statement gave. `rows` are materialised (read consistency)."""

    rows: Sequence[tuple[Value, ...]] = ()
    rowcount: int = 0
    last_rowid: str | None = None
    warning: bool = False  # created with compilation errors (the driver's DPY-7000)


class SqlPort(Protocol):
    """SQL for one session. Errors are OraError; `offset` is the character position in the text."""

    def compile(
        self,
        text: str,
        scope: HostScope | None = None,
        bind_types: Sequence[OraType | None] = (),
    ) -> Compiled:
        """Parse and resolve one statement without its trailing semicolon.

        `bind_types`: one per :placeholder occurrence in the text; without it `run` goes by the
        values. With a `scope` RETURNING needs no INTO.
        """

    def run(self, statement: Compiled, values: Sequence[Value]) -> SqlResult:
        """Run with host values in the order of `statement.hosts`. A failure undoes this statement."""

    def insert_many(
        self, statement: Compiled, rows: Sequence[Sequence[Value]]
    ) -> SqlResult | None:
        """Run an INSERT once per row of values, all as one step, when that cannot be told from one
        after the other and none fails; None: nothing was done, run them one by one."""

    # transactions
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def savepoint(self, name: str) -> None: ...
    def rollback_to(self, name: str) -> None: ...
    def mark(self) -> object:
        """An implicit savepoint (start of a PL/SQL call); undone by `undo_to`."""

    def undo_to(self, mark: object) -> None: ...
    def in_transaction(self) -> bool: ...
    def transaction_id(self) -> str | None:
        """DBMS_TRANSACTION.LOCAL_TRANSACTION_ID: "usn.slot.sequence", None outside a transaction."""

    def begin_autonomous(self) -> None:
        """Suspend the current transaction; what follows runs in an independent one."""

    def end_autonomous(self) -> None:
        """Resume the suspended one; ORA-06519 (after rolling back) if the inner one is still open."""

    def close(self) -> None:
        """End the session: roll back, free locks."""


@dataclass(frozen=True, slots=True)
class UnitError:
    """One line of USER_ERRORS."""

    line: int
    position: int
    text: str  # "PLS-00201: identifier 'X' must be declared"
    attribute: str = "ERROR"  # or WARNING


@dataclass(frozen=True, slots=True)
class StoredUnit:
    """A PL/SQL unit in the dictionary. `type`: PACKAGE, PACKAGE BODY, PROCEDURE, FUNCTION,
    TRIGGER, TYPE, TYPE BODY. `text` begins with the type word, as USER_SOURCE shows it."""

    owner: str
    name: str
    type: str
    text: str
    status: str  # VALID or INVALID
    version: int  # grows with every change of the unit: key of compiled code
    settings: Mapping[str, str] = field(default_factory=dict)  # PLSQL_CCFLAGS ...


class CatalogPort(Protocol):
    """The dictionary as the interpreter needs it, with the session's privileges applied."""

    def version(self) -> int:
        """Grows with every DDL in the instance; compiled code of an older one is checked again."""

    def unit(self, owner: str, name: str, unit_type: str) -> StoredUnit | None: ...
    def put_unit(self, unit: StoredUnit, errors: Sequence[UnitError]) -> None:
        """Store (replace) a unit with its errors; marks dependents INVALID where Oracle would."""

    def resolve(self, path: tuple[str, ...], schema: str) -> tuple[str, str, str] | None:
        """(owner, name, object type) of a possibly qualified name: own schema, then private and
        public synonyms; None when there is nothing the session may see."""

    def column_type(self, owner: str, table: str, column: str) -> OraType | None: ...
    def columns(self, owner: str, table: str) -> tuple[Column, ...] | None:
        """For %ROWTYPE: columns of a table or view in order, None if there is no such relation."""

    def can_execute(self, owner: str, name: str, schema: str) -> bool: ...
    def table(self, owner: str, name: str) -> Any:
        """A table the session may see (catalog_model.Table), or None."""

    def index(self, owner: str, name: str) -> Any:
        """An index on a table the session may see (catalog_model.Index), or None."""

    def jobs(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The scheduler's jobs, by owner and name."""

    def change_number(self) -> int:
        """The current SCN."""

    def ddl_of(self, kind: str, owner: str, name: str) -> str | None:
        """CREATE TABLE, VIEW, SEQUENCE, INDEX, SYNONYM of an object the session may see."""

    def tables_of(self, owner: str) -> Sequence[str]:
        """The names of a schema's tables."""

    def change_statistics(self, owner: str, name: str, work: Callable[[Any, Any], None]) -> bool:
        """Run work(catalog, table) as DDL; False when there is no such table to be seen."""

    def set_dependencies(
        self,
        owner: str,
        name: str,
        unit_type: str,
        on: Sequence[tuple[str, str, str]],
        uses: Mapping[tuple[str, str], tuple[str, ...]],
    ) -> None:
        """`uses`: of a table or view (owner, name) the columns, "*" the whole row, "+" when a new
        column could change what a name means."""


class OpenCursor(Protocol):
    """An open cursor: a REF CURSOR value, an implicit result."""

    columns: tuple[Column, ...]

    def fetch(self, count: int) -> Sequence[tuple[Value, ...]]: ...
    def close(self) -> None: ...


class PlsqlPort(Protocol):
    """PL/SQL for one session."""

    def execute_block(self, text: str, binds: Sequence[BlockBind]) -> BlockResult:
        """Run an anonymous block (or CALL). An unhandled exception undoes the whole call."""

    def create_unit(self, text: str, schema: str) -> tuple[StoredUnit, Sequence[UnitError]]:
        """Compile CREATE [OR REPLACE] PACKAGE/PROCEDURE/FUNCTION/TRIGGER/TYPE and store it."""

    def compile_unit(self, unit: StoredUnit) -> Sequence[UnitError]:
        """ALTER ... COMPILE, and recompile on use."""

    def function(self, path: tuple[str, ...], schema: str) -> FunctionRef | None:
        """A stored or built-in-package function for use in SQL."""

    def type_named(self, path: tuple[str, ...], schema: str) -> OraType | None:
        """The user type a name means; None when there is no such type."""

    def shape(self, user: tuple[str, str]) -> UserShape | None:
        """What is in a user type; None when there is no such type."""

    def call_function(self, ref: FunctionRef, args: Sequence[Value]) -> Value: ...
    def fire_trigger(self, owner: str, name: str, event: TriggerEvent) -> None:
        """Run a DML trigger; its header is in StoredUnit.settings (see TriggerEvent)."""

    def close(self) -> None:
        """The session ends: free its user locks and package state."""


@dataclass(slots=True)
class TriggerEvent:
    """What fires a DML trigger. `old` and `new` map columns to values, None in a statement trigger;
    a BEFORE ... FOR EACH ROW trigger changes `new` in place.

    StoredUnit.settings of a DDL or LOGON trigger: TIMING, LEVEL (EVENT), EVENTS ("DROP,DDL"), SCOPE
    (DATABASE, or the schema's name); of a DML trigger: FOLLOWS ("U.A,U.B"), POINTS of a compound
    one ("BEFORE STATEMENT,AFTER ROW"; its TIMING is COMPOUND), TABLE_OWNER, TABLE_NAME, TIMING (BEFORE, AFTER, INSTEAD OF),
    LEVEL (ROW, STATEMENT), EVENTS ("INSERT,UPDATE,DELETE"), COLUMNS (of UPDATE OF: "A,B").
    """

    operation: str  # INSERT, UPDATE or DELETE
    columns: frozenset[str] = frozenset()  # the SET columns of an UPDATE
    old: dict[str, Value] | None = None
    new: dict[str, Value] | None = None
    point: str = ""  # BEFORE STATEMENT, AFTER ROW ...: a compound trigger's section
    statement: object = None  # the running statement: a compound trigger's variables live as long
    facts: dict[str, str | None] = field(
        default_factory=dict
    )  # of DDL and LOGON: ORA_SYSEVENT ...


@dataclass(frozen=True, slots=True)
class BlockBind:
    """One distinct :name of a block. `type` and `max_length` come from the client's bind."""

    name: str
    value: Value
    type: OraType
    is_array: bool = False


@dataclass(slots=True)
class BlockResult:
    """OUT values by bind name; only names the block may have assigned appear."""

    out: dict[str, Value] = field(default_factory=dict)
    implicit: list[OpenCursor] = field(default_factory=list)  # DBMS_SQL.RETURN_RESULT
