"""The record of applies as text and JSON. Pure: values in, text out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dtm.repository.records import ApplyRecord, ChangeRecord, FieldRecord, Outcome

FORMAT_VERSION = 1


def list_text(applies: Sequence[ApplyRecord]) -> str:
    """List applies, the newest first, one line each."""
    if not applies:
        return "Nothing was ever applied here.\n"
    lines = [f"{'APPLY':>5}  {'STARTED (UTC)':<19}  {'STATE':<11}  {'BY':<22}  COMMIT"]
    for apply in applies:
        header = apply.header
        who = f"{header.os_user}@{header.host}"[:22]
        commit = (header.commit or "-")[:12]
        lines.append(
            f"{apply.apply_id:>5}  {_time(apply.started_at):<19}  {apply.state.value:<11}  "
            f"{who:<22}  {commit}"
        )
    return "\n".join(lines) + "\n"


def show_text(apply: ApplyRecord, changes: Sequence[ChangeRecord]) -> str:
    """Show one apply with everything it changed and what became of it."""
    header = apply.header
    ended = _time(apply.finished_at) if apply.finished_at else "not finished"
    after = "not written" if apply.serial_after is None else str(apply.serial_after)
    lines = [
        f"Apply {apply.apply_id}: {apply.state.value}",
        f"  by        {header.os_user}@{header.host}, dtm {header.tool_version}",
        f"  started   {_time(apply.started_at)} UTC",
        f"  ended     {ended}",
        f"  commit    {header.commit or 'none'}",
        f"  serial    {header.serial_before} -> {after}",
        f"  plan      {header.plan_digest[:12]}",
    ]
    if apply.error:
        lines.append(f"  error     {apply.error}")
    lines.append("")
    for change in changes:
        lines += _change(change)
    return "\n".join(lines) + "\n"


def _change(change: ChangeRecord) -> list[str]:
    where = f" on {change.instance}" if change.instance else ""
    mark = " " if change.outcome is Outcome.DONE else "!"
    head = f"{mark} {change.outcome.value.lower():<11} {change.action} {change.kind.value}"
    lines = [f"{head} {change.name}{where}: {change.reason}"]
    if change.action in ("update", "rename"):
        lines += [f"      {_field(field)}" for field in change.fields]
    lines += [f"      {line}" for line in (change.message or "").splitlines()]
    return lines


def _field(field: FieldRecord) -> str:
    if field.old is None:
        return f"{field.path}: {field.new} (new)"
    if field.new is None:
        return f"{field.path}: {field.old} (removed)"
    return f"{field.path}: {field.old} -> {field.new}"


def list_json(applies: Sequence[ApplyRecord]) -> str:
    """Return the list as JSON with a format version."""
    return _dump({"applies": [_apply(apply) for apply in applies]})


def show_json(apply: ApplyRecord, changes: Sequence[ChangeRecord]) -> str:
    """Return one apply with its changes as JSON with a format version."""
    made = [
        {
            "seq": change.seq,
            "action": change.action,
            "kind": change.kind.value,
            "name": change.name,
            "instance": change.instance,
            "environment": change.environment,
            "reason": change.reason,
            "outcome": change.outcome.value,
            "message": change.message,
            "fields": [{"path": f.path, "old": f.old, "new": f.new} for f in change.fields],
        }
        for change in changes
    ]
    return _dump({"apply": _apply(apply), "changes": made})


def _apply(apply: ApplyRecord) -> dict[str, Any]:
    header = apply.header
    return {
        "apply_id": apply.apply_id,
        "state": apply.state.value,
        "started_at": _iso(apply.started_at),
        "finished_at": _iso(apply.finished_at) if apply.finished_at else None,
        "os_user": header.os_user,
        "host": header.host,
        "commit": header.commit,
        "plan_digest": header.plan_digest,
        "manifest_digest": header.manifest_digest,
        "tool_version": header.tool_version,
        "serial_before": header.serial_before,
        "serial_after": apply.serial_after,
        "error": apply.error,
    }


def _dump(value: dict[str, Any]) -> str:
    return json.dumps({"format_version": FORMAT_VERSION, **value}, indent=1) + "\n"


def _time(value: datetime) -> str:
    return value.strftime("%Y-%m-%d %H:%M:%S")


def _iso(value: datetime) -> str:
    return value.isoformat(timespec="seconds") + "Z"
