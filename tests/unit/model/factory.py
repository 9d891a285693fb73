"""Short ways to make canonical resources for tests."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from dtm.model.resources import Kind, Location, Resource, ResourceId


def resource(kind: Kind, name: str, spec: dict[str, Any], **rest: Any) -> Resource:
    """A canonical resource with a place of its own."""
    return Resource(
        ResourceId(kind, name),
        rest.pop("metadata", {}),
        spec,
        digest="0" * 64,
        location=Location(f"{name}.yaml", 1, 1),
        **rest,
    )


PURGE: dict[str, Any] = {
    "package": "PURGE",
    "tasks": [
        {"name": "one", "procedure": "ONE"},
        {"parallel": [{"name": "l", "procedure": "L"}, {"name": "r", "procedure": "R"}]},
    ],
    "lifecycle": {"initial": None, "iterator": {"procedure": "ITERATOR"}, "final": None},
    "parameters": {
        "DOP": {"type": "number", "default": 4, "minimum": 1, "maximum": 64},
        "DAYS": {"type": "number", "default": 365},
        "CUTOFF": {"type": "date", "required": False},
        "MODE": {"type": "string", "enum": ["ARCHIVE", "DELETE"], "default": "ARCHIVE"},
    },
    "limits": {"duration": "4h", "iterations": 10},
    "environments": {"prod": {"limits": {"iterations": 20}}},
}
PURGE_PROD: dict[str, Any] = {
    "operation": "purge",
    "environment": "prod",
    "objects": ["S.A", ["S.B", {"object": "S.C", "enabled": False}]],
    "parameters": {"DAYS": 1},
    "overrides": [
        {"instance": "a1", "object": "S.A", "parameters": {"DAYS": 4}},
        {"object": "S.A", "parameters": {"DAYS": 3}},
        {"instance": "a1", "parameters": {"DAYS": 2}},
        {"instance": "b1", "object": "S.B", "enabled": False},
    ],
    "limits": {"duration": "6h"},
}


def shop() -> list[Resource]:
    """Two instances, one operation, one assignment on two objects with every kind of override."""
    prod = {"parameters": {"DOP": 8, "UNRELATED": "x"}}
    instances = (
        resource(
            Kind.INSTANCE,
            name,
            {"environment": "prod", "connect": {"user": "DTM", "dsn": f"h/{name}"}},
            metadata={"labels": {"region": region}},
        )
        for name, region in (("b1", "emea"), ("a1", "apac"))
    )
    return [
        resource(Kind.ENVIRONMENT, "prod", prod),
        *instances,
        resource(Kind.OPERATION, "purge", deepcopy(PURGE)),
        resource(Kind.ASSIGNMENT, "purge-prod", deepcopy(PURGE_PROD)),
    ]
