"""EXECUTE, REEXECUTE and FETCH: running statements and building their answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dtm.sandbox.kernel.errors import ENDS_CALL, OraError
from dtm.sandbox.kernel.ports import BlockBind, Value
from dtm.sandbox.kernel.serving import ExecuteResult, ServerSession
from dtm.sandbox.wire.answers import Status
from dtm.sandbox.wire.codec import Writer
from dtm.sandbox.wire.columns import Field, describe, require_bind_count
from dtm.sandbox.wire.cursors import Cursor, CursorTable, Row
from dtm.sandbox.wire.protocol import BindDirection, Dty, ExecuteFlag, ExecuteOption, Message
from dtm.sandbox.wire.requests import ExecuteRequest
from dtm.sandbox.wire.statements import Statement

_FIRST, _LAST = 4, 8  # fetch orientations of a scroll
_TOGETHER = 500  # rows of an array INSERT between two looks for a break


@dataclass(slots=True)
class Batch:
    """What the executions of one call gave together."""

    results: list[ExecuteResult] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    errors: list[tuple[int, OraError]] = field(default_factory=list)


class Executor:
    """Statements of one session."""

    def __init__(self, server: ServerSession, cursors: CursorTable) -> None:
        self._server = server
        self._cursors = cursors

    # ------------------------------------------------------------------ running

    def execute(self, request: ExecuteRequest, out: Writer) -> Status:
        """Run what the request asks for; the answer's body goes to `out`."""
        cursor, options = request.cursor, request.options
        if (
            request.flags & ExecuteFlag.SCROLLABLE
            and not options & ExecuteOption.EXECUTE
            and cursor.kept is not None
        ):
            return self._scroll(request, cursor.kept, out)
        runs = options & (ExecuteOption.EXECUTE | ExecuteOption.DESCRIBE)
        if cursor.statement is None or not runs:
            return self._fetch_more(request, out)
        if cursor.statement.is_query:
            return self._query(request, cursor.statement, out)
        if not options & ExecuteOption.EXECUTE:
            return Status(cursor=cursor.number)  # parse only: nothing to describe
        return self._run(request, cursor.statement, out)

    def _scroll(self, request: ExecuteRequest, kept: list[Row], out: Writer) -> Status:
        cursor = request.cursor
        position = {_FIRST: 1, _LAST: len(kept)}.get(request.orientation, request.position)
        start = max(position, 1) - 1
        cursor.rows, cursor.sent = iter(kept[start:]), min(start, len(kept))
        return self._send_rows(cursor, request.iterations, out)

    def _fetch_more(self, request: ExecuteRequest, out: Writer) -> Status:
        """A define, or an execute of a REF CURSOR: the result is there already."""
        cursor = request.cursor
        if cursor.statement is None and cursor.columns is not None:
            out.u8(Message.DESCRIBE).u8(0)
            describe(out, cursor.columns)
        if request.options & ExecuteOption.FETCH:
            return self._send_rows(cursor, request.iterations, out)
        return Status(cursor=cursor.number)

    def _query(self, request: ExecuteRequest, statement: Statement, out: Writer) -> Status:
        cursor, options = request.cursor, request.options
        executes = bool(options & ExecuteOption.EXECUTE)
        binds = self._block_binds(cursor, statement, request.rows[0]) if executes else []
        result = self._server.query(statement.text, binds, describe_only=not executes)
        rows: Iterator[Row] = iter(result.rows)
        cursor.kept = None
        if request.flags & ExecuteFlag.SCROLLABLE:
            cursor.kept = list(rows)
            rows = iter(cursor.kept)
        changed = cursor.show(tuple(result.columns), rows)
        if changed or options & (ExecuteOption.PARSE | ExecuteOption.DESCRIBE):
            out.u8(Message.DESCRIBE).u8(0)
            describe(out, cursor.columns or ())
        if not executes:
            cursor.rows = None
            return Status(cursor=cursor.number)
        if options & ExecuteOption.FETCH and not cursor.needs_define:
            return self._send_rows(cursor, request.iterations, out)
        return Status(cursor=cursor.number)

    def fetch(self, number: int, count: int, out: Writer) -> Status:
        """The FETCH function; ORA-01001 or ORA-01002 when there is nothing to fetch from."""
        return self._send_rows(self._cursors.find(number), count, out)

    def _send_rows(self, cursor: Cursor, limit: int, out: Writer) -> Status:
        rows, complete = cursor.take(limit)
        self._cursors.write_rows(out, cursor, rows, limit)
        end = OraError(1403) if complete else None
        return Status(error=end, cursor=cursor.number, row_count=cursor.sent)

    def _block_binds(
        self, cursor: Cursor, statement: Statement, values: Sequence[Value]
    ) -> list[BlockBind]:
        require_bind_count(len(statement.binds), len(cursor.binds))
        return [
            BlockBind(name, value, bind.ora_type(), bind.is_array)
            for name, value, bind in zip(statement.binds, values, cursor.binds, strict=True)
        ]

    def _run(self, request: ExecuteRequest, statement: Statement, out: Writer) -> Status:
        cursor = request.cursor
        batch = Batch()
        try:
            self._run_all(request, statement, batch)
        except OraError as error:
            done = sum(batch.counts) if statement.is_dml else len(batch.results)
            return Status(error=error, cursor=cursor.number, row_count=done)
        if request.options & ExecuteOption.COMMIT:
            self._server.commit()
        self._answer_binds(cursor, statement, batch, out)
        last = batch.results[-1] if batch.results else ExecuteResult()
        self._answer_implicit(last, out)
        if request.flags & ExecuteFlag.ROW_COUNTS:
            out.u8(Message.PARAMETER).integer(0).integer(0).integer(0).integer(0)
            out.integer(len(batch.counts))
            for count in batch.counts:
                out.integer(count)
        return Status(
            error=OraError(24381) if batch.errors else None,
            cursor=cursor.number,
            row_count=sum(batch.counts) if statement.is_dml else 0,
            warning=any(result.warning for result in batch.results),
            rowid=last.last_rowid,
            batch=batch.errors,
        )

    def _run_all(self, request: ExecuteRequest, statement: Statement, batch: Batch) -> None:
        """Execute once per row of binds; one result each, or one for rows inserted together."""
        at = 0
        while at < len(request.rows):
            chunk = request.rows[at : at + _TOGETHER]
            if not self._run_together(request, statement, chunk, batch):
                self._run_each(request, statement, range(at, at + len(chunk)), batch)
            at += len(chunk)

    def _run_together(
        self,
        request: ExecuteRequest,
        statement: Statement,
        rows: Sequence[Sequence[Value]],
        batch: Batch,
    ) -> bool:
        """INSERT several rows at once; False: nothing was done."""
        if len(rows) == 1 or not statement.is_dml or statement.returning:
            return False
        binds = self._block_binds(request.cursor, statement, rows[0])
        result = self._server.insert_many(statement.text, binds, rows)
        if result is None:
            return False
        batch.results.append(result)
        batch.counts += [1] * len(rows)
        return True

    def _run_each(
        self, request: ExecuteRequest, statement: Statement, indexes: range, batch: Batch
    ) -> None:
        collects = bool(request.options & ExecuteOption.BATCH_ERRORS)
        check = self._server.context.interrupt_check
        for index in indexes:
            binds = self._block_binds(request.cursor, statement, request.rows[index])
            try:
                if index:
                    check()
                result = self._server.execute(statement.text, binds)
            except OraError as error:
                if not collects or error.code in ENDS_CALL:
                    raise
                batch.errors.append((index, error))
                batch.counts.append(0)
                continue
            batch.counts.append(result.rowcount)
            batch.results.append(result)

    # ------------------------------------------------------------------ OUT values

    def _answer_binds(
        self, cursor: Cursor, statement: Statement, batch: Batch, out: Writer
    ) -> None:
        if statement.is_block and cursor.binds:
            self._answer_block(cursor, statement, batch.results, out)
        elif statement.returning:
            self._answer_returning(cursor, statement, batch.results, out)

    def _answer_block(
        self, cursor: Cursor, statement: Statement, results: list[ExecuteResult], out: Writer
    ) -> None:
        """The IO vector, then a row of OUT values per execution."""
        for name, bind in zip(statement.binds, cursor.binds, strict=True):
            bind.direction = BindDirection.IN
            if any(name in result.out for result in results):
                both = any(name in result.inout for result in results)
                bind.direction = BindDirection.IN_OUT if both else BindDirection.OUT
        count = len(cursor.binds)
        out.u8(Message.IO_VECTOR, 0).integer(count % 256).integer(count // 256)
        out.integer(len(results)).integer(0).integer(0).integer(0)
        out.u8(*(bind.direction for bind in cursor.binds))
        targets = [
            (name, bind)
            for name, bind in zip(statement.binds, cursor.binds, strict=True)
            if bind.direction != BindDirection.IN
        ]
        for result in results if targets else ():
            out.u8(Message.ROW_DATA)
            for name, bind in targets:
                self._write_out(out, result.out.get(name), bind)

    def _answer_returning(
        self, cursor: Cursor, statement: Statement, results: list[ExecuteResult], out: Writer
    ) -> None:
        for result in results:
            out.u8(Message.ROW_DATA)
            for i in sorted(statement.returning):
                values = result.returned.get(statement.binds[i], [])
                out.integer(len(values))
                for value in values:
                    self._write_one(out, value, cursor.binds[i])

    def _write_out(self, out: Writer, value: Value, bind: Field) -> None:
        if not bind.is_array:
            self._write_one(out, value, bind)
            return
        elements = value or []
        out.integer(len(elements))
        for element in elements:
            self._write_one(out, element, bind)

    def _write_one(self, out: Writer, value: Value, bind: Field) -> None:
        if bind.dty == Dty.BOOLEAN and value is None:
            out.u8(0).integer(-1)
            return
        if bind.dty in (Dty.ROWID, Dty.UROWID):
            out.chunk(str(value).encode() if value else None)
        else:
            self._cursors.value_writer(bind.dty, bind.form or 1, in_fetch=False)(out, value)
        out.integer(0)  # not truncated

    def _answer_implicit(self, result: ExecuteResult, out: Writer) -> None:
        if not result.implicit:
            return
        out.u8(Message.IMPLICIT_RESULT).integer(len(result.implicit))
        for source in result.implicit:
            cursor = self._cursors.open_result(source)
            out.u8(0)
            describe(out, cursor.columns or ())
            out.integer(cursor.number)
