"""A database session as the rooms above the driver see it; `dtm.oracle.session` implements it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

Row = tuple[Any, ...]
NO_TYPES: Mapping[str, type[int] | type[datetime]] = MappingProxyType({})


class Session(Protocol):
    """One connection. SQL uses :named binds. Errors arrive as dtm.oracle.errors.OracleError.

    Values: str, int, decimal.Decimal, datetime (naive, UTC by convention of the schema), bytes, None.
    CLOBs come back as str.
    """

    def query(self, sql: str, binds: Mapping[str, Any] | None = None) -> list[Row]:
        """Run a query and fetch every row."""

    def execute(self, sql: str, binds: Mapping[str, Any] | None = None) -> int:
        """Run DML, DDL or a PL/SQL block; return the row count (0 where there is none)."""

    def execute_many(
        self, sql: str, rows: Sequence[Mapping[str, Any]], *, commit: bool = False
    ) -> int:
        """Run DML once per row in one round trip; return the total row count. `commit`: also."""

    def call(
        self,
        block: str,
        binds: Mapping[str, Any],
        out: Mapping[str, int | type[int]],
        *,
        types: Mapping[str, type[int] | type[datetime]] = NO_TYPES,
        commit: bool = False,
    ) -> dict[str, Any]:
        """Run a PL/SQL block and return its OUT binds, in one round trip. `out`: the size of a
        text in bytes, or `int`; `types`: binds that are not text; `commit`: also."""

    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None:
        """End the session (never return it to a pool); safe to call twice."""
