"""What is known of one stream, as a value: the fold of its journal. Pure.

The repository holds the same facts (DTM_RUN_STREAMS and DTM_RUN_ATTEMPTS). A runner loads a
`StreamRecord` once, after it holds the locks, and from then on folds every entry it journals into
it, so that deciding needs no query.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from dtm.model.states import AttemptState, Phase, StreamState


class OutcomeBy(StrEnum):
    """How the outcome of an attempt became known."""

    ANSWER = "ANSWER"  # the call returned or raised
    COMPLETE = "COMPLETE"  # ORA-20100 of the iterator: nothing left to do
    MARKER = "MARKER"  # looked up on the client
    PROBE = "PROBE"  # the task's probe function said so
    RULE = "RULE"  # by the declared restart policy
    PERSON = "PERSON"  # dtm resolve


@dataclass(frozen=True, slots=True)
class TaskKey:
    """Which piece of a stream's work: iteration (from 1), phase and task name.

    `after_error` tells final('Y') from final('N').
    """

    iteration: int
    phase: Phase
    task: str
    after_error: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at one task. `seq` counts from 1 within the stream; `fence` names the start."""

    seq: int
    key: TaskKey
    attempt_no: int
    marker_no: int
    fence: int
    state: AttemptState
    outcome_by: OutcomeBy | None = None
    error_code: str | None = None

    @property
    def never_called(self) -> bool:
        """Whether a halt came between its intent and its call."""
        by_rule = self.outcome_by is OutcomeBy.RULE and self.error_code is None
        return by_rule and self.state is AttemptState.CANCELLED


@dataclass(frozen=True, slots=True)
class Start:
    """A runner took the stream (or took it over) and starts it under `fence`.

    `fresh` (test mode, where everything was rolled back): nothing of an earlier start counts.
    """

    fence: int
    fresh: bool = False
    at: datetime | None = None
    liveness: str = "strong"
    client_session: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """A task is about to be called. `at`: UTC by the repository's clock."""

    attempt: Attempt
    at: datetime | None = None
    task_kind: str = "atomic"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of attempt `seq` is known. `retrying`: an error that another attempt follows."""

    seq: int
    state: AttemptState
    by: OutcomeBy
    error_code: str | None = None
    retrying: bool = False
    at: datetime | None = None
    elapsed_s: float | None = None
    error_class: str | None = None
    error_text: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The stream ends for now (or for good, when `state` is COMPLETED). `halt`: who halted it."""

    state: StreamState
    reason: str = ""
    halt: str | None = None
    at: datetime | None = None


Entry = Start | Intent | Outcome | Ended


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """One stream. `iteration` is the one whose iterator completed last (0: none yet).

    `attempts` holds those of the current iteration and all without a known outcome, by seq.
    `failed` is the first error of this start; `initial_fence` the start whose initial completed.
    """

    handle: str
    state: StreamState = StreamState.PENDING
    iteration: int = 0
    exhausted: bool = False
    fence: int = 0
    start_count: int = 0
    start_iteration: int = 0
    initial_fence: int = 0
    last_seq: int = 0
    attempts: tuple[Attempt, ...] = ()
    failed: Attempt | None = None

    @property
    def current_iteration(self) -> int:
        """The iteration tasks belong to: at least 1, because an operation may have no iterator."""
        return max(self.iteration, 1)

    @property
    def open(self) -> tuple[Attempt, ...]:
        """Attempts with an intent and no outcome."""
        return tuple(a for a in self.attempts if a.state is AttemptState.RUNNING)

    @property
    def unknown(self) -> tuple[Attempt, ...]:
        """Attempts whose outcome only a person can tell, and has not told."""
        return tuple(a for a in self.attempts if a.state is AttemptState.UNKNOWN)

    def done(self, phase: Phase) -> frozenset[str]:
        """Names of the tasks of `phase` that completed in the current iteration."""
        return frozenset(
            a.key.task
            for a in self.attempts
            if a.key.phase is phase
            and a.key.iteration == self.current_iteration
            and a.state is AttemptState.DONE
            and not a.key.after_error
        )

    def attempts_of(self, key: TaskKey, fence: int | None = None) -> int:
        """How many attempts at `key` there were (under one fence, if given)."""
        return sum(1 for a in self.attempts if a.key == key and fence in (None, a.fence))

    def apply(self, entry: Entry) -> StreamRecord:
        """Return the record after `entry`."""
        match entry:
            case Start(fence=fence, fresh=fresh):
                base = StreamRecord(self.handle, last_seq=self.last_seq) if fresh else self
                return replace(
                    base,
                    state=StreamState.RUNNING,
                    fence=fence,
                    start_count=self.start_count + 1,
                    start_iteration=base.iteration,
                    failed=None,
                )
            case Intent(attempt=attempt):
                return replace(self, attempts=(*self.attempts, attempt), last_seq=attempt.seq)
            case Outcome():
                return self._with_outcome(entry)
            case Ended(state=state):
                return replace(self, state=state)

    def _with_outcome(self, outcome: Outcome) -> StreamRecord:
        attempt = replace(
            next(a for a in self.attempts if a.seq == outcome.seq),
            state=outcome.state,
            outcome_by=outcome.by,
            error_code=outcome.error_code,
        )
        attempts = tuple(attempt if a.seq == attempt.seq else a for a in self.attempts)
        record = replace(self, attempts=attempts)
        if attempt.state is AttemptState.DONE:
            return record._completed(attempt)
        failed = attempt.state is AttemptState.FAILED and not outcome.retrying
        if failed and attempt.fence == self.fence and record.failed is None:
            return replace(record, failed=attempt)
        return record

    def _completed(self, attempt: Attempt) -> StreamRecord:
        match attempt.key.phase:
            case Phase.ITERATOR if attempt.outcome_by is OutcomeBy.COMPLETE:
                return replace(self, exhausted=True)
            case Phase.ITERATOR:
                kept = tuple(
                    a
                    for a in self.attempts
                    if a.seq == attempt.seq or a in self.open + self.unknown
                )
                return replace(self, iteration=attempt.key.iteration, attempts=kept)
            case Phase.INITIAL if attempt.fence == self.fence:
                return replace(self, initial_fence=self.fence)
            case _:
                return self
