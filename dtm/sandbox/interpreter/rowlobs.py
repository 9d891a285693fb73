"""LOBs that in Oracle are locators of a row: written through DBMS_LOB they would change the row.

The sandbox's LOBs are values, so that such a write is refused and never lost in silence. PL/SQL
Packages and Types Reference 19c, "DBMS_LOB" (operational notes: locators of locked rows).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dtm.sandbox.kernel.errors import Unsupported
from dtm.sandbox.kernel.types import Column, Kind


class RowClob(str):
    """A CLOB that came from a locked row."""

    __slots__ = ()


class RowBlob(bytes):
    """A BLOB that came from a locked row."""

    __slots__ = ()


_OF_A_ROW = {Kind.CLOB: RowClob, Kind.BLOB: RowBlob}


def of_a_row(columns: Sequence[Column], row: Sequence[Any]) -> tuple[Any, ...]:
    """The row of SELECT FOR UPDATE or RETURNING with its LOBs marked."""
    return tuple(
        value
        if value is None or (kind := _OF_A_ROW.get(column.type.kind)) is None
        else kind(value)
        for column, value in zip(columns, row, strict=True)
    )


def writable(lob: Any) -> Any:
    """The LOB, if writing changes a variable only."""
    if isinstance(lob, RowClob | RowBlob):
        raise Unsupported(654, "DBMS_LOB writing to a LOB of a row")
    return lob
