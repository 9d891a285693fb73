"""What is asked of the runner, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dtm.errors import ExitCode
from dtm.model.states import RunState, StreamState


@dataclass(frozen=True, slots=True)
class RunRequest:
    """`instances` and `objects` narrow the assignment down; `parameters` are `--param` texts.

    `wait_s`: how long to wait for somebody else's locks and orphans instead of exit code 4.
    `repair`: overwrite drifted packages. `only`: handles to work on, of an open run (--only-group).
    `outside_window`: work although the assignment's window is closed.
    `automatic`: started by a schedule; a run that a person halted is left alone. `due_since`: the
    scheduled time (naive UTC) that a new run would be for; NothingToDo if one was started since.
    """

    operation: str
    environment: str
    assignment: str | None = None
    instances: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    test: bool = False
    max_parallel: int | None = None
    wait_s: float = 0.0
    repair: bool = False
    only: tuple[str, ...] = ()
    automatic: bool = False
    due_since: datetime | None = None
    outside_window: bool = False


@dataclass(frozen=True, slots=True)
class StreamReport:
    """How one stream stands when the command ends."""

    handle: str
    instance: str
    object: str | None
    state: StreamState
    exit_code: ExitCode
    message: str


@dataclass(frozen=True, slots=True)
class RunReport:
    """How the run stands when the command ends."""

    run_id: str
    state: RunState
    exit_code: ExitCode
    streams: tuple[StreamReport, ...]
    resumed: bool
    messages: tuple[str, ...] = ()
