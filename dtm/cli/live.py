"""Progress of a run while it happens: a live board on a terminal, plain lines everywhere else."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dtm.cli import view_events
from dtm.cli.console import Terminal
from dtm.cli.layout import clip, duration, table
from dtm.model.alike import sense
from dtm.runner.events import EventKind, RunEvent

if TYPE_CHECKING:
    from rich.text import Text


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
    """What is known of a stream. Times are monotonic seconds; `note`: why it waits or stopped."""

    instance: str
    state: str = "connecting"
    iteration: int | None = None
    tasks: dict[str, float] = field(default_factory=dict)  # running task -> its start
    done: int = 0
    started: float = 0.0
    ended: float | None = None
    failed: bool = False
    note: str = ""


class Picture:
    """The streams of a run as its events tell them: a headline and a row each, failed ones first.

    `now`: a monotonic clock. `text` never exceeds the width and height it is given.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._began = now()
        self._total = 0
        self._streams: dict[str, _StreamRow] = {}

    def note(self, event: RunEvent) -> None:
        """Take an event in."""
        self._total = event.streams or self._total
        if event.instance is None:
            return
        name = view_events.stream_name(event.instance, event.object)
        if event.handle is not None:
            fresh = _StreamRow(event.instance, started=self._now())
            self._update(self._streams.setdefault(name, fresh), event)
            return
        for row in self._streams.values():  # what concerns the instance concerns its streams
            if row.instance == event.instance and row.ended is None:
                row.note = _first(event.message)

    def _update(self, row: _StreamRow, event: RunEvent) -> None:
        row.iteration = event.iteration or row.iteration
        task = event.task or ""
        match event.kind:
            case EventKind.STREAM_STARTED:
                row.state, row.note, row.started = "running", "", self._now()
            case EventKind.TASK_STARTED:
                row.tasks[task] = self._now()
            case EventKind.TASK_DONE:
                row.tasks.pop(task, None)
                row.done += 1
            case EventKind.TASK_FAILED | EventKind.TASK_UNKNOWN:
                row.tasks.pop(task, None)
                row.failed, row.note = True, _first(event.message)
            case EventKind.TASK_RETRY:
                row.tasks.pop(task, None)
                row.note = _first(event.message)
            case EventKind.STREAM_ENDED | EventKind.LOCKED | EventKind.LEFT_OUT:
                self._end(row, event)
            case _:
                pass

    def _end(self, row: _StreamRow, event: RunEvent) -> None:
        row.ended = self._now()
        row.tasks.clear()
        row.state = event.state or "left out"
        if row.state == "COMPLETED":
            row.note = ""
        else:
            row.note = row.note if row.failed else _first(event.message)
            row.failed = row.failed or row.state not in ("HALTED", "left out")

    def text(self, width: int, height: int) -> str:
        """As it looks now, in at most `height` lines of at most `width` characters."""
        ordered = sorted(self._streams.items(), key=_urgency)
        room = max(height - 3, 1)
        shown, hidden = ordered[:room], ordered[room:]
        rows: list[tuple[str, ...]] = [("stream", "state", "it", "tasks", "time", "now")]
        rows += [self._cells(name, row) for name, row in shown]
        name = min(max(len(row[0]) for row in rows), max(width // 3, 12))
        lines = table([(clip(row[0], name), *row[1:]) for row in rows]).splitlines()
        lines.insert(0, self._headline())
        if hidden:
            counts = Counter(row.state for _, row in hidden)
            words = ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))
            lines.append(f"... and {len(hidden)} more: {words}")
        return "\n".join(clip(line, width) for line in lines)

    def _cells(self, name: str, row: _StreamRow) -> tuple[str, ...]:
        end = self._now() if row.ended is None else row.ended
        doing = ", ".join(f"{task} {duration(end - since)}" for task, since in row.tasks.items())
        return (
            name,
            row.state,
            str(row.iteration or "-"),
            str(row.done),
            duration(end - row.started),
            doing or row.note,
        )

    def _headline(self) -> str:
        states = Counter(row.state for row in self._streams.values())
        total = max(self._total, len(self._streams))
        waiting = total - len(self._streams)
        parts = [f"{states.pop('COMPLETED', 0)} of {total} complete"]
        parts += [f"{number} {state}" for state, number in sorted(states.items())]
        if waiting:
            parts.append(f"{waiting} waiting")
        return f"{', '.join(parts)}  ({duration(self._now() - self._began)})"


class Board:
    """The picture on a terminal, redrawn four times a second."""

    def __init__(self, terminal: Terminal) -> None:
        from rich.live import Live

        self._terminal = terminal
        self._picture = Picture()
        self._told: set[tuple[EventKind, str | None, str]] = set()
        self._live = Live(
            get_renderable=self._draw, console=terminal.out, refresh_per_second=4, transient=True
        )

    def start(self) -> None:
        """Begin to draw."""
        self._live.start()

    def stop(self) -> None:
        """Take the board away; what was kept above it stays."""
        self._live.stop()

    def report(self, event: RunEvent) -> None:
        """Update the picture; failures and notices also stay above it, alike ones once."""
        if event.instance is None:
            if event.kind not in view_events.QUIET:
                self._terminal.show(view_events.line(event))
        elif event.kind in _KEPT:
            alike = (event.kind, event.task, sense(event.message, event.instance))
            if alike not in self._told:
                self._told.add(alike)
                self._terminal.show(view_events.line(event))
        self._picture.note(event)

    def _draw(self) -> Text:
        width, height = self._terminal.out.size
        return self._terminal.coloured(self._picture.text(width, height - 1))


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
    if row.ended is None:
        return (1 if row.state == "running" else 2), name
    return (4 if row.state == "COMPLETED" else 3), name


def _first(message: str) -> str:
    return message.partition("\n")[0]


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
