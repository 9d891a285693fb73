"""The wire's view of all instances of this process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.serving import ClientLink, ServerSession, Verifier
from dtm.sandbox.server.faults import AFTER, BEFORE, FaultBoard
from dtm.sandbox.server.registry import SessionRegistry

_NO_SUCH_SERVICE = 12514
_NO_SUCH_SID = 12505


class Host(Protocol):
    """One open instance, as the backend needs it."""

    name: str
    registry: SessionRegistry

    def verifier(self, user: str) -> Verifier | None: ...
    def logon(
        self, service: str, user: str, attributes: Mapping[str, str], link: ClientLink
    ) -> ServerSession: ...
    def sessions(self) -> list[dict[str, Any]]:
        """For the control channel: one JSON object a session."""

    def close(self) -> None:
        """Close the instance's files; no session may be open."""


class SandboxBackend:
    """Implements `Backend`: instances by service name."""

    def __init__(self, faults: FaultBoard) -> None:
        self._faults = faults
        self._hosts: dict[str, Host] = {}
        self._by_name: dict[str, Host] = {}

    def add(self, host: Host, services: list[str]) -> None:
        """Serve an instance under its own name and `services`; ORA-01102 for a name in use."""
        names = {host.name.upper(), *(service.upper() for service in services)}
        if names & set(self._hosts):
            raise OraError(1102)
        self._by_name[host.name.upper()] = host
        for name in names:
            self._hosts[name] = host

    def refusal(self, service: str, *, by_sid: bool) -> int | None:
        host = (self._by_name if by_sid else self._hosts).get(service)
        if host is None:
            return _NO_SUCH_SID if by_sid else _NO_SUCH_SERVICE
        return self._faults.at_connect(host.name)

    def verifier(self, service: str, user: str) -> Verifier | None:
        return self._hosts[service].verifier(user)

    def logon(
        self, service: str, user: str, attributes: Mapping[str, str], link: ClientLink
    ) -> ServerSession:
        return self._hosts[service].logon(service, user, attributes, link)

    def before_answer(self, session: ServerSession, text: str | None) -> None:
        self._around(BEFORE, session, text)

    def after_answer(self, session: ServerSession, text: str | None) -> None:
        self._around(AFTER, session, text)

    def _around(self, stage: str, session: ServerSession, text: str | None) -> None:
        if self._faults.armed:
            context = session.context
            self._faults.around_answer(stage, context.instance_name, context.user, text)
