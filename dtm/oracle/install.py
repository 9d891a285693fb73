"""Installing PL/SQL: what is live, sending a unit, reading it back, restoring what was there.

Two round trips per unit beside its DDL at most: one query reads back source, status, settings and
errors. No DDL is sent when live equals wanted, so not even LAST_DDL_TIME changes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from dtm.errors import DatabaseError, Locked
from dtm.model.database import Row, Session
from dtm.model.names import code_lock_name, quote
from dtm.model.package import SourceUnit, UnitKey
from dtm.oracle.errors import ErrorClass, OracleError
from dtm.oracle.locks import LockResult, Mode, holders, release, request
from dtm.oracle.queries import load
from dtm.oracle.session import OracleSession
from dtm.oracle.sources import Sent, sent, sha256

DDL_DEADLINE_S = 120.0
_SPECS = ("PACKAGE", "TYPE")

# Part of a unit's fingerprint: set before each install, read back from USER_PLSQL_OBJECT_SETTINGS.
WANTED_SETTINGS: Mapping[str, str | None] = {
    "PLSQL_OPTIMIZE_LEVEL": "2",
    "PLSQL_CODE_TYPE": "INTERPRETED",
    "PLSQL_CCFLAGS": None,
    "NLS_LENGTH_SEMANTICS": "BYTE",
}
# Their order in the query read_back.
_IN_READ_BACK = (
    "PLSQL_OPTIMIZE_LEVEL",
    "PLSQL_CODE_TYPE",
    "NLS_LENGTH_SEMANTICS",
    "PLSQL_CCFLAGS",
)


@dataclass(frozen=True, slots=True)
class LiveUnit:
    """A unit as the instance holds it. `sha256` is that of `text`, the lines of USER_SOURCE."""

    key: UnitKey
    text: str
    sha256: str
    status: str
    settings: Mapping[str, str | None]

    @property
    def valid(self) -> bool:
        """The unit compiled."""
        return self.status == "VALID"


class Looked(Enum):
    """What a caller who has just looked knows of a unit that is not there."""

    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class CompileError:
    """One line of USER_ERRORS; `line` and `position` count from 1, in the file that was sent."""

    type: str
    name: str
    line: int
    position: int
    text: str

    def __str__(self) -> str:
        return f"{self.type} {self.name} {self.line}:{self.position}: {self.text}"


@dataclass(frozen=True, slots=True)
class Installed:
    """What installing one unit did. `changed`: DDL was sent. `previous_text`: what stood there
    before, as USER_SOURCE showed it; None: nothing. `broken_dependents`: units that use this one
    and no longer compile."""

    key: UnitKey
    changed: bool
    sent_sha: str
    readback_sha: str
    status: str
    settings: Mapping[str, str | None]
    errors: tuple[CompileError, ...] = ()
    previous_text: str | None = None
    broken_dependents: tuple[UnitKey, ...] = ()

    @property
    def ok(self) -> bool:
        """The unit compiled without errors and broke nothing."""
        return self.status == "VALID" and not self.errors and not self.broken_dependents


def fingerprint(session: Session) -> dict[UnitKey, LiveUnit]:
    """Return all PL/SQL units of the schema by key, in two round trips or little more."""
    queries = load("install")
    texts: dict[UnitKey, list[str]] = {}
    for unit_type, name, text in session.query(queries["source"]):
        texts.setdefault(UnitKey(unit_type, name), []).append(text or "")
    units = {}
    for unit_type, name, *rest in session.query(queries["units"]):
        key = UnitKey(unit_type, name)
        units[key] = _live(key, "".join(texts.get(key, ())), tuple(rest))
    return units


def live_unit(session: Session, key: UnitKey) -> LiveUnit | None:
    """Return one unit; None when the schema has none of that type and name."""
    return _read_back(session, key).unit


def install_unit(
    session: OracleSession,
    unit: SourceUnit,
    live: LiveUnit | Looked | None = None,
    *,
    deadline_s: float = DDL_DEADLINE_S,
) -> Installed:
    """Bring one unit to the text of `unit`; compile errors are in the result, not raised.

    `live`: the unit as a `fingerprint` just showed it, or Looked.MISSING, to save looking again;
    None: look. Raises OracleError when the DDL itself is refused or takes longer than
    `deadline_s` seconds (it is cancelled: another session pins the code).
    """
    wanted = sent(unit.text, unit.file)
    key = UnitKey(wanted.type, wanted.name)
    before = live_unit(session, key) if live is None else live
    if before is Looked.MISSING:
        before = None
    sent_sha = sha256(wanted.statement)
    if before is not None and _equal(before, wanted):
        return Installed(key, False, sent_sha, before.sha256, before.status, before.settings)
    session.once(load("install")["compile_settings"])
    bounded_ddl(session, wanted.statement, deadline_s)
    found = _read_back(session, key)
    now = found.unit
    if now is None:
        raise DatabaseError(f"{key} was created but is not in USER_SOURCE", where=session.where)
    broken = () if key.type in _SPECS else _recompiled(session, key, found.invalid, deadline_s)
    return Installed(
        key,
        True,
        sent_sha,
        now.sha256,
        now.status,
        now.settings,
        tuple(_in_file(error, wanted) for error in found.errors),
        before.text if before else None,
        broken,
    )


def restore_unit(
    session: OracleSession,
    key: UnitKey,
    previous_text: str | None,
    *,
    deadline_s: float = DDL_DEADLINE_S,
) -> LiveUnit | None:
    """Put back what stood there before an install and read it back; None drops the unit."""
    if previous_text is None:
        if live_unit(session, key) is not None:
            bounded_ddl(session, f"DROP {_checked_type(key.type)} {quote(key.name)}", deadline_s)
        return None
    bounded_ddl(session, f"CREATE OR REPLACE {previous_text}", deadline_s)
    return live_unit(session, key)


def _recompiled(
    session: OracleSession, key: UnitKey, invalid: tuple[UnitKey, ...], deadline_s: float
) -> tuple[UnitKey, ...]:
    """Compile the units that an install made invalid; return those that stay invalid."""
    for dependent in invalid:
        base, _, body = _checked_type(dependent.type).partition(" ")
        statement = f"ALTER {base} {quote(dependent.name)} COMPILE {body}".rstrip()
        bounded_ddl(session, statement, deadline_s)
    return _read_back(session, key).invalid if invalid else ()


@contextmanager
def code_gate(session: OracleSession, schema: str, timeout_s: int) -> Iterator[LockResult]:
    """Hold the schema's code gate in X mode: no task runs meanwhile, none is replaced under one.

    Waits up to `timeout_s` whole seconds, then raises Locked naming the holders. Yields
    NOT_GRANTED where DBMS_LOCK is not granted: then nothing is held.
    """
    name = code_lock_name(schema)
    result = request(session, name, Mode.X, timeout_s)
    if result is LockResult.BUSY:
        found = "; ".join(map(str, holders(session, name))) or "holders are not visible"
        raise Locked(
            f"the code of schema {schema} is in use: {found}",
            where=session.where,
            hint="wait for the running tasks, or halt them",
        )
    try:
        yield result
    finally:
        if result.held and not session.in_doubt:
            release(session, name)


def bounded_ddl(session: OracleSession, statement: str, deadline_s: float) -> None:
    """Run DDL, cancelling it after `deadline_s` seconds (DDL_LOCK_TIMEOUT does not bound a wait
    for the library cache, ORA-04021)."""
    timer = threading.Timer(deadline_s, session.cancel)
    timer.daemon = True
    timer.start()
    try:
        session.execute(statement)
    except OracleError as error:
        if error.error_class is ErrorClass.CANCELLED:
            error.hint = f"not done within {deadline_s:g} s: another session uses the object"
        raise
    finally:
        timer.cancel()


def _equal(live: LiveUnit, wanted: Sent) -> bool:
    same_text = live.text.rstrip() == wanted.source
    return same_text and live.valid and _settings_match(live.settings)


def _settings_match(settings: Mapping[str, str | None]) -> bool:
    return all(settings.get(name) == value for name, value in WANTED_SETTINGS.items())


def _live(key: UnitKey, text: str, row: Row) -> LiveUnit:
    status, *values = row
    settings = dict(zip(WANTED_SETTINGS, (_text(value) for value in values), strict=True))
    return LiveUnit(key, text, sha256(text), status, settings)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class _ReadBack:
    """A unit, its errors, and the units that use it and do not compile now."""

    unit: LiveUnit | None
    errors: tuple[CompileError, ...]
    invalid: tuple[UnitKey, ...]


def _read_back(session: Session, key: UnitKey) -> _ReadBack:
    rows = session.query(load("install")["read_back"], {"type": key.type, "name": key.name})
    lines = [row[3] or "" for row in rows if row[0] == "SOURCE"]
    values = {row[0]: row[3] for row in rows if row[0] in ("STATUS", "SETTINGS")}
    errors = [
        CompileError(key.type, key.name, line, position, text)
        for kind, line, position, text in rows
        if kind == "ERROR"
    ]
    using = {tuple(row[3].split("|", 1)) for row in rows if row[0] == "DEPENDENT"}
    invalid = tuple(UnitKey(*names) for names in sorted(using))  # a package before its body
    if "STATUS" not in values:
        return _ReadBack(None, tuple(errors), invalid)
    settings = (values.get("SETTINGS") or "|||").split("|", len(_IN_READ_BACK) - 1)
    by_name = dict(zip(_IN_READ_BACK, settings, strict=True))
    row = (values["STATUS"], *(by_name[name] or None for name in WANTED_SETTINGS))
    return _ReadBack(_live(key, "".join(lines), row), tuple(errors), invalid)


def _in_file(error: CompileError, wanted: Sent) -> CompileError:
    column = wanted.column - 1 if error.line == 1 else 0
    return CompileError(
        error.type,
        error.name,
        error.line + wanted.line - 1,
        error.position + column,
        error.text,
    )


def _checked_type(unit_type: str) -> str:
    if unit_type not in _DROPPABLE:
        raise DatabaseError(f"dtm does not manage objects of type {unit_type}")
    return unit_type


_DROPPABLE = frozenset(
    {"PACKAGE", "PACKAGE BODY", "PROCEDURE", "FUNCTION", "TRIGGER", "TYPE", "TYPE BODY"}
)
