"""From CONNECT to the end of the capability negotiation.

The values describe a 19c server without fast authentication, end-of-response marks, out-of-band
breaks and network encryption; both thin drivers accept it (see the negotiation tests).
"""

from __future__ import annotations

import struct

from dtm.sandbox.wire.codec import Reader, Writer
from dtm.sandbox.wire.descriptor import Descriptor, parse_descriptor
from dtm.sandbox.wire.packets import Disconnected, PacketStream
from dtm.sandbox.wire.protocol import (
    CHARSET_AL16UTF16,
    CHARSET_AL32UTF8,
    Message,
    Packet,
)

_TNS_VERSION = 318
_NO_NETWORK_SERVICES = 0x0C
_SERVICE_OPTIONS = 0x0001  # no 0x0400: breaks travel in band
_CONNECT_FIXED = 66  # bytes of a CONNECT packet before the descriptor that are read here
_MAX_SDU = 65535
_VERSION_NUMBER = 318767104  # 19.0.0.0.0 as listeners print it
_BANNER = b"x86_64/Linux 2.4.xx\0"
_DATA_TYPES_LIMIT = 4096


def read_connect(stream: PacketStream) -> tuple[int, Descriptor]:
    """Read CONNECT (and the packet behind it for a long descriptor): client version, descriptor."""
    kind, body = stream.read_packet()
    if kind != Packet.CONNECT or len(body) < _CONNECT_FIXED - 8:
        raise Disconnected("not a CONNECT packet")
    version, _lowest, _options, sdu = struct.unpack_from(">HHHH", body)
    length, offset = struct.unpack_from(">HH", body, 16)
    large_sdu = struct.unpack_from(">I", body, 50)[0] if offset >= 62 else 0
    data = body[max(offset - 8, 0) : max(offset - 8, 0) + length]
    if len(data) < length:
        kind, body = stream.read_packet()
        data = body[2 : 2 + length]
        if kind != Packet.DATA or len(data) < length:
            raise Disconnected("CONNECT without its descriptor")
    stream.sdu = max(512, min(large_sdu or sdu, _MAX_SDU))
    return version, parse_descriptor(data.decode(errors="replace"))


def accept(stream: PacketStream, client_version: int) -> None:
    """Answer CONNECT with ACCEPT."""
    version = min(client_version, _TNS_VERSION)
    body = struct.pack(">HHHHHHH", version, _SERVICE_OPTIONS, stream.sdu, _MAX_SDU, 1, 0, 45)
    body += bytes([_NO_NETWORK_SERVICES, _NO_NETWORK_SERVICES]) + bytes(8)
    body += struct.pack(">II", stream.sdu, stream.sdu) + bytes(1) + struct.pack(">I", 0)
    stream.send(Packet.ACCEPT, body)
    stream.widen()


def refuse(stream: PacketStream, code: int) -> None:
    """Answer CONNECT with REFUSE; the driver reports ORA-`code` inside its DPY-6005."""
    text = (
        f"(DESCRIPTION=(TMP=)(VSNNUM={_VERSION_NUMBER})(ERR={code})"
        f"(ERROR_STACK=(ERROR=(CODE={code})(EMFI=4))))"
    ).encode()
    stream.send(Packet.REFUSE, bytes([4, 0]) + struct.pack(">H", len(text)) + text)


def _capabilities(field_version: int) -> bytes:
    """Compile-time capabilities; the drivers index up to 44 without a check."""
    values = bytearray(55)
    values[4] = 0xEA  # O5LOGON with 12c verifiers
    values[7] = field_version
    values[15], values[23], values[27], values[37] = 0x29, 0xCF, 1, 0x30
    return bytes(values)


def _runtime_capabilities() -> bytes:
    values = bytearray(13)
    values[0] = 2
    values[6] = 0x04  # 32K strings; no request boundaries (0x10)
    return bytes(values)


def protocol_answer(reader: Reader, field_version: int) -> Writer:
    """Read the PROTOCOL message (its type byte is consumed) and build the answer."""
    for _ in range(2):  # version list, driver name: zero-terminated
        while reader.u8():
            continue
    fdo = bytes(9) + struct.pack(">H", CHARSET_AL16UTF16)
    out = Writer().u8(Message.PROTOCOL, 6, 0).raw(_BANNER)
    out.raw(struct.pack("<HBH", CHARSET_AL32UTF8, 1, 0))
    out.raw(struct.pack(">H", len(fdo)) + fdo)
    return out.chunk(_capabilities(field_version)).chunk(_runtime_capabilities())


def data_types_answer(reader: Reader) -> Writer:
    """Read the DATA TYPES message and answer with an empty list: the client's types are taken."""
    reader.raw(5)
    reader.chunk()
    runtime = reader.chunk() or b""
    if len(runtime) > 1 and runtime[1] & 1:  # node-oracledb sends a time zone unasked
        reader.raw(11)
        if runtime[1] & 2:
            reader.raw(4)
    for _ in range(_DATA_TYPES_LIMIT):
        if not reader.u16():
            return Writer().u8(Message.DATA_TYPES).raw(b"\0\0")
        if reader.u16():
            reader.raw(4)
    raise Disconnected("an endless list of data types")
