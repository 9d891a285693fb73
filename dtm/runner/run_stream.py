"""One stream from takeover to end: the unit of work that is handed to an executor."""

from __future__ import annotations

from dataclasses import dataclass

from dtm.errors import Degraded, DtmError, ExitCode, Locked
from dtm.model.states import AttemptState, Phase, StreamState
from dtm.model.stream import OutcomeBy
from dtm.oracle.errors import ErrorClass, ForeignStream, OracleError
from dtm.repository.runs import Fenced
from dtm.runner.decide import HaltKind, Stop
from dtm.runner.events import EventKind
from dtm.runner.look import look
from dtm.runner.loop import loop
from dtm.runner.ports import MarkerId, Point
from dtm.runner.stream import Stream


@dataclass(frozen=True, slots=True)
class StreamResult:
    """How a stream ended in this runner. `state` is what the repository holds, or will hold once
    the spool is replayed; `started` is False where it never got to its first task."""

    handle: str
    state: StreamState
    exit_code: ExitCode
    message: str
    started: bool
    halt: HaltKind | None = None


def run_stream(stream: Stream) -> StreamResult:
    """Take a stream over, run it, journal its end. Expected errors become the result."""
    started = False
    try:
        stream.tools.strike(Point.BEFORE_LOCK, stream.instance)
        stream.seat.client()
        stream.tools.strike(Point.LOCK_HELD, stream.instance)
        stream.start()
        started = True
        stop = _complete_already(stream) if _agree_with_client(stream) else loop(stream)
        _finish(stream, stop)
        return _result(stream, stop)
    except DtmError as error:
        return _stopped(stream, error, started)
    finally:
        stream.seat.drop()


def _agree_with_client(stream: Stream) -> bool:
    """Begin the stream on the client, or make sure that both tell the same story.

    What the repository calls complete must have its marker: else the client was flashed back. What
    a person or a probe vouched for gets its marker now. Refused, not guessed. True: the client
    knows that final('N') completed, so there is nothing left to do (the repository was restored).
    """
    client, record = stream.seat.client(), stream.record
    known = client.knows(stream.handle)
    worked = record.iteration > 0 or any(a.state is AttemptState.DONE for a in record.attempts)
    if not known:
        if worked and not stream.definition.shape.test_mode:
            raise ForeignStream(
                "work of this run is recorded as complete, but the client does not know it",
                where=stream.instance,
                hint="was the client restored or flashed back? abandon the run, or undo that",
            )
        client.begin(stream.info)
        return False
    if stream.definition.shape.test_mode:
        return False
    # Of a restored repository's record, which may be behind the client's, everything after it too.
    since = min((a.key.iteration for a in record.attempts), default=record.iteration)
    markers = client.markers(stream.handle, min(since, record.iteration))
    if record.start_count == 1 and markers:
        raise ForeignStream(
            "the client has completion markers of this stream, which the repository calls new",
            where=stream.instance,
            hint="was the repository restored from a backup? abandon the run and start another",
        )
    _compare_markers(stream, markers)
    return any(
        done and marker.key.phase is Phase.FINAL and not marker.key.after_error
        for marker, done in markers.items()
    )


def _complete_already(stream: Stream) -> Stop:
    if stream.record.open:
        look(stream, stream.record.open)
    return Stop(StreamState.COMPLETED, "complete: the client holds the marker of final")


def _compare_markers(stream: Stream, markers: dict[MarkerId, bool]) -> None:
    client = stream.seat.client()
    for attempt in stream.record.attempts:
        if attempt.state is not AttemptState.DONE or attempt.outcome_by is OutcomeBy.COMPLETE:
            continue
        marker = MarkerId(attempt.key, attempt.marker_no)
        if markers.get(marker):
            continue
        if attempt.outcome_by is OutcomeBy.PERSON:
            client.mark_done(stream.handle, marker, attempt.seq)
        elif attempt.key.phase in (Phase.ITERATOR, Phase.TASK):
            raise ForeignStream(
                f"{attempt.key.task} is recorded as complete, but the client has no marker of it",
                where=stream.instance,
                hint="was the client restored or flashed back? abandon the run, or undo that",
            )


def _finish(stream: Stream, stop: Stop) -> None:
    """Bring the rest of the SQL log home, roll a test back, journal the end."""
    client = stream.seat.client()
    if stream.definition.shape.test_mode:
        client.rollback()
    while rows := client.harvest(stream.handle):
        if not stream.log(rows):
            break
        client.acknowledge(rows)
    stream.end(stop)
    stream.report(EventKind.STREAM_ENDED, stop.reason)


_CODES = {
    StreamState.COMPLETED: ExitCode.OK,
    StreamState.FAILED: ExitCode.FAILED,
    StreamState.UNKNOWN: ExitCode.FAILED,
    StreamState.HALTED: ExitCode.HALTED,
}


def _result(stream: Stream, stop: Stop) -> StreamResult:
    code = _CODES[stop.state]
    if stop.halt is HaltKind.SIGNAL:
        code = ExitCode.INTERRUPTED
    return StreamResult(stream.handle, stop.state, code, stop.reason, started=True, halt=stop.halt)


def _stopped(stream: Stream, error: DtmError, started: bool) -> StreamResult:
    """An error outside any task's outcome: not reachable, locked, fenced out, another database."""
    message = f"{error.message} ({error.hint})" if error.hint else error.message
    away = isinstance(error, OracleError) and error.error_class in (
        ErrorClass.TRANSIENT_CONNECT,
        ErrorClass.UNKNOWN_OUTCOME,
    )
    code = ExitCode.DEGRADED if away else error.exit_code
    kind = EventKind.LOCKED if isinstance(error, Locked) else EventKind.STREAM_ENDED
    state = stream.record.state
    if not isinstance(error, Fenced):
        state = _state_after(stream, waits=away or isinstance(error, Locked | Degraded))
        stream.end_without_waiting(Stop(state, message))
    stream.report(kind, message)
    return StreamResult(stream.handle, state, code, message, started)


def _state_after(stream: Stream, *, waits: bool) -> StreamState:
    """FAILED waits for a person who mends something (a grant, a password); what is only away or
    locked goes on by itself the next time. Neither makes an unknown outcome known."""
    if stream.record.unknown:
        return StreamState.UNKNOWN
    if not waits:
        return StreamState.FAILED
    return StreamState.HALTED if stream.record.start_count else StreamState.PENDING
