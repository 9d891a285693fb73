"""Opening sessions without ever repeating a failed logon: one account is not locked by a fleet.

The first session of an account (user and database) connects alone; the others wait for it and
then connect side by side. When its logon is refused - wrong password, locked, expired - every
later one gets the same error at once, without a word to the server.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from dtm.model.instance import ConnectSpec
from dtm.oracle.codes import CREDENTIALS
from dtm.oracle.connect import connect, timed_out
from dtm.oracle.errors import OracleError
from dtm.oracle.session import OracleSession

Connect = Callable[..., OracleSession]


@dataclass(slots=True)
class _Account:
    """What is known of one account. `alone` is held by the session that connects first."""

    alone: threading.Lock = field(default_factory=threading.Lock)
    proven: bool = False
    refused: OracleError | None = None


class Logons:
    """The logons of one command; safe for threads. `connect` has the signature of `connect()`."""

    def __init__(self, open_session: Connect = connect) -> None:
        self._open = open_session
        self._guard = threading.Lock()
        self._accounts: dict[tuple[str, str], _Account] = {}

    def connect(
        self,
        spec: ConnectSpec,
        secret: str | None,
        *,
        deadline_s: float,
        purpose: str,
        wallet_secret: str | None = None,
        unsafe_debug: bool = False,
    ) -> OracleSession:
        """Open a session; raises the account's first refusal again instead of trying again."""

        def attempt() -> OracleSession:
            return self._open(
                spec,
                secret,
                deadline_s=deadline_s,
                purpose=purpose,
                wallet_secret=wallet_secret,
                unsafe_debug=unsafe_debug,
            )

        account = self._account(spec)
        if account.proven:
            return self._remember(account, attempt)
        if not account.alone.acquire(timeout=deadline_s):
            raise timed_out(spec, deadline_s)
        try:
            return self._remember(account, attempt)
        finally:
            account.alone.release()

    def _account(self, spec: ConnectSpec) -> _Account:
        with self._guard:
            return self._accounts.setdefault((spec.user.upper(), spec.target), _Account())

    def _remember(self, account: _Account, attempt: Callable[[], OracleSession]) -> OracleSession:
        if account.refused is not None:
            raise _again(account.refused)
        try:
            session = attempt()
        except OracleError as error:
            if not CREDENTIALS.isdisjoint(error.codes):
                account.refused = error
            raise
        account.proven = True
        return session


def _again(first: OracleError) -> OracleError:
    """Return a fresh error equal to the first: an exception object belongs to one thread."""
    error = OracleError(first.text, connecting=True)
    error.where = first.where
    return error
