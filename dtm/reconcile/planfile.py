"""A saved plan: JSON with a format version; and the check that it still fits. Pure.

`dtm apply plan.json` plans anew and compares: every ingredient that changed is named, and nothing
is applied. Secrets cannot be in it: specs hold references only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from dtm.errors import StalePlan, UsageError
from dtm.model.package import UnitKey
from dtm.model.resources import Kind, ResourceId
from dtm.reconcile.changes import (
    FORMAT_VERSION,
    Action,
    Base,
    Change,
    Contact,
    FieldDiff,
    InstanceReport,
    Plan,
    Risk,
    UnitChange,
    UnitState,
    Warned,
)
from dtm.repository.records import Role


def to_dict(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON-able values; the same plan gives the same values."""
    base = plan.base
    return {
        "format_version": FORMAT_VERSION,
        "base": {
            "lineage": base.lineage,
            "serial": base.serial,
            "schema_version": base.schema_version,
            "manifest_digest": base.manifest_digest,
            "commit": base.commit,
            "tool_version": base.tool_version,
        },
        "offline": plan.offline,
        "resources": plan.resources,
        "migrations": list(plan.migrations),
        "changes": [_change_out(change) for change in plan.changes],
        "instances": [
            {
                "name": report.name,
                "environment": report.environment,
                "contact": report.contact.value,
                "message": report.message,
                "fingerprint": report.fingerprint,
                "packages": list(report.packages),
            }
            for report in plan.instances
        ],
        "warnings": [{"instance": w.instance, "message": w.message} for w in plan.warnings],
    }


def save(plan: Plan) -> str:
    """Return the text of a plan file."""
    return json.dumps(to_dict(plan), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def digest(plan: Plan) -> str:
    """Return the sha256 (hex) that names a plan in the record of applies."""
    text = json.dumps(to_dict(plan), ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def load(text: str) -> Plan:
    """Read a plan file; UsageError if it is none, or was written by another format."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise UsageError(f"this is not a plan file: {error}") from error
    if not isinstance(data, dict) or "format_version" not in data:
        raise UsageError("this is not a plan file: it has no format_version")
    if data["format_version"] != FORMAT_VERSION:
        raise UsageError(
            f"the plan file has format {data['format_version']}; this dtm reads {FORMAT_VERSION}",
            hint="plan again with this dtm",
        )
    try:
        return _plan_in(data)
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"the plan file is damaged: {error!r}", hint="plan again") from error


def check(saved: Plan, current: Plan) -> None:
    """Raise StalePlan, naming every ingredient of `saved` that `current` was not made from."""
    changed = tuple(stale(saved, current))
    if changed:
        raise StalePlan(
            "the plan is stale: " + "; ".join(changed), hint="plan again and review the result"
        )


def stale(saved: Plan, current: Plan) -> Iterator[str]:
    """Name the ingredients that differ, in words."""
    before, now = saved.base, current.base
    for what, old, new in (
        ("repository lineage", before.lineage, now.lineage),
        ("repository serial", before.serial, now.serial),
        ("repository schema version", before.schema_version, now.schema_version),
        ("manifest digest", before.manifest_digest, now.manifest_digest),
        ("git commit", before.commit, now.commit),
        ("tool version", before.tool_version, now.tool_version),
    ):
        if old != new:
            yield f"{what} was {_shown(old)}, is {_shown(new)}"
    reports = {report.name: report for report in current.instances}
    for report in saved.instances:
        other = reports.pop(report.name, None)
        if other is None:
            yield f"instance {report.name} is no longer part of it"
        elif report.contact is not other.contact:
            yield f"instance {report.name} was {report.contact}, is {other.contact}"
        elif report.fingerprint != other.fingerprint:
            yield f"instance {report.name} no longer holds what it held"
    for name in reports:
        yield f"instance {name} is new"


def _shown(value: object) -> str:
    text = "nothing" if value in (None, "") else str(value)
    return text if len(text) < 64 else text[:12]


def _change_out(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "action": change.action.value,
        "kind": change.target.kind.value,
        "name": change.target.name,
        "environment": change.environment,
        "instance": change.instance,
        "reason": change.reason,
        "version": change.version,
        "renamed_from": change.renamed_from,
        "risks": [risk.value for risk in change.risks],
        "fields": [
            {"path": f.path, "old": f.old, "new": f.new, "diff": f.text} for f in change.fields
        ],
        "units": [
            {
                "role": unit.role.value,
                "type": unit.key.type,
                "name": unit.key.name,
                "file": unit.file,
                "state": unit.state.value,
                "note": unit.note,
            }
            for unit in change.units
        ],
    }


def _plan_in(data: Mapping[str, Any]) -> Plan:
    return Plan(
        base=Base(**data["base"]),
        changes=tuple(_change_in(change) for change in data["changes"]),
        instances=tuple(
            InstanceReport(
                name=report["name"],
                environment=report["environment"],
                contact=Contact(report["contact"]),
                message=report["message"],
                fingerprint=report["fingerprint"],
                packages=tuple(report["packages"]),
            )
            for report in data["instances"]
        ),
        warnings=tuple(Warned(w["instance"], w["message"]) for w in data["warnings"]),
        migrations=tuple(data["migrations"]),
        resources=data["resources"],
        offline=data["offline"],
    )


def _change_in(data: Mapping[str, Any]) -> Change:
    return Change(
        action=Action(data["action"]),
        target=ResourceId(Kind(data["kind"]), data["name"]),
        reason=data["reason"],
        environment=data["environment"],
        instance=data["instance"],
        fields=tuple(FieldDiff(f["path"], f["old"], f["new"], f["diff"]) for f in data["fields"]),
        units=tuple(
            UnitChange(
                Role(unit["role"]),
                UnitKey(unit["type"], unit["name"]),
                unit["file"],
                UnitState(unit["state"]),
                unit["note"],
            )
            for unit in data["units"]
        ),
        version=data["version"],
        renamed_from=data["renamed_from"],
        risks=tuple(Risk(risk) for risk in data["risks"]),
    )
