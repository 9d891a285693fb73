"""Halts in force, running calls, and who cancels them. Shared by all streams of a runner."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from dtm.runner.decide import Halt, HaltAt
from dtm.runner.ports import Client


class CancelledBy(StrEnum):
    """Why this runner cancelled a call."""

    HALT = "halt"
    TIMEOUT = "timeout"


@dataclass(eq=False, slots=True)
class RunningCall:
    """A call that can be cancelled. `deadline` is on the monotonic clock, seconds."""

    instance: str
    handle: str
    client: Client
    deadline: float | None
    started: float
    ended: threading.Event = field(default_factory=threading.Event)
    cancelled_by: CancelledBy | None = None
    cancelled_at: float | None = None
    steps: tuple[str, ...] = ()  # of the cancel ladder, for the log


@dataclass(slots=True)
class _Halts:
    everywhere: Halt | None = None
    by_instance: dict[str, Halt] = field(default_factory=dict)


class Halting:
    """Thread-safe. `sweep` is called regularly by the supervisor and never blocks on the network:
    cancelling is done in threads of its own."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._changed = threading.Condition()
        self._halts = _Halts()
        self._calls: set[RunningCall] = set()

    def now(self) -> float:
        """The monotonic clock, in seconds."""
        return self._now()

    def request(self, halt: Halt, instance: str | None = None) -> None:
        """Put a halt in force; a sooner boundary replaces a later one."""
        with self._changed:
            if instance is None:
                self._halts.everywhere = _sooner(self._halts.everywhere, halt)
            else:
                before = self._halts.by_instance.get(instance)
                self._halts.by_instance[instance] = _sooner(before, halt)
            self._changed.notify_all()

    def halt_for(self, instance: str) -> Halt | None:
        """The halt in force on an instance."""
        with self._changed:
            return self._halt_for(instance)

    def pause(self, instance: str, seconds: float) -> bool:
        """Wait; False as soon as a halt is in force."""
        until = self._now() + seconds
        with self._changed:
            while self._halt_for(instance) is None:
                left = until - self._now()
                if left <= 0:
                    return True
                self._changed.wait(left)
            return False

    @contextmanager
    def running(
        self, instance: str, handle: str, client: Client, timeout_s: float | None
    ) -> Iterator[RunningCall]:
        """Make a call cancellable while the block runs."""
        started = self._now()
        deadline = None if timeout_s is None else started + timeout_s
        call = RunningCall(instance, handle, client, deadline, started)
        with self._changed:
            self._calls.add(call)
        try:
            yield call
        finally:
            call.ended.set()
            with self._changed:
                self._calls.discard(call)

    def running_calls(self) -> tuple[RunningCall, ...]:
        """The calls that are running now."""
        with self._changed:
            return tuple(self._calls)

    def given_up(self, handle: str) -> str:
        """What to say of a stream whose call did not end: what was tried, and what came of it."""
        tried = [s for call in self.running_calls() if call.handle == handle for s in call.steps]
        text = "its call could not be cancelled and is still running"
        if tried and tried[-1].endswith(" gone"):
            text = "its call does not return, but nothing works for it any more: run again"
        return f"{text} (tried: {'; '.join(tried)})" if tried else text

    def sweep(self) -> None:
        """Stop what a halt NOW or a timeout says must end."""
        now = self._now()
        with self._changed:
            due = [call for call in self._calls if self._must_end(call, now)]
            for call in due:
                call.cancelled_at = now
        for call in due:
            # The ladder writes to sockets and waits: never in the supervisor's thread.
            threading.Thread(target=_stop, args=(call,), daemon=True, name="dtm-cancel").start()

    def _must_end(self, call: RunningCall, now: float) -> bool:
        if call.cancelled_by is not None:
            return False
        halt = self._halt_for(call.instance)
        if halt is not None and halt.at is HaltAt.NOW:
            call.cancelled_by = CancelledBy.HALT
        elif call.deadline is not None and now >= call.deadline:
            call.cancelled_by = CancelledBy.TIMEOUT
        return call.cancelled_by is not None

    def _halt_for(self, instance: str) -> Halt | None:
        own = self._halts.by_instance.get(instance)
        return own if self._halts.everywhere is None else _sooner(own, self._halts.everywhere)


def _sooner(before: Halt | None, halt: Halt) -> Halt:
    return halt if before is None or halt.at < before.at else before


def _stop(call: RunningCall) -> None:
    call.steps = call.client.stop(call.ended)
