"""One client connection from CONNECT to its end: negotiation, logon, calls."""

from __future__ import annotations

import logging
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

from dtm.sandbox.kernel.errors import OraError, Unsupported
from dtm.sandbox.kernel.passwords import make_verifier, matches
from dtm.sandbox.kernel.serving import Backend, ClientLink, ServerSession
from dtm.sandbox.wire import handshake
from dtm.sandbox.wire.answers import Status, close_answer
from dtm.sandbox.wire.codec import Reader, Writer
from dtm.sandbox.wire.cursors import CursorTable
from dtm.sandbox.wire.descriptor import Descriptor
from dtm.sandbox.wire.execute import Executor
from dtm.sandbox.wire.lobs import LobStore, lob_call, read_lob_request
from dtm.sandbox.wire.logon import AuthRequest, Logon, pairs_answer, read_auth
from dtm.sandbox.wire.packets import (
    BreakReceived,
    Disconnected,
    Limits,
    PacketStream,
    Woken,
)
from dtm.sandbox.wire.piggybacks import piggyback
from dtm.sandbox.wire.protocol import (
    DATA_FLAG_EOF,
    Function,
    Marker,
    Message,
    Packet,
)
from dtm.sandbox.wire.requests import RequestReader

FIELD_VERSION = 12  # TTC field version of 19.1: what the driver reads and writes follows from it
# Errors after which Oracle ends the session: the answer is sent, then the connection is closed.
_FATAL = frozenset({28, 1012, 1033, 1089, 1092})
_SHUTDOWN = 1089
_MAX_PIGGYBACKS = 64

_log = logging.getLogger("sandbox.wire")


def serve_client(sock: socket.socket, backend: Backend, limits: Limits | None = None) -> None:
    """Serve one client until it is gone. Never raises for what a client sends."""
    stream = PacketStream(sock, limits or Limits())
    try:
        connection = _connect(stream, backend)
        if connection is not None:
            connection.run()
    except Disconnected as error:
        if not error.expected:
            _log.warning("connection closed: %s", error)
    except ConnectionAbortedError as error:
        _log.info("connection dropped by a fault: %s", error)
    finally:
        stream.close()


def _connect(stream: PacketStream, backend: Backend) -> _Connection | None:
    version, descriptor = handshake.read_connect(stream)
    code = backend.refusal(descriptor.service, by_sid=descriptor.by_sid)
    if code is not None:
        handshake.refuse(stream, code)
        return None
    handshake.accept(stream, version)
    return _Connection(stream, backend, descriptor)


@dataclass(slots=True)
class _LoggedOn:
    """What a connection has from its logon on."""

    server: ServerSession
    cursors: CursorTable
    lobs: LobStore
    requests: RequestReader
    executor: Executor


@dataclass(frozen=True, slots=True)
class _Call:
    """One function, read to its end. `text`: its statement, for the fault hooks."""

    text: str | None
    run: Callable[[Writer], Status]


class _Connection:
    """The calls of one connection, one at a time."""

    def __init__(self, stream: PacketStream, backend: Backend, descriptor: Descriptor) -> None:
        self._stream = stream
        self._backend = backend
        self._descriptor = descriptor
        self._limits = stream.limits
        self._attributes = dict(descriptor.attributes)
        self._logon: Logon | None = None
        self._session: _LoggedOn | None = None
        self._ended: OraError | None = None  # why the session is over (killed while idle)

    # ------------------------------------------------------------------ the loop

    def run(self) -> None:
        """Serve requests until the client leaves; then end the session, whatever happened."""
        try:
            while self._serve_one():
                continue
        finally:
            self._end_session()

    def _serve_one(self) -> bool:
        try:
            kind, body = self._stream.read_request()
        except Woken:
            self._look_at_state()
            return True
        if kind == Packet.MARKER:
            if len(body) >= 3 and body[2] != Marker.RESET:
                self._answer_break()
            return True
        if kind != Packet.DATA or len(body) < 2:
            raise Disconnected(f"packet type {kind} where a request should be")
        if struct.unpack_from(">H", body)[0] & DATA_FLAG_EOF:
            return False
        try:
            return self._request(Reader(self._stream, body, self._limits))
        except BreakReceived:
            self._answer_break()
            return True

    def _look_at_state(self) -> None:
        """The session was killed or the server stops: roll back now, tell at the next request."""
        if self._session is None:
            return
        try:
            self._session.server.context.interrupt_check()
        except OraError as error:
            self._end_session()
            if error.code == _SHUTDOWN:  # do not wait for a client that may never ask again
                raise Disconnected(error.message, expected=True) from error
            self._ended = error

    def _end_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.cursors.close_all()
            session.server.close()

    def _answer_break(self) -> None:
        self._stream.break_reset()
        self._answer(Writer(), Status(error=OraError(1013)))

    # ------------------------------------------------------------------ requests

    def _request(self, reader: Reader) -> bool:
        """Serve one request; False when the connection is to be closed."""
        for _ in range(_MAX_PIGGYBACKS):
            message = reader.u8()
            if message != Message.PIGGYBACK:
                break
            error = self._piggyback(reader)
            if error is not None:
                reader.discard()
                return self._answer(Writer(), Status(error=error))
        else:
            raise Disconnected("a chain of piggybacks")
        if message == Message.FUNCTION:
            return self._function(reader)
        if message == Message.PROTOCOL:
            self._stream.send_data(handshake.protocol_answer(reader, FIELD_VERSION).data)
        elif message == Message.DATA_TYPES:
            self._stream.send_data(handshake.data_types_answer(reader).data)
        else:
            raise Disconnected(f"message type {message}")
        return True

    def _piggyback(self, reader: Reader) -> OraError | None:
        if self._session is None:
            return self._ended or OraError(1012)
        try:
            piggyback(reader, self._session.server, self._session.cursors, self._session.lobs)
        except OraError as error:
            return error
        return None

    def _function(self, reader: Reader) -> bool:
        code = reader.u8()
        reader.u8()  # sequence number
        if code == Function.AUTH_PHASE_ONE and self._session is None:
            return self._phase_one(read_auth(reader))
        if code == Function.AUTH_PHASE_TWO:
            return self._phase_two(read_auth(reader))
        if self._session is None:
            reader.discard()
            return self._answer(Writer(), Status(error=self._ended or OraError(1012)))
        if code == Function.LOGOFF:  # its locks are free before the client knows that it is off
            self._end_session()
            return self._answer(Writer(), Status())
        return self._guarded(reader, code, self._session)

    def _guarded(self, reader: Reader, code: int, session: _LoggedOn) -> bool:
        """Read and carry out a call; every failure becomes an ORA error of its answer."""
        out = Writer()
        try:
            call = _read_call(reader, code, session)
        except OraError as error:
            reader.discard()
            return self._answer(out, Status(error=error))
        try:
            status = call.run(out)
        except OraError as error:
            out, status = Writer(), Status(error=error)
        except (Disconnected, ConnectionAbortedError):
            raise
        except Exception as error:  # noqa: BLE001 - the boundary: a bug has an answer
            _log.exception("internal error in function %d: %s", code, call.text)
            bug = Unsupported(999, f"internal error: {type(error).__name__}: {error}")
            out, status = Writer(), Status(error=bug)
        return self._answer(out, status, call.text)

    def _answer(self, out: Writer, status: Status, text: str | None = None) -> bool:
        """Send an answer; False when the connection ends with it."""
        session = self._session
        if session is not None:
            self._backend.before_answer(session.server, text)
        if self._stream.break_seen:  # even if the call ended well: the client waits for the reset
            self._stream.break_reset()
            out = Writer()
            if status.error is None or status.error.code not in _FATAL:
                status = Status(error=OraError(1013))
        in_transaction = session is not None and session.server.in_transaction()
        close_answer(out, status, in_transaction=in_transaction)
        self._stream.send_data(out.data)
        if session is not None:
            self._backend.after_answer(session.server, text)
        return status.error is None or status.error.code not in _FATAL

    # ------------------------------------------------------------------ logon

    def _phase_one(self, request: AuthRequest) -> bool:
        self._attributes.update(request.attributes())
        verifier = self._backend.verifier(self._descriptor.service, request.user)
        self._logon = Logon(verifier)
        self._stream.send_data(self._logon.challenge().data)
        return True

    def _phase_two(self, request: AuthRequest) -> bool:
        if self._logon is None:
            raise Disconnected("phase two of a logon without phase one")
        if self._session is not None:
            return self._change_password(request, self._logon, self._session.server)
        if not self._logon.verify(request.parameters):
            self._answer(Writer(), Status(error=OraError(1017)))
            return False
        self._attributes.update(request.attributes())
        try:
            server = self._open(request)
        except OraError as error:
            self._answer(Writer(), Status(error=error))
            return False
        self._stream.logged_on()
        self._stream.send_data(self._logon.welcome(server.context).data)
        return True

    def _open(self, request: AuthRequest) -> ServerSession:
        server = self._backend.logon(
            self._descriptor.service, request.user, self._attributes, _Link(self._stream)
        )
        lobs = LobStore()
        cursors = CursorTable(lobs)
        executor = Executor(server, cursors)
        self._session = _LoggedOn(server, cursors, lobs, RequestReader(cursors, lobs), executor)
        return server

    def _change_password(self, request: AuthRequest, logon: Logon, server: ServerSession) -> bool:
        """changepassword(): both passwords under the session's key."""
        try:
            old = logon.decrypt(request.parameters["AUTH_PASSWORD"])
            new = logon.decrypt(request.parameters["AUTH_NEWPASSWORD"]).decode()
        except (KeyError, ValueError):
            return self._answer(Writer(), Status(error=OraError(1017)))
        current = self._backend.verifier(self._descriptor.service, request.user)
        if current is None or not matches(current, old):
            return self._answer(Writer(), Status(error=OraError(28008)))
        try:
            server.change_password(make_verifier(new))
        except OraError as error:
            return self._answer(Writer(), Status(error=error))
        self._stream.send_data(pairs_answer([]).data)
        return True


def _read_call(reader: Reader, code: int, session: _LoggedOn) -> _Call:
    """Read one function's message to its end."""
    server, executor = session.server, session.executor
    match code:
        case Function.EXECUTE | Function.REEXECUTE | Function.REEXECUTE_AND_FETCH:
            if code == Function.EXECUTE:
                request = session.requests.read_execute(reader)
            else:
                request = session.requests.read_reexecute(reader, code)
            statement = request.cursor.statement
            text = statement.text if statement else None
            return _Call(text, lambda out: executor.execute(request, out))
        case Function.FETCH:
            number, count = reader.integer(), reader.integer()
            return _Call(None, lambda out: executor.fetch(number, count, out))
        case Function.LOB:
            lob = read_lob_request(reader)
            return _Call(None, lambda out: lob_call(session.lobs, lob, out))
        case Function.COMMIT:
            return _Call("COMMIT", _without_result(server.commit))
        case Function.ROLLBACK:
            return _Call("ROLLBACK", _without_result(server.rollback))
        case Function.PING:
            return _Call(None, _without_result(server.context.interrupt_check))
        case _:
            raise Unsupported(900, f"function {code} of the wire protocol")


def _without_result(action: Callable[[], None]) -> Callable[[Writer], Status]:
    def run(_out: Writer) -> Status:
        action()
        return Status()

    return run


class _Link(ClientLink):
    """The server's view of the client behind a session."""

    def __init__(self, stream: PacketStream) -> None:
        self._stream = stream

    def poll(self) -> bool:
        return self._stream.poll_break()

    def wake(self) -> None:
        self._stream.wake()
