"""ALTER SESSION, ALTER SYSTEM, ANALYZE, PURGE (SQL Language Reference 19c)."""

from __future__ import annotations

from typing import Protocol

from dtm.plsql.lexer import Token
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.ddl_context import Ddl, DdlResult
from dtm.sandbox.sql.ddl_tokens import Tokens

_LANGUAGE = frozenset(
    {"NLS_CALENDAR", "NLS_COMP", "NLS_CURRENCY", "NLS_DATE_FORMAT", "NLS_DATE_LANGUAGE",
     "NLS_DUAL_CURRENCY", "NLS_ISO_CURRENCY", "NLS_LANGUAGE", "NLS_LENGTH_SEMANTICS",
     "NLS_NCHAR_CONV_EXCP", "NLS_NUMERIC_CHARACTERS", "NLS_SORT", "NLS_TERRITORY",
     "NLS_TIMESTAMP_FORMAT", "NLS_TIMESTAMP_TZ_FORMAT", "TIME_ZONE"}
)  # fmt: skip
# Parameters that change nothing the sandbox answers: kept, shown in V$PARAMETER.
_RECORDED = frozenset(
    {"CURSOR_SHARING", "DB_FILE_MULTIBLOCK_READ_COUNT", "DDL_LOCK_TIMEOUT", "HASH_AREA_SIZE",
     "MAX_DUMP_FILE_SIZE", "OPTIMIZER_MODE", "OPTIMIZER_FEATURES_ENABLE",
     "OPTIMIZER_INDEX_COST_ADJ", "OPTIMIZER_INDEX_CACHING", "OPTIMIZER_DYNAMIC_SAMPLING",
     "OPTIMIZER_USE_INVISIBLE_INDEXES", "PARALLEL_DEGREE_POLICY", "PARALLEL_DEGREE_LIMIT",
     "PLSQL_CCFLAGS", "PLSQL_CODE_TYPE", "PLSQL_DEBUG", "PLSQL_OPTIMIZE_LEVEL", "PLSQL_WARNINGS",
     "PLSCOPE_SETTINGS", "QUERY_REWRITE_ENABLED", "RESULT_CACHE_MODE", "SKIP_UNUSABLE_INDEXES",
     "SORT_AREA_SIZE", "SQL_TRACE", "STATISTICS_LEVEL", "STAR_TRANSFORMATION_ENABLED",
     "TIMED_STATISTICS", "TRACEFILE_IDENTIFIER", "WORKAREA_SIZE_POLICY", "DEFERRED_SEGMENT_CREATION",
     "RECYCLEBIN", "COMMIT_WRITE", "COMMIT_LOGGING", "COMMIT_WAIT", "RESUMABLE_TIMEOUT",
     "EVENTS", "ERROR_ON_OVERLAP_TIME", "GLOBAL_NAMES", "ISOLATION_LEVEL"}
)  # fmt: skip
_SYSTEM_ONLY = frozenset(
    {"JOB_QUEUE_PROCESSES", "OPEN_CURSORS", "PROCESSES", "SESSIONS", "UNDO_RETENTION",
     "DB_RECOVERY_FILE_DEST_SIZE", "SESSION_CACHED_CURSORS", "PGA_AGGREGATE_TARGET", "SGA_TARGET"}
)  # fmt: skip


class SessionRegistry(Protocol):
    """The server's view of its sessions: Instance.attributes["sessions"]."""

    def kill(self, sid: int, serial: int, by: int) -> None:
        """End a session (ORA-00030 when there is none)."""

    def cancel(self, sid: int, serial: int) -> None:
        """Cancel the statement a session runs."""


def alter_session(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """ALTER SESSION SET ... | ENABLE / DISABLE / FORCE PARALLEL ... | ENABLE RESUMABLE ..."""
    tokens.expect("SESSION")
    first = tokens.here
    word = tokens.accept_any("SET", "ENABLE", "DISABLE", "FORCE", "CLOSE", "ADVISE", "SYNC")
    if word == "SET":
        _set_parameters(ddl, tokens)
    elif word in ("ENABLE", "DISABLE", "FORCE"):
        _switch(ddl, tokens, word)
    elif word is not None:
        tokens.unsupported(470, f"ALTER SESSION {word}", first)
    else:
        tokens.fail(2248)
    tokens.finish(2248)
    return DdlResult("ALTER SESSION")


def _set_parameters(ddl: Ddl, tokens: Tokens) -> None:
    count = 0
    while not tokens.at_end():
        named = tokens.advance()
        tokens.expect("=")
        _set(ddl, tokens, named)
        count += 1
    if not count:
        tokens.fail(2248)


def _value(tokens: Tokens) -> str:
    """A parameter's value: a literal, a word, a number with a unit, or several in a row."""
    token = tokens.here
    if token.kind not in ("string", "ident", "quoted", "number"):
        tokens.fail(2017 if token.kind == "op" else 2248)
    tokens.advance()
    return token.value


def _set(ddl: Ddl, tokens: Tokens, named: Token) -> None:
    name = named.value
    context = ddl.session.context
    if name == "CURRENT_SCHEMA":
        schema = tokens.identifier(2421)
        if ddl.catalog.user(schema) is None:
            raise OraError(1435)
        context.current_schema = schema
    elif name in _LANGUAGE:
        value = _value(tokens)
        _check_language(name, value)
        context.nls[name] = value
        ddl.session.parameters[name] = value
    elif name in _RECORDED or name.startswith("_"):
        value = _value(tokens)
        if name == "DDL_LOCK_TIMEOUT" and not (value.isdigit() and int(value) <= 1_000_000):
            raise OraError(68, value, name, "between 0 and 1000000")
        if name == "SKIP_UNUSABLE_INDEXES" and value.upper() == "FALSE":
            tokens.unsupported(473, "SKIP_UNUSABLE_INDEXES = FALSE", named)
        if name == "ISOLATION_LEVEL" and value == "SERIALIZABLE":
            tokens.unsupported(471, "ISOLATION_LEVEL = SERIALIZABLE", named)
        ddl.session.parameters[name] = value
    elif name in _SYSTEM_ONLY:
        raise OraError(2096)
    elif name in ("CONSTRAINT", "CONSTRAINTS"):
        word = tokens.accept_any("IMMEDIATE", "DEFERRED", "DEFAULT") or tokens.fail(2248)
        deferred = None if word == "DEFAULT" else word == "DEFERRED"
        ddl.session.constraints_deferred = ddl.session.transaction.modes.everything = deferred
    elif name in ("CONTAINER", "EDITION", "ROW"):
        tokens.unsupported(472, f"ALTER SESSION SET {name}", named)
    else:
        raise OraError(2248)


def _check_language(name: str, value: str) -> None:
    if name == "NLS_LENGTH_SEMANTICS" and value.upper() not in ("BYTE", "CHAR"):
        raise OraError(12705)
    if name == "NLS_NUMERIC_CHARACTERS" and (len(value) != 2 or value[0] == value[1]):
        raise OraError(12705)


def _switch(ddl: Ddl, tokens: Tokens, word: str) -> None:
    parameters = ddl.session.parameters
    first = tokens.here
    if tokens.accept("PARALLEL"):
        kind = tokens.accept_any("DML", "DDL", "QUERY") or tokens.fail(12850)
        if kind == "DML" and ddl.session.in_transaction():
            raise OraError(12841)
        if word == "FORCE" and tokens.accept("PARALLEL"):
            tokens.integer()
        parameters[f"PARALLEL {kind}"] = {"ENABLE": "ENABLED", "FORCE": "FORCED"}.get(
            word, "DISABLED"
        )
    elif tokens.accept("RESUMABLE"):
        if word == "ENABLE":
            ddl.resolver.require("RESUMABLE")
        if tokens.accept("TIMEOUT"):
            tokens.integer()
        if tokens.accept("NAME"):
            tokens.string()
        if word == "ENABLE":
            tokens.unsupported(473, "ENABLE RESUMABLE", first)
    elif tokens.accept("COMMIT", "IN", "PROCEDURE"):
        tokens.unsupported(474, f"{word} COMMIT IN PROCEDURE", first)
    elif tokens.at("GUARD"):
        tokens.unsupported(475, f"{word} GUARD")
    else:
        tokens.fail(2248)


def alter_system(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """ALTER SYSTEM KILL SESSION | DISCONNECT SESSION | SET | CHECKPOINT | FLUSH | SWITCH ..."""
    tokens.expect("SYSTEM")
    ddl.resolver.require("ALTER SYSTEM")
    word = tokens.accept_any(
        "KILL",
        "DISCONNECT",
        "SET",
        "CHECKPOINT",
        "FLUSH",
        "SWITCH",
        "REGISTER",
        "ARCHIVE",
        "CANCEL",
    )
    if word in ("KILL", "DISCONNECT"):
        _kill(ddl, tokens)
    elif word == "CANCEL":
        _cancel(ddl, tokens)
    elif word == "SET":
        _set_system(ddl, tokens)
    elif word in ("CHECKPOINT", "FLUSH", "SWITCH", "REGISTER", "ARCHIVE"):
        while not tokens.at_end():
            tokens.advance()
    else:
        tokens.unsupported(476, f"ALTER SYSTEM {tokens.here.text}")
    tokens.finish()
    return DdlResult("ALTER SYSTEM")


def _session_of(text: str) -> tuple[int, int]:
    """'sid,serial#[,@inst]'; ORA-00026."""
    parts = [part.strip() for part in text.split(",")]
    if not 2 <= len(parts) <= 4 or not (parts[0].isdigit() and parts[1].isdigit()):
        raise OraError(26)
    return int(parts[0]), int(parts[1])


def _kill(ddl: Ddl, tokens: Tokens) -> None:
    tokens.expect("SESSION")
    sid, serial = _session_of(tokens.string())
    tokens.accept("POST_TRANSACTION")
    tokens.accept_any("IMMEDIATE", "NOREPLAY")
    if sid == ddl.session.context.sid:
        raise OraError(27)
    _registry(ddl).kill(sid, serial, by=ddl.session.context.sid)


def _cancel(ddl: Ddl, tokens: Tokens) -> None:
    """CANCEL SQL 'sid, serial[, @inst][, sql_id]'."""
    tokens.expect("SQL")
    sid, serial = _session_of(tokens.string())
    _registry(ddl).cancel(sid, serial)


def _registry(ddl: Ddl) -> SessionRegistry:
    registry: SessionRegistry | None = ddl.instance.attributes.get("sessions")
    if registry is None:
        raise OraError(30)
    return registry


def _set_system(ddl: Ddl, tokens: Tokens) -> None:
    while not tokens.at_end():
        name = tokens.advance().value
        tokens.expect("=")
        if name not in _RECORDED | _SYSTEM_ONLY | _LANGUAGE and not name.startswith("_"):
            raise OraError(2065)
        ddl.instance.parameters[name] = _value(tokens)
        if tokens.here.kind == "ident" and tokens.here.value in ("M", "G", "K"):
            ddl.instance.parameters[name] += tokens.advance().value
        while tokens.accept_any("SCOPE", "COMMENT", "SID", "DEFERRED", "CONTAINER"):
            if tokens.accept("="):
                tokens.advance()


def analyze(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """ANALYZE TABLE | INDEX name COMPUTE | ESTIMATE | DELETE STATISTICS, VALIDATE STRUCTURE."""
    kind = tokens.accept_any("TABLE", "INDEX") or tokens.fail(1490)
    name = tokens.name(903)
    if kind == "TABLE":
        ddl.table(name, None, "ANALYZE ANY")
    elif ddl.catalog.index(name.owner(ddl.schema), name.last) is None:
        raise OraError(1418)
    tokens.accept_any("COMPUTE", "ESTIMATE", "DELETE", "VALIDATE") or tokens.fail(905)
    while not tokens.at_end():
        tokens.advance()
    return DdlResult("ANALYZE")


def purge(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """PURGE RECYCLEBIN | DBA_RECYCLEBIN: there is no recycle bin, so it is empty."""
    word = tokens.accept_any("RECYCLEBIN", "DBA_RECYCLEBIN", "TABLE", "INDEX", "TABLESPACE")
    if word is None:
        tokens.fail(38302)
    if word in ("TABLE", "INDEX"):
        raise OraError(38307)
    if word == "DBA_RECYCLEBIN":
        ddl.resolver.require("SELECT ANY DICTIONARY")
    return DdlResult("PURGE")
