"""One line for each thing that happens in a run. Pure: an event to text."""

from __future__ import annotations

from dtm.cli.layout import indent
from dtm.runner.events import EventKind, RunEvent

_WORDS = {
    EventKind.RUN_STARTED: "run",
    EventKind.RUN_RESUMED: "resume",
    EventKind.CONNECTING: "connect",
    EventKind.STREAM_STARTED: "start",
    EventKind.ITERATION: "next",
    EventKind.TASK_STARTED: "...",
    EventKind.TASK_DONE: "DONE",
    EventKind.TASK_FAILED: "FAILED",
    EventKind.TASK_RETRY: "retry",
    EventKind.TASK_UNKNOWN: "UNKNOWN",
    EventKind.STREAM_ENDED: "end",
    EventKind.LEFT_OUT: "left out",
    EventKind.INSTALL: "install",
    EventKind.WAITING: "waiting",
    EventKind.LOCKED: "locked",
    EventKind.HALTING: "HALTING",
    EventKind.DEGRADED: "warning",
    EventKind.RUN_ENDED: "end",
}
# Kinds a log leaves out: each is followed by its outcome, or by the report of the run.
QUIET = frozenset(
    {EventKind.CONNECTING, EventKind.TASK_STARTED, EventKind.ITERATION, EventKind.RUN_ENDED}
)


def stream_name(instance: str | None, object_name: str | None) -> str:
    """How a stream is called everywhere: instance, or instance/OBJECT."""
    if instance is None:
        return "run"
    return f"{instance}/{object_name}" if object_name else instance


def line(event: RunEvent, width: int = 80) -> str:
    """`sales-emea-1/SALES.ORDERS  DONE   2 copy-orders  0.4 s`; errors in full below."""
    if event.instance is None:
        return _of_run(event)
    where = stream_name(event.instance, event.object)
    cancelled = event.kind is EventKind.TASK_FAILED and event.state == "CANCELLED"
    parts = [f"{where:<26} {'CANCELLED' if cancelled else _WORDS[event.kind]:<8}"]
    if event.task:
        parts.append(f"{event.iteration:>2} {event.task}" if event.iteration else event.task)
    if event.elapsed_s is not None:
        parts.append(f"{event.elapsed_s:.1f} s")
    if event.state and not event.task:
        parts.append(event.state)
    text = "  ".join(parts).rstrip()
    if not event.message:
        return text
    first, *rest = event.message.splitlines()
    if len(text) + len(first) + 2 <= width and not rest:
        return f"{text}  {first}"
    if not rest:
        return f"{text}\n{indent(first, 4, width)}"
    return "\n".join([text, *(f"    {each}" for each in (first, *rest))])


def _of_run(event: RunEvent) -> str:
    """What concerns the run as a whole: its sentence, with the word that makes it urgent."""
    text = event.message[:1].upper() + event.message[1:]
    if event.kind is EventKind.RUN_STARTED:
        return f"{text} starts"
    if event.kind is EventKind.RUN_RESUMED:
        return f"{text} resumes"
    return f"{_WORDS[event.kind]}: {event.message}"
