"""Operation: tasks of a package in order, its life cycle, parameters and limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dtm.model.declarations import ParameterDecl
from dtm.model.durations import parse_duration
from dtm.model.resources import Kind, Resource


class TaskKind(StrEnum):
    """What dtm can promise: exactly once (no COMMIT or DDL inside), or at least once."""

    ATOMIC = "atomic"
    SELF_COMMITTING = "self-committing"


class Restart(StrEnum):
    """What to do with a self-committing task whose outcome is unknown."""

    SAFE = "safe"  # repeat it
    PROBE = "probe"  # ask the probe function
    MANUAL = "manual"  # wait for a person


@dataclass(frozen=True, slots=True)
class Retry:
    """`attempts` counts the first one; `backoff_s` before each further one; `on`: ORA codes."""

    attempts: int = 1
    backoff_s: int = 0
    on: tuple[str, ...] = ()

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any] | None) -> Retry:
        """Build from a `retry:` block; without one there is one attempt."""
        if not spec:
            return cls()
        return cls(
            attempts=spec.get("attempts", 1),
            backoff_s=parse_duration(spec.get("backoff", "0s")),
            on=tuple(spec.get("on", ())),
        )


@dataclass(frozen=True, slots=True)
class Task:
    """One procedure call. `session` holds the statements to execute in its session before."""

    name: str
    procedure: str
    kind: TaskKind = TaskKind.ATOMIC
    restart: Restart = Restart.MANUAL
    probe: str | None = None
    timeout_s: int | None = None
    enabled: bool = True
    session: tuple[str, ...] = ()
    retry: Retry = Retry()
    testable: bool = False

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any], *, name: str | None = None) -> Task:
        """Build from one member of `spec.tasks`, or of `spec.lifecycle` with its phase as name."""
        return cls(
            name=name or spec["name"],
            procedure=spec["procedure"],
            kind=TaskKind(spec.get("kind", TaskKind.ATOMIC)),
            restart=Restart(spec.get("restart", Restart.MANUAL)),
            probe=spec.get("probe"),
            timeout_s=parse_duration(spec["timeout"]) if spec.get("timeout") else None,
            enabled=spec.get("enabled", True),
            session=tuple(spec.get("session", ())),
            retry=Retry.from_spec(spec.get("retry")),
            testable=spec.get("testable", False),
        )


LifecycleTask = Task  # initial, iterator and final are tasks as well, named by their phase
Step = tuple[Task, ...]  # one member: in series; several: a parallel group


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """None where the operation has none of it (`initial: null`)."""

    initial: LifecycleTask | None
    iterator: LifecycleTask | None
    final: LifecycleTask | None

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Lifecycle:
        """Build from a canonical `lifecycle:` block, in which each member is null or a mapping."""

        def task(phase: str) -> LifecycleTask | None:
            return Task.from_spec(spec[phase], name=phase) if spec.get(phase) else None

        return cls(task("initial"), task("iterator"), task("final"))


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one stream start: elapsed seconds and iterations; None is no limit."""

    duration_s: int | None = None
    iterations: int | None = None

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any] | None) -> Limits:
        """Build from a `limits:` block."""
        spec = spec or {}
        duration = spec.get("duration")
        return cls(parse_duration(duration) if duration else None, spec.get("iterations"))

    def overridden_by(self, other: Limits) -> Limits:
        """Return `other` where it says something, else this."""
        return Limits(
            self.duration_s if other.duration_s is None else other.duration_s,
            self.iterations if other.iterations is None else other.iterations,
        )


@dataclass(frozen=True, slots=True)
class EnvironmentOverride:
    """`Operation.spec.environments.<env>`."""

    enabled: bool = True
    parameters: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class Operation:
    """Steps in order; `parameters` by upper-case name."""

    name: str
    package: str
    steps: tuple[Step, ...]
    lifecycle: Lifecycle
    enabled: bool = True
    parameters: Mapping[str, ParameterDecl] = field(default_factory=dict)
    limits: Limits = Limits()
    environments: Mapping[str, EnvironmentOverride] = field(default_factory=dict)

    @classmethod
    def from_resource(cls, resource: Resource) -> Operation:
        """Build from a canonical resource of this kind."""
        assert resource.id.kind is Kind.OPERATION  # noqa: S101 - a caller's mistake, not input
        spec = resource.spec
        return cls(
            name=resource.id.name,
            package=spec["package"],
            steps=tuple(_step(member) for member in spec["tasks"]),
            lifecycle=Lifecycle.from_spec(spec["lifecycle"]),
            enabled=spec.get("enabled", True),
            parameters={
                name: ParameterDecl.from_spec(name, decl)
                for name, decl in spec.get("parameters", {}).items()
            },
            limits=Limits.from_spec(spec.get("limits")),
            environments={
                name: EnvironmentOverride(
                    enabled=override.get("enabled", True),
                    parameters=override.get("parameters", {}),
                    limits=Limits.from_spec(override.get("limits")),
                )
                for name, override in spec.get("environments", {}).items()
            },
        )

    def tasks(self) -> Iterator[Task]:
        """Every task of every step in declared order, disabled ones too."""
        for step in self.steps:
            yield from step


def _step(member: Mapping[str, Any]) -> Step:
    group = member.get("parallel")
    return tuple(map(Task.from_spec, group)) if group is not None else (Task.from_spec(member),)
