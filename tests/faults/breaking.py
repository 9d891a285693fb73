"""Breaks the n-th call to the driver, before it is sent or after its answer was lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import oracledb

from dtm.oracle.errors import OracleError
from dtm.oracle.session import OracleSession

METHODS = ("query", "execute", "execute_many", "call", "commit", "rollback")


@dataclass
class Breaker:
    """Counts calls; from number `at` on, `times` of them lose their connection.

    `after`: the server has done the work, only the answer is lost.
    """

    at: int
    times: int = 1
    after: bool = False
    count: int = 0
    fired: int = 0
    what: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def due(self) -> bool:
        """Whether this call is to be broken."""
        with self._lock:
            self.count += 1
            if self.count < self.at or self.fired >= self.times:
                return False
            self.fired += 1
            return True


@contextmanager
def broken(breaker: Breaker) -> Iterator[Breaker]:
    """Every session of this process goes through the breaker while the block runs."""
    originals = {name: getattr(OracleSession, name) for name in METHODS}

    def wrapped(name: str) -> Any:
        original = originals[name]

        def method(self: OracleSession, *arguments: Any, **keywords: Any) -> Any:
            if not breaker.due():
                return original(self, *arguments, **keywords)
            breaker.what.append(f"{name} {str(arguments[:1])[:60]}")
            if breaker.after:
                original(self, *arguments, **keywords)
            _cut(self)
            raise OracleError("DPY-4011: the database or network closed the connection")

        return method

    for name in METHODS:
        setattr(OracleSession, name, wrapped(name))
    try:
        yield breaker
    finally:
        for name, original in originals.items():
            setattr(OracleSession, name, original)


def _cut(session: OracleSession) -> None:
    """Close the connection, as the network would; the server rolls back and frees locks."""
    connection = session._connection
    session.in_doubt = True
    if connection is not None:
        try:
            connection.close()
        except oracledb.Error:
            session._connection = None
