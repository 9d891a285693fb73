"""Connecting: always thin mode, always with a deadline, never through a pool of the driver.

Measured with driver 26.1: a listener that accepts and stays silent hangs connect() for ever, and no
setting of the driver bounds it; without enable_thin_mode() the first hung connect blocks every
other thread's; a pool that hangs keeps the process from ending. Hence a daemon thread per connect.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import oracledb

from dtm.errors import ConfigurationError
from dtm.model.instance import ConnectSpec
from dtm.oracle.errors import OracleError, translate
from dtm.oracle.queries import load
from dtm.oracle.secrets import Secret, blank, reveal
from dtm.oracle.session import OracleSession

# These make the driver print every packet, passwords' key material and data included.
_DEBUG_VARIABLES = ("PYO_DEBUG_PACKETS", "DPI_DEBUG_LEVEL")
KEEPALIVE_MINUTES = 2

_Result = oracledb.Connection | BaseException


def connect(
    spec: ConnectSpec,
    secret: str | None,
    *,
    deadline_s: float,
    purpose: str,
    wallet_secret: str | None = None,
    unsafe_debug: bool = False,
) -> OracleSession:
    """Open a session within `deadline_s` seconds; set up NLS formats and UTC.

    `purpose` is shown in V$SESSION.PROGRAM ("dtm run"). Raises ConfigurationError before anything
    is sent, else OracleError; a deadline that passes gives one of class TRANSIENT_CONNECT.
    """
    refuse_debug_output(os.environ, unsafe_debug=unsafe_debug)
    oracledb.enable_thin_mode()  # type: ignore[no-untyped-call]
    # Kept veiled in local variables: a traceback that shows them shows stars.
    secrets = tuple(Secret(value) for value in (secret, wallet_secret) if value)
    give_up_at = time.monotonic() + deadline_s
    results: queue.Queue[_Result] = queue.Queue()
    attempt = _Attempt(
        partial(_open, spec, secret, wallet_secret, deadline_s=deadline_s, purpose=purpose),
        results,
    )
    attempt.start()
    try:
        result = results.get(timeout=max(deadline_s, 0.0))
    except queue.Empty:
        attempt.abandon()
        raise timed_out(spec, deadline_s) from None
    if isinstance(result, oracledb.Error):
        error = translate(result, connecting=True, secrets=secrets)
        error.where = spec.target
        raise error from None
    if isinstance(result, BaseException):
        # ValueError and OSError of the driver: a malformed DSN, a wallet that is not there.
        raise ConfigurationError(blank(str(result), secrets), where=spec.target) from None
    session = OracleSession(result, spec.target)
    _set_up(session, spec, give_up_at, deadline_s)
    return session


def refuse_debug_output(environ: Mapping[str, str], *, unsafe_debug: bool) -> None:
    """Raise ConfigurationError when the driver would dump its traffic."""
    found = [name for name in _DEBUG_VARIABLES if environ.get(name)]
    if found and not unsafe_debug:
        raise ConfigurationError(
            f"{found[0]} is set: the driver would print all traffic, data included",
            hint=f"unset {found[0]}, or allow it with --unsafe-debug",
        )


class _Attempt(threading.Thread):
    """Connects in the background; closes what comes too late."""

    def __init__(
        self, open_connection: Callable[[], oracledb.Connection], results: queue.Queue[_Result]
    ) -> None:
        super().__init__(daemon=True, name="dtm-connect")
        self._open_connection = open_connection
        self._results = results
        self._lock = threading.Lock()
        self._abandoned = False

    def run(self) -> None:
        result: _Result
        try:
            result = self._open_connection()
        except (oracledb.Error, OSError, ValueError, TypeError) as error:
            result = error
        with self._lock:
            if not self._abandoned:
                self._results.put(result)
                return
        if isinstance(result, oracledb.Connection):
            OracleSession(result, "abandoned").close()

    def abandon(self) -> None:
        with self._lock:
            self._abandoned = True
        # It may have connected in the instant before.
        while not self._results.empty():
            late = self._results.get()
            if isinstance(late, oracledb.Connection):
                OracleSession(late, "abandoned").close()


def _open(
    spec: ConnectSpec,
    secret: str | None,
    wallet_secret: str | None,
    *,
    deadline_s: float,
    purpose: str,
) -> oracledb.Connection:
    arguments: dict[str, Any] = {
        "user": spec.user,
        "dsn": spec.target,
        "config_dir": spec.tns_admin,
        "wallet_location": spec.wallet,
        "tcp_connect_timeout": max(deadline_s, 0.1),
        "expire_time": KEEPALIVE_MINUTES,
        "retry_count": 0,  # retries are the runner's decision
        # Out-of-band breaks fail behind Docker and some firewalls (python-oracledb issues 315, 419).
        "disable_oob": True,
        "program": purpose.replace(" ", "-"),  # DPY-3029: the driver refuses blanks
    }
    return oracledb.connect(
        **{name: value for name, value in arguments.items() if value is not None},
        password=None if secret is None else reveal(secret),
        wallet_password=None if wallet_secret is None else reveal(wallet_secret),
    )


def _set_up(
    session: OracleSession, spec: ConnectSpec, give_up_at: float, deadline_s: float
) -> None:
    """Run the session settings; a server that falls silent now is bounded by cancel and close."""
    failures: queue.Queue[OracleError | None] = queue.Queue()

    def work() -> None:
        try:
            session.execute(load("session")["settings"])
        except OracleError as error:
            failures.put(error)
        else:
            failures.put(None)

    threading.Thread(target=work, daemon=True, name="dtm-set-up").start()
    try:
        failure = failures.get(timeout=max(give_up_at - time.monotonic(), 0.0))
    except queue.Empty:
        session.in_doubt = True
        session.close(wait_s=0.0)
        raise timed_out(spec, deadline_s) from None
    if failure is not None:
        session.close()
        raise failure


def timed_out(spec: ConnectSpec, deadline_s: float) -> OracleError:
    """Return the error of a deadline that passed: nothing ran, it may be tried again."""
    error = OracleError(
        f"ORA-12170: no answer from {spec.target} within {deadline_s:g} s", connecting=True
    )
    error.where = spec.target
    return error
