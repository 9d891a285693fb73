"""How a run ended, as text and JSON. Pure: values to strings."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from dtm.cli.layout import paragraph, share, some
from dtm.cli.view_events import stream_name
from dtm.errors import ExitCode
from dtm.model.alike import grouped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dtm.runner.due import Due
    from dtm.runner.request import RunReport, StreamReport

FORMAT_VERSION = 1
_ADVICE = {
    ExitCode.ERROR: "Mend it, then give the same command again: it goes on where it stopped.",
    ExitCode.DEGRADED: "Then give the same command again: it goes on where it stopped.",
    ExitCode.FAILED: "Fix the cause, then give the same command again: it resumes at the failed tasks.",
    ExitCode.LOCKED: "Try again when the other one is done, or wait for it: --wait 30m.",
    ExitCode.HALTED: "The same command resumes it.",
    ExitCode.INTERRUPTED: "Nothing is lost: the same command resumes it.",
}


def report_text(report: RunReport, most: int = 20, *, advice: bool = True) -> str:
    """The run's state, its streams counted by state, what went wrong - alike once - and what to do."""
    counts = Counter(stream.state.value for stream in report.streams)
    listed = ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))
    lines = [f"Run {report.run_id}: {report.state.value} ({listed})"]
    troubled = [stream for stream in report.streams if stream.exit_code is not ExitCode.OK]
    groups = grouped(troubled, lambda s: s.message, lambda s: s.instance, lambda s: s.state)
    for group in groups[:most]:
        lines += _trouble(group, len(report.streams))
    if len(groups) > most:
        lines.append(f"  ... and {sum(map(len, groups[most:]))} more")
    lines += [paragraph(message, "  ", "    ") for message in report.messages]
    if advice and report.exit_code in _ADVICE:
        lines.append(_ADVICE[report.exit_code])
        lines.append(f"Details: dtm status {report.run_id}, dtm logs {report.run_id} --sql")
    return "\n".join(lines)


def _trouble(group: Sequence[StreamReport], total: int) -> list[str]:
    """Streams that stopped for the same reason: which, in what state, and why."""
    first = group[0]
    why = (first.message.splitlines() or [""])[0]
    names = [stream_name(stream.instance, stream.object) for stream in group]
    if len(group) == 1:
        return [paragraph(f"{names[0]}: {first.state}  {why}", "  ", "    ")]
    return [
        paragraph(f"{first.state}, the same on {share(len(group), total)}: {why}", "  ", "    "),
        paragraph(some(names), "    ", "    "),
    ]


def report_json(report: RunReport) -> str:
    """The whole report; the exit code is that of the command."""
    document = {
        "format_version": FORMAT_VERSION,
        "run": {
            "run_id": report.run_id,
            "state": report.state.value,
            "exit_code": int(report.exit_code),
            "resumed": report.resumed,
            "messages": list(report.messages),
            "streams": [
                {
                    "handle": stream.handle,
                    "instance": stream.instance,
                    "object": stream.object,
                    "state": stream.state.value,
                    "exit_code": int(stream.exit_code),
                    "message": stream.message,
                }
                for stream in report.streams
            ],
        },
    }
    return json.dumps(document, indent=2)


def due_text(found: Sequence[Due]) -> str:
    """One line per scheduled assignment: what is to be done with it now, and why."""
    if not found:
        return "No assignment has a schedule."
    return "\n".join(
        f"{each.action.value:<8} {each.assignment}  {each.operation} in {each.environment}\n"
        f"         {each.reason}"
        for each in found
    )


def due_json(found: Sequence[Due]) -> str:
    """The same for programs; times are UTC."""
    listed = [
        {
            "assignment": each.assignment,
            "operation": each.operation,
            "environment": each.environment,
            "action": each.action.value,
            "reason": each.reason,
            "since": each.since.isoformat() if each.since else None,
            "run_id": each.run_id,
        }
        for each in found
    ]
    return json.dumps({"format_version": FORMAT_VERSION, "due": listed}, indent=2)
