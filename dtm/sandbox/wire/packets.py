"""TNS packets over one socket: framing, deadlines, break markers, and waking up an idle session."""

from __future__ import annotations

import select
import socket
import struct
import time
from collections import deque
from dataclasses import dataclass

from dtm.sandbox.wire.protocol import Marker, Packet


class Disconnected(Exception):
    """The client is gone, broke the protocol or was too slow; the connection must be closed."""

    def __init__(self, reason: str, *, expected: bool = False) -> None:
        super().__init__(reason)
        self.expected = expected  # an ordinary end: nothing to log


class BreakReceived(Exception):
    """A break marker arrived in the middle of a request."""


class Woken(Exception):
    """Another thread asked the idle session to look at its state."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may cost. Times in seconds, sizes in bytes."""

    logon_s: float = 60.0  # from accept to the end of the logon
    request_s: float = 300.0  # from a request's first byte to its last; also for one send
    break_s: float = 60.0  # for the client's half of the break-reset exchange
    packet: int = 2_097_152 + 64  # the largest SDU a client may ask for
    request: int = 1 << 30
    queued: int = 1 << 20  # packets that arrived ahead of time, while a call runs


_HEADER = 8


class PacketStream:
    """One client socket: whole packets in, whole packets out.

    All methods belong to the session's thread, except `wake`.
    """

    def __init__(self, sock: socket.socket, limits: Limits) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        timeout = struct.pack("ll", int(limits.request_s), 0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeout)
        self._sock = sock
        self.limits = limits
        self._buffer = bytearray()
        self._ahead: deque[tuple[int, bytes]] = deque()
        self._ahead_bytes = 0
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_out.setblocking(False)
        self._wake_in.setblocking(False)
        self._poller = select.poll()
        self._poller.register(sock, select.POLLIN)
        self._poller.register(self._wake_in, select.POLLIN)
        self._deadline: float | None = time.monotonic() + limits.logon_s
        self._wide = False  # 4-byte packet lengths, from ACCEPT on
        self._gone = False
        self.break_seen = False
        self.sdu = 8192

    # ------------------------------------------------------------------ reading

    def logged_on(self) -> None:
        """End the logon's deadline: from here an idle client may be silent for ever."""
        self._deadline = None

    def widen(self) -> None:
        """Switch to 4-byte packet lengths, after ACCEPT was sent."""
        self._wide = True

    def wake(self) -> None:
        """Make a waiting `read_request` raise `Woken`. May be called from any thread."""
        try:
            self._wake_out.send(b"w")
        except OSError:
            return  # closed, or a wake-up is pending already: both mean it will look

    def read_request(self) -> tuple[int, bytes]:
        """Wait for the next packet, however long it takes; its type and body.

        Raises Woken once per `wake`, Disconnected when the client is gone.
        """
        if self._ahead:
            return self._take_ahead()
        self._fill(1, self._deadline, wakeable=True)
        return self.read_packet()

    def read_packet(self) -> tuple[int, bytes]:
        """Return the type and body of a packet that is due; Disconnected when it does not come."""
        if self._ahead:
            return self._take_ahead()
        deadline = self._deadline or time.monotonic() + self.limits.request_s
        return self._packet(deadline)

    def _take_ahead(self) -> tuple[int, bytes]:
        kind, body = self._ahead.popleft()
        self._ahead_bytes -= len(body) + _HEADER
        return kind, body

    def _packet(self, deadline: float) -> tuple[int, bytes]:
        self._fill(_HEADER, deadline)
        size = self._packet_size()
        self._fill(size, deadline)
        return self._cut(size)

    def _packet_size(self) -> int:
        size: int = struct.unpack_from(">I" if self._wide else ">H", self._buffer)[0]
        if not _HEADER <= size <= self.limits.packet:
            raise Disconnected(f"packet of {size} bytes")
        return size

    def _cut(self, size: int) -> tuple[int, bytes]:
        kind = self._buffer[4]
        body = bytes(self._buffer[_HEADER:size])
        del self._buffer[:size]
        return kind, body

    def _fill(self, count: int, deadline: float | None, *, wakeable: bool = False) -> None:
        while len(self._buffer) < count:
            wait = None if deadline is None else (deadline - time.monotonic()) * 1000
            if wait is not None and wait <= 0:
                raise Disconnected("the client is silent in the middle of a request or a logon")
            events = self._poller.poll(wait)
            ready = {descriptor for descriptor, _ in events}
            if self._wake_in.fileno() in ready and wakeable:
                self._wake_in.recv(4096)
                raise Woken
            if self._sock.fileno() in ready:
                self._receive()
            elif events:
                time.sleep(0.01)  # a wake-up waits for the end of this request

    def _receive(self) -> None:
        try:
            data = self._sock.recv(262_144)
        except OSError as error:
            raise Disconnected(str(error), expected=True) from error
        if not data:
            raise Disconnected("closed by the client", expected=True)
        self._buffer += data

    # ------------------------------------------------------------------ client interrupts

    def poll_break(self) -> bool:
        """Tell, without waiting, whether the client sent a break while its call runs.

        False for ever once the client is gone: its call runs on to the end, as Oracle's does.
        """
        while not self.break_seen and not self._gone and self._ahead_bytes < self.limits.queued:
            try:
                if not self._whole_packet_ready():
                    if not self._readable():
                        break
                    self._receive()
                    continue
                kind, body = self._cut(self._packet_size())
            except Disconnected:
                self._gone = True
                break
            if kind == Packet.MARKER and len(body) >= 3 and body[2] != Marker.RESET:
                self.break_seen = True
            else:
                self._ahead.append((kind, body))
                self._ahead_bytes += len(body) + _HEADER
        return self.break_seen

    def _readable(self) -> bool:
        return any(descriptor == self._sock.fileno() for descriptor, _ in self._poller.poll(0))

    def _whole_packet_ready(self) -> bool:
        return len(self._buffer) >= _HEADER and len(self._buffer) >= self._packet_size()

    def break_reset(self) -> None:
        """Play the server's half of the break-reset exchange; the caller then sends an error."""
        self.break_seen = False
        self.send(Packet.MARKER, bytes([1, 0, Marker.BREAK]))
        deadline = time.monotonic() + self.limits.break_s
        while True:  # what the client sent before its RESET belongs to the cancelled call
            kind, body = self._take_ahead() if self._ahead else self._packet(deadline)
            if kind == Packet.MARKER and len(body) >= 3 and body[2] == Marker.RESET:
                break
        self.send(Packet.MARKER, bytes([1, 0, Marker.RESET]))

    # ------------------------------------------------------------------ writing

    def send(self, kind: Packet, body: bytes) -> None:
        """Send one packet."""
        size = len(body) + _HEADER
        head = struct.pack(">I", size) if self._wide else struct.pack(">HH", size, 0)
        self._send_all(head + bytes([kind, 0, 0, 0]) + body)

    def send_data(self, payload: bytes | bytearray) -> None:
        """Send one TTC answer, cut into DATA packets of the agreed size."""
        room = self.sdu - _HEADER - 2
        if len(payload) <= room:
            head = struct.pack(">IBBHH", len(payload) + 10, Packet.DATA, 0, 0, 0)
            self._send_all(head + payload)
            return
        out = bytearray()
        for start in range(0, len(payload), room):
            part = payload[start : start + room]
            out += struct.pack(">IBBHH", len(part) + 10, Packet.DATA, 0, 0, 0)
            out += part
        self._send_all(out)

    def _send_all(self, data: bytes | bytearray) -> None:
        try:
            self._sock.sendall(data)
        except OSError as error:
            raise Disconnected(str(error), expected=True) from error

    def close(self) -> None:
        """Close the connection; the client sees an end of file, not a reset, where possible."""
        for sock in (self._sock, self._wake_in, self._wake_out):
            try:
                if sock is self._sock:
                    sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            finally:
                sock.close()
