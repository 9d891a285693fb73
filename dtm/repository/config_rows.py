"""Rows of the configuration tables as values, and values as binds; pure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from dtm.model.database import Row
from dtm.model.package import UnitKey
from dtm.model.resources import Kind, Resource, ResourceId
from dtm.repository.flatten import clip, flag
from dtm.repository.records import ReadBack


def canonical_json(value: Any) -> str:
    """Return JSON that is the same for the same value: sorted keys, no blanks, text as it is."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def resource_row(resource: Resource, apply_id: int) -> dict[str, Any]:
    """Return the binds of `insert_resource`."""
    spec, metadata = resource.spec, resource.metadata
    return {
        "kind": resource.id.kind.value,
        "name": resource.id.name,
        "digest": resource.digest,
        "environment": spec.get("environment"),
        "enabled": flag(spec.get("enabled", True)),
        "description": clip(metadata.get("description")),
        "owner": clip(metadata.get("owner"), 128),
        "metadata": canonical_json(metadata),
        "spec": canonical_json(spec),
        "apply_id": apply_id,
    }


def resources_of(
    rows: Iterable[Row], sources: Mapping[str, Mapping[str, str]]
) -> dict[ResourceId, Resource]:
    """Build resources from rows (kind, name, digest, metadata, spec)."""
    found = {}
    for kind, name, digest, metadata, spec in rows:
        key = ResourceId(Kind(kind), name)
        texts = sources.get(name, {}) if key.kind is Kind.PACKAGE else {}
        found[key] = Resource(key, json.loads(metadata), json.loads(spec), digest, texts)
    return found


def sources_by_package(rows: Iterable[Row]) -> dict[str, dict[str, str]]:
    """Group rows (package, file, text) into {package: {file: text}}."""
    sources: dict[str, dict[str, str]] = defaultdict(dict)
    for package, file, text in rows:
        sources[package][file] = text or ""
    return sources


def readbacks_of(rows: Iterable[Row]) -> tuple[ReadBack, ...]:
    """Build read-backs from rows (instance, type, name, sent, read back)."""
    return tuple(
        ReadBack(instance, UnitKey(kind, name), sent, readback)
        for instance, kind, name, sent, readback in rows
    )


def unit_binds(instance: str, unit: UnitKey) -> dict[str, str]:
    """Return the binds that name a unit on an instance."""
    return {"instance": instance, "unit_type": unit.type, "unit_name": unit.name}


def number(value: Any) -> int | None:
    """Return a NUMBER column as int; NULL is None."""
    return None if value is None else int(value)
