"""Statements inside statements: what PL/SQL called from SQL may do.

Error Messages 19c: ORA-04091 (a trigger or function reads or changes the table its statement is
changing), ORA-14551 (DML inside a query). An autonomous transaction is another matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.engine_plans import Statement


@dataclass(frozen=True, slots=True)
class Running:
    """A statement that is being executed. `depth`: suspended transactions when it began."""

    changing: dict[int, str]  # id -> "OWNER.NAME" of mutating tables
    is_query: bool
    depth: int


class Nesting:
    """The statements a session is executing, outermost first."""

    def __init__(self) -> None:
        self._running: list[Running] = []

    @contextmanager
    def entered(self, statement: Statement, depth: int) -> Iterator[None]:
        """Check against the statements around, then count as running."""
        if self._running:
            self._check(statement, depth)
        changing: dict[int, str] = {}
        is_query = statement.kind == "select"
        if not is_query and not statement.single:
            changing = {t.id: f"{t.owner}.{t.name}" for t in statement.targets}
        self._running.append(Running(changing, is_query, depth))
        try:
            yield
        finally:
            self._running.pop()

    @contextmanager
    def statement_level(self) -> Iterator[None]:
        """While a statement trigger runs its table is not mutating (PL/SQL Language Reference 19c,
        "Mutating-Table Restriction": a restriction of row-level triggers)."""
        running = self._running.pop()
        self._running.append(Running({}, running.is_query, running.depth))
        try:
            yield
        finally:
            self._running[-1] = running

    def _check(self, statement: Statement, depth: int) -> None:
        touched = {t.id for t in (*statement.tables, *statement.targets)}
        for outer in self._running:
            if outer.depth != depth:
                continue  # an autonomous transaction began in between
            for table, name in outer.changing.items():
                if table in touched:
                    raise OraError(4091, name)
            if outer.is_query and statement.targets:
                raise OraError(14551)
