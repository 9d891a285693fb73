"""Assignment: run this operation there, on these objects, with these parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dtm.model.durations import parse_duration
from dtm.model.environment import RolloutPolicy
from dtm.model.operation import Limits
from dtm.model.resources import Kind, Resource


@dataclass(frozen=True, slots=True)
class Selector:
    """Which instances of the environment: by name, or by labels (all must match; a tuple: any of)."""

    names: tuple[str, ...] = ()
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any] | None) -> Selector:
        """Build from an `instances:` block; without one every instance is selected."""
        spec = spec or {}
        return cls(
            names=tuple(spec.get("names", ())),
            labels={
                key: (value,) if isinstance(value, str) else tuple(value)
                for key, value in spec.get("labels", {}).items()
            },
        )

    def matches(self, name: str, labels: Mapping[str, str]) -> bool:
        """Say whether an instance of that name and those labels is selected."""
        if self.names and name not in self.names:
            return False
        return all(labels.get(key) in allowed for key, allowed in self.labels.items())


@dataclass(frozen=True, slots=True)
class ObjectEntry:
    """One object (`OWNER.NAME` as the dictionary stores it, quoted where needed)."""

    name: str
    enabled: bool = True


ObjectGroup = tuple[ObjectEntry, ...]  # one member: in order; several: may run side by side


@dataclass(frozen=True, slots=True)
class Override:
    """Parameters or `enabled` for an instance, an object, or an object of one instance."""

    instance: str | None = None
    object: str | None = None
    enabled: bool | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Concurrency:
    """Streams at a time: over all instances, and per instance."""

    instances: int = 10
    per_instance: int = 1


@dataclass(frozen=True, slots=True)
class Window:
    """Runs may work from `start` (HH:MM in `timezone`, IANA) for `duration_s` on `days` (MON..SUN)."""

    start: str
    duration_s: int
    days: tuple[str, ...] = ()  # empty: every day
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Assignment:
    """The original's operation instance. No objects: one stream per instance."""

    name: str
    operation: str
    environment: str
    enabled: bool = True
    instances: Selector = field(default_factory=Selector)
    objects: tuple[ObjectGroup, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    rollout: RolloutPolicy = field(default_factory=lambda: RolloutPolicy(max_failures=None))
    concurrency: Concurrency = field(default_factory=Concurrency)
    limits: Limits = field(default_factory=Limits)
    window: Window | None = None
    schedule: str | None = None

    @classmethod
    def from_resource(cls, resource: Resource) -> Assignment:
        """Build from a canonical resource of this kind."""
        assert resource.id.kind is Kind.ASSIGNMENT  # noqa: S101 - a caller's mistake, not input
        spec = resource.spec
        concurrency = spec.get("concurrency", {})
        return cls(
            name=resource.id.name,
            operation=spec["operation"],
            environment=spec["environment"],
            enabled=spec.get("enabled", True),
            instances=Selector.from_spec(spec.get("instances")),
            objects=tuple(_group(member) for member in spec.get("objects", ())),
            parameters=spec.get("parameters", {}),
            overrides=tuple(
                Override(
                    o.get("instance"), o.get("object"), o.get("enabled"), o.get("parameters", {})
                )
                for o in spec.get("overrides", ())
            ),
            rollout=RolloutPolicy.from_spec(spec.get("rollout"), max_failures=None),
            concurrency=Concurrency(
                concurrency.get("instances", 10), concurrency.get("perInstance", 1)
            ),
            limits=Limits.from_spec(spec.get("limits")),
            window=_window(spec.get("window")),
            schedule=spec.get("schedule"),
        )


def _group(member: Any) -> ObjectGroup:
    members = member if isinstance(member, list) else [member]
    return tuple(
        ObjectEntry(m) if isinstance(m, str) else ObjectEntry(m["object"], m.get("enabled", True))
        for m in members
    )


def _window(spec: Mapping[str, Any] | None) -> Window | None:
    if spec is None:
        return None
    return Window(
        start=spec["start"],
        duration_s=parse_duration(spec["duration"]),
        days=tuple(spec.get("days", ())),
        timezone=spec.get("timezone", "UTC"),
    )
