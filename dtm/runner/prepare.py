"""From a request to a claimed run: select, lock, create or resume, claim, read again.

Nothing is written before everything that can be refused has been; nothing is decided on what was
read before the locks were held.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from dtm.errors import Halted, Interrupted, Locked, NotApplied, NothingToDo, UsageError
from dtm.model.inventory import Inventory
from dtm.model.states import StreamState
from dtm.model.targets import Target
from dtm.repository.config import ConfigStore
from dtm.repository.migrations import bundled
from dtm.repository.records import Facts
from dtm.repository.runs import RunStore
from dtm.repository.runs_journal import RowsHeld
from dtm.repository.runs_rows import Event, NewRun, NewStream, ParameterPin, RunRow, StreamRow
from dtm.runner import ids
from dtm.runner.decide import removed_or_moved
from dtm.runner.deps import Deps
from dtm.runner.events import EventKind, RunEvent
from dtm.runner.halting import Halting
from dtm.runner.keeper import Keeper
from dtm.runner.request import RunRequest
from dtm.runner.selection import (
    Selected,
    changed_parameters,
    package_pins,
    parameter_pins,
    resolve,
    unreleased,
    wanted,
    waves,
)
from dtm.runner.signals import SignalLadder
from dtm.runner.window import current_span, next_span

NOT_ASKED = "not asked for"
OVER = frozenset({StreamState.COMPLETED, StreamState.SKIPPED})


@dataclass(frozen=True, slots=True)
class Applied:
    """What the repository holds of the configuration."""

    inventory: Inventory
    releases: Mapping[tuple[str, str], str]
    facts: Mapping[str, Facts]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run this runner owns, in part or whole. `left_out`: handle to why it is not worked on."""

    run: RunRow
    fence: int
    streams: tuple[StreamRow, ...]
    parameters: Mapping[str, tuple[ParameterPin, ...]]
    left_out: Mapping[str, str]
    locked: Mapping[str, Locked]
    resumed: bool


def read_applied(config: ConfigStore) -> Applied:
    """Read the recorded configuration; NotApplied where there is none."""
    recorded = config.recorded()
    if not recorded.state.initialised:
        raise NotApplied("nothing was ever applied to this repository", hint="`dtm apply`")
    newest = bundled()[-1].version
    if recorded.state.schema_version != newest:
        older = recorded.state.schema_version < newest
        raise NotApplied(
            f"the repository's schema has version {recorded.state.schema_version};"
            f" this dtm works with {newest}",
            hint="`dtm init` brings it up to date" if older else "use the newer dtm",
        )
    return Applied(Inventory.of(recorded.resources.values()), recorded.releases, recorded.facts)


def event(run_id: str, kind: str, actor: str, message: str, at: datetime) -> Event:
    """A line of the audit trail."""
    return Event(uuid.uuid4().hex, run_id, kind, actor, message, at)


def refuse_outside_window(request: RunRequest, selected: Selected, now: datetime) -> None:
    """Raise Halted while the assignment's window is closed, unless that does not matter."""
    window = selected.assignment.window
    if window is None or request.outside_window or current_span(window, now):
        return
    later = next_span(window, now)
    when = f"it opens at {later.start:%Y-%m-%d %H:%M} UTC" if later else "it never opens"
    raise Halted(
        f"outside the window of {selected.assignment.name}; {when}",
        hint="--outside-window runs it all the same",
    )


@dataclass(frozen=True, slots=True)
class Preparation:
    """Everything needed to claim a run, before it is claimed."""

    deps: Deps
    request: RunRequest
    applied: Applied
    selected: Selected
    store: RunStore
    keeper: Keeper
    halting: Halting
    random: Callable[[], float]
    signals: SignalLadder | None = None

    def claim(self) -> Claimed:
        """Find or create the run, under the registry lock; Locked if nothing can be worked on.

        While somebody else holds locks it is tried again for `wait_s`; after that, what is free is
        worked on and the rest reported.
        """
        tuning = self.deps.tuning
        until = self.halting.now() + max(self.request.wait_s, tuning.grace_s)
        told = False
        while True:
            with self.keeper.registry(tuning.registry_s):
                claimed = self._try(last=self.halting.now() >= until)
            if claimed is not None:
                return claimed
            if self.request.wait_s and not told:
                self._tell_waiting()
                told = True
            self.halting.pause("", min(tuning.poll_s, tuning.grace_s / 4))
            if self.signals is not None and self.signals.level:
                raise Interrupted("stopped by a signal while waiting for a lock")

    def _try(self, *, last: bool) -> Claimed | None:
        try:
            return self._claim(last)
        except RowsHeld:
            if last:
                raise
            return None

    def _claim(self, last: bool) -> Claimed | None:
        found = self.store.find_open(self.selected.assignment.name, self.request.test)
        return self._resume(found, last) if found else self._create(last)

    def _tell_waiting(self) -> None:
        self.deps.reporter.report(
            RunEvent(EventKind.WAITING, "another runner holds the lock; waiting for it")
        )

    # a new run

    def _create(self, last: bool) -> Claimed | None:
        self._refuse_what_was_done()
        if self.request.only:
            raise UsageError("there is no open run to work on", hint="`dtm status` lists runs")
        targets = wanted(self.selected)
        lacking = {t.instance for t in targets if self._unreleased(t.instance)}
        if lacking == {t.instance for t in targets}:
            raise NotApplied(
                f"no version of {self._unreleased(min(lacking))} is released on any instance",
                hint="`dtm apply` rolls packages out; a wave that failed releases nothing",
            )
        streams = self._new_streams(targets)
        busy = self.keeper.take({t.instance for t in targets})
        if busy and not last:
            return None
        self._refuse_if_all(busy)
        now = self.store.now()
        instances = sorted({t.instance for t in targets})
        new = NewRun(
            run_id=ids.run_id(now, self.random),
            operation=self.selected.operation.name,
            environment=self.selected.environment.name,
            assignment=self.selected.assignment.name,
            test=self.request.test,
            definition_digest=self.selected.digest,
            requested_by=self.deps.actor,
            tool_version=self.deps.tool_version,
            max_parallel=self.request.max_parallel,
            streams=streams,
            packages=package_pins(self.selected, instances, self.applied.releases, {}),
        )
        text = f"streams: {len(streams)}, instances: {len(instances)}"
        self.store.create(new, event(new.run_id, "START", self.deps.actor, text, now))
        return self._claimed(new.run_id, busy, resumed=False)

    def _refuse_what_was_done(self) -> None:
        """Two schedulers found the same time due; the other one has started, perhaps ended, it."""
        since, name = self.request.due_since, self.selected.assignment.name
        started = None if since is None else self.store.newest_start(name)
        if since is not None and started is not None and started >= since:
            raise NothingToDo(f"{name} was started for {since:%Y-%m-%d %H:%M} UTC already")

    def _new_streams(self, targets: tuple[Target, ...]) -> tuple[NewStream, ...]:
        handles = ids.handles(self.store.now(), self.random, len(targets))
        wave = waves(self.selected, (t.instance for t in targets))
        members: dict[tuple[str, int], int] = {}
        streams = []
        for name, target in zip(handles, targets, strict=True):
            place = (target.instance, target.group)
            members[place] = members.get(place, 0) + 1
            pins = parameter_pins(resolve(self.selected, target, self.request.parameters))
            streams.append(
                NewStream(
                    handle=name,
                    instance=target.instance,
                    object=target.object,
                    position=target.group + 1,
                    member=members[place],
                    wave=wave[target.instance],
                    parameters=pins,
                )
            )
        return tuple(streams)

    # an open run

    def _resume(self, run_id: str, last: bool) -> Claimed | None:
        run = self.store.run(run_id)
        everything = self.store.streams(run_id)
        streams = [s for s in everything if s.record.state not in OVER]
        self._refuse_resume(run, streams)
        asked = [s for s in streams if self._asked(s)]
        self._refuse_unknown_names(run, everything)
        left_out = self._left_out(streams)
        instances = {s.instance for s in asked if s.handle not in left_out}
        busy = self.keeper.take(instances)
        if busy and not last:
            return None
        self._refuse_if_all(busy)
        if not self.keeper.held:
            self.store.settle(run_id, None)  # its last runner may not have come to that
            return self._claimed(run_id, busy, resumed=True)
        if self.request.max_parallel is not None:
            text = f"parallelism {self.request.max_parallel}"
            change = event(run_id, "PARALLEL", self.deps.actor, text, self.store.now())
            self.store.set_max_parallel(run_id, self.request.max_parallel, change)
        now = self.store.now()
        pins = package_pins(
            self.selected,
            sorted(instances - set(busy)),
            self.applied.releases,
            self.store.packages(run_id),
        )
        if pins:
            text = ", ".join(f"{p.package} on {p.instance}: {p.version[:12]}" for p in pins)
            self.store.add_event(event(run_id, "REPIN", self.deps.actor, text, now))
        resumed = event(run_id, "RESUME", self.deps.actor, f"{len(asked)} unfinished streams", now)
        self.store.resume(run_id, self.selected.digest, pins, resumed)
        return self._claimed(run_id, busy, resumed=True)

    def _refuse_resume(self, run: RunRow, streams: list[StreamRow]) -> None:
        hint = f"`dtm abandon {run.run_id}` first, then start anew"
        if self.request.automatic and run.halt_kind == "PERSON":
            raise Halted(f"run {run.run_id} was halted by a person: {run.reason}")
        pinned = self.store.parameters(run.run_id)
        for stream in streams:
            shape = self.selected.definition.shape
            moved = removed_or_moved(stream.record, shape, self.selected.definition.known)
            if moved and not run.test:
                raise UsageError(f"run {run.run_id} cannot be resumed: {moved}", hint=hint)
            pins = pinned.get(stream.handle, ())
            changed = changed_parameters(self.selected, pins, self.request.parameters)
            if changed:
                raise UsageError(f"run {run.run_id} is open and {changed}", hint=hint)

    def _refuse_unknown_names(self, run: RunRow, streams: Iterable[StreamRow]) -> None:
        everything = list(streams)
        for name in self.request.instances:
            if all(s.instance != name for s in everything):
                raise UsageError(
                    f"run {run.run_id} is open and does not include instance {name}",
                    hint=f"finish it, or `dtm abandon {run.run_id}` first",
                )
        for name in self.request.objects:
            if all(s.object != name for s in everything):
                raise UsageError(
                    f"run {run.run_id} is open and does not include object {name}",
                    hint=f"finish it, or `dtm abandon {run.run_id}` first",
                )

    # both

    def _refuse_if_all(self, busy: dict[str, Locked]) -> None:
        if busy and not self.keeper.held:
            raise next(iter(busy.values()))

    def _claimed(self, run_id: str, busy: dict[str, Locked], *, resumed: bool) -> Claimed:
        run = self.store.run(run_id)
        held = self.keeper.held
        fence = self.store.take_fence(run, held, self.deps.actor) if held else 0
        streams = self.store.streams(run_id)  # read again: the locks are held only now
        left_out = self._left_out(s for s in streams if s.record.state not in OVER)
        locked = {s.handle: busy[s.instance] for s in streams if s.instance in busy}
        return Claimed(
            run=run,
            fence=fence,
            streams=streams,
            parameters=self.store.parameters(run_id),
            left_out=left_out,
            locked={h: e for h, e in locked.items() if h not in left_out},
            resumed=resumed,
        )

    def _left_out(self, streams: Iterable[StreamRow]) -> dict[str, str]:
        """Pinned streams that are not worked on now: disabled since, removed, not asked for."""
        targets = {(t.instance, t.object): t.left_out for t in self.selected.targets}
        found = {}
        for stream in streams:
            place = (stream.instance, stream.object)
            reason = targets.get(place, f"{stream.label} is no longer in the assignment")
            if not self._asked(stream):
                reason = NOT_ASKED
            if reason is not None:
                found[stream.handle] = reason
        return found

    def _asked(self, stream: StreamRow) -> bool:
        request = self.request
        return (
            (not request.instances or stream.instance in request.instances)
            and (not request.objects or stream.object in request.objects)
            and (not request.only or stream.handle in request.only)
        )

    def _unreleased(self, instance: str) -> str | None:
        return unreleased(self.selected, instance, self.applied.releases)
