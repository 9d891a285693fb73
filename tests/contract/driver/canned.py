"""A backend without a database: canned statements over the real wire.

It lets the wire's tests use every data type and every corner without the SQL and PL/SQL rooms.
Run as a process: `python -m tests.contract.driver.canned` prints the port and serves SVC.
"""

from __future__ import annotations

import datetime as dt
import decimal
import logging
import re
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.passwords import make_verifier
from dtm.sandbox.kernel.ports import BlockBind, SessionContext, Value
from dtm.sandbox.kernel.serving import (
    ClientLink,
    ExecuteResult,
    QueryResult,
    ServerSession,
    Verifier,
)
from dtm.sandbox.kernel.types import Column, Kind, Months, OraType
from dtm.sandbox.server.listener import Listener
from dtm.sandbox.wire.packets import Limits
from dtm.sandbox.wire.session import serve_client

USER, PASSWORD, SERVICE = "scott", "tiger", "SVC"
LONG_PASSWORD = "long pässword-123456789012345678901234567890"

STAMP = dt.datetime.fromisoformat("2024-02-29 13:14:15.123456")
ZONE = dt.timezone(dt.timedelta(hours=-5, minutes=-30))
ROWID = "AAAR3sAAEAAAACXAAA"

TYPES: tuple[tuple[Column, Any], ...] = (
    (Column("ID", OraType(Kind.NUMBER, precision=9, scale=0), nullable=False), 7),
    (Column("AMT", OraType(Kind.NUMBER, precision=10, scale=2)), decimal.Decimal("-12.5")),
    (Column("BIG", OraType(Kind.NUMBER)), 10**37 + 1),
    (Column("NAME", OraType(Kind.VARCHAR2, length=30, char_used=True)), "név 2"),
    (Column("CODE", OraType(Kind.CHAR, length=3)), "ab "),
    (Column("NNAME", OraType(Kind.NVARCHAR2, length=30)), "žluť"),
    (Column("D", OraType(Kind.DATE)), STAMP.replace(microsecond=0)),
    (Column("TS", OraType(Kind.TIMESTAMP, precision=6)), STAMP),
    (Column("TZ", OraType(Kind.TIMESTAMP_TZ, precision=6)), STAMP.replace(tzinfo=ZONE)),
    (Column("NOTHING", OraType(Kind.VARCHAR2, length=10)), None),
    (Column("UNTYPED", OraType(Kind.NULL)), None),
    (Column("DBL", OraType(Kind.BINARY_DOUBLE)), -1.5e-300),
    (Column("FLT", OraType(Kind.BINARY_FLOAT)), 0.5),
    (Column("R", OraType(Kind.RAW, length=16)), b"\x00\xff" * 4),
    (
        Column("IV", OraType(Kind.INTERVAL_DS)),
        dt.timedelta(days=-3, hours=5, microseconds=7),
    ),
    (Column("YM", OraType(Kind.INTERVAL_YM)), Months(-14)),
    (Column("RID", OraType(Kind.ROWID)), ROWID),
    (Column("LNG", OraType(Kind.LONG)), "l" * 70000),
)
NUMBER = OraType(Kind.NUMBER)


class Rows:
    """An OpenCursor over a range of numbers."""

    def __init__(self, count: int) -> None:
        self.columns: tuple[Column, ...] = (Column("N", NUMBER),)
        self._rows = [(n,) for n in range(count)]

    def fetch(self, count: int) -> Sequence[tuple[Any, ...]]:
        taken, self._rows = self._rows[:count], self._rows[count:]
        return taken

    def close(self) -> None:
        self._rows = []


class CannedSession:
    """One session; a handful of statements with fixed answers, and echoes of binds."""

    def __init__(self, backend: Canned, context: SessionContext) -> None:
        self.context = context
        self._backend = backend
        self._open = False

    def query(self, text: str, binds: Sequence[BlockBind], *, describe_only: bool) -> QueryResult:
        low = " ".join(text.lower().split())
        if low == "select * from types_demo":
            return QueryResult(
                tuple(column for column, _ in TYPES),
                iter([tuple(value for _, value in TYPES)] * 3),
            )
        if match := re.match(r"select level from dual connect by level <= (\S+)", low):
            top = int(match[1]) if match[1].isdigit() else binds[0].value
            return QueryResult((Column("LEVEL", NUMBER),), ((i,) for i in range(1, top + 1)))
        if low == "select * from lobs":
            columns: tuple[Column, ...] = (
                Column("N", NUMBER),
                Column("C", OraType(Kind.CLOB)),
                Column("B", OraType(Kind.BLOB)),
            )
            rows = [
                (1, "å" * 100_000 + "end", b"\x01\x02" * 50_000),
                (2, None, None),
                (3, "", b"x"),
            ]
            return QueryResult(columns, iter(rows))
        if low.startswith("select attribute"):
            name = low.split()[2]
            value = self.context.attributes.get(name)
            return QueryResult((Column("A", OraType(Kind.VARCHAR2, length=64)),), iter([(value,)]))
        if low == "select * from nonexist":
            raise OraError(942, offset=14)
        if low == "select broken_row from dual":
            return QueryResult((Column("N", NUMBER),), self._breaking())
        if low == "select bug from dual":
            return QueryResult((Column("N", NUMBER),), iter([(object(),)]))
        values = [bind.value for bind in binds] or [1]
        types = [bind.type for bind in binds] or [NUMBER]
        columns = tuple(Column(f"C{i}", kind) for i, kind in enumerate(types))
        return QueryResult(columns, iter([] if describe_only else [tuple(values)]))

    def _breaking(self) -> Iterator[tuple[Any, ...]]:
        yield (1,)
        raise OraError(1476)

    def insert_many(
        self, text: str, binds: Sequence[BlockBind], rows: Sequence[Sequence[Value]]
    ) -> ExecuteResult | None:
        return None

    def execute(self, text: str, binds: Sequence[BlockBind]) -> ExecuteResult:
        low = " ".join(text.lower().split())
        if low.startswith(("begin", "declare")):
            return self._block(low, binds)
        if low.startswith("create"):
            return ExecuteResult(warning="broken" in low)
        self._open = True
        if low.startswith("insert into uq"):
            if binds[0].value == 1:
                raise OraError(1, "SCOTT.UQ")
            return ExecuteResult(1, last_rowid=ROWID)
        if "returning" in low:
            name = binds[-1].name
            return ExecuteResult(3, returned={name: [1, 2, 3]})
        return ExecuteResult(len(binds))

    def _block(self, low: str, binds: Sequence[BlockBind]) -> ExecuteResult:
        if match := re.search(r"sleep\(([\d.]+)\)", low):
            self._sleep(float(match[1]))
            return ExecuteResult()
        if "raise" in low:
            error = OraError(20001, message="boom")
            error.stack.append("ORA-06512: at line 1")
            raise error
        if "echo" in low:
            return ExecuteResult(out={binds[1].name: binds[0].value})
        if "swap" in low:
            one, two = binds
            return ExecuteResult(
                out={one.name: two.value, two.name: one.value},
                inout=frozenset({one.name, two.name}),
            )
        if "open" in low:
            return ExecuteResult(out={binds[0].name: Rows(250)})
        if "drain" in low:
            return ExecuteResult(out={binds[1].name: len(binds[0].value.fetch(10_000))})
        if "return_result" in low:
            return ExecuteResult(implicit=[Rows(3), Rows(0)])
        return ExecuteResult()

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.context.interrupt_check()
            time.sleep(0.005)
        self._backend.slept += 1

    def commit(self) -> None:
        self._open = False

    def rollback(self) -> None:
        self._open = False

    def in_transaction(self) -> bool:
        return self._open

    def set_schema(self, name: str) -> None:
        if name == "NOBODY":
            raise OraError(1435, message="user does not exist")
        self.context.current_schema = name

    def change_password(self, verifier: Verifier) -> None:
        self._backend.users[self.context.user] = verifier

    def close(self) -> None:
        self._backend.closed += 1


class Canned:
    """The backend of one service with two users."""

    def __init__(self) -> None:
        self.users = {
            USER.upper(): make_verifier(PASSWORD),
            "OPS": make_verifier(LONG_PASSWORD),
        }
        self.opened = self.closed = self.slept = 0
        self.killed: set[int] = set()
        self.links: dict[int, ClientLink] = {}
        self.drop_before: str | None = None

    def refusal(self, service: str, *, by_sid: bool) -> int | None:
        if service == SERVICE:
            return None
        return 12505 if by_sid else 12514

    def verifier(self, service: str, user: str) -> Verifier | None:
        return self.users.get(user)

    def logon(
        self, service: str, user: str, attributes: Mapping[str, str], link: ClientLink
    ) -> CannedSession:
        if attributes.get("program") == "unwanted":
            raise OraError(1045, message="user lacks CREATE SESSION privilege; logon denied")
        self.opened += 1
        sid = self.opened

        def check() -> None:
            if sid in self.killed:
                raise OraError(28)
            if link.poll():
                raise OraError(1013)

        self.links[sid] = link
        context = SessionContext(
            sid=sid,
            serial=1,
            user=user,
            current_schema=user,
            instance_name="CANNED",
            service_name=service,
            logon_time=STAMP,
            interrupt_check=check,
            attributes=dict(attributes),
        )
        return CannedSession(self, context)

    def kill(self, sid: int) -> None:
        self.killed.add(sid)
        self.links[sid].wake()

    def before_answer(self, session: ServerSession, text: str | None) -> None:
        if text and "drop_before" in text:
            raise ConnectionAbortedError("drop before")

    def after_answer(self, session: ServerSession, text: str | None) -> None:
        if text and "drop_after" in text:
            raise ConnectionAbortedError("drop after")


def main() -> None:
    """Serve until standard input ends; each line is a command, each answer a line."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    backend = Canned()
    limits = Limits(logon_s=2.0)
    listener = Listener("127.0.0.1", 0, lambda sock: serve_client(sock, backend, limits))
    threading.Thread(target=listener.run, daemon=True).start()
    print(listener.port, flush=True)
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "kill":
            backend.kill(int(arguments[0]))
        print(backend.opened, backend.closed, backend.slept, flush=True)


if __name__ == "__main__":
    main()
