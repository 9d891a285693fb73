"""TTC primitives: a reader over a request that may span packets, and a writer of answers.

Integers (ub2, ub4, ub8) travel as a length byte and big-endian digits, bit 0x80 of the length
being the sign. Bytes travel behind one length byte, or 0xFE and chunks up to an empty one.
"""

from __future__ import annotations

from dtm.sandbox.wire.packets import BreakReceived, Disconnected, Limits, PacketStream
from dtm.sandbox.wire.protocol import Packet

_LONG = 0xFE
_NULL = 0xFF
_SHORT_MAX = 252
_CHUNK = 32767


class Reader:
    """Reads one request. Nothing marks its end, so missing bytes are waited for."""

    def __init__(self, stream: PacketStream, body: bytes, limits: Limits) -> None:
        self._stream = stream
        self._data = body
        self._at = 2  # behind the data flags
        self._budget = limits.request
        self._last_packet = len(body) + 8

    def raw(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        end = self._at + count
        if end > len(self._data):
            self._pull(count)
            end = self._at + count
        part = self._data[self._at : end]
        self._at = end
        return part

    def _pull(self, count: int) -> None:
        if count < 0 or count > self._budget:
            raise Disconnected(f"a request of more than {self._budget} bytes")
        parts = [self._data[self._at :]]
        have = len(parts[0])
        while have < count:
            kind, body = self._stream.read_packet()
            if kind == Packet.MARKER:
                raise BreakReceived
            if kind != Packet.DATA or len(body) < 2:
                raise Disconnected(f"packet type {kind} inside a request")
            parts.append(body[2:])
            have += len(body) - 2
            self._budget -= len(body)
            self._last_packet = len(body) + 8
        self._data, self._at = b"".join(parts), 0

    def discard(self) -> None:
        """Skip the rest of a request whose layout is not known.

        A client sends a request in one go: a full packet is followed by another one.
        """
        while self._last_packet >= self._stream.sdu:
            kind, body = self._stream.read_packet()
            if kind == Packet.MARKER:
                raise BreakReceived
            self._last_packet = len(body) + 8
        self._at = len(self._data)

    def u8(self) -> int:
        at = self._at
        if at < len(self._data):
            self._at = at + 1
            return self._data[at]
        return self.raw(1)[0]

    def u16(self) -> int:
        return int.from_bytes(self.raw(2), "big")

    def integer(self) -> int:
        """A ub2, ub4, ub8 or their signed forms."""
        size = self.u8()
        if size == 0:
            return 0
        if size == 1:
            return self.u8()
        digits = size & 0x7F
        if digits > 8:
            raise Disconnected(f"an integer of {digits} bytes")
        value = int.from_bytes(self.raw(digits), "big")
        return -value if size & 0x80 else value

    def chunk(self) -> bytes | None:
        """Bytes behind their length; None for an empty or null value."""
        size = self.u8()
        if size in (0, _NULL):
            return None
        if size != _LONG:
            return self.raw(size)
        parts = []
        while size := self.integer():
            parts.append(self.raw(size))
        return b"".join(parts)

    def sized_chunk(self) -> bytes | None:
        """A ub4 length, then `chunk` unless the length is 0."""
        return self.chunk() if self.integer() else None

    def text(self, data: bytes | None) -> str:
        """Decode bytes that this reader returned; the client always sends UTF-8."""
        try:
            return (data or b"").decode()
        except UnicodeDecodeError as error:
            raise Disconnected("text that is not UTF-8") from error


class Writer:
    """Builds one answer."""

    __slots__ = ("data",)

    def __init__(self) -> None:
        self.data = bytearray()

    def u8(self, *values: int) -> Writer:
        self.data += bytes(values)
        return self

    def raw(self, data: bytes | bytearray) -> Writer:
        self.data += data
        return self

    def integer(self, value: int) -> Writer:
        """A ub2, ub4 or ub8, or a signed one when negative."""
        if value < 0:
            mark = len(self.data)
            self.integer(-value)
            self.data[mark] |= 0x80
        elif value == 0:
            self.data.append(0)
        elif value < 0x100:
            self.data += bytes((1, value))
        elif value < 0x10000:
            self.data += b"\x02" + value.to_bytes(2, "big")
        elif value < 0x1_0000_0000:
            self.data += b"\x04" + value.to_bytes(4, "big")
        else:
            self.data += b"\x08" + value.to_bytes(8, "big")
        return self

    def chunk(self, data: bytes | bytearray | None) -> Writer:
        """Bytes behind their length; nothing and None look the same (NULL)."""
        if not data:
            self.data.append(0)
        elif len(data) <= _SHORT_MAX:
            self.data.append(len(data))
            self.data += data
        else:
            self.data.append(_LONG)
            for start in range(0, len(data), _CHUNK):
                part = data[start : start + _CHUNK]
                self.integer(len(part))
                self.data += part
            self.data.append(0)
        return self

    def sized_chunk(self, data: bytes | str | None) -> Writer:
        """A ub4 length, then the chunk unless it is empty."""
        encoded = data.encode() if isinstance(data, str) else data
        if not encoded:
            self.data.append(0)
            return self
        return self.integer(len(encoded)).chunk(encoded)
