"""Open cursors of one session, and how their rows are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import OpenCursor, Value
from dtm.sandbox.kernel.types import Column, Kind
from dtm.sandbox.wire.codec import Writer
from dtm.sandbox.wire.columns import LOBS, Field, describe, wire_type
from dtm.sandbox.wire.lobs import CHUNK_SIZE, LOCATOR_BYTES, Lob, LobStore
from dtm.sandbox.wire.protocol import FORM_IMPLICIT, Dty, Message
from dtm.sandbox.wire.statements import Statement
from dtm.sandbox.wire.values import encoder

MAX_OPEN = 1000
_BATCH = 100  # rows taken at once from a REF CURSOR
_SHORT = 252

Row = Sequence[Value]
ValueWriter = Callable[[Writer, Value], None]


@dataclass(slots=True)
class Cursor:
    """One server cursor. `statement` is None for a REF CURSOR or an implicit result."""

    number: int
    statement: Statement | None
    binds: list[Field] = field(default_factory=list)
    defines: list[Field] | None = None
    columns: tuple[Column, ...] | None = None
    rows: Iterator[Row] | None = None
    sent: int = 0
    kept: list[Row] | None = None  # all rows of a scrollable cursor
    source: OpenCursor | None = None
    writers: list[ValueWriter] | None = None

    def show(self, columns: tuple[Column, ...], rows: Iterator[Row]) -> bool:
        """Start a new result; True when its description differs from the one the client knows."""
        changed = columns != self.columns
        if changed and self.columns is not None:
            self.defines = None
        if changed:
            self.writers = None
        self.columns, self.rows, self.sent = columns, rows, 0
        return changed

    @property
    def needs_define(self) -> bool:
        """Rows with LOBs wait for the client's define (locators or inline text)."""
        return self.defines is None and any(
            wire_type(column.type)[0] in LOBS for column in self.columns or ()
        )

    def take(self, limit: int) -> tuple[list[Row], bool]:
        """Return up to `limit` rows and whether there are no more behind them."""
        rows = self.rows
        if rows is None:
            raise OraError(1002)
        taken = []
        for row in rows:
            taken.append(row)
            if len(taken) > limit:  # one ahead, so that the last batch says "no more"
                self.rows = chain([taken.pop()], rows)
                return taken, False
        self.rows = iter(())
        return taken, True

    def as_value(self) -> OpenCursor:
        """This cursor as an IN bind: the rest of its rows."""
        return self.source if self.source is not None else _Rest(self)


class _Rest:
    """The unread rows of a query's cursor, as a REF CURSOR value."""

    def __init__(self, cursor: Cursor) -> None:
        self.columns = cursor.columns or ()
        self._cursor = cursor

    def fetch(self, count: int) -> Sequence[tuple[Value, ...]]:
        rows, _ = self._cursor.take(count)
        return [tuple(row) for row in rows]

    def close(self) -> None:
        self._cursor.rows = None


class CursorTable:
    """The session's cursors by number."""

    def __init__(self, lobs: LobStore) -> None:
        self._lobs = lobs
        self._open: dict[int, Cursor] = {}
        self._last = 0

    def get(self, number: int) -> Cursor | None:
        return self._open.get(number)

    def find(self, number: int) -> Cursor:
        """ORA-01001 for a number that is not open."""
        cursor = self._open.get(number)
        if cursor is None:
            raise OraError(1001)
        return cursor

    def open(self, statement: Statement | None) -> Cursor:
        """Open a cursor; ORA-01000 beyond the limit."""
        if len(self._open) >= MAX_OPEN:
            raise OraError(1000)
        while True:
            self._last = self._last % 65000 + 1
            if self._last not in self._open:
                break
        cursor = self._open[self._last] = Cursor(self._last, statement)
        return cursor

    def open_result(self, source: OpenCursor) -> Cursor:
        """Open a cursor over a REF CURSOR value or an implicit result."""
        cursor = self.open(None)
        cursor.source = source
        cursor.show(source.columns, _batches(source))
        return cursor

    def close(self, number: int) -> None:
        """Close a cursor; an unknown number is ignored (the client closes some twice)."""
        cursor = self._open.pop(number, None)
        if cursor is not None and cursor.source is not None:
            cursor.source.close()

    def close_all(self) -> None:
        for number in list(self._open):
            self.close(number)

    # ------------------------------------------------------------------ rows

    def write_rows(self, out: Writer, cursor: Cursor, rows: Sequence[Row], limit: int) -> None:
        """Write a batch of rows in the types the client defined."""
        if not rows:
            return
        writers = self._writers(cursor)
        out.u8(Message.ROW_HEADER, 0).integer(len(writers)).integer(0).integer(limit)
        out.integer(0).integer(0).integer(0)
        for row in rows:
            out.data.append(Message.ROW_DATA)
            for write, value in zip(writers, row, strict=True):
                write(out, value)
        cursor.sent += len(rows)

    def _writers(self, cursor: Cursor) -> list[ValueWriter]:
        if cursor.writers is None:
            columns = cursor.columns or ()
            if cursor.defines is not None and len(cursor.defines) != len(columns):
                raise OraError(1007)
            targets = [wire_type(column.type) for column in columns]
            if cursor.defines is not None:
                targets = [(one.dty, one.form or FORM_IMPLICIT) for one in cursor.defines]
            cursor.writers = [
                self.value_writer(dty, form, in_fetch=True)
                if column.type.kind is not Kind.NULL
                else _write_nothing
                for (dty, form), column in zip(targets, columns, strict=True)
            ]
        return cursor.writers

    def value_writer(self, dty: int, form: int, *, in_fetch: bool) -> ValueWriter:
        """Return what writes one value of a wire type, NULL included."""
        if dty in LOBS:
            return lambda out, value: self._write_lob(out, value, dty, temporary=not in_fetch)
        if dty == Dty.CURSOR:
            return self._write_cursor
        scalar = _scalar_writer(dty, form)
        if in_fetch and dty in (Dty.LONG, Dty.LONG_RAW):
            return lambda out, value: _write_long(out, value, scalar)
        return scalar

    def _write_lob(self, out: Writer, value: Value, dty: int, *, temporary: bool) -> None:
        if value is None:
            out.integer(0)
            return
        wanted = str if dty == Dty.CLOB else bytes
        if not isinstance(value, wanted | Lob):
            raise OraError(932, wanted.__name__, type(value).__name__)
        lob = value if isinstance(value, Lob) else self._lobs.add(value, dty, temporary=temporary)
        out.integer(LOCATOR_BYTES).integer(len(lob.value)).integer(CHUNK_SIZE).chunk(lob.locator)

    def _write_cursor(self, out: Writer, value: OpenCursor | None) -> None:
        out.u8(1)
        if value is None:
            describe(out, ())
            out.integer(0)
            return
        cursor = self.open_result(value)
        describe(out, cursor.columns or ())
        out.integer(cursor.number)


def _batches(source: OpenCursor) -> Iterator[Row]:
    while rows := source.fetch(_BATCH):
        yield from rows


def _scalar_writer(dty: int, form: int) -> ValueWriter:
    encode = encoder(dty, form)

    def write(out: Writer, value: Value) -> None:
        data = out.data
        if value is None or value == "":
            data.append(0)
            return
        encoded = encode(value)
        size = len(encoded)
        if size <= _SHORT:
            data.append(size)
            data += encoded
        else:
            out.chunk(encoded)

    return write


def _write_long(out: Writer, value: Value, scalar: ValueWriter) -> None:
    scalar(out, value)
    out.integer(0).integer(0)  # null indicator, return code


def _write_nothing(_out: Writer, _value: Value) -> None:
    """A column that is NULL by its description has no bytes in a row."""
