"""The status that closes every answer: error number and text, cursor, row count, batch errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.wire.codec import Writer
from dtm.sandbox.wire.protocol import STATUS_IN_TRANSACTION, WARNING_COMPILATION, Message
from dtm.sandbox.wire.rowids import write_rowid

_MAX_OFFSET = 32767  # a signed 16-bit field
_MAX_BATCH_ERRORS = 65535
_NOT_CHUNKED = 1  # first byte of the batch arrays: anything but 0xFE


@dataclass(frozen=True, slots=True)
class Status:
    """How a call ended. `batch`: (row index, error) of an array DML with batch errors."""

    error: OraError | None = None
    cursor: int = 0
    row_count: int = 0
    warning: bool = False
    rowid: str | None = None
    batch: Sequence[tuple[int, OraError]] = ()


def close_answer(out: Writer, status: Status, *, in_transaction: bool) -> Writer:
    """Append the status to `out`; an error number other than 0 makes the driver raise."""
    error = status.error
    code = error.code if error else 0
    offset = min(error.offset, _MAX_OFFSET) if error else 0
    out.u8(Message.ERROR).integer(STATUS_IN_TRANSACTION if in_transaction else 0)
    out.integer(0).integer(status.row_count & 0xFFFF_FFFF).integer(code)
    out.integer(0).integer(0).integer(status.cursor).integer(offset)
    out.u8(0, 0, 0, 0, 0, WARNING_COMPILATION if status.warning else 0)
    write_rowid(out, status.rowid)
    out.u8(0, 0, 0, 0, 0, 0)  # OS error, statement, call, padding, iterations, logical rowid
    _batch_errors(out, status.batch[:_MAX_BATCH_ERRORS])
    out.integer(code).integer(status.row_count)
    if error:
        out.chunk(f"{error.text}\n".encode())
    return out


def _batch_errors(out: Writer, batch: Sequence[tuple[int, OraError]]) -> None:
    """Three arrays: codes, row indexes, texts."""
    for values in ([error.code for _, error in batch], [index for index, _ in batch]):
        out.integer(len(values))
        if values:
            out.u8(_NOT_CHUNKED)
        for value in values:
            out.integer(value)
    out.integer(len(batch))
    if batch:
        out.u8(_NOT_CHUNKED)
    for _, error in batch:
        text = f"{error.text}\n".encode()
        out.integer(len(text)).chunk(text).u8(0, 0)
