"""What people do to runs from outside: halt, abandon, resolve, change parallelism."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from dtm.errors import Locked, UsageError
from dtm.model.states import AttemptState, RunState, StreamState
from dtm.model.stream import Attempt, Outcome, OutcomeBy
from dtm.model.suggest import did_you_mean
from dtm.repository.runs import RunStore
from dtm.repository.runs_rows import HaltRequest, RunRow, StreamRow
from dtm.runner.deps import Deps
from dtm.runner.keeper import Keeper
from dtm.runner.prepare import event

MODES = ("NOW", "TASK", "ITERATION")
NO_REASON = (
    "no reason given"  # Oracle takes an empty text for NULL; the audit trail says it in words
)


def halt(
    run: str, reason: str, deps: Deps, *, mode: str = "TASK", instance: str | None = None
) -> str:
    """Ask the runner of a run to halt, wherever it is; returns the run's id.

    The request stays until a runner has honoured it: one that crashes first leaves it to the next.
    """
    if mode not in MODES:
        raise UsageError(f'"{mode}" is no halt mode', hint=f"one of {', '.join(MODES)}")
    with _store(deps) as store:
        row = _open_run(store, run)
        if row.state is not RunState.RUNNING:
            raise UsageError(f"run {row.run_id} is not running but {row.state.lower()}")
        if instance is not None:
            names = {stream.instance for stream in store.streams(row.run_id)}
            if instance not in names:
                hint = did_you_mean(instance, names) or f"it has: {', '.join(sorted(names))}"
                raise UsageError(f'run {row.run_id} has no instance "{instance}"', hint=hint)
        now = store.now()
        why = reason or NO_REASON
        request = HaltRequest(uuid.uuid4().hex, instance, mode, why, deps.actor, now)
        where = f" on {instance}" if instance else ""
        text = f"{mode.lower()}{where}: {why}"
        store.request_halt(row.run_id, request, event(row.run_id, "HALT", deps.actor, text, now))
        return row.run_id


def abandon(run: str, reason: str, deps: Deps) -> str:
    """Give an open run up, so that the next start is a new one; returns its id.

    Locked while its runner is alive.
    """
    with _store(deps) as store:
        row = _open_run(store, run)
        instances = {stream.instance for stream in store.streams(row.run_id)}
        keeper = Keeper(deps.repository, row.operation, row.environment)
        try:
            with keeper.registry(deps.tuning.registry_s):
                busy = keeper.take(instances)
                if busy:
                    raise next(iter(busy.values()))
                text = event(row.run_id, "ABANDON", deps.actor, reason or NO_REASON, store.now())
                store.abandon(row.run_id, text)
        finally:
            keeper.close()
        return row.run_id


def parallel(run: str, number: int | None, deps: Deps) -> str:
    """Change how many streams of a run work at a time, also while it runs; returns its id."""
    if number is not None and number < 1:
        raise UsageError("at least one stream at a time")
    with _store(deps) as store:
        row = _open_run(store, run)
        text = "no limit of its own" if number is None else f"{number} streams at a time"
        change = event(row.run_id, "PARALLEL", deps.actor, text, store.now())
        store.set_max_parallel(row.run_id, number, change)
        return row.run_id


def resolve(run: str, stream: str, task: str, reason: str, deps: Deps, *, done: bool) -> str:
    """Say what became of a task nobody else can tell about; returns the run's id.

    `stream` is a handle, an instance, or instance/object. Done: the task counts as complete.
    Otherwise it is repeated. Either way the next `dtm run` goes on.
    """
    with _store(deps) as store:
        row = _open_run(store, run)
        found = _stream(row, store.streams(row.run_id), stream)
        attempt = _unknown(found, task)
        state = AttemptState.DONE if done else AttemptState.ABANDONED
        record = found.record.apply(Outcome(attempt.seq, state, OutcomeBy.PERSON))
        if record.unknown:
            still = ", ".join(a.key.task for a in record.unknown)
            text = f"{task} resolved; {still} is still open"
        else:
            record = replace(record, state=StreamState.HALTED)
            text = (
                f"{task} resolved as {'done' if done else 'to be repeated'}: {reason or NO_REASON}"
            )
        said = event(row.run_id, "RESOLVE", deps.actor, f"{found.label}: {text}", store.now())
        store.resolve(record, attempt, done, text, replace(said, handle=found.handle))
        store.settle(row.run_id, record.fence)
        return row.run_id


@contextmanager
def _store(deps: Deps) -> Iterator[RunStore]:
    session = deps.repository("control")
    try:
        yield RunStore(session)
    finally:
        session.close()


def _open_run(store: RunStore, run: str) -> RunRow:
    row = store.run(store.find(run))
    if not row.open:
        raise UsageError(f"run {row.run_id} is {row.state.lower()}: it is over")
    return row


def _stream(row: RunRow, streams: tuple[StreamRow, ...], wanted: str) -> StreamRow:
    found = [s for s in streams if wanted in (s.handle, s.label, s.instance)]
    exact = [s for s in found if wanted in (s.handle, s.label)]
    if len(exact or found) == 1:
        return (exact or found)[0]
    labels = [s.label for s in found or streams]
    hint = did_you_mean(wanted, labels) or f"one of {', '.join(labels[:8])}"
    problem = "several streams" if found else "no stream"
    raise UsageError(f'run {row.run_id} has {problem} "{wanted}"', hint=hint)


def _unknown(stream: StreamRow, task: str) -> Attempt:
    if stream.record.state is StreamState.RUNNING:
        raise Locked(f"{stream.label} is running")
    for attempt in stream.record.unknown:
        if attempt.key.task == task:
            return attempt
    names = [a.key.task for a in stream.record.unknown]
    hint = f"open there: {', '.join(names)}" if names else "nothing is open there"
    raise UsageError(f'{stream.label} has no open outcome of "{task}"', hint=hint)
