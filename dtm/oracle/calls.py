"""Calls of the client helper: begin a stream, run a task, look at markers, harvest the SQL log.

The PL/SQL side is package DTM (client/dtm.pks). A task is one anonymous block and one round trip;
an atomic task's marker row commits together with its work (see the package body).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from dtm.errors import UsageError
from dtm.model.database import Row, Session
from dtm.model.declarations import text_of
from dtm.model.names import quote
from dtm.model.states import Phase
from dtm.oracle.errors import ErrorClass, ForeignStream, OracleError
from dtm.oracle.queries import load
from dtm.oracle.session import OracleSession

OWN_OBJECT = "*"
_OUTCOME_BYTES = 20
_ANSWER_BYTES = 10
_ERROR_BYTES = 32000


class CallKind(StrEnum):
    """How a call is run; the values are what DTM.TASK_BEGIN takes."""

    ATOMIC = "ATOMIC"
    SELF_COMMITTING = "SELF-COMMITTING"
    TEST = "TEST"  # no marker, no commit; the caller rolls back at the end of the stream


class Outcome(StrEnum):
    """How a call ended when it did not fail; the values are DTM's constants."""

    DONE = "DONE"
    ALREADY_DONE = "ALREADY_DONE"
    COMPLETE = "COMPLETE"  # the iterator raised ORA-20100; its work was rolled back
    COMMITTED_INSIDE = "COMMITTED_INSIDE"
    ROLLED_BACK_INSIDE = "ROLLED_BACK_INSIDE"


class MarkerState(StrEnum):
    """A *committed* STARTED row proves that an atomic task committed inside."""

    STARTED = "STARTED"
    DONE = "DONE"


@dataclass(frozen=True, slots=True, order=True)
class MarkerKey:
    """Which execution of a task; never the attempt. `start_no`: INITIAL and FINAL('Y') only."""

    handle: str
    iteration: int
    phase: Phase
    task: str
    start_no: int = 0

    def binds(self) -> dict[str, Any]:
        """The key as named binds."""
        return {
            "handle": self.handle,
            "iteration": self.iteration,
            "phase": self.phase.value,
            "task": self.task,
            "start_no": self.start_no,
        }


@dataclass(frozen=True, slots=True)
class Marker:
    """A completion marker as the client holds it; times are UTC."""

    key: MarkerKey
    state: MarkerState
    attempt: str | None
    transaction_id: str | None
    started_at: dt.datetime
    done_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class TaskCall:
    """One call of a procedure; names as in the dictionary, `args` follow the handle."""

    key: MarkerKey
    kind: CallKind
    package: str
    procedure: str
    attempt: str
    args: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """How a task call ended. `logged`: whether it has left rows in the SQL log."""

    outcome: Outcome
    logged: bool = True

    @property
    def done(self) -> bool:
        """The task has completed, now or earlier."""
        return self.outcome in (Outcome.DONE, Outcome.ALREADY_DONE)

    @property
    def complete(self) -> bool:
        """The iterator said that nothing is left to do."""
        return self.outcome is Outcome.COMPLETE

    @property
    def not_atomic(self) -> bool:
        """A task declared atomic ended its transaction: a person must decide."""
        return self.outcome in (Outcome.COMMITTED_INSIDE, Outcome.ROLLED_BACK_INSIDE)

    @property
    def reason(self) -> str:
        """One sentence for a person; "" when all is well."""
        return _REASONS.get(self.outcome, "")


_REASONS = {
    Outcome.COMMITTED_INSIDE: (
        "not atomic: the task committed inside (COMMIT or DDL); part of its work may be done"
    ),
    Outcome.ROLLED_BACK_INSIDE: (
        "not atomic: the task rolled back inside; part of its work was undone"
    ),
}


@dataclass(frozen=True, slots=True)
class StreamStart:
    """What the client is told of a stream."""

    handle: str
    run_id: str | None
    operation: str
    object_owner: str | None = None
    object_name: str | None = None
    test_mode: bool = False


@dataclass(frozen=True, slots=True)
class FrozenParameter:
    """A parameter's value for the whole stream. `type`: string, number or date."""

    name: str
    type: str
    value: str | int | Decimal | dt.datetime | None
    object_name: str = OWN_OBJECT


# ------------------------------------------------------------------------------ tasks


def run_task(session: OracleSession, call: TaskCall) -> CallOutcome:
    """Run one task; one round trip unless it fails.

    Raises OracleError: the client has rolled back already, unless its class says that the outcome
    is unknown. A second round trip then fetches `detail` and `committed_inside`.
    """
    binds = call.key.binds()
    arguments = [":handle"]
    for number, value in enumerate(call.args, start=1):
        binds[f"arg{number}"] = value
        arguments.append(f":arg{number}")
    procedure = f"{quote(call.package)}.{quote(call.procedure)}({', '.join(arguments)})"
    block = load("calls")["task_call"].replace("{call}", procedure)
    binds |= {"kind": call.kind.value, "attempt": call.attempt}
    try:
        out = session.call(block, binds, {"outcome": _OUTCOME_BYTES, "logged": int})
    except OracleError as error:
        _add_detail(session, error)
        raise
    return CallOutcome(Outcome(out["outcome"]), bool(out["logged"]))


def _add_detail(session: OracleSession, error: OracleError) -> None:
    """Complete an error from the helper's memory of it, where the session still answers."""
    if error.error_class is ErrorClass.UNKNOWN_OUTCOME or "ORA-06550" in error.codes:
        return
    try:
        out = session.call(
            load("calls")["last_failure"],
            {},
            {"error_text": _ERROR_BYTES, "outcome": _OUTCOME_BYTES},
        )
    except OracleError as second:
        error.add_note(f"its details could not be read: {second.message}")
        return
    error.detail = out["error_text"]
    error.committed_inside = out["outcome"] == Outcome.COMMITTED_INSIDE.value


def probe(session: OracleSession, handle: str, package: str, function: str) -> bool:
    """Ask a probe function ('Y': the task completed, 'N': it did not); rolls back.

    Raises UsageError for any other answer.
    """
    call = f"{quote(package)}.{quote(function)}(:handle)"
    block = load("calls")["probe_call"].replace("{call}", call)
    answer = session.call(block, {"handle": handle}, {"answer": _ANSWER_BYTES})["answer"]
    if answer not in ("Y", "N"):
        raise UsageError(f"probe {package}.{function} answered {answer!r}, not 'Y' or 'N'")
    return bool(answer == "Y")


# ---------------------------------------------------------------------------- streams


def begin_stream(
    session: Session, start: StreamStart, parameters: Sequence[FrozenParameter]
) -> None:
    """Register a new handle and freeze its parameters; commits.

    Raises ForeignStream when the client knows the handle or has markers under it.
    """
    queries = load("calls")
    rows = [_parameter_binds(start.handle, parameter) for parameter in parameters]
    try:
        if not session.execute(queries["insert_stream"], _stream_binds(start)):
            session.rollback()
            raise ForeignStream(
                f"handle {start.handle} is new, but the client has markers under it"
            )
        session.execute_many(queries["insert_parameter"], rows, commit=True)
    except OracleError as error:
        session.rollback()
        if "ORA-00001" in error.codes:
            raise ForeignStream(f"handle {start.handle} is not new on this client") from error
        raise
    if not rows:
        session.commit()


def stream(session: Session, handle: str) -> StreamStart | None:
    """Return the stream as it was begun; None when the client does not know it."""
    rows = session.query(load("calls")["select_stream"], {"handle": handle})
    if not rows:
        return None
    known, run_id, operation, object_owner, object_name, test_mode = rows[0]
    return StreamStart(known, run_id, operation, object_owner, object_name, test_mode == "Y")


def forget_stream(session: Session, handle: str) -> int:
    """Delete everything the client keeps of a finished stream; commits. Returns how many rows."""
    queries = load("calls")
    names = ("forget_sql_log", "forget_parameters", "forget_markers", "forget_stream")
    rows = sum(session.execute(queries[name], {"handle": handle}) for name in names)
    session.commit()
    return rows


def _stream_binds(start: StreamStart) -> dict[str, Any]:
    return {
        "handle": start.handle,
        "run_id": start.run_id,
        "operation_name": start.operation,
        "object_owner": start.object_owner,
        "object_name": start.object_name,
        "test_mode": "Y" if start.test_mode else "N",
    }


def _parameter_binds(handle: str, parameter: FrozenParameter) -> dict[str, Any]:
    value = parameter.value
    number = value if isinstance(value, (int, Decimal)) else None
    text = str(value) if isinstance(value, int) else None if value is None else text_of(value)
    return {
        "handle": handle,
        "object_name": parameter.object_name,
        "name": parameter.name.upper(),
        "value_type": parameter.type.upper(),
        "string_value": text,
        "number_value": number,
        "date_value": value if isinstance(value, dt.datetime) else None,
    }


# ---------------------------------------------------------------------------- markers


def markers(session: Session, handle: str, since: int = 0) -> dict[MarkerKey, Marker]:
    """Return the markers of a stream from iteration `since` on, in key order."""
    binds = {"handle": handle, "since": since}
    rows = session.query(load("calls")["select_markers"], binds)
    found = [_marker(handle, row) for row in rows]
    return {marker.key: marker for marker in found}


def marker(session: Session, key: MarkerKey) -> Marker | None:
    """Return one marker; None: the task never completed (nor committed inside)."""
    rows = session.query(load("calls")["select_marker"], key.binds())
    return _marker(key.handle, rows[0]) if rows else None


def mark_done(session: Session, key: MarkerKey, attempt: str) -> None:
    """Record a completion that a probe or a person vouches for; commits."""
    binds = key.binds() | {"attempt": attempt}
    if not session.execute(load("calls")["complete_marker"], binds):
        session.execute(load("calls")["insert_done_marker"], binds)
    session.commit()


def clear_marker(session: Session, key: MarkerKey) -> bool:
    """Remove a STARTED marker, so that the task runs again; commits. False: there was none."""
    deleted = session.execute(load("calls")["delete_started_marker"], key.binds())
    session.commit()
    return deleted == 1


def _marker(handle: str, row: Row) -> Marker:
    iteration, phase, task, start_no, state, attempt, transaction_id, started_at, done_at = row
    return Marker(
        MarkerKey(handle, iteration, Phase(phase), task, start_no),
        MarkerState(state),
        attempt,
        transaction_id,
        started_at,
        done_at,
    )
