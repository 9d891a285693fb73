"""What became of calls whose answer never came: by marker, by probe, else by a person.

Never guessed. The stream's session has just been taken over, so no session of the stream is at
work any more, and what the client shows is final.
"""

from __future__ import annotations

from dtm.model.operation import Restart, Task, TaskKind
from dtm.model.states import AttemptState
from dtm.model.stream import Attempt, OutcomeBy
from dtm.runner.decide import HaltAt
from dtm.runner.ports import MarkerId
from dtm.runner.retries import NOT_SENT, delay_s
from dtm.runner.stream import Stream, Verdict


def look(stream: Stream, attempts: tuple[Attempt, ...]) -> None:
    """Settle attempts that have an intent and no outcome."""
    if any(attempt.seq in stream.lost for attempt in attempts):
        stream.seat.drop()  # its locks may be gone, or a member's session still be at work
    client = stream.seat.client()
    since = min(attempt.key.iteration for attempt in attempts)
    markers = client.markers(stream.handle, since)
    client.abandon_sql(stream.handle)
    rows = stream.harvest(client)
    for attempt in attempts:
        marker = MarkerId(attempt.key, attempt.marker_no)
        verdict = _verdict(stream, attempt, markers.get(marker))
        delay = _retry_delay(stream, attempt, verdict)
        stream.settle(attempt, verdict, retrying=delay is not None, sql=rows)
        rows = ()
        if delay:
            stream.tools.halting.pause(stream.instance, delay)


def _verdict(stream: Stream, attempt: Attempt, marker: bool | None) -> Verdict:
    task = stream.definition.task(attempt.key)
    if stream.definition.shape.test_mode:
        return _not_done(stream, attempt, OutcomeBy.RULE)  # one transaction, rolled back
    lost = stream.lost.get(attempt.seq)
    if lost is not None and lost.code == NOT_SENT:
        return _not_done(stream, attempt, OutcomeBy.RULE)
    if marker:
        return Verdict(AttemptState.DONE, OutcomeBy.MARKER, message="its marker says so")
    if task.kind is TaskKind.ATOMIC:
        if marker is False:
            reason = "not atomic: it committed inside, and did not come to its end"
            return Verdict(AttemptState.UNKNOWN, OutcomeBy.MARKER, error_text=reason)
        return _not_done(stream, attempt, OutcomeBy.MARKER)
    return _self_committing(stream, attempt, task)


def _self_committing(stream: Stream, attempt: Attempt, task: Task) -> Verdict:
    match task.restart:
        case Restart.SAFE:
            return _not_done(stream, attempt, OutcomeBy.RULE)
        case Restart.PROBE if task.probe is not None:
            client = stream.seat.client()
            package = stream.definition.operation.package
            if not client.probe(stream.handle, package, task.probe):
                return _not_done(stream, attempt, OutcomeBy.PROBE)
            client.mark_done(stream.handle, MarkerId(attempt.key, attempt.marker_no), attempt.seq)
            return Verdict(AttemptState.DONE, OutcomeBy.PROBE, message="its probe says so")
        case Restart.PROBE | Restart.MANUAL:
            reason = "it has no marker, and a person must say what it did (restart: manual)"
            return Verdict(AttemptState.UNKNOWN, OutcomeBy.RULE, error_text=reason)


def _not_done(stream: Stream, attempt: Attempt, by: OutcomeBy) -> Verdict:
    """It did not happen: a failure if this runner lost it, else merely what a dead one left."""
    error = stream.lost.get(attempt.seq)
    if error is None:
        return Verdict(AttemptState.ABANDONED, by, message="its runner died; it did not complete")
    halt = stream.halt()
    stopped = halt is not None and halt.at is HaltAt.NOW  # its session was killed to stop it
    return Verdict(
        AttemptState.CANCELLED if stopped else AttemptState.FAILED,
        by,
        error_code=error.code or None,
        error_class=error.error_class.value,
        error_text=error.full_text,
        message=error.message,
    )


def _retry_delay(stream: Stream, attempt: Attempt, verdict: Verdict) -> float | None:
    error = stream.lost.get(attempt.seq)
    if error is None or verdict.state is not AttemptState.FAILED:
        return None
    if stream.definition.shape.test_mode:
        return None  # what the tasks before it did is rolled back as well
    made = stream.record.attempts_of(attempt.key, attempt.fence)
    return delay_s(stream.definition.task(attempt.key), error, made, stream.tools.random())
