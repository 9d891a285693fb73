"""LOB locators of one session and the LOB function.

A locator here owns its value: a LOB read from a row is a copy as of the query, so writing through
such a locator is refused (ORA-22920) rather than lost. Offsets and lengths of CLOBs count
characters; Oracle counts UTF-16 code units, which differ beyond the basic plane.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from dtm.sandbox.kernel.errors import OraError, Unsupported
from dtm.sandbox.wire.answers import Status
from dtm.sandbox.wire.codec import Reader, Writer
from dtm.sandbox.wire.packets import Disconnected
from dtm.sandbox.wire.protocol import (
    CHARSET_AL32UTF8,
    FORM_NCHAR,
    Dty,
    LobOperation,
    Message,
)

LOCATOR_BYTES = 40
CHUNK_SIZE = 8132
_KEY_BYTES = 8
_MAX_LOB = 1 << 30
# Old row LOBs are dropped beyond this many characters or bytes a session (ORA-22924 when read).
_KEPT = 1 << 26


@dataclass(slots=True)
class Lob:
    """One LOB value behind a locator. `dty`: CLOB or BLOB."""

    number: int
    value: str | bytes
    dty: int
    temporary: bool
    is_open: bool = False
    locator: bytes = field(init=False)

    def __post_init__(self) -> None:
        locator = bytearray(LOCATOR_BYTES)
        locator[1] = LOCATOR_BYTES - 2
        locator[3] = 4
        locator[4] = 0x02 if self.dty == Dty.CLOB else 0x01  # 0x80 of byte 6 off: UTF-8
        locator[5] = 0x08
        locator[7] = 0x01 if self.temporary else 0
        locator[LOCATOR_BYTES - _KEY_BYTES :] = self.number.to_bytes(_KEY_BYTES, "big")
        self.locator = bytes(locator)

    def write(self, offset: int, data: bytes) -> int:
        """Write at 1-based `offset`, padding a gap; the amount written, in the LOB's units."""
        if not 1 <= offset <= _MAX_LOB or len(self.value) + len(data) > _MAX_LOB:
            raise OraError(21560)
        start = offset - 1
        if isinstance(self.value, str):
            text = _text(data)
            head = self.value[:start].ljust(start)
            self.value = head + text + self.value[start + len(text) :]
            return len(text)
        head_bytes = self.value[:start].ljust(start, b"\0")
        self.value = head_bytes + data + self.value[start + len(data) :]
        return len(data)


class LobStore:
    """All locators of one session, found by the number in the locator."""

    def __init__(self) -> None:
        self._temporary: dict[int, Lob] = {}
        self._rows: OrderedDict[int, Lob] = OrderedDict()
        self._rows_size = 0
        self._next = 1

    def add(self, value: str | bytes, dty: int, *, temporary: bool) -> Lob:
        """Give `value` a locator. Temporary ones live until freed."""
        lob = Lob(self._next, value, dty, temporary)
        self._next += 1
        if temporary:
            self._temporary[lob.number] = lob
            return lob
        self._rows[lob.number] = lob
        self._rows_size += len(value)
        while self._rows_size > _KEPT and len(self._rows) > 1:
            _, old = self._rows.popitem(last=False)
            self._rows_size -= len(old.value)
        return lob

    def find(self, locator: bytes | None) -> Lob:
        """Return the LOB of `locator`: ORA-22275 for a wrong one, ORA-22924 for a dropped one."""
        number = int.from_bytes((locator or b"")[-_KEY_BYTES:], "big")
        lob = self._temporary.get(number) or self._rows.get(number)
        if lob is None and 0 < number < self._next:
            raise OraError(22924)
        if lob is None:
            raise OraError(22275)
        return lob

    def free(self, locator: bytes) -> None:
        """Forget a temporary LOB; unknown ones are ignored (freed before)."""
        self._temporary.pop(int.from_bytes(locator[-_KEY_BYTES:], "big"), None)

    def free_array(self, reader: Reader) -> None:
        """Read the piggyback that frees several temporary LOBs."""
        reader.u8()
        total = reader.integer()
        reader.u8()
        for _ in range(3):
            reader.integer()
        for _ in range(3):
            reader.u8()
        operation = reader.integer()
        reader.u8()
        for _ in range(3):
            reader.integer()
        reader.u8()
        for _ in range(3):
            reader.u8()
            reader.integer()
        if operation & LobOperation.FREE_TEMPORARY != LobOperation.FREE_TEMPORARY:
            raise Disconnected(f"LOB operation {operation:#x} as a piggyback")
        for _ in range(total // LOCATOR_BYTES):
            self.free(reader.raw(LOCATOR_BYTES))


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise OraError(29275) from error


@dataclass(frozen=True, slots=True)
class LobRequest:
    """The LOB function's arguments."""

    operation: int
    locator: bytes
    source_offset: int
    destination: int  # for CREATE_TEMPORARY: the wire type
    form: int
    data: bytes
    amount: int
    wants_amount: bool


def read_lob_request(reader: Reader) -> LobRequest:
    """Read the body of a LOB function."""
    has_source, source_length = reader.u8(), reader.integer()
    reader.u8()
    for _ in range(3):  # duration of a temporary LOB (or its character set form), short offsets
        reader.integer()
    for _ in range(3):
        reader.u8()
    operation = reader.integer()
    reader.raw(2)
    source_offset, destination = reader.integer(), reader.integer()
    wants_amount = bool(reader.u8())
    reader.raw(6)
    locator = reader.raw(source_length) if has_source else b""
    form = 0
    if operation == LobOperation.CREATE_TEMPORARY:
        charset = reader.integer()
        form = FORM_NCHAR if charset not in (0, CHARSET_AL32UTF8) else form
    data = b""
    if operation == LobOperation.WRITE and reader.u8() == Message.LOB_DATA:
        data = reader.chunk() or b""
    amount = reader.integer() if wants_amount else 0
    return LobRequest(
        operation, locator, source_offset, destination, form, data, amount, wants_amount
    )


def lob_call(store: LobStore, request: LobRequest, out: Writer) -> Status:
    """Carry out a LOB function; the answer's body goes to `out`."""
    if request.operation == LobOperation.CREATE_TEMPORARY:
        _create(store, request, out)
        return Status()
    lob = store.find(request.locator)
    amount = request.amount
    flag: bool | None = None
    match request.operation:
        case LobOperation.READ:
            amount = _read(lob, request, out)
        case LobOperation.WRITE:
            _require_temporary(lob)
            amount = lob.write(request.source_offset, request.data)
        case LobOperation.TRIM:
            _require_temporary(lob)
            lob.value = lob.value[: request.amount]
        case LobOperation.LENGTH:
            amount = len(lob.value)
        case LobOperation.CHUNK_SIZE:
            amount = CHUNK_SIZE
        case LobOperation.IS_OPEN:
            flag = lob.is_open
        case LobOperation.OPEN | LobOperation.CLOSE:
            lob.is_open = request.operation == LobOperation.OPEN
        case LobOperation.FREE_TEMPORARY:
            store.free(request.locator)
        case _:
            raise Unsupported(902, f"LOB operation {request.operation:#x}")
    out.u8(Message.PARAMETER).raw(lob.locator)
    if request.wants_amount:
        out.integer(amount)
    if flag is not None:
        out.u8(1 if flag else 0)
    return Status()


def _create(store: LobStore, request: LobRequest, out: Writer) -> None:
    if request.destination not in (Dty.CLOB, Dty.BLOB) or request.form == FORM_NCHAR:
        raise Unsupported(903, "a temporary NCLOB or BFILE")
    empty: str | bytes = "" if request.destination == Dty.CLOB else b""
    lob = store.add(empty, request.destination, temporary=True)
    out.u8(Message.PARAMETER).raw(lob.locator).integer(CHARSET_AL32UTF8).u8(0)


def _read(lob: Lob, request: LobRequest, out: Writer) -> int:
    start = max(request.source_offset - 1, 0)
    part = lob.value[start : start + max(request.amount, 0)]
    data = part.encode() if isinstance(part, str) else part
    out.u8(Message.LOB_DATA).chunk(data)
    return len(part)


def _require_temporary(lob: Lob) -> None:
    if not lob.temporary:
        raise OraError(22920)
