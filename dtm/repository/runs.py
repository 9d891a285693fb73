"""RunStore: runs in the repository - create, claim, load, journal, settle, halt, resolve.

Every method that changes something is one transaction, committed before it returns, except
`rename`. Every write of a stream checks the stream's fence: `Fenced` means that another runner
took it over and this one must stop at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from dtm.errors import UsageError
from dtm.model.database import Session
from dtm.model.resources import Kind
from dtm.model.states import AttemptState, RunState
from dtm.model.stream import Attempt, Outcome, StreamRecord
from dtm.repository.queries import load
from dtm.repository.runs_binds import cut, event_binds, outcome_binds, statements, stream_binds
from dtm.repository.runs_journal import Fenced, lock_streams, write_batch
from dtm.repository.runs_rows import (
    Event,
    HaltRequest,
    NewRun,
    PackagePin,
    ParameterPin,
    RunRow,
    StreamRow,
    Write,
    attempt_of,
    integer_or_none,
    milliseconds,
    run_row,
    settled,
    stream_row,
)

__all__ = ["Fenced", "RunStore", "milliseconds"]


class RunStore:
    """Runs over one repository session; not shared between threads."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._sql = load("runs")

    # clock and lookups

    def now(self) -> datetime:
        """The repository's UTC time, naive."""
        value: datetime = self._session.query(self._sql["now"])[0][0]
        return value.replace(tzinfo=None)

    def find(self, run: str) -> str:
        """The id of the run a person means: an id, its beginning if unique, or `latest`."""
        if run == "latest":
            rows = self._session.query(self._sql["latest"])
            if not rows:
                raise UsageError("there is no run yet")
            return str(rows[0][0])
        rows = self._session.query(self._sql["find_like"], {"prefix": run})
        found = [str(row[0]) for row in rows]
        if run in found or len(found) == 1:
            return run if run in found else found[0]
        if found:
            raise UsageError(f'"{run}" fits {len(found)} runs', hint=", ".join(found[:5]))
        raise UsageError(f'there is no run "{run}"', hint="`dtm status` lists runs")

    def find_open(self, assignment: str, test: bool) -> str | None:
        """The id of the open run of an assignment in that mode."""
        rows = self._session.query(
            self._sql["find_open"], {"open_key": _open_key(assignment, test)}
        )
        return str(rows[0][0]) if rows else None

    def newest_start(self, assignment: str) -> datetime | None:
        """When the newest real run of an assignment was started."""
        rows = self._session.query(self._sql["newest_start"], {"assignment_name": assignment})
        found: datetime | None = rows[0][0]
        return found

    def run(self, run_id: str) -> RunRow:
        """One run; UsageError if there is none."""
        rows = self._session.query(self._sql["run"], {"run_id": run_id})
        if not rows:
            raise UsageError(f'there is no run "{run_id}"')
        return run_row(rows[0])

    def streams(self, run_id: str) -> tuple[StreamRow, ...]:
        """The streams of a run in run order, each with the attempts that decide its next step."""
        binds = {"run_id": run_id}
        attempts: dict[str, list[Attempt]] = defaultdict(list)
        for row in self._session.query(self._sql["live_attempts"], binds):
            handle, attempt = attempt_of(row)
            attempts[handle].append(attempt)
        rows = self._session.query(self._sql["streams"], binds)
        return tuple(stream_row(row, attempts[row[0]]) for row in rows)

    def parameters(self, run_id: str) -> dict[str, tuple[ParameterPin, ...]]:
        """Pinned parameters by handle."""
        pins: dict[str, list[ParameterPin]] = defaultdict(list)
        for handle, *pin in self._session.query(self._sql["parameters"], {"run_id": run_id}):
            name, kind, value, layer, origin = pin
            pins[handle].append(ParameterPin(name, kind, value, layer, origin or ""))
        return {handle: tuple(found) for handle, found in pins.items()}

    def packages(self, run_id: str) -> dict[tuple[str, str], PackagePin]:
        """The pin in force by (instance, package)."""
        rows = self._session.query(self._sql["packages"], {"run_id": run_id})
        pins = (PackagePin(r[0], r[1], int(r[2]), r[3], r[4]) for r in rows)
        return {(pin.instance, pin.package): pin for pin in pins}  # oldest first: the last wins

    # a run's beginning

    def create(self, new: NewRun, event: Event) -> None:
        """Create a run with its streams and pins."""
        at = event.at
        binds = {
            "run_id": new.run_id,
            "operation_name": new.operation,
            "environment_name": new.environment,
            "assignment_name": new.assignment,
            "run_mode": "T" if new.test else "R",
            "open_key": _open_key(new.assignment, new.test),
            "definition_digest": new.definition_digest,
            "requested_by": cut(new.requested_by, 256),
            "tool_version": new.tool_version,
            "max_parallel": new.max_parallel,
            "at": at,
        }
        self._session.execute(self._sql["insert_run"], binds)
        self._many(
            "insert_stream",
            [
                {
                    "handle": s.handle,
                    "run_id": new.run_id,
                    "instance_name": s.instance,
                    "object_name": s.object,
                    "position": s.position,
                    "member": s.member,
                    "wave": s.wave,
                }
                for s in new.streams
            ],
        )
        self._many(
            "insert_parameter",
            [
                {
                    "handle": s.handle,
                    "name": p.name,
                    "value_type": p.type,
                    "value": p.value,
                    "layer": p.layer,
                    "origin": cut(p.origin, 1000),
                }
                for s in new.streams
                for p in s.parameters
            ],
        )
        self._pin(new.run_id, new.packages, at)
        self._event(event)
        self._session.commit()

    def resume(
        self, run_id: str, definition_digest: str, pins: Sequence[PackagePin], event: Event
    ) -> None:
        """Start an open run again, with new pins where package versions changed."""
        binds = {"run_id": run_id, "definition_digest": definition_digest, "at": event.at}
        self._session.execute(self._sql["resume_run"], binds)
        self._pin(run_id, pins, event.at)
        self._event(event)
        self._session.commit()

    def take_fence(self, run: RunRow, instances: Sequence[str], runner: str) -> int:
        """Make a new fence, larger than any before, and claim the run's streams on `instances`.

        Built on the repository's clock as well as on the last fence, so that a repository restored
        from a backup never hands out one that is in use. RowsHeld: a runner that was stopped while
        it wrote is in the way, until its session has ended.
        """
        now = self.now()
        where = {"operation_name": run.operation, "environment_name": run.environment}
        lock_streams(self._session, run.run_id)
        known = {r[0]: int(r[1]) for r in self._session.query(self._sql["fences"], where)}
        newest = int(self._session.query(self._sql["newest_fence"], {"run_id": run.run_id})[0][0])
        fence = max(milliseconds(now), newest + 1, *(known.get(name, 0) + 1 for name in instances))
        for name in sorted(instances):
            binds = where | {"instance_name": name, "fence": fence, "runner": runner, "at": now}
            query = "update_fence" if name in known else "insert_fence"
            self._session.execute(self._sql[query], binds)
            claim = {"run_id": run.run_id, "instance_name": name, "fence": fence}
            self._session.execute(self._sql["claim_streams"], claim)
        self._session.commit()
        return fence

    def newest_fence(self, run_id: str, instances: Sequence[str]) -> int:
        """The largest fence of a run's unfinished streams on `instances`."""
        rows = self._session.query(self._sql["stream_fences"], {"run_id": run_id})
        return max((int(fence) for name, fence in rows if name in instances), default=0)

    # the journal

    def write(self, batch: Sequence[Write]) -> int:
        """Make a batch durable; return how many requests to halt the run nobody has honoured.

        Raises Fenced if any stream has another fence: nothing of such a stream is written then.
        Writing the same batch twice changes nothing more: a lost commit answer is answered by
        writing again.
        """
        return write_batch(self._session, batch)

    def add_late(self, write: Write) -> None:
        """Add what a fenced-out runner spooled: log rows, and outcomes that are still open."""
        handle: dict[str, object] = {"handle": write.handle}
        outcomes = [e for e in write.entries if isinstance(e, Outcome)]
        rows = statements([write])
        self._many("write_outcome", [handle | outcome_binds(e, write.at) for e in outcomes])
        for row in rows.sql:
            self._session.execute(self._sql["add_sql_key"], _only(row, "handle", "client_key"))
            self._session.execute(self._sql["write_sql"], row)
        self._many("write_event", rows.events)
        self._session.commit()

    def add_event(self, event: Event) -> None:
        """Add a line to the audit trail."""
        self._event(event)
        self._session.commit()

    def settle(
        self,
        run_id: str,
        fence: int | None,
        halt: str | None = None,
        event: Callable[[RunState], Event] | None = None,
        honoured: Sequence[str] = (),
    ) -> RunState:
        """Let the run's state follow from its streams'; a fenced-out runner changes nothing.

        Fence None: under the registry lock, whoever owned the streams. `halt`: kind of the halt;
        `event` makes the line of the audit trail; `honoured`: ids of requests to halt.
        """
        self._session.query(self._sql["lock_run"], {"run_id": run_id})
        binds = {"run_id": run_id, "fence": fence}
        owned = fence is None or int(self._session.query(self._sql["owned"], binds)[0][0]) > 0
        run = self.run(run_id)
        if not owned or not run.open:
            self._session.rollback()
            return run.state
        rows = self._session.query(self._sql["stream_states"], {"run_id": run_id})
        states = {(row[0], row[1]): int(row[2]) for row in rows}
        state, kind, reason = settled(states, halt)
        self._set_state(run_id, state, reason, kind)
        if event is not None:
            told = event(state)
            self._event(told)
            self._many("honour_halt", [{"halt_id": id_, "at": told.at} for id_ in honoured])
        self._session.commit()
        return state

    def abandon(self, run_id: str, event: Event) -> None:
        """Give an open run up for good; UsageError if it is not open."""
        self._session.query(self._sql["lock_run"], {"run_id": run_id})
        run = self.run(run_id)
        if not run.open:
            self._session.rollback()
            raise UsageError(f"run {run_id} is {run.state.lower()} already")
        self._set_state(run_id, RunState.ABANDONED, event.message, None)
        self._event(event)
        self._session.commit()

    # control

    def request_halt(self, run_id: str, halt: HaltRequest, event: Event) -> None:
        """Ask the runner of a run, wherever it is, to halt."""
        binds = {
            "halt_id": halt.halt_id,
            "run_id": run_id,
            "instance_name": halt.instance,
            "halt_mode": halt.mode,
            "reason": cut(halt.reason),
            "requested_by": cut(halt.requested_by, 256),
            "at": halt.requested_at,
        }
        self._session.execute(self._sql["insert_halt"], binds)
        self._event(event)
        self._session.commit()

    def outstanding_halts(self, run_id: str) -> tuple[HaltRequest, ...]:
        """Requests nobody has honoured yet, oldest first."""
        rows = self._session.query(self._sql["outstanding_halts"], {"run_id": run_id})
        return tuple(HaltRequest(*row) for row in rows)

    def max_parallel(self, run_id: str) -> int | None:
        """How many streams may run at a time, if limited."""
        rows = self._session.query(self._sql["max_parallel"], {"run_id": run_id})
        return integer_or_none(rows[0][0]) if rows else None

    def set_max_parallel(self, run_id: str, number: int | None, event: Event) -> None:
        """Change it, also while the run is running."""
        self._session.execute(
            self._sql["set_max_parallel"], {"run_id": run_id, "max_parallel": number}
        )
        self._event(event)
        self._session.commit()

    def resolve(
        self, record: StreamRecord, attempt: Attempt, done: bool, reason: str, event: Event
    ) -> None:
        """Write a person's word on an unknown outcome; `record` is the stream after it."""
        binds = {
            "handle": record.handle,
            "seq": attempt.seq,
            "state": (AttemptState.DONE if done else AttemptState.ABANDONED).value,
            "resolution": "DONE" if done else "RETRY",
        }
        changed = self._session.execute(self._sql["resolve_attempt"], binds)
        if changed != 1:
            self._session.rollback()
            raise UsageError(f"the outcome of {attempt.key.task} is not open any more")
        stream = stream_binds(Write(record, event.at))
        end = {"handle": record.handle, "fence": record.fence, "end_at": event.at}
        if self._session.execute(self._sql["write_stream"], stream) != 1:
            self._session.rollback()
            raise Fenced("a runner has just taken this stream")
        self._session.execute(self._sql["write_end"], end | {"reason": cut(reason), "halt": None})
        self._event(event)
        self._session.commit()

    def rename(self, kind: Kind, old: str, new: str) -> None:
        """Let history follow a renamed resource. Does not commit."""
        queries: Mapping[Kind, tuple[str, ...]] = {
            Kind.OPERATION: ("rename_operation", "rename_operation_fences"),
            Kind.ASSIGNMENT: ("rename_assignment",),
            Kind.ENVIRONMENT: ("rename_environment", "rename_environment_fences"),
            Kind.INSTANCE: (
                "rename_instance",
                "rename_instance_fences",
                "rename_instance_packages",
            ),
            Kind.PACKAGE: ("rename_package",),
        }
        for name in queries[kind]:
            self._session.execute(self._sql[name], {"old_name": old, "new_name": new})

    # helpers

    def _many(self, name: str, rows: list[dict[str, object]]) -> None:
        if rows:
            self._session.execute_many(self._sql[name], rows)

    def _pin(self, run_id: str, pins: Sequence[PackagePin], at: datetime) -> None:
        self._many(
            "insert_package",
            [
                {
                    "run_id": run_id,
                    "instance_name": p.instance,
                    "package_name": p.package,
                    "pin_no": p.number,
                    "version_digest": p.version,
                    "reason": p.reason,
                    "at": at,
                }
                for p in pins
            ],
        )

    def _event(self, event: Event) -> None:
        self._session.execute(self._sql["write_event"], event_binds(event))

    def _set_state(
        self, run_id: str, state: RunState, reason: str | None, halt: str | None
    ) -> None:
        ended = None if state is RunState.RUNNING else self.now()
        binds = {"run_id": run_id, "state": state.value, "halt_kind": halt, "reason": cut(reason)}
        self._session.execute(self._sql["set_run_state"], binds | {"ended_at": ended})


def _only(row: Mapping[str, object], *names: str) -> dict[str, object]:
    return {name: row[name] for name in names}


def _open_key(assignment: str, test: bool) -> str:
    return f"{assignment}/{'T' if test else 'R'}"
