"""Plays a stream against decide: a tiny executor whose calls succeed, fail or vanish as told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dtm.model.states import AttemptState, Phase, StreamState
from dtm.model.stream import (
    Attempt,
    Ended,
    Intent,
    Outcome,
    OutcomeBy,
    Start,
    StreamRecord,
    TaskKey,
)
from dtm.runner.decide import Act, Halt, Look, Shape, Stop, decide

OK = Shape(
    iterator="iterator",
    initial="initial",
    final="final",
    steps=(("a",), ("b", "c"), ("d",)),
)


@dataclass
class Player:
    """`results` maps a call's text (see `text`) to an outcome; the first matching use is taken.

    Outcomes: "fail", "complete" (ORA-20100 of the iterator), "crash" (the runner dies in the call,
    the work is not done), "lost" (it dies after the work was committed), "cancel", "unknown".
    """

    shape: Shape = OK
    results: dict[str, list[str]] = field(default_factory=dict)
    record: StreamRecord = field(default_factory=lambda: StreamRecord("1"))
    calls: list[str] = field(default_factory=list)
    markers: set[TaskKey] = field(default_factory=set)
    fence: int = 0

    def start(self, halt: Callable[[], Halt | None] = lambda: None) -> Stop | str:
        """Start the stream anew under the next fence and go on until it stops or crashes."""
        self.fence += 1
        self.record = self.record.apply(Start(self.fence, fresh=self.shape.test_mode))
        for _ in range(10_000):
            step = decide(self.record, self.shape, halt())
            match step:
                case Stop():
                    self.record = self.record.apply(Ended(step.state))
                    return step
                case Look(attempts):
                    for attempt in attempts:
                        self._look(attempt)
                case Act(keys):
                    results = [self._act(key) for key in keys]
                    if not all(results):
                        return "crashed"
        raise AssertionError("the stream never ends")

    def _look(self, attempt: Attempt) -> None:
        done = attempt.key in self.markers
        state = AttemptState.DONE if done else AttemptState.ABANDONED
        self.record = self.record.apply(Outcome(attempt.seq, state, OutcomeBy.MARKER))

    def _act(self, key: TaskKey) -> bool:
        number = self.record.attempts_of(key) + 1
        seq = self.record.last_seq + 1
        attempt = Attempt(seq, key, number, 0, self.fence, AttemptState.RUNNING)
        self.record = self.record.apply(Intent(attempt))
        self.calls.append(text(key))
        told = self.results.get(text(key), [])
        result = told.pop(0) if told else "ok"
        if result in {"crash", "lost"}:
            if result == "lost":
                self.markers.add(key)
            return False
        self.record = self.record.apply(outcome_of(result, seq))
        return True


def outcome_of(result: str, seq: int) -> Outcome:
    match result:
        case "ok":
            return Outcome(seq, AttemptState.DONE, OutcomeBy.ANSWER)
        case "complete":
            return Outcome(seq, AttemptState.DONE, OutcomeBy.COMPLETE)
        case "fail":
            return Outcome(seq, AttemptState.FAILED, OutcomeBy.ANSWER, "ORA-01653")
        case "retry":
            return Outcome(seq, AttemptState.FAILED, OutcomeBy.ANSWER, "ORA-00054", retrying=True)
        case "cancel":
            return Outcome(seq, AttemptState.CANCELLED, OutcomeBy.ANSWER, "ORA-01013")
        case "unknown":
            return Outcome(seq, AttemptState.UNKNOWN, OutcomeBy.ANSWER, "DPY-4011")
        case _:
            raise AssertionError(result)


def text(key: TaskKey) -> str:
    """`a@1`, `iterator@2`, `initial@1`, `final(Y)@1`, `final(N)@1`."""
    if key.phase is Phase.FINAL:
        return f"final({'Y' if key.after_error else 'N'})@{key.iteration}"
    return f"{key.task}@{key.iteration}"


def played(stop: Stop | str, state: StreamState) -> bool:
    return isinstance(stop, Stop) and stop.state is state
