"""The five kinds of resource as typed values, made from canonical specs.

A canonical spec is the JSON-able dict the manifests room produces: defaults filled in, templates
rendered, environment defaults merged into instances, names normalised. The repository records it
as it is; both sides build the same typed values from it, so planning and running share one model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """Resource kinds in order of dependency (a later one may refer to an earlier one)."""

    ENVIRONMENT = "Environment"
    INSTANCE = "Instance"
    PACKAGE = "Package"
    OPERATION = "Operation"
    ASSIGNMENT = "Assignment"


@dataclass(frozen=True, slots=True, order=True)
class ResourceId:
    """Kind and name; names are unique within a kind, compared as written."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind.value}/{self.name}"


@dataclass(frozen=True, slots=True)
class Location:
    """Where something stands in the working tree; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Resource:
    """One document. `digest` is the sha256 (hex) of kind, metadata, canonical spec and sources.

    `sources` (Package only) maps the unit's file name to its rendered text, in install order.
    `location` is None for a resource read from the repository.
    """

    id: ResourceId
    metadata: Mapping[str, Any]  # labels, description, owner, renamedFrom
    spec: Mapping[str, Any]
    digest: str
    sources: Mapping[str, str] = field(default_factory=dict)
    location: Location | None = None
