"""Progress of a run while it happens: a live board on a terminal, plain lines everywhere else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dtm.cli import view_events
from dtm.cli.console import Terminal
from dtm.runner.events import EventKind, RunEvent

if TYPE_CHECKING:
    from rich.table import Table


@dataclass
class Lines:
    """One line per event, in order; what files and CI logs get."""

    terminal: Terminal

    def report(self, event: RunEvent) -> None:
        """Print the event unless its outcome will say it all."""
        if event.kind not in view_events.QUIET:
            self.terminal.show(view_events.line(event))


@dataclass
class _StreamRow:
    state: str = "running"
    iteration: int | None = None
    tasks: dict[str, float] = field(default_factory=dict)  # running task -> monotonic start
    done: int = 0
    started: float = field(default_factory=time.monotonic)
    ended: float | None = None
    failed: bool = False


class Board:
    """A table with a row per stream, failed ones first, redrawn as events arrive."""

    MOST = 30  # streams drawn at once; the rest is counted

    def __init__(self, terminal: Terminal) -> None:
        from rich.live import Live

        self._terminal = terminal
        self._streams: dict[str, _StreamRow] = {}
        self._live = Live(
            get_renderable=self._table, console=terminal.out, refresh_per_second=4, transient=True
        )

    def start(self) -> None:
        """Begin to draw."""
        self._live.start()

    def stop(self) -> None:
        """Take the board away and leave one line per stream."""
        self._live.stop()

    def report(self, event: RunEvent) -> None:
        """Update the event's row; failures and notices also stay above the board."""
        if event.kind in _KEPT or (event.instance is None and event.kind not in view_events.QUIET):
            self._terminal.show(view_events.line(event))
        if event.instance is not None:
            name = view_events.stream_name(event.instance, event.object)
            self._update(self._streams.setdefault(name, _StreamRow()), event)

    def _update(self, row: _StreamRow, event: RunEvent) -> None:
        if event.iteration is not None:
            row.iteration = event.iteration
        task = event.task or ""
        if event.kind is EventKind.TASK_STARTED:
            row.tasks[task] = time.monotonic()
        elif event.kind in _OUTCOMES:
            row.tasks.pop(task, None)
            row.done += event.kind is EventKind.TASK_DONE
            row.failed = row.failed or event.kind is not EventKind.TASK_DONE
        elif event.kind is EventKind.STREAM_ENDED:
            row.ended = time.monotonic()
            row.state = event.state or "ended"
            row.tasks.clear()

    def _table(self) -> Table:
        from rich.table import Table

        table = Table(box=None, pad_edge=False, expand=False)
        for heading, justify in (
            ("stream", "left"), ("state", "left"), ("it", "right"), ("tasks", "right"),
            ("time", "right"), ("now", "left"),
        ):  # fmt: skip
            table.add_column(heading, justify=justify)  # type: ignore[arg-type]  # rich's literals
        ordered = sorted(self._streams.items(), key=_urgency)
        for name, row in ordered[: self.MOST]:
            end = row.ended if row.ended is not None else time.monotonic()
            now = ", ".join(f"{task} {end - since:.0f}s" for task, since in row.tasks.items())
            table.add_row(
                name,
                row.state.splitlines()[0][:14],
                "" if row.iteration is None else str(row.iteration),
                str(row.done),
                f"{end - row.started:.0f}s",
                now,
            )
        if len(ordered) > self.MOST:
            table.add_row(f"... and {len(ordered) - self.MOST} more", *[""] * 5)
        return table


_OUTCOMES = frozenset({EventKind.TASK_DONE, EventKind.TASK_FAILED, EventKind.TASK_UNKNOWN})
_KEPT = frozenset(
    {
        EventKind.TASK_FAILED,
        EventKind.TASK_UNKNOWN,
        EventKind.LOCKED,
        EventKind.LEFT_OUT,
        EventKind.DEGRADED,
        EventKind.HALTING,
        EventKind.INSTALL,
        EventKind.WAITING,
    }
)


def _urgency(item: tuple[str, _StreamRow]) -> tuple[int, str]:
    name, row = item
    if row.failed:
        return 0, name
    return (1 if row.ended is None else 2), name


@contextmanager
def progress(terminal: Terminal) -> Iterator[Board | Lines]:
    """Yield the reporter that fits the terminal; the board is taken away at the end."""
    if not terminal.watched:
        yield Lines(terminal)
        return
    board = Board(terminal)
    board.start()
    try:
        yield board
    finally:
        board.stop()
