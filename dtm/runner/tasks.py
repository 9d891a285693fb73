"""One task: intent, call, outcome - and again where error class and declaration allow it."""

from __future__ import annotations

from dtm.model.operation import Restart, Task, TaskKind
from dtm.model.states import AttemptState, Phase
from dtm.model.stream import Attempt, OutcomeBy, TaskKey
from dtm.oracle.errors import ErrorClass, OracleError
from dtm.runner.decide import Act, honours
from dtm.runner.halting import CancelledBy, RunningCall
from dtm.runner.ports import Call, CallEnd, CallResult, MarkerId, Point
from dtm.runner.retries import delay_s
from dtm.runner.stream import Seat, Stream, Verdict


def perform(stream: Stream, key: TaskKey, seat: Seat) -> None:
    """Run the task until it has an outcome that stands, or until its answer is lost.

    A lost answer leaves the attempt without an outcome: the loop looks it up.
    """
    task = stream.definition.task(key)
    while True:
        client = seat.client()
        if _done_already(stream, key, task, seat):
            return
        attempt = stream.intend(key, task)
        stream.tools.strike(Point.INTENT_RECORDED, key.task)
        if _halted_before(stream, key):
            never = Verdict(
                AttemptState.CANCELLED, OutcomeBy.RULE, message="halted before its call"
            )
            stream.settle(attempt, never)
            return
        if key.phase is Phase.FINAL:
            stream.tools.strike(Point.IN_FINAL, key.task)
        halting = stream.tools.halting
        with halting.running(stream.instance, stream.handle, client, task.timeout_s) as running:
            answer = _call(stream, attempt, task, seat)
        elapsed_s = stream.tools.monotonic() - running.started
        stream.tools.strike(Point.ANSWER_RECEIVED, key.task)
        if isinstance(answer, CallResult):
            sql = stream.harvest(client, logged=answer.logged)
            stream.settle(attempt, _answered(answer, elapsed_s), sql=sql)
            return
        if answer.error_class is ErrorClass.UNKNOWN_OUTCOME:
            stream.lost[attempt.seq] = answer
            return
        delay = _retry_delay(stream, attempt, task, answer, running)
        verdict = _failed(task, answer, running, elapsed_s)
        stream.settle(attempt, verdict, retrying=delay is not None, sql=stream.harvest(client))
        if delay is None or not stream.tools.halting.pause(stream.instance, delay):
            return
        if answer.error_class is ErrorClass.NEW_SESSION:
            seat.drop()


def _halted_before(stream: Stream, key: TaskKey) -> bool:
    """Whether somebody asked to halt before the intent was durable, at a boundary that this is.

    What follows an error is not held up: final('Y') cleans up, halted or not.
    """
    halt = stream.halt()
    return halt is not None and not key.after_error and honours(halt, Act((key,)))


def _call(stream: Stream, attempt: Attempt, task: Task, seat: Seat) -> CallResult | OracleError:
    call = Call(
        handle=stream.handle,
        marker=MarkerId(attempt.key, attempt.marker_no),
        attempt=attempt.seq,
        kind=task.kind,
        test_mode=stream.definition.shape.test_mode,
        package=stream.definition.operation.package,
        procedure=task.procedure,
        args=stream.definition.arguments(attempt.key, stream.row.object),
        session=task.session,
    )
    try:
        return seat.client().call(call)
    except OracleError as error:
        return error


def _done_already(stream: Stream, key: TaskKey, task: Task, seat: Seat) -> bool:
    """Before a repetition: clear what a person decided to retry; ask the probe where there is one."""
    earlier = [a for a in stream.record.attempts if a.key == key and not a.never_called]
    if not earlier:
        return False
    last, marker = earlier[-1], MarkerId(key, earlier[-1].marker_no)
    if last.outcome_by is OutcomeBy.PERSON:
        seat.client().clear_marker(stream.handle, marker)
        return False
    if task.kind is TaskKind.ATOMIC or task.restart is not Restart.PROBE or task.probe is None:
        return False
    package = stream.definition.operation.package
    if not seat.client().probe(stream.handle, package, task.probe):
        return False
    attempt = stream.intend(key, task)
    seat.client().mark_done(stream.handle, MarkerId(key, attempt.marker_no), attempt.seq)
    stream.settle(
        attempt, Verdict(AttemptState.DONE, OutcomeBy.PROBE, message="its probe says so")
    )
    return True


def _answered(result: CallResult, elapsed_s: float) -> Verdict:
    match result.end:
        case CallEnd.DONE:
            return Verdict(AttemptState.DONE, OutcomeBy.ANSWER, elapsed_s)
        case CallEnd.COMPLETE:
            return Verdict(
                AttemptState.DONE, OutcomeBy.COMPLETE, elapsed_s, message="nothing left to do"
            )
        case CallEnd.ALREADY_DONE:
            return Verdict(
                AttemptState.DONE, OutcomeBy.MARKER, elapsed_s, message="had completed before"
            )
        case CallEnd.NOT_ATOMIC:
            return Verdict(
                AttemptState.UNKNOWN, OutcomeBy.ANSWER, elapsed_s, error_text=result.reason
            )


def _failed(task: Task, error: OracleError, running: RunningCall, elapsed_s: float) -> Verdict:
    text = error.full_text
    state = AttemptState.FAILED
    if running.cancelled_by is CancelledBy.HALT and error.error_class is ErrorClass.CANCELLED:
        state, text = AttemptState.CANCELLED, f"cancelled by a halt\n{text}"
    elif running.cancelled_by is CancelledBy.TIMEOUT:
        text = f"cancelled after its time limit of {task.timeout_s} s\n{text}"
    if error.committed_inside:
        state, text = AttemptState.UNKNOWN, f"not atomic: it had committed inside\n{text}"
    elif task.kind is TaskKind.SELF_COMMITTING and task.restart is Restart.MANUAL:
        state, text = (
            AttemptState.UNKNOWN,
            f"a person must say what it did (restart: manual)\n{text}",
        )
    return Verdict(
        state,
        OutcomeBy.ANSWER,
        elapsed_s,
        error_code=error.code or None,
        error_class=error.error_class.value,
        error_text=text,
        message=error.message,
    )


def _retry_delay(
    stream: Stream, attempt: Attempt, task: Task, error: OracleError, running: RunningCall
) -> float | None:
    if running.cancelled_by is not None or error.committed_inside:
        return None
    if stream.definition.shape.test_mode:
        return None  # one session, one transaction: nothing is repeated in another
    made = stream.record.attempts_of(attempt.key, attempt.fence)
    return delay_s(task, error, made, stream.tools.random())
