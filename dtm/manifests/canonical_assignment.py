"""The canonical spec of an Assignment, and its checks against the operation's declarations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dtm.manifests.canonical import Canonical, Spec
from dtm.manifests.canonical_operation import typed_values
from dtm.manifests.paths import Path
from dtm.model.declarations import ParameterDecl
from dtm.model.suggest import did_you_mean

Declarations = Mapping[str, ParameterDecl] | None

_DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_CRON = (  # field, least, greatest, names (the first stands for the least of its field)
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, ("SUN", *_DAYS[:6])),
)


def assignment(ctx: Canonical, spec: Mapping[str, Any], decls: Declarations) -> Spec:
    """Return the canonical spec; `decls` is None where the operation is unknown or broken."""
    result: Spec = {
        "operation": spec["operation"],
        "environment": spec["environment"],
        "enabled": spec.get("enabled", True),
        "parameters": _parameters(ctx, ("spec", "parameters"), spec.get("parameters", {}), decls),
        "rollout": ctx.rollout(("spec", "rollout"), spec.get("rollout", {})),
        "concurrency": {"instances": 10, "perInstance": 1, **spec.get("concurrency", {})},
    }
    if "instances" in spec:
        result["instances"] = _selector(spec["instances"])
    if spec.get("objects"):
        result["objects"] = _objects(ctx, spec["objects"])
    if spec.get("overrides"):
        result["overrides"] = _overrides(ctx, spec["overrides"], result.get("objects", []), decls)
    if spec.get("limits"):
        result["limits"] = ctx.limits(("spec", "limits"), spec["limits"])
    if "window" in spec:
        result["window"] = _window(ctx, spec["window"])
    if "schedule" in spec:
        result["schedule"] = _schedule(ctx, spec["schedule"])
    return result


def object_names(objects: list[Any]) -> list[str]:
    """Return the names in a canonical `objects:` list, in run order."""
    return [
        member if isinstance(member, str) else member["object"]
        for group in objects
        for member in (group if isinstance(group, list) else [group])
    ]


def _parameters(
    ctx: Canonical, path: Path, values: Mapping[str, Any], decls: Declarations
) -> Spec:
    return (
        ctx.parameters(path, values) if decls is None else typed_values(ctx, path, values, decls)
    )


def _selector(instances: Mapping[str, Any]) -> Spec:
    result: Spec = {}
    if "names" in instances:
        result["names"] = sorted(instances["names"])
    if "labels" in instances:
        result["labels"] = {
            key: value
            if isinstance(value, str)
            else value[0]
            if len(value) == 1
            else sorted(value)
            for key, value in instances["labels"].items()
        }
    return result


def _objects(ctx: Canonical, objects: list[Any]) -> list[Any]:
    seen: set[str] = set()

    def entry(path: Path, member: Any) -> Any:
        place = path if isinstance(member, str) else (*path, "object")
        name = ctx.object_name(place, member if isinstance(member, str) else member["object"])
        if name in seen:
            ctx.refuse(place, "duplicate-item", f"{name} is already in the list")
        seen.add(name)
        if isinstance(member, str) or member.get("enabled", True):
            return name
        return {"object": name, "enabled": False}

    result = []
    for number, member in enumerate(objects):
        path: Path = ("spec", "objects", number)
        if isinstance(member, list):
            group = [entry((*path, position), m) for position, m in enumerate(member)]
            result.append(group if len(group) > 1 else group[0])
        else:
            result.append(entry(path, member))
    return result


def _overrides(
    ctx: Canonical, overrides: list[Mapping[str, Any]], objects: list[Any], decls: Declarations
) -> list[Spec]:
    names = object_names(objects)
    seen: set[tuple[str | None, str | None]] = set()
    result = []
    for number, override in enumerate(overrides):
        path: Path = ("spec", "overrides", number)
        made = {key: override[key] for key in ("instance", "enabled") if key in override}
        if "object" in override:
            made["object"] = ctx.object_name((*path, "object"), override["object"])
            if made["object"] not in names:
                hint = did_you_mean(made["object"], names) or "add it to objects"
                message = f"{made['object']} is not among the assignment's objects"
                ctx.refuse((*path, "object"), "dangling-reference", message, hint)
        target = (made.get("instance"), made.get("object"))
        if target == (None, None):
            ctx.refuse(path, "missing-field", '"instance" or "object" is missing', at_key=True)
        elif target in seen:
            message = "an override before this one is for the same instance and object"
            ctx.refuse(path, "duplicate-item", message, "merge the two")
        seen.add(target)
        if override.get("parameters"):
            values = override["parameters"]
            made["parameters"] = _parameters(ctx, (*path, "parameters"), values, decls)
        result.append(made)
    return sorted(result, key=lambda o: (o.get("instance", ""), o.get("object", "")))


def _window(ctx: Canonical, window: Mapping[str, Any]) -> Spec:
    path: Path = ("spec", "window")
    zone = window.get("timezone", "UTC")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f'"{zone}" is not a time zone of the IANA database'
        ctx.refuse((*path, "timezone"), "invalid-value", message, "for example Europe/London")
    result: Spec = {
        "start": window["start"],
        "duration": ctx.duration((*path, "duration"), window["duration"]),
        "timezone": zone,
    }
    if window.get("days"):
        result["days"] = sorted(window["days"], key=_DAYS.index)
    return result


def _schedule(ctx: Canonical, schedule: str) -> str:
    fields = schedule.split()
    for (what, least, greatest, names), text in zip(_CRON, fields, strict=True):
        for part in text.split(","):
            if not _cron_part(part, least, greatest, names):
                message = f'"{part}" is not a valid {what} ({least} to {greatest})'
                hint = 'fields: minute hour day month weekday, for example "0 22 * * SAT"'
                ctx.refuse(("spec", "schedule"), "invalid-value", message, hint)
    return " ".join(fields).upper()


def _cron_part(part: str, least: int, greatest: int, names: tuple[str, ...]) -> bool:
    """Say whether `*`, `*/2`, `1-5`, `MON-FRI/2` or a single value is within its field."""
    match = re.fullmatch(r"(\*|\w+(?:-\w+)?)(?:/([1-9][0-9]*))?", part, re.ASCII)
    if match is None:
        return False
    span = match.group(1)
    if span == "*":
        return True
    numbers = [
        least + names.index(word.upper()) if word.upper() in names else int(word)
        for word in span.split("-")
        if word.upper() in names or word.isdigit()
    ]
    complete = len(numbers) == len(span.split("-"))
    in_order = (
        numbers == sorted(numbers) or greatest == 7
    )  # FRI-MON is meant across the week's end
    return complete and in_order and all(least <= number <= greatest for number in numbers)
