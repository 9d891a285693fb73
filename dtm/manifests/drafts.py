"""A document on its way to a Resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dtm.manifests.findings import Place
from dtm.manifests.sources import Source
from dtm.model.declarations import ParameterDecl
from dtm.model.resources import Kind, Location


@dataclass(slots=True)
class Draft:
    """`raw_spec` is rendered and of the right shape when `valid`; `spec` is canonical then.

    A draft that is not valid still counts as existing, so that one mistake is reported once.
    """

    place: Place
    location: Location
    kind: Kind
    name: str  # as the repository knows it
    data: Mapping[str, Any]
    raw_spec: Mapping[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    spec: dict[str, Any] = field(default_factory=dict)
    valid: bool = True
    declarations: dict[str, ParameterDecl] | None = None  # Operation only
    sources: Mapping[str, list[Source]] = field(default_factory=dict)  # Package only
