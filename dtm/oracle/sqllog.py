"""The client's SQL log, brought to the repository while tasks run.

Rows are harvested by key, never by a high-water mark (they are not in commit order): a row comes
until its present status was acknowledged, so it comes again when a RUNNING statement has ended.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from dtm.model.database import Row, Session
from dtm.oracle.queries import load

# Oracle's base 32 has its own alphabet: no e, i, l, o.
_ORACLE_BASE32 = "0123456789abcdfghjkmnpqrstuvwxyz"
_MASKED = re.compile(r"identified\s+by\s+(values\s+)?\*\*\*", re.IGNORECASE)
_SQL_TEXT = 11
_STARTED_AT = 14
_ENDED_AT = 15


@dataclass(frozen=True, slots=True)
class SqlLogRow:
    """One statement of DTM.EXECUTE_IMMEDIATE. Times are UTC, `elapsed_s` in seconds.

    `status`: RUNNING, DONE, FAILED, TESTED (not executed) or ABANDONED (its session died).
    `rows` is None for PL/SQL blocks; `error_code` is SQLCODE, negative; `sql_id` is None where the
    helper masked a password in the text.
    """

    log_key: str
    handle: str
    iteration: int | None
    phase: str | None
    task: str | None
    start_no: int | None
    attempt: str | None
    statement_no: int
    sid: int | None
    audsid: int | None
    status: str
    sql_text: str
    alter_session: str | None
    rows: int | None
    started_at: dt.datetime
    ended_at: dt.datetime | None
    parallel_queries: int | None
    parallel_dml: int | None
    parallel_ddl: int | None
    parallel_servers: int | None
    error_code: int | None
    error_stack: str | None
    sql_id: str | None
    elapsed_s: float | None


def harvest(session: Session, handle: str, limit: int = 500) -> list[SqlLogRow]:
    """Return up to `limit` rows to store, oldest first. Use a session that runs no task."""
    rows = session.query(load("calls")["harvest"], {"handle": handle, "row_limit": limit})
    return [_row(row) for row in rows]


def acknowledge(session: Session, rows: Sequence[SqlLogRow]) -> None:
    """Confirm rows that the repository has committed; commits."""
    acknowledge_keys(session, [(row.log_key, row.status) for row in rows])


def acknowledge_keys(session: Session, rows: Sequence[tuple[str, str]]) -> None:
    """Confirm rows given as (key, status); commits. One round trip."""
    binds = [{"log_key": key, "status": status} for key, status in rows]
    session.execute_many(load("calls")["acknowledge"], binds)


def abandon(session: Session, handle: str) -> int:
    """Mark as ABANDONED what dead sessions left RUNNING; commits. Returns how many.

    Only after X on the stream's W lock was held: then no session of the stream is at work.
    """
    count = session.execute(load("calls")["abandon"], {"handle": handle})
    session.commit()
    return count


def sql_id(text: str) -> str:
    """Return V$SQL.SQL_ID of a statement: the last 64 bits of the MD5 of the text and a NUL.

    Right for texts that the database stores as in UTF-8. Oracle reads the digest as four
    little-endian words and writes the last two in base 32, 13 digits.
    """
    digest = hashlib.md5(text.encode() + b"\0", usedforsecurity=False).digest()
    number = int.from_bytes(digest[8:12], "little") << 32 | int.from_bytes(digest[12:16], "little")
    digits = [_ORACLE_BASE32[number >> shift & 31] for shift in range(60, -1, -5)]
    return "".join(digits)


def _row(row: Row) -> SqlLogRow:
    started_at: dt.datetime = row[_STARTED_AT]
    ended_at: dt.datetime | None = row[_ENDED_AT]
    elapsed = None if ended_at is None else max((ended_at - started_at).total_seconds(), 0.0)
    text: str = row[_SQL_TEXT] or ""
    # The helper masked a password: the text is not the one that ran.
    shown_id = None if _MASKED.search(text) else sql_id(text)
    values: Row = (*row[:_SQL_TEXT], text, *row[_SQL_TEXT + 1 :], shown_id, elapsed)
    return SqlLogRow(*values)
