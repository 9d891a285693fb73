"""Rows of queries that do more than hold values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import Value
from dtm.sandbox.kernel.types import Column, Kind


class RowClob(str):
    """A CLOB that came from a locked row: in Oracle a locator, through which the row is written."""

    __slots__ = ()


class RowBlob(bytes):
    """A BLOB that came from a locked row."""

    __slots__ = ()


_OF_A_ROW = {Kind.CLOB: RowClob, Kind.BLOB: RowBlob}


def of_locked_rows(
    columns: Sequence[Column], rows: Sequence[tuple[Value, ...]]
) -> Sequence[tuple[Value, ...]]:
    """The rows of SELECT FOR UPDATE or RETURNING with their LOBs marked."""
    kinds = [_OF_A_ROW.get(column.type.kind) for column in columns]
    if not any(kinds):
        return rows
    return [
        tuple(
            value if kind is None or value is None else kind(value)
            for kind, value in zip(kinds, row, strict=True)
        )
        for row in rows
    ]


class LockedRows(Sequence[tuple[Value, ...]]):
    """Rows of a FOR UPDATE query: ORA-01002 once the transaction that locked them has ended.

    PL/SQL Language Reference 19c, "SELECT FOR UPDATE and FOR UPDATE Cursors".
    """

    def __init__(self, rows: Sequence[tuple[Value, ...]], locked: Callable[[], bool]) -> None:
        self._rows = rows
        self._locked = locked

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> tuple[Value, ...]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[tuple[Value, ...]]: ...
    def __getitem__(self, index: int | slice) -> tuple[Value, ...] | Sequence[tuple[Value, ...]]:
        if not self._locked():
            raise OraError(1002)
        return self._rows[index]

    def without_last(self) -> LockedRows:
        """The same without the last column."""
        return LockedRows([row[:-1] for row in self._rows], self._locked)
