"""What a run would do, as text and JSON. Pure: values to strings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dtm.cli.view_events import stream_name
from dtm.model.states import Phase
from dtm.runner.preview import Preview, PreviewStream, PreviewTask

FORMAT_VERSION = 1


def text(preview: Preview) -> str:
    """Tasks, streams with their parameters and packages, and what is left out and why."""
    what = f"resume run {preview.resumes}" if preview.resumes else "start a new run"
    mode = " in test mode" if preview.test else ""
    lines = [
        f"{preview.operation} in {preview.environment} ({preview.assignment}) would {what}{mode}.",
        "Nothing is started.",
        "",
        "Tasks",
        *_tasks(preview.tasks),
        "",
        "Streams",
    ]
    common = _common(preview.streams)
    for stream in preview.streams:
        lines += _stream(stream, common)
    if common:
        lines += ["", "Parameters of all streams", *_parameters(common)]
    return "\n".join(lines)


def _tasks(tasks: Sequence[PreviewTask]) -> list[str]:
    sizes: dict[int, int] = {}
    for task in tasks:
        if task.phase is not Phase.TASK:
            continue
        sizes[task.group] = sizes.get(task.group, 0) + 1
    return [
        f"  {task.group:>2}{' |' if sizes.get(task.group, 0) > 1 else '  '} {task.task.name:<24}"
        f" {task.phase.value.lower():<9} {task.task.kind}"
        + (f"  left out: {task.left_out}" if task.left_out else "")
        for task in tasks
    ]


def _stream(stream: PreviewStream, common: dict[str, tuple[str | None, str]]) -> list[str]:
    name = stream_name(stream.instance, stream.object)
    if stream.left_out:
        return [f"  {name}: left out, {stream.left_out}"]
    state = f"  {stream.state.value}" if stream.state else ""
    step = f"  next: {stream.next_step}" if stream.next_step else ""
    lines = [f"  {name}  wave {stream.wave}{state}{step}"]
    for package, version in sorted(stream.versions.items()):
        lines.append(f"    {package} {version[:12] if version else 'not released here'}")
    own = {
        each.name: (each.value, f"{each.layer}: {each.origin}")
        for each in stream.parameters
        if each.name not in common
    }
    return lines + [f"  {line}" for line in _parameters(own)]


def _parameters(values: dict[str, tuple[str | None, str]]) -> list[str]:
    lines = []
    for name, (value, origin) in sorted(values.items()):
        lines += [f"  {name} = {'(not set)' if value is None else value}", f"      {origin}"]
    return lines


def _common(streams: Sequence[PreviewStream]) -> dict[str, tuple[str | None, str]]:
    """Parameters that have one value everywhere are shown once."""
    found: dict[str, set[tuple[str | None, str]]] = {}
    working = [stream for stream in streams if not stream.left_out]
    for stream in working:
        for each in stream.parameters:
            found.setdefault(each.name, set()).add((each.value, f"{each.layer}: {each.origin}"))
    return {name: next(iter(values)) for name, values in found.items() if len(values) == 1}


def json_text(preview: Preview) -> str:
    """The whole preview."""
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "preview": {
            "operation": preview.operation,
            "environment": preview.environment,
            "assignment": preview.assignment,
            "test": preview.test,
            "resumes": preview.resumes,
            "tasks": [
                {
                    "group": task.group,
                    "name": task.task.name,
                    "phase": task.phase.value,
                    "kind": str(task.task.kind),
                    "left_out": task.left_out,
                }
                for task in preview.tasks
            ],
            "streams": [_stream_json(stream) for stream in preview.streams],
        },
    }
    return json.dumps(document, indent=2)


def _stream_json(stream: PreviewStream) -> dict[str, Any]:
    return {
        "instance": stream.instance,
        "object": stream.object,
        "wave": stream.wave,
        "state": stream.state.value if stream.state else None,
        "next_step": stream.next_step,
        "left_out": stream.left_out,
        "packages": stream.versions,
        "parameters": [
            {
                "name": p.name,
                "type": p.type,
                "value": p.value,
                "layer": p.layer,
                "origin": p.origin,
            }
            for p in stream.parameters
        ],
    }
