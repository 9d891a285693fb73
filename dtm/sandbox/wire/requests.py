"""EXECUTE and REEXECUTE messages, read to their end: options, cursor, bind values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import Value
from dtm.sandbox.wire.codec import Reader
from dtm.sandbox.wire.columns import LOBS, MAX_BINDS, Field, read_fields
from dtm.sandbox.wire.cursors import Cursor, CursorTable
from dtm.sandbox.wire.lobs import LobStore
from dtm.sandbox.wire.packets import Disconnected
from dtm.sandbox.wire.protocol import BindDirection, Dty, ExecuteOption, Function, Message
from dtm.sandbox.wire.statements import scan
from dtm.sandbox.wire.values import decode, unsupported_type

_VECTOR = 13  # elements of the execute vector
_OWN_LAYOUT = frozenset({*LOBS, Dty.BFILE, Dty.CURSOR, Dty.OBJECT, Dty.BOOLEAN})
_BOOLEAN_NULL = 0xFD
_COMMIT_ON_REEXECUTE = 1
_MAX_EXECUTIONS = 1 << 24


@dataclass(slots=True)
class ExecuteRequest:
    """An EXECUTE or REEXECUTE message, its bind values included."""

    cursor: Cursor
    options: int
    iterations: int  # rows wanted by a query
    flags: int = 0
    orientation: int = 0
    position: int = 0
    rows: Sequence[list[Value]] = ()


class RequestReader:
    """Reads statement messages of one session; cursors are opened or found on the way."""

    def __init__(self, cursors: CursorTable, lobs: LobStore) -> None:
        self._cursors = cursors
        self._lobs = lobs

    def read_execute(self, reader: Reader) -> ExecuteRequest:
        """Read an EXECUTE message; the cursor is opened or found on the way."""
        options, number = reader.integer(), reader.integer()
        has_text, _text_length = reader.u8(), reader.integer()
        reader.u8()
        vector_length = reader.integer()
        reader.raw(2)
        reader.integer()
        iterations = reader.integer()
        reader.integer()
        reader.u8()
        bind_count = reader.integer()
        reader.raw(6)
        define_count = reader.integer()
        _skip_pointers(reader)
        text = reader.text(reader.chunk()) if has_text else None
        if vector_length != _VECTOR or bind_count > MAX_BINDS:
            raise Disconnected(f"EXECUTE with {vector_length} elements, {bind_count} binds")
        vector = [reader.integer() for _ in range(vector_length)]
        cursor = self._cursor_for(number, text)
        request = ExecuteRequest(cursor, options, iterations, vector[9], vector[10], vector[11])
        if options & ExecuteOption.DEFINE and define_count:
            cursor.defines = read_fields(reader, define_count)
            cursor.writers = None
        self._read_binds(reader, request, bind_count, vector[1])
        return request

    def _cursor_for(self, number: int, text: str | None) -> Cursor:
        cursor = self._cursors.get(number) if number else None
        if text is None:
            if cursor is None:
                raise OraError(1001)
            return cursor
        statement = scan(text)
        if cursor is None:
            return self._cursors.open(statement)
        cursor.statement = statement
        return cursor

    def _read_binds(
        self, reader: Reader, request: ExecuteRequest, count: int, executions: int
    ) -> None:
        cursor, statement = request.cursor, request.cursor.statement
        if statement is None:
            return
        times = 1 if statement.is_query else _times(executions)
        if count and request.options & ExecuteOption.BIND:
            cursor.binds = read_fields(reader, count)
            sent = [i for i in range(count) if i not in statement.returning]
            if sent:
                order = _order(cursor, sent)
                request.rows = [self._read_row(reader, cursor, order) for _ in range(times)]
        request.rows = request.rows or _no_values(len(cursor.binds), times)

    def read_reexecute(self, reader: Reader, function: int) -> ExecuteRequest:
        """Read a REEXECUTE message: values only, for the binds that are not OUT."""
        number, iterations = reader.integer(), reader.integer()
        reader.integer()
        commit = reader.integer() & _COMMIT_ON_REEXECUTE
        cursor = self._cursors.get(number)
        if cursor is None or cursor.statement is None:
            raise OraError(1001)
        fetches = function == Function.REEXECUTE_AND_FETCH
        times = 1 if fetches or cursor.statement.is_query else _times(iterations)
        options: int = ExecuteOption.EXECUTE
        if fetches:
            options |= ExecuteOption.FETCH
        if commit:
            options |= ExecuteOption.COMMIT
        request = ExecuteRequest(cursor, options, iterations)
        sent = [
            i
            for i, bind in enumerate(cursor.binds)
            if i not in cursor.statement.returning and bind.direction != BindDirection.OUT
        ]
        if sent:
            order = _order(cursor, sent)
            request.rows = [self._read_row(reader, cursor, order) for _ in range(times)]
        else:
            request.rows = _no_values(len(cursor.binds), times)
        return request

    def _read_row(self, reader: Reader, cursor: Cursor, order: Sequence[int]) -> list[Value]:
        """Read one row of bind values."""
        message = reader.u8()
        if message != Message.ROW_DATA:
            raise Disconnected(f"message {message} where bind values should be")
        binds = cursor.binds
        values: list[Value] = [None] * len(binds)
        for i in order:
            bind = binds[i]
            if bind.is_array:
                values[i] = [self._read_value(reader, bind) for _ in range(reader.integer())]
            else:
                values[i] = self._read_value(reader, bind)
        return values

    def _read_value(self, reader: Reader, bind: Field) -> Value:
        if bind.dty not in _OWN_LAYOUT:
            data = reader.chunk()
            return None if data is None else decode(data, bind.dty, bind.form)
        if bind.dty in LOBS or bind.dty == Dty.BFILE:
            return self._lobs.find(reader.chunk()).value if reader.integer() else None
        if bind.dty == Dty.CURSOR:
            is_open = reader.u8() and reader.u8()
            return self._cursors.find(reader.integer()).as_value() if is_open else None
        if bind.dty == Dty.OBJECT:
            raise unsupported_type()
        size = reader.u8()  # a BOOLEAN
        if size == _BOOLEAN_NULL:
            reader.u8()
            return None
        return reader.raw(size)[-1] == 1 if size else None


def _order(cursor: Cursor, sent: list[int]) -> list[int]:
    """The places of a row's values as they travel: LONG-sized ones of SQL come last."""
    if cursor.statement is not None and cursor.statement.is_block:
        return sent
    late = [i for i in sent if cursor.binds[i].travels_last]
    return [*(i for i in sent if i not in late), *late] if late else sent


def _times(executions: int) -> int:
    if executions > _MAX_EXECUTIONS:
        raise Disconnected(f"{executions} executions in one call")
    return max(executions, 1)


def _no_values(binds: int, times: int) -> Sequence[list[Value]]:
    """`times` rows of unset values (OUT and RETURNING binds are not sent)."""
    return [[None] * binds] * times


def _skip_pointers(reader: Reader) -> None:
    """The middle of an EXECUTE message: pointers and sizes that thin clients leave empty."""
    reader.integer()
    reader.raw(3)
    reader.integer()
    reader.u8()
    reader.integer()
    reader.integer()
    reader.u8()
    reader.integer()
    reader.u8()
    reader.u8()
    reader.integer()
    reader.u8()
    reader.integer()
    reader.u8()
    reader.u8()
    reader.integer()
