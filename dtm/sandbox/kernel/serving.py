"""The port between the wire and the server: what a connection asks of the instances behind it.

    wire  --Backend, ServerSession-->  server (logon, sessions, interrupts, faults)
    server --ClientLink-->             wire    (is the client cancelling, wake an idle session)

Values and binds are those of `kernel.ports`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dtm.sandbox.kernel.ports import BlockBind, OpenCursor, SessionContext, Value
from dtm.sandbox.kernel.types import Column


@dataclass(frozen=True, slots=True)
class Verifier:
    """What the user table stores of a password (12c: PBKDF2-SHA512). No password."""

    salt: bytes
    iterations: int
    hash: bytes


class ServerSession(Protocol):
    """A logged-on session as the wire drives it: one call at a time, from the session's thread."""

    context: SessionContext

    def query(self, text: str, binds: Sequence[BlockBind], *, describe_only: bool) -> QueryResult:
        """A SELECT or WITH statement; binds are one per occurrence, in order."""

    def execute(self, text: str, binds: Sequence[BlockBind]) -> ExecuteResult:
        """Anything else. SQL: one bind per occurrence. PL/SQL: one per distinct name."""

    def insert_many(
        self, text: str, binds: Sequence[BlockBind], rows: Sequence[Sequence[Value]]
    ) -> ExecuteResult | None:
        """An INSERT for several `rows` of values of `binds` (whose own values do not count) at
        once; None: nothing was done, it takes `execute` for each."""

    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def in_transaction(self) -> bool: ...
    def set_schema(self, name: str) -> None: ...
    def change_password(self, verifier: Verifier) -> None: ...
    def close(self) -> None:
        """Roll back, free locks and temporary state. Called exactly once, whatever happened."""


@dataclass(slots=True)
class QueryResult:
    columns: tuple[Column, ...]
    rows: Iterator[tuple[Value, ...]]


@dataclass(slots=True)
class ExecuteResult:
    rowcount: int = 0
    out: dict[str, Value] = field(default_factory=dict)
    inout: frozenset[str] = frozenset()
    returned: dict[str, list[Value]] = field(default_factory=dict)  # RETURNING ... INTO :bind
    implicit: list[OpenCursor] = field(default_factory=list)
    warning: bool = False
    last_rowid: str | None = None


class ClientLink(Protocol):
    """The client behind a session."""

    def poll(self) -> bool:
        """Tell whether the client sent a break. Called from the session's thread only; never
        raises, never waits; False for ever once the client is gone (its call runs on)."""

    def wake(self) -> None:
        """Make an idle session call `interrupt_check` in its own thread; from any thread. What
        that raises ends the session at once and answers the client's next request."""


class Backend(Protocol):
    """One server process with its instances (by service name)."""

    def refusal(self, service: str, *, by_sid: bool) -> int | None:
        """ORA number to refuse a connect with (12514, 12505, 12528, a fault), or None."""

    def verifier(self, service: str, user: str) -> Verifier | None:
        """None: unknown user; the wire answers as for a wrong password (ORA-01017)."""

    def logon(
        self,
        service: str,
        user: str,
        attributes: Mapping[str, str],
        link: ClientLink,
    ) -> ServerSession:
        """After the password was verified.

        Raises OraError (28000 locked, 1045 no CREATE SESSION, 1033 shutting down)."""

    def before_answer(self, session: ServerSession, text: str | None) -> None:
        """Hook for faults: may sleep, or raise ConnectionAbortedError to drop the connection."""

    def after_answer(self, session: ServerSession, text: str | None) -> None: ...
