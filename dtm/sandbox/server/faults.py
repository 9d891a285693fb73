"""Faults on request: what a network, a listener, an instance or a DBA can do to a client.

A fault waits for its n-th match and then acts `times` times. Where it acts:

    refuse, hang                                  a connect, before the logon
    error, delay, drop-call, kill, stop           a statement, before it runs
    drop-before, stop-before                      a statement that ran, before its answer
    drop-after, stop-after                        a statement, behind its answer
"""

from __future__ import annotations

import itertools
import os
import re
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from dtm.sandbox.kernel.errors import OraError

CONNECT = "connect"
CALL = "call"
BEFORE = "before"
AFTER = "after"

STAGES = {
    "refuse": CONNECT,
    "hang": CONNECT,
    "error": CALL,
    "delay": CALL,
    "drop-call": CALL,
    "kill": CALL,
    "stop": CALL,
    "drop-before": BEFORE,
    "stop-before": BEFORE,
    "drop-after": AFTER,
    "stop-after": AFTER,
}
_DEFAULT_REFUSAL = 12528  # TNS:listener: all appropriate instances are blocking new connections


@dataclass(slots=True)
class Fault:
    """One fault. `match`: a regular expression searched in the statement (case ignored, white
    space as one blank); `nth`: act from the n-th match on; `times`: how often, 0 for ever."""

    action: str
    instance: str | None = None
    user: str | None = None
    match: str | None = None
    nth: int = 1
    times: int = 1
    code: int | None = None
    message: str | None = None
    seconds: float = 0.0
    number: int = 0
    matched: int = 0
    acted: int = 0
    pattern: re.Pattern[str] | None = field(default=None, repr=False)

    @property
    def stage(self) -> str:
        return STAGES[self.action]

    def shown(self) -> dict[str, Any]:
        """For JSON: what was asked and what happened."""
        values = asdict(self)
        del values["pattern"]
        return {key: value for key, value in values.items() if value is not None}


class InvalidFault(Exception):
    """A fault that cannot be: unknown action, a bad expression, a missing argument."""


def make_fault(values: dict[str, Any]) -> Fault:
    """Build and check a fault from named values."""
    known = {"action", "instance", "user", "match", "nth", "times", "code", "message", "seconds"}
    unknown = sorted(set(values) - known)
    if unknown:
        raise InvalidFault(f"unknown field {unknown[0]}")
    try:
        fault = Fault(**values)
        fault.pattern = re.compile(fault.match, re.IGNORECASE) if fault.match else None
    except (TypeError, re.error) as error:
        raise InvalidFault(str(error)) from error
    if fault.action not in STAGES:
        raise InvalidFault(f"unknown action {fault.action}; one of {', '.join(STAGES)}")
    if fault.action == "error" and fault.code is None:
        raise InvalidFault("an error needs a code: the ORA number to raise")
    if fault.action == "delay" and fault.seconds <= 0:
        raise InvalidFault("a delay needs seconds")
    if fault.nth < 1 or fault.times < 0:
        raise InvalidFault("nth starts at 1, times at 0 (for ever)")
    for name in ("instance", "user"):
        value = getattr(fault, name)
        setattr(fault, name, value.upper() if value else None)
    return fault


class FaultBoard:
    """The faults in force. Thread-safe; costs one attribute test where there are none."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._faults: list[Fault] = []
        self._numbers = itertools.count(1)
        self.armed = False

    def add(self, fault: Fault) -> Fault:
        with self._guard:
            fault.number = next(self._numbers)
            self._faults.append(fault)
            self.armed = True
        return fault

    def clear(self, number: int | None = None) -> int:
        """Remove one fault, or all; how many were removed."""
        with self._guard:
            kept = [one for one in self._faults if number is not None and one.number != number]
            removed = len(self._faults) - len(kept)
            self._faults = kept
            self.armed = bool(kept)
        return removed

    def shown(self) -> list[dict[str, Any]]:
        with self._guard:
            return [one.shown() for one in self._faults]

    def due(self, stage: str, instance: str, user: str | None, text: str | None) -> list[Fault]:
        """Count a match for every fault of `stage` that fits; those that act now."""
        if not self.armed:
            return []
        flat = " ".join(text.split()) if text is not None else None
        due = []
        with self._guard:
            for fault in self._faults:
                if fault.stage != stage or not _fits(fault, instance, user, flat):
                    continue
                fault.matched += 1
                spent = fault.times and fault.acted >= fault.times
                if fault.matched >= fault.nth and not spent:
                    fault.acted += 1
                    due.append(fault)
        return due

    def is_in_force(self, fault: Fault) -> bool:
        with self._guard:
            return fault in self._faults

    # ------------------------------------------------------------------ acting

    def at_connect(self, instance: str) -> int | None:
        """Act on a connect: hang until the fault is cleared, or an ORA number to refuse with."""
        for fault in self.due(CONNECT, instance, None, None):
            if fault.action == "refuse":
                return fault.code or _DEFAULT_REFUSAL
            end = time.monotonic() + fault.seconds if fault.seconds else None
            while self.is_in_force(fault) and (end is None or time.monotonic() < end):
                time.sleep(0.02)
        return None

    def at_call(
        self,
        instance: str,
        user: str,
        text: str,
        *,
        check: Callable[[], None],
        kill: Callable[[], None],
    ) -> None:
        """Act on a statement before it runs."""
        for fault in self.due(CALL, instance, user, text):
            if fault.action == "error":
                raise OraError(fault.code or 0, message=fault.message or "raised on request")
            if fault.action == "delay":
                end = time.monotonic() + fault.seconds
                while time.monotonic() < end:
                    check()
                    time.sleep(0.005)
            elif fault.action == "kill":
                kill()
                check()
            else:
                _abort(fault)

    def around_answer(self, stage: str, instance: str, user: str, text: str | None) -> None:
        """Act on an answer, before (BEFORE) or behind it (AFTER)."""
        if text is None:
            return
        for fault in self.due(stage, instance, user, text):
            _abort(fault)


def _fits(fault: Fault, instance: str, user: str | None, flat: str | None) -> bool:
    if fault.instance not in (None, instance):
        return False
    if fault.user is not None and fault.user != user:
        return False
    return fault.pattern is None or (flat is not None and bool(fault.pattern.search(flat)))


def _abort(fault: Fault) -> None:
    """Drop the connection, or end the process as a crash would."""
    if fault.action.startswith("stop"):
        os.kill(os.getpid(), signal.SIGKILL)
    raise ConnectionAbortedError(f"fault {fault.number}: {fault.action}")
