"""The control channel: one JSON request and one JSON answer per loopback connection.

A request carries the token of server.json, which only its owner can read.
"""

from __future__ import annotations

import json
import logging
import secrets
import socket
import threading
from collections.abc import Callable
from typing import Any

from dtm.sandbox.server.state import Running, SandboxError

_log = logging.getLogger("sandbox.control")
_LOOPBACK = "127.0.0.1"
_MAX_REQUEST = 65536
_REQUEST_S = 5.0

Handler = Callable[[str, dict[str, Any]], dict[str, Any]]


class ControlServer:
    """Answers control requests in a thread of its own. `handle(command, arguments)`."""

    def __init__(self, handle: Handler) -> None:
        self.token = secrets.token_hex(16)
        self._handle = handle
        self._socket = socket.create_server((_LOOPBACK, 0))
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._socket.close()

    def _run(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return  # closed
            with client:
                try:
                    self._serve(client)
                except OSError as error:
                    _log.debug("control connection: %s", error)

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(_REQUEST_S)
        answer = self._answer(_read_line(client))
        client.sendall(json.dumps(answer).encode() + b"\n")

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            token, command = str(request["token"]), str(request["command"])
            arguments = dict(request.get("arguments") or {})
        except (ValueError, KeyError, TypeError, RecursionError):
            return {"error": "not a request"}
        if not secrets.compare_digest(token.encode(), self.token.encode()):
            return {"error": "wrong token"}
        try:
            return self._handle(command, arguments)
        except SandboxError as error:
            return {"error": str(error)}


def _read_line(client: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\n") and len(data) < _MAX_REQUEST:
        part = client.recv(4096)
        if not part:
            break
        data += part
    return data


def ask(running: Running, command: str, timeout_s: float = 10.0, **arguments: Any) -> Any:
    """Send a control request; its answer. SandboxError when the server refuses or is silent."""
    request = {"token": running.token, "command": command, "arguments": arguments}
    try:
        with socket.create_connection((_LOOPBACK, running.control_port), timeout_s) as client:
            client.settimeout(timeout_s)
            client.sendall(json.dumps(request).encode() + b"\n")
            answer = json.loads(_read_all(client))
    except (OSError, ValueError) as error:
        raise SandboxError(f"the server does not answer: {error}") from error
    if "error" in answer:
        raise SandboxError(answer["error"])
    return answer


def _read_all(client: socket.socket) -> bytes:
    parts = []
    while part := client.recv(65536):
        parts.append(part)
    return b"".join(parts)
