"""Piggybacks: small messages in front of a function, which get no answer of their own."""

from __future__ import annotations

from dtm.sandbox.kernel.errors import OraError, Unsupported
from dtm.sandbox.kernel.serving import ServerSession
from dtm.sandbox.wire.codec import Reader
from dtm.sandbox.wire.cursors import CursorTable
from dtm.sandbox.wire.lobs import LobStore
from dtm.sandbox.wire.packets import Disconnected
from dtm.sandbox.wire.protocol import Function

_MAX_CLOSED = 65535
# Bytes an attribute may have (V$SESSION, 19c Reference); longer is ORA-24960 from the server.
_LIMITS = {"client_identifier": 64, "module": 48, "action": 32, "client_info": 64, "dbop": 64}


def piggyback(reader: Reader, server: ServerSession, cursors: CursorTable, lobs: LobStore) -> None:
    """Read and carry out one piggyback; its type byte is consumed."""
    code = reader.u8()
    reader.u8()  # sequence number
    match code:
        case Function.CLOSE_CURSORS:
            reader.u8()
            for _ in range(_bounded(reader.integer())):
                cursors.close(reader.integer())
        case Function.SET_SCHEMA:
            reader.u8()
            server.set_schema(reader.text(reader.sized_chunk()))
        case Function.END_TO_END:
            end_to_end(reader, server.context.attributes)
        case Function.LOB:
            lobs.free_array(reader)
        case Function.SESSION_STATE:
            reader.integer()
        case Function.APP_CONTEXT:
            _skip_app_context(reader)
        case _:
            raise Unsupported(901, f"piggyback {code} of the wire protocol")


def _bounded(count: int) -> int:
    if not 0 <= count <= _MAX_CLOSED:
        raise Disconnected(f"a list of {count} elements")
    return count


def end_to_end(reader: Reader, attributes: dict[str, str | None]) -> None:
    """Read MODULE, ACTION and their kin into `attributes`; ORA-24960 for one that is too long."""
    reader.raw(2)
    reader.integer()
    given = {name: _announced(reader) for name in ("client_identifier", "module", "action")}
    _announced(reader)
    _announced(reader)
    given["client_info"] = _announced(reader)
    _announced(reader)
    _announced(reader)
    given["dbop"] = _announced(reader)
    too_long = ""
    for name in ("client_identifier", "module", "action", "client_info", "dbop"):
        is_given, size = given[name]
        if not is_given:
            continue
        value = reader.text(reader.chunk()) if size else None
        if size > _LIMITS[name]:
            too_long = name
        else:
            attributes[name] = value
    if too_long:
        raise OraError(24960, too_long, _LIMITS[too_long])


def _announced(reader: Reader) -> tuple[bool, int]:
    return bool(reader.u8()), reader.integer()


def _skip_app_context(reader: Reader) -> None:
    """Application context needs a namespace created by a DBA; the sandbox reads past it."""
    reader.u8()
    reader.integer()
    reader.u8()
    count = _bounded(reader.integer())
    reader.integer()
    reader.u8()
    reader.chunk()
    for _ in range(count):
        reader.sized_chunk()
        reader.sized_chunk()
        reader.integer()
