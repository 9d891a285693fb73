"""What `dtm run` would do, and does not: the same selection, no lock, nothing written."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dtm.model.operation import Task
from dtm.model.states import Phase, StreamState
from dtm.model.targets import Target
from dtm.repository.config import ConfigStore
from dtm.repository.runs import RunStore
from dtm.repository.runs_rows import ParameterPin, StreamRow
from dtm.runner.decide import Act, Look, Stop, decide
from dtm.runner.deps import Deps
from dtm.runner.prepare import OVER, Applied, read_applied
from dtm.runner.request import RunRequest
from dtm.runner.selection import Selected, parameter_pins, resolve, select, waves


@dataclass(frozen=True, slots=True)
class PreviewTask:
    """A task in its place. `group` numbers the steps from 1; equal groups run side by side."""

    phase: Phase
    group: int
    task: Task
    left_out: str | None = None


@dataclass(frozen=True, slots=True)
class PreviewStream:
    """One stream. `versions`: package to released version (None: none is released there).

    `state` and `next_step` are of the open run that would be resumed; None for a new one.
    """

    instance: str
    object: str | None
    position: int
    wave: int
    parameters: tuple[ParameterPin, ...]
    versions: dict[str, str | None]
    left_out: str | None = None
    state: StreamState | None = None
    next_step: str | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """`resumes`: id of the open run that the command would resume."""

    operation: str
    environment: str
    assignment: str
    test: bool
    resumes: str | None
    tasks: tuple[PreviewTask, ...]
    streams: tuple[PreviewStream, ...]


def preview(request: RunRequest, deps: Deps) -> Preview:
    """Say what `request` would do; the same errors as the run itself for what is wrong in it."""
    session = deps.repository("preview")
    try:
        applied = read_applied(ConfigStore(session))
        selected = select(applied.inventory, request)
        store = RunStore(session)
        found = store.find_open(selected.assignment.name, request.test)
        if found is None:
            streams = _new(request, applied, selected)
        else:
            streams = _resumed(store, found, applied, selected)
    finally:
        session.close()
    return Preview(
        selected.operation.name,
        selected.environment.name,
        selected.assignment.name,
        request.test,
        found,
        _tasks(selected),
        streams,
    )


def _tasks(selected: Selected) -> tuple[PreviewTask, ...]:
    life = selected.operation.lifecycle
    found: list[PreviewTask] = []
    for phase, task in ((Phase.ITERATOR, life.iterator), (Phase.INITIAL, life.initial)):
        if task is not None:
            found.append(PreviewTask(phase, 0, task, _disabled(task)))
    for number, step in enumerate(selected.operation.steps, start=1):
        found += [PreviewTask(Phase.TASK, number, task, _disabled(task)) for task in step]
    if life.final is not None:
        last = len(selected.operation.steps) + 1
        found.append(PreviewTask(Phase.FINAL, last, life.final, _disabled(life.final)))
    return tuple(found)


def _disabled(task: Task) -> str | None:
    return None if task.enabled else "disabled"


def _new(request: RunRequest, applied: Applied, selected: Selected) -> tuple[PreviewStream, ...]:
    kept = [t.instance for t in selected.targets if t.left_out is None]
    wave = waves(selected, kept)

    def stream(target: Target) -> PreviewStream:
        return PreviewStream(
            instance=target.instance,
            object=target.object,
            position=target.group + 1,
            wave=wave.get(target.instance, 0),
            parameters=parameter_pins(resolve(selected, target, request.parameters)),
            versions=_versions(applied, selected, target.instance),
            left_out=target.left_out,
        )

    return tuple(stream(target) for target in selected.targets)


def _resumed(
    store: RunStore, run_id: str, applied: Applied, selected: Selected
) -> tuple[PreviewStream, ...]:
    pins = store.parameters(run_id)
    left_out = {(t.instance, t.object): t.left_out for t in selected.targets}

    def stream(row: StreamRow) -> PreviewStream:
        gone = f"{row.label} is no longer in the assignment"
        return PreviewStream(
            instance=row.instance,
            object=row.object,
            position=row.position,
            wave=row.wave,
            parameters=pins.get(row.handle, ()),
            versions=_versions(applied, selected, row.instance),
            left_out=left_out.get((row.instance, row.object), gone),
            state=row.record.state,
            next_step=_next_step(row, selected),
        )

    return tuple(stream(row) for row in store.streams(run_id))


def _next_step(row: StreamRow, selected: Selected) -> str | None:
    if row.record.state in OVER:
        return None
    # As the next start would see it: under a fence of its own.
    record = replace(row.record, fence=row.record.fence + 1, failed=None)
    match decide(record, selected.definition.shape):
        case Look(attempts):
            return f"find out what became of {', '.join(a.key.task for a in attempts)}"
        case Act(keys):
            return ", ".join(key.task for key in keys)
        case Stop() as stop:
            return stop.reason


def _versions(applied: Applied, selected: Selected, instance: str) -> dict[str, str | None]:
    return {name: applied.releases.get((instance, name)) for name in selected.packages}
