"""V$ and GV$ views: what the running instance knows (Database Reference 19c, "Dynamic
Performance (V$) Views"). What the server alone knows comes from Instance.attributes["sessions"].
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from dtm.sandbox.sql.dictionary_base import Producer, Reader, Registry, Values, stamp
from dtm.sandbox.sql.dictionary_parameters import PARAMETERS, STATISTICS
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.functions.environment import NLS_DEFAULTS
from dtm.sandbox.sql.storage_instance import Session
from dtm.sandbox.sql.transactions_undo import Transaction

_REDO_BYTES, _UNDO_BYTES = 300, 100  # a row changed, as a rule of thumb
BANNER = "Oracle Database 19c Enterprise Edition Release 19.0.0.0.0 - Production"
_SESSION = """
SADDR:r8 SID:n SERIAL#:n AUDSID:n PADDR:r8 USER#:n USERNAME:v128 COMMAND:n OWNERID:n TADDR:v16
LOCKWAIT:v16 STATUS:v8 SERVER:v9 SCHEMA#:n SCHEMANAME:v128 OSUSER:v128 PROCESS:v24 MACHINE:v64
PORT:n TERMINAL:v30 PROGRAM:v84 TYPE:v10 SQL_ADDRESS:r8 SQL_HASH_VALUE:n SQL_ID:v13
SQL_EXEC_START:d MODULE:v64 ACTION:v64 CLIENT_INFO:v64 LOGON_TIME:d LAST_CALL_ET:n
PDML_ENABLED:v3 FAILOVER_TYPE:v13 RESOURCE_CONSUMER_GROUP:v32 PDML_STATUS:v8 PDDL_STATUS:v8
PQ_STATUS:v8 CLIENT_IDENTIFIER:v64 BLOCKING_SESSION_STATUS:v11 BLOCKING_INSTANCE:n
BLOCKING_SESSION:n FINAL_BLOCKING_SESSION:n EVENT:v64 WAIT_CLASS:v64 SECONDS_IN_WAIT:n STATE:v19
SERVICE_NAME:v64 CON_ID:n
"""
_LOCK = "ADDR:r8 KADDR:r8 SID:n TYPE:v2 ID1:n ID2:n LMODE:n REQUEST:n CTIME:n BLOCK:n CON_ID:n"


def register(registry: Registry) -> None:
    """Add each view as V_$NAME and GV_$NAME (with INST_ID)."""
    for name, (spec, rows, public) in _VIEWS.items():
        registry.add(f"V_${name}", spec, rows, public=public)
        registry.add(
            f"GV_${name}",
            f"INST_ID:n {spec}",
            _with_instance(rows),
            public=public,
        )


def _with_instance(rows: Producer) -> Producer:
    return lambda reader: [(1, *row) for row in rows(reader)]


def _sessions(reader: Reader) -> Iterator[Values]:
    instance = reader.instance
    facts = instance.attributes.get("sessions")
    by_xid = {
        t.xid: sid for sid, s in instance.sessions.items() for t in (s.transaction, *s.suspended)
    }
    for sid, other in sorted(instance.sessions.items()):
        c = other.context
        a = c.attributes
        user = instance.catalog.user(c.user)
        schema = instance.catalog.user(c.current_schema)
        holder = by_xid.get(instance.locks.waits.get(other.transaction.xid, -1))
        status = facts.status(sid) if facts else "ACTIVE"
        idle = facts.last_call_seconds(sid) if facts else 0
        parameters = getattr(other, "parameters", {})
        yield (
            None, sid, c.serial, int(a.get("audsid") or sid), None, user.id if user else None,
            c.user, 0, 2147483644, f"{other.transaction.xid:016X}" if other.transaction.xid else None,
            "LOCK" if holder else None, status, "DEDICATED", schema.id if schema else None,
            c.current_schema, a.get("osuser"), a.get("process"), a.get("machine"), 0,
            a.get("terminal"), a.get("program"), "USER", None, 0, None, None, a.get("module"),
            a.get("action"), a.get("client_info"), stamp(c.logon_time), idle,
            "YES" if parameters.get("PARALLEL DML") == "ENABLED" else "NO", "NONE", None,
            parameters.get("PARALLEL DML", "DISABLED"), parameters.get("PARALLEL DDL", "ENABLED"),
            parameters.get("PARALLEL QUERY", "ENABLED"), a.get("client_identifier"),
            "VALID" if holder else "NO HOLDER", 1 if holder else None, holder, holder,
            "enq: TX - row lock contention" if holder else "SQL*Net message from client",
            "Application" if holder else "Idle", idle, "WAITING", c.service_name, 0,
        )  # fmt: skip


def _transactions(reader: Reader) -> Iterator[tuple[int, Transaction]]:
    for sid, other in sorted(reader.instance.sessions.items()):
        for transaction in (other.transaction, *other.suspended):
            if transaction.xid:
                yield sid, transaction


def _transaction_rows(reader: Reader) -> Iterator[Values]:
    for _, t in _transactions(reader):
        started = t.started.strftime("%m/%d/%y %H:%M:%S") if t.started else None
        yield (
            f"{t.xid:016X}", t.xid % 10 + 1, t.xid % 34, t.xid, "ACTIVE", started,
            stamp(t.started) if t.started else None, None, len(t.tables),
        )  # fmt: skip


def _locks(reader: Reader) -> Iterator[Values]:
    """TX and TM locks of the transactions, UL locks of DBMS_LOCK (from the interpreter)."""
    instance = reader.instance
    waited = {holder: waiter for waiter, holder in instance.locks.waits.items()}
    sid_of = {t.xid: sid for sid, t in _transactions(reader)}
    for sid, t in _transactions(reader):
        block = 1 if t.xid in waited else 0
        yield _lock(sid, "TX", (t.xid % 10 + 1) << 16 | t.xid % 34, t.xid, 6, 0, block)
        for table_id in t.tables:
            mode = instance.locks.tables.get(table_id, {}).get(t.xid, 3)
            yield _lock(sid, "TM", table_id, 0, mode, 0, 0)
    for waiter, holder in instance.locks.waits.items():
        if waiter in sid_of:
            yield _lock(
                sid_of[waiter], "TX", (holder % 10 + 1) << 16 | holder % 34, holder, 0, 6, 0
            )
    library = instance.attributes.get("user_locks")
    for sid, number, held, requested in library() if library is not None else ():
        yield _lock(sid, "UL", number, 0, held, requested, 0)


def _lock(sid: int, kind: str, id1: int, id2: int, mode: int, request: int, block: int) -> Values:
    return (None, None, sid, kind, id1, id2, mode, request, 0, block, 0)


def _locked_objects(reader: Reader) -> Iterator[Values]:
    for sid, t in _transactions(reader):
        context = reader.instance.sessions[sid].context
        for table_id in t.tables:
            yield (
                t.xid % 10 + 1, t.xid % 34, t.xid, table_id, sid, context.user,
                context.attributes.get("osuser"), context.attributes.get("process"), 3,
            )  # fmt: skip


def _instance(reader: Reader) -> Iterator[Values]:
    instance = reader.instance
    yield (
        1, instance.name, "localhost", "19.0.0.0.0", "19.0.0.0.0", stamp(instance.started), "OPEN",
        "NO", 1, "STOPPED", "ALLOWED", "NO", "ACTIVE", "PRIMARY_INSTANCE", "NORMAL", "NO", 0,
        "REGULAR", "EE",
    )  # fmt: skip


def _unique_name(reader: Reader) -> str:
    given: Any = reader.instance.attributes.get("db_unique_name")
    return str(given or reader.instance.name)


def _database(reader: Reader) -> Iterator[Values]:
    instance = reader.instance
    created = instance.catalog.state("created", stamp(instance.started))
    yield (
        int(instance.catalog.state("dbid", 1)), instance.name, created, 1, None, "NOARCHIVELOG",
        "READ WRITE", "MAXIMUM PERFORMANCE", "PRIMARY", "NONE", "NO", "NOT ALLOWED",
        13, "Linux x86 64-bit", _unique_name(reader), "NO", "NO", instance.transactions.statement,
    )  # fmt: skip


def _version(_: Reader) -> Iterator[Values]:
    yield (BANNER, f"{BANNER}\nVersion 19.3.0.0.0", BANNER, 0)


def _pdbs(_: Reader) -> Iterator[Values]:
    """The sandbox is no container database."""
    return iter(())


def _process(reader: Reader) -> Iterator[Values]:
    for sid in sorted(reader.instance.sessions):
        context = reader.instance.sessions[sid].context
        yield (None, sid, str(os.getpid()), None, context.attributes.get("osuser"), context.serial,
               context.attributes.get("program"), None)  # fmt: skip


def _parameters(reader: Reader) -> Iterator[Values]:
    merged = {**PARAMETERS, "db_name": reader.instance.name.lower(),
              "db_unique_name": _unique_name(reader).lower()}  # fmt: skip
    for source in (reader.instance.parameters, reader.session.parameters):
        merged.update({name.lower(): value for name, value in source.items()})
    for number, (name, value) in enumerate(sorted(merged.items()), 1):
        numeric = value.isdigit()
        kind = 3 if numeric else 1 if value in ("TRUE", "FALSE") else 2
        yield (number, name, kind, value, value, "FALSE", "TRUE", "IMMEDIATE", "FALSE", None, 0)


def _mystat(reader: Reader) -> Iterator[Values]:
    return _values_of(reader.context.sid, reader.session)


def _sesstat(reader: Reader) -> Iterator[Values]:
    for sid, session in sorted(reader.instance.sessions.items()):
        yield from _values_of(sid, session)


def _values_of(sid: int, session: Session) -> Iterator[Values]:
    """Rows changed, statements and transactions are counted; bytes are reckoned from them."""
    counts = session.counts
    rows = counts.get("rows", 0)
    values = {
        "logons cumulative": 1,
        "user commits": counts.get("commits", 0),
        "user rollbacks": counts.get("rollbacks", 0),
        "execute count": counts.get("executions", 0),
        "db block changes": rows,
        "redo entries": rows,
        "redo size": rows * _REDO_BYTES,
        "undo change vector size": rows * _UNDO_BYTES,
    }
    for number, name in enumerate(STATISTICS):
        yield (sid, number, values.get(name, 0), 0)


def _statname(_: Reader) -> Iterator[Values]:
    for number, name in enumerate(STATISTICS):
        yield (number, name, 1, number + 1, name, 0)


_PQ = (
    "Queries Parallelized", "DML Parallelized", "DDL Parallelized", "DFO Trees",
    "Server Threads", "Allocation Height", "Allocation Width", "Local Msgs Sent",
    "Distr Msgs Sent", "Local Msgs Recv'd", "Distr Msgs Recv'd",
)  # fmt: skip


def _pq_sesstat(_: Reader) -> Iterator[Values]:
    """Nothing runs in parallel here."""
    for name in _PQ:
        yield (name, 0, 0, 0)


def _nothing(_: Reader) -> Iterator[Values]:
    return iter(())


def _nls(reader: Reader) -> Iterator[Values]:
    values = {**NLS_DEFAULTS, "NLS_CHARACTERSET": "AL32UTF8", **reader.context.nls}
    for name, value in sorted(values.items()):
        if name.startswith("NLS_"):
            yield (name, value, 0)


def _services(reader: Reader) -> Iterator[Values]:
    name = reader.context.service_name
    rows: list[Encoded] = [1, None, name, None, name, None, 0]
    yield tuple(rows)


_VIEWS: dict[str, tuple[str, Producer, bool]] = {
    "SESSION": (_SESSION, _sessions, False),
    "TRANSACTION": (
        "ADDR:v16 XIDUSN:n XIDSLOT:n XIDSQN:n STATUS:v16 START_TIME:v20 START_DATE:d SES_ADDR:r8 "
        "USED_UREC:n",
        _transaction_rows,
        False,
    ),
    "LOCK": (_LOCK, _locks, False),
    "LOCKED_OBJECT": (
        "XIDUSN:n XIDSLOT:n XIDSQN:n OBJECT_ID:n SESSION_ID:n ORACLE_USERNAME:v128 "
        "OS_USER_NAME:v128 PROCESS:v24 LOCKED_MODE:n",
        _locked_objects,
        False,
    ),
    "INSTANCE": (
        "INSTANCE_NUMBER:n INSTANCE_NAME:v16 HOST_NAME:v64 VERSION:v17 VERSION_FULL:v17 "
        "STARTUP_TIME:d STATUS:v12 PARALLEL:v3 THREAD#:n ARCHIVER:v7 LOGINS:v10 "
        "SHUTDOWN_PENDING:v3 DATABASE_STATUS:v17 INSTANCE_ROLE:v18 ACTIVE_STATE:v9 BLOCKED:v3 "
        "CON_ID:n INSTANCE_MODE:v11 EDITION:v7",
        _instance,
        False,
    ),
    "DATABASE": (
        "DBID:n NAME:v9 CREATED:d RESETLOGS_CHANGE#:n RESETLOGS_TIME:d LOG_MODE:v12 "
        "OPEN_MODE:v20 PROTECTION_MODE:v20 DATABASE_ROLE:v16 DATAGUARD_BROKER:v8 GUARD_STATUS:v7 "
        "SWITCHOVER_STATUS:v20 PLATFORM_ID:n PLATFORM_NAME:v101 DB_UNIQUE_NAME:v30 CDB:v3 "
        "FLASHBACK_ON:v18 CURRENT_SCN:n",
        _database,
        False,
    ),
    "VERSION": ("BANNER:v80 BANNER_FULL:v160 BANNER_LEGACY:v80 CON_ID:n", _version, True),
    "PDBS": ("CON_ID:n DBID:n CON_UID:n GUID:r16 NAME:v128 OPEN_MODE:v10", _pdbs, False),
    "PROCESS": (
        "ADDR:r8 PID:n SPID:v24 PNAME:v5 USERNAME:v15 SERIAL#:n PROGRAM:v48 TRACEID:v255",
        _process,
        False,
    ),
    "PARAMETER": (
        "NUM:n NAME:v80 TYPE:n VALUE:v4000 DISPLAY_VALUE:v4000 ISDEFAULT:v9 "
        "ISSES_MODIFIABLE:v5 ISSYS_MODIFIABLE:v9 ISDEPRECATED:v5 DESCRIPTION:v255 CON_ID:n",
        _parameters,
        False,
    ),
    "MYSTAT": ("SID:n STATISTIC#:n VALUE:n CON_ID:n", _mystat, False),
    "SESSTAT": ("SID:n STATISTIC#:n VALUE:n CON_ID:n", _sesstat, False),
    "STATNAME": (
        "STATISTIC#:n NAME:v64 CLASS:n STAT_ID:n DISPLAY_NAME:v64 CON_ID:n",
        _statname,
        False,
    ),
    "PQ_SESSTAT": ("STATISTIC:v30 LAST_QUERY:n SESSION_TOTAL:n CON_ID:n", _pq_sesstat, False),
    "PX_SESSION": (
        "SADDR:r8 SID:n SERIAL#:n QCSID:n QCSERIAL#:n QCINST_ID:n SERVER_GROUP:n SERVER_SET:n "
        "SERVER#:n DEGREE:n REQ_DEGREE:n",
        _nothing,
        False,
    ),
    "SESSION_LONGOPS": (
        "SID:n SERIAL#:n OPNAME:v64 TARGET:v64 TARGET_DESC:v32 SOFAR:n TOTALWORK:n UNITS:v32 "
        "START_TIME:d LAST_UPDATE_TIME:d TIME_REMAINING:n ELAPSED_SECONDS:n MESSAGE:v512 "
        "USERNAME:v128",
        _nothing,
        True,
    ),
    "NLS_PARAMETERS": ("PARAMETER:v64 VALUE:v64 CON_ID:n", _nls, True),
    "SERVICES": (
        "SERVICE_ID:n NAME_HASH:n NAME:v64 CREATION_DATE:d NETWORK_NAME:v512 GOAL:v12 CON_ID:n",
        _services,
        False,
    ),
}
