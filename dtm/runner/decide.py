"""The next step of a stream, from its record alone. Pure: no I/O, no clock.

The order inside a stream (`lifecycle.md`): iterator, initial (once per start), tasks, iterator,
tasks ... until the iterator says ORA-20100, then final('N'). A resumed stream runs initial and goes
on at the first incomplete task. After an error final('Y') runs if initial ran; not after a halt.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from dtm.model.states import AttemptState, Phase, StreamState
from dtm.model.stream import Attempt, StreamRecord, TaskKey


@dataclass(frozen=True, slots=True)
class Shape:
    """What decide needs to know of an operation: names of enabled tasks, in order.

    `steps`: one member is a task in series, several are a parallel group. `iterations` limits the
    iterations per start. In test mode there is one iteration and nothing of an earlier start counts.
    """

    iterator: str | None
    initial: str | None
    final: str | None
    steps: tuple[tuple[str, ...], ...]
    iterations: int | None = None
    test_mode: bool = False


class HaltAt(IntEnum):
    """The boundary at which a halt is honoured; the lower one comes sooner."""

    NOW = 0
    TASK = 1
    ITERATION = 2


class HaltKind(StrEnum):
    """Who or what asked for the halt. Only a person's halt waits for a person."""

    PERSON = "PERSON"
    SIGNAL = "SIGNAL"
    WINDOW = "WINDOW"
    DURATION = "DURATION"
    ITERATIONS = "ITERATIONS"
    BUDGET = "BUDGET"
    REPOSITORY = "REPOSITORY"


@dataclass(frozen=True, slots=True)
class Halt:
    """A request to stop, already in force for this stream."""

    at: HaltAt
    kind: HaltKind
    reason: str


@dataclass(frozen=True, slots=True)
class Look:
    """Find out what became of attempts that have an intent and no outcome."""

    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """Run these tasks: one in the stream's session, or several side by side."""

    keys: tuple[TaskKey, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """The stream ends in `state`."""

    state: StreamState
    reason: str
    halt: HaltKind | None = None


Step = Look | Act | Stop


def decide(record: StreamRecord, shape: Shape, halt: Halt | None = None) -> Step:
    """Return the next step of the stream. `record.fence` is the running start's."""
    if record.open:
        return Look(record.open)
    if record.unknown:
        names = ", ".join(a.key.task for a in record.unknown)
        return Stop(StreamState.UNKNOWN, f"the outcome of {names} is not known")
    if record.failed is not None:
        return _after_error(record, shape, record.failed)
    work = _next_work(record, shape)
    if halt is not None and honours(halt, work):
        return Stop(StreamState.HALTED, halt.reason, halt.kind)
    return work


def _after_error(record: StreamRecord, shape: Shape, failed: Attempt) -> Step:
    """final('Y') once, if initial ran in this start and it is not final itself that failed."""
    stop = Stop(StreamState.FAILED, f"{failed.key.task} failed: {failed.error_code or 'error'}")
    if shape.final is None or failed.key.phase is Phase.FINAL or not _initial_ran(record, shape):
        return stop
    key = TaskKey(record.current_iteration, Phase.FINAL, shape.final, after_error=True)
    return stop if record.attempts_of(key, record.fence) else Act((key,))


def _next_work(record: StreamRecord, shape: Shape) -> Step:
    iteration = record.current_iteration
    if record.exhausted:
        return _finish(record, shape)
    if shape.iterator is not None and record.iteration == 0:
        return Act((TaskKey(1, Phase.ITERATOR, shape.iterator),))
    if shape.initial is not None and record.initial_fence != record.fence:
        return Act((TaskKey(iteration, Phase.INITIAL, shape.initial),))
    done = record.done(Phase.TASK)
    for step in shape.steps:
        missing = tuple(name for name in step if name not in done)
        if missing:
            return Act(tuple(TaskKey(iteration, Phase.TASK, name) for name in missing))
    if shape.iterator is None or shape.test_mode:
        return _finish(record, shape)
    if shape.iterations is not None and iteration - record.start_iteration >= shape.iterations:
        reason = f"iteration limit: {shape.iterations} in this start"
        return Stop(StreamState.HALTED, reason, HaltKind.ITERATIONS)
    return Act((TaskKey(iteration + 1, Phase.ITERATOR, shape.iterator),))


def _finish(record: StreamRecord, shape: Shape) -> Step:
    """Nothing is left to do: initial if this start did not run it, final('N'), done."""
    complete = Stop(StreamState.COMPLETED, "complete")
    never_began = shape.iterator is not None and record.iteration == 0
    if shape.final is None or never_began or shape.final in record.done(Phase.FINAL):
        return complete
    iteration = record.current_iteration
    if shape.initial is not None and record.initial_fence != record.fence:
        return Act((TaskKey(iteration, Phase.INITIAL, shape.initial),))
    return Act((TaskKey(iteration, Phase.FINAL, shape.final),))


def _initial_ran(record: StreamRecord, shape: Shape) -> bool:
    if shape.initial is not None:
        return record.initial_fence == record.fence
    # Without an initial task, what it stands for is passed once an iteration has begun.
    return shape.iterator is None or record.iteration > 0


def honours(halt: Halt, work: Step) -> bool:
    """Return whether the halt's boundary is reached before `work`."""
    if isinstance(work, Stop) and work.state is StreamState.COMPLETED:
        return False
    if halt.at is not HaltAt.ITERATION:
        return True
    return isinstance(work, Act) and work.keys[0].phase is Phase.ITERATOR


def removed_or_moved(record: StreamRecord, shape: Shape, known: frozenset[str]) -> str | None:
    """Say why `record` cannot be resumed with `shape`; None if it can.

    Completed tasks of the current iteration must still be among `known` (all tasks, disabled ones
    included) and in the same order, and no incomplete task may stand in a step before them.
    """
    attempts = [a for a in record.attempts if a.key.phase is Phase.TASK]
    done = [a.key.task for a in attempts if a.state is AttemptState.DONE]
    place = {name: index for index, step in enumerate(shape.steps) for name in step}
    last, after = -1, ""
    for name in done:
        if name not in known:
            return f'task "{name}" completed in this run and is no longer in the operation'
        if name not in place:
            continue
        if place[name] < last:
            return f'task "{name}" now stands before "{after}", which completed before it'
        last, after = place[name], name
    for step in shape.steps[: max(last, 0)]:
        for name in step:
            if name not in done:
                return f'task "{name}" now stands before "{after}", which completed'
    return None
