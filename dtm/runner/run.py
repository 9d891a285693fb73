"""`run`: from a request to a report. Composes preparation, journal, heartbeat, crew and streams."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from dtm.errors import DatabaseError, DtmError, ExitCode, worst
from dtm.model.environment import Environment
from dtm.model.states import RunState
from dtm.repository.config import ConfigStore
from dtm.repository.runs import RunStore
from dtm.repository.runs_rows import HaltRequest, StreamRow
from dtm.runner.client import OracleClient, Waiting
from dtm.runner.crew import Crew
from dtm.runner.decide import Halt, HaltAt, HaltKind
from dtm.runner.deps import Deps
from dtm.runner.events import EventKind, OneAtATime, RunEvent
from dtm.runner.halting import Halting
from dtm.runner.harvest import Harvester
from dtm.runner.journal import GroupJournal
from dtm.runner.keeper import Heartbeat, Keeper, Wishes
from dtm.runner.ports import Client, Point, StreamInfo
from dtm.runner.preflight import ConfigReader, Preflight
from dtm.runner.prepare import (
    NOT_ASKED,
    OVER,
    Applied,
    Claimed,
    Preparation,
    event,
    read_applied,
    refuse_outside_window,
)
from dtm.runner.replay import replay_spools
from dtm.runner.request import RunReport, RunRequest, StreamReport
from dtm.runner.run_stream import StreamResult, run_stream
from dtm.runner.schedule import Capacity
from dtm.runner.selection import Selected, select
from dtm.runner.signals import SignalLadder
from dtm.runner.spool import Spool, left_to_do
from dtm.runner.stream import Stream, Tools
from dtm.runner.threads import DaemonExecutor
from dtm.runner.window import current_span

CLOSE_S = 30.0


def run(
    request: RunRequest,
    deps: Deps,
    signals: SignalLadder | None = None,
    allow: Callable[[Environment], None] = lambda _environment: None,
) -> RunReport:
    """Run, or resume, what `request` means; blocks until nothing runs any more.

    Expected failures of streams are in the report; what prevents the run as a whole is raised.
    `allow` raises where the environment, as applied, must not be worked on.
    """
    deps = replace(deps, reporter=OneAtATime(deps.reporter))
    halting = Halting()
    with ExitStack() as stack:
        session = deps.repository("run")
        stack.callback(session.close)
        store = RunStore(session)
        applied = read_applied(ConfigStore(session))
        selected = select(applied.inventory, request)
        allow(selected.environment)
        refuse_outside_window(request, selected, store.now())
        replay_spools(store, deps)
        keeper = Keeper(deps.repository, selected.operation.name, selected.environment.name)
        stack.callback(keeper.close)
        deps.strike(Point.BEFORE_LOCK, "repository")
        preparation = Preparation(
            deps, request, applied, selected, store, keeper, halting, random.random, signals
        )
        claimed = preparation.claim()
        deps.strike(Point.RUN_WRITTEN, claimed.run.run_id)
        work = _Work(deps, request, applied, selected, claimed, store, keeper, halting, signals)
        return work.report()


@dataclass
class _Work:
    """One claimed run at work."""

    deps: Deps
    request: RunRequest
    applied: Applied
    selected: Selected
    claimed: Claimed
    store: RunStore
    keeper: Keeper
    halting: Halting
    signals: SignalLadder | None
    messages: list[str] = field(default_factory=list)
    honoured: dict[str, datetime] = field(default_factory=dict)
    streams: dict[str, Stream] = field(default_factory=dict)
    harvester: Harvester = field(init=False)
    _on_regain: Callable[[], None] = lambda: None  # the heartbeat's `resume`, once there is one
    _requests: int = 0  # outstanding ones that were read; the journal's thread alone counts them
    _heeding: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._base = (self.store.now(), self.halting.now())

    def clock(self) -> datetime:
        """The repository's UTC time, carried on by the monotonic clock."""
        at, monotonic = self._base
        return at + timedelta(seconds=self.halting.now() - monotonic)

    def report(self) -> RunReport:
        """Do the work and say how it went."""
        claimed, run = self.claimed, self.claimed.run
        kind = EventKind.RUN_RESUMED if claimed.resumed else EventKind.RUN_STARTED
        passed = {*claimed.left_out, *claimed.locked}
        work = [
            s for s in claimed.streams if s.handle not in passed and s.record.state not in OVER
        ]
        self._tell(kind, f"run {run.run_id}", streams=len(work))
        self._leave_out()
        with self._journal() as journal, self._preflight() as preflight:
            crew = self._crew(journal, preflight)
            self.harvester = Harvester(
                self.halting,
                lambda instance: self._open_client(instance, preflight),
                self.streams.get,
                self.deps.tuning.harvest_s,
            )
            self._wish(Wishes(self.store.outstanding_halts(run.run_id), run.max_parallel), crew)
            heartbeat = Heartbeat(
                self.keeper,
                run.run_id,
                self.deps.tuning.poll_s,
                lambda wishes: self._wish(wishes, crew),
                lambda message: self._lost(journal, message),
            )
            self._on_regain = heartbeat.resume
            self._tick()
            hanging = crew.drive()
            self.harvester.close()
            heartbeat.stop(CLOSE_S)
            spooled = not journal.close(CLOSE_S) or journal.spooled
            if spooled:
                self.messages.append(left_to_do(journal.lost_local))
        return self._end(crew, hanging, spooled)

    # parts

    @contextmanager
    def _journal(self) -> Iterator[GroupJournal]:
        spool = Spool(
            self.deps.state_dir / "spool", f"{self.claimed.run.run_id}-{self.claimed.fence}"
        )
        with ExitStack() as stack:
            session = self.deps.repository("journal")
            stack.callback(session.close)
            stores = [RunStore(session)]

            def regain() -> RunStore:
                fresh = self.deps.repository("journal")
                try:
                    store = RunStore(fresh)
                    self.keeper.regain(store, self.claimed.run.run_id, self.claimed.fence)
                except DatabaseError:
                    fresh.close()
                    raise
                stack.callback(fresh.close)
                stores.append(store)
                self._on_regain()
                self._tell(EventKind.DEGRADED, "the repository is back; the locks are held again")
                return store

            yield GroupJournal(
                stores[-1],
                spool,
                regain,
                self.deps.tuning.patience,
                lambda message: self._tell(EventKind.DEGRADED, f"repository away: {message}"),
                lambda count: self._requested(stores[-1], count),
            )

    @contextmanager
    def _preflight(self) -> Iterator[Preflight]:
        reader = ConfigReader(lambda: self.deps.repository("config"))
        try:
            yield Preflight(
                deps=self.deps,
                selected=self.selected,
                run_id=self.claimed.run.run_id,
                repair=self.request.repair,
                config=reader,
                facts=self.applied.facts,
                releases=self.applied.releases,
                halting=self.halting,
                random=random.random,
            )
        finally:
            reader.close()

    def _crew(self, journal: GroupJournal, preflight: Preflight) -> Crew:
        claimed = self.claimed
        concurrency = self.selected.assignment.concurrency
        return Crew(
            rows={row.handle: row for row in claimed.streams},
            passed=frozenset({*claimed.left_out, *claimed.locked}),
            start=lambda row: self._stream(row, journal, preflight),
            executor=DaemonExecutor("dtm-stream"),
            halting=self.halting,
            capacity=Capacity(self._overall(claimed.run.max_parallel), concurrency.per_instance),
            max_failures=self.selected.assignment.rollout.max_failures,
            tick_s=self.deps.tuning.tick_s,
            stuck_s=self.deps.tuning.stuck_s,
            signals=self.signals,
            on_tick=self._tick,
            tell=lambda message: self._tell(EventKind.HALTING, message),
        )

    def _overall(self, max_parallel: int | None) -> int:
        limit = self.selected.assignment.concurrency.instances
        return limit if max_parallel is None else min(limit, max_parallel)

    def _stream(self, row: StreamRow, journal: GroupJournal, preflight: Preflight) -> StreamResult:
        self._tell(EventKind.CONNECTING, "", row)
        info = StreamInfo(
            handle=row.handle,
            run_id=row.run_id,
            operation=self.selected.operation.name,
            environment=self.selected.environment.name,
            object=row.object,
            test_mode=self.request.test,
            parameters=self.claimed.parameters.get(row.handle, ()),
        )
        tools = Tools(
            journal=journal,
            open_client=lambda instance: self._open_client(instance, preflight),
            halting=self.halting,
            reporter=self.deps.reporter,
            clock=self.clock,
            strike=self.deps.strike,
            fence=self.claimed.fence,
        )
        stream = Stream.of(row, info, self.selected.definition, tools)
        self.streams[row.handle] = stream
        return run_stream(stream)

    def _open_client(self, instance: str, preflight: Preflight) -> Client:
        ready = preflight.ready(instance)
        waiting = Waiting(
            watcher=lambda: preflight.open(ready.instance),
            step_s=self.deps.tuning.stuck_s / 4,
            orphan_s=max(self.request.wait_s, self.deps.tuning.grace_s),
            own_s=max(self.request.wait_s, self.deps.tuning.orphan_s),
            gate_s=self.deps.tuning.gate_s,
            weak_s=self.deps.tuning.weak_s,
            pause=lambda seconds: self.halting.pause(instance, seconds),
            tell=lambda message: self._tell(EventKind.WAITING, f"{instance}: {message}"),
        )

        session = preflight.open(ready.instance)
        try:
            preflight.check(session, ready.instance)  # the DSN may lead elsewhere by now
        except DtmError:
            session.close()
            raise
        return OracleClient(session, instance, ready.schema, self.claimed.fence, waiting)

    # while it runs

    def _wish(self, wishes: Wishes, crew: Crew) -> None:
        crew.limit(self._overall(wishes.max_parallel))
        self._halt(wishes.halts)

    def _requested(self, store: RunStore, count: int) -> None:
        """The journal has seen `count` requests to halt; read them if there are new ones."""
        if count > self._requests:
            halts = store.outstanding_halts(self.claimed.run.run_id)
            self._requests = len(halts)
            self._halt(halts)

    def _halt(self, wishes: Iterable[HaltRequest]) -> None:
        """Put requests in force; from the heartbeat's thread and from the journal's."""
        passed = {*self.claimed.left_out, *self.claimed.locked}
        here = {row.instance for row in self.claimed.streams if row.handle not in passed}
        for wish in wishes:
            with self._heeding:
                if wish.halt_id in self.honoured or wish.instance not in (None, *here):
                    continue
                self.honoured[wish.halt_id] = self.clock()
            reason = f"halted by {wish.requested_by}: {wish.reason}"
            halt = Halt(HaltAt[wish.mode], HaltKind.PERSON, reason)
            self.halting.request(halt, wish.instance)
            self._tell(EventKind.HALTING, reason)

    def _lost(self, journal: GroupJournal, message: str) -> None:
        self._tell(EventKind.DEGRADED, f"the lock session is lost: {message}")
        journal.repository_lost()

    def _tick(self) -> None:
        """Harvest long calls; halt when the window closes."""
        self.harvester.look()
        window, now = self.selected.assignment.window, self.clock()
        if window is None or self.request.outside_window or current_span(window, now):
            return
        self.halting.request(Halt(HaltAt.TASK, HaltKind.WINDOW, "the window has closed"))

    # the end

    def _leave_out(self) -> None:
        rows = {row.handle: row for row in self.claimed.streams}
        for handle, reason in self.claimed.left_out.items():
            self._tell(EventKind.LEFT_OUT, reason, rows[handle])
        for handle, error in self.claimed.locked.items():
            self._tell(EventKind.LOCKED, error.message, rows[handle])

    def _end(self, crew: Crew, hanging: tuple[str, ...], spooled: bool) -> RunReport:
        run = self.claimed.run
        streams = tuple(self._stream_report(row, crew, hanging) for row in self.claimed.streams)
        codes = {stream.exit_code for stream in streams}
        if spooled:
            codes.add(ExitCode.DEGRADED)
        try:
            state = self._settle(streams)
        except DatabaseError as error:
            state = run.state
            codes.add(ExitCode.DEGRADED)
            self.messages.append(f"the repository does not know the end yet: {error.message}")
        code = worst(codes)
        self._tell(EventKind.RUN_ENDED, f"run {run.run_id}: {state.lower()}")
        return RunReport(
            run.run_id, state, code, streams, self.claimed.resumed, tuple(self.messages)
        )

    def _settle(self, streams: tuple[StreamReport, ...]) -> RunState:
        """Tell the repository the end, in a new session: the first may have died in an outage."""
        run_id = self.claimed.run.run_id
        session = self.deps.repository("end")
        try:
            halt = self.halting.halt_for("")
            text = ", ".join(sorted({s.message for s in streams if s.message}))
            return RunStore(session).settle(
                run_id,
                self.claimed.fence,
                halt.kind.value if halt else None,
                lambda state: event(
                    run_id, "END", self.deps.actor, f"{state}: {text}", self.clock()
                ),
                list(self.honoured),
            )
        finally:
            session.close()

    def _stream_report(self, row: StreamRow, crew: Crew, hanging: tuple[str, ...]) -> StreamReport:
        handle, state = row.handle, row.record.state
        result = crew.results.get(handle)
        if result is not None:
            state, code, message = result.state, result.exit_code, result.message
        elif state in OVER:
            code, message = ExitCode.OK, "complete"
        elif handle in hanging:
            code, message = ExitCode.LOCKED, self.halting.given_up(handle)
        elif handle in self.claimed.locked:
            code, message = ExitCode.LOCKED, self.claimed.locked[handle].message
        elif handle in self.claimed.left_out:
            message = self.claimed.left_out[handle]
            code = ExitCode.OK if message == NOT_ASKED else ExitCode.HALTED
        elif (halt := self.halting.halt_for(row.instance)) is not None:
            interrupted = halt.kind is HaltKind.SIGNAL
            code = ExitCode.INTERRUPTED if interrupted else ExitCode.HALTED
            message = halt.reason
        else:
            code, message = ExitCode.FAILED, "waits for the object before it"
        return StreamReport(handle, row.instance, row.object, state, code, message)

    def _tell(
        self,
        kind: EventKind,
        message: str,
        row: StreamRow | None = None,
        *,
        streams: int | None = None,
    ) -> None:
        self.deps.reporter.report(
            RunEvent(
                kind,
                message,
                run_id=self.claimed.run.run_id,
                handle=row.handle if row else None,
                instance=row.instance if row else None,
                object=row.object if row else None,
                streams=streams,
            )
        )
