"""Dictionary views as SQLite virtual tables with the columns c1, c2 ...

A statement sees one state of a view: its rows are made once and kept for the statement, with an
index per column that is compared for equality, so that joins of views stay linear.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import apsw

from dtm.sandbox.sql.dictionary_base import DictionaryView
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.transactions import StorageSession

Row = tuple[Encoded, ...]
_EQUAL = apsw.SQLITE_INDEX_CONSTRAINT_EQ


class Snapshot:
    """One view's rows for one statement."""

    __slots__ = ("_indexes", "_rows", "_session", "_view")

    def __init__(self, view: DictionaryView, session: StorageSession) -> None:
        self._view = view
        self._session = session
        self._rows: list[Row] | None = None
        self._indexes: dict[int, dict[Encoded, list[Row]]] = {}

    def rows(self) -> list[Row]:
        if self._rows is None:
            self._rows = [tuple(row) for row in self._view.rows(self._session)]
        return self._rows

    def equal(self, column: int, value: Encoded) -> list[Row]:
        """The rows whose column (from 0) has the value."""
        if value is None:
            return []
        index = self._indexes.get(column)
        if index is None:
            narrow = getattr(self._view, "narrow", None)
            if narrow is not None and self._rows is None:
                name = self._view.columns[column].name
                found = narrow(self._session, name, value)
                if found is not None:
                    return [tuple(row) for row in found]
            index = self._indexes[column] = {}
            for row in self.rows():
                index.setdefault(row[column], []).append(row)
        return index.get(value, [])


class ViewModule:
    """The virtual table module of one view; `snapshot` gives the running statement's rows."""

    def __init__(self, view: DictionaryView, snapshot: Callable[[], Snapshot]) -> None:
        self.view = view
        self.snapshot = snapshot

    def Connect(self, *args: Any) -> tuple[str, ViewTable]:  # noqa: N802
        del args
        columns = ", ".join(f"c{i}" for i in range(1, len(self.view.columns) + 1))
        return f"CREATE TABLE x({columns})", ViewTable(self)

    Create = Connect


class ViewTable:
    """The virtual table itself (apsw.VTTable)."""

    def __init__(self, module: ViewModule) -> None:
        self.module = module

    def BestIndexObject(self, info: apsw.IndexInfo) -> bool:  # noqa: N802
        """Take one equality, on a column whose name sounds most selective."""
        best, best_rank = -1, 0
        for place in range(info.nConstraint):
            usable = (
                info.get_aConstraint_usable(place) and info.get_aConstraint_op(place) == _EQUAL
            )
            column = info.get_aConstraint_iColumn(place)
            if not usable or column < 0:
                continue
            rank = 2 if self.module.view.columns[column].name.endswith("NAME") else 1
            if rank > best_rank:
                best, best_rank = place, rank
        if best >= 0:
            info.set_aConstraintUsage_argvIndex(best, 1)
            info.idxNum = info.get_aConstraint_iColumn(best) + 1
            info.estimatedCost = 10.0
            info.estimatedRows = 5
        else:
            info.idxNum = 0
            info.estimatedCost = 5000.0
            info.estimatedRows = 1000
        return True

    def Open(self) -> ViewCursor:  # noqa: N802
        return ViewCursor(self.module)

    def Disconnect(self) -> None:  # noqa: N802
        """Nothing is held."""

    Destroy = Disconnect


class ViewCursor:
    """A scan (apsw.VTCursor)."""

    __slots__ = ("_at", "_module", "_rows")

    def __init__(self, module: ViewModule) -> None:
        self._module = module
        self._rows: Sequence[Row] = ()
        self._at = 0

    def Filter(self, column: int, _: object, arguments: Sequence[Encoded] | None) -> None:  # noqa: N802
        snapshot = self._module.snapshot()
        if column and arguments:
            self._rows = snapshot.equal(column - 1, arguments[0])
        else:
            self._rows = snapshot.rows()
        self._at = 0

    def Eof(self) -> bool:  # noqa: N802
        return self._at >= len(self._rows)

    def Rowid(self) -> int:  # noqa: N802
        return self._at

    def Column(self, number: int) -> Encoded:  # noqa: N802
        return self._at if number < 0 else self._rows[self._at][number]

    def Next(self) -> None:  # noqa: N802
        self._at += 1

    def Close(self) -> None:  # noqa: N802
        """Nothing is held."""
