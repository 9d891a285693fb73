"""What planning and applying are given: callables and values, built by dtm.bootstrap or a test."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from dtm.model.database import Session
from dtm.model.instance import Instance
from dtm.model.resources import Kind, Location, Resource
from dtm.model.run import OpenRun
from dtm.reconcile.changes import Plan
from dtm.reconcile.target import Target
from dtm.repository.records import PackageVersion


@dataclass(frozen=True, slots=True)
class Who:
    """Who applies, for the record."""

    os_user: str
    host: str


def no_runs(session: Session) -> tuple[OpenRun, ...]:  # noqa: ARG001 - the shape of open_runs
    """Say that no run is open: for a repository that cannot run anything."""
    return ()


def no_history(session: Session, kind: Kind, old: str, new: str) -> None:
    """Rename nothing: for a repository without run history."""


@dataclass(frozen=True, slots=True)
class Deps:
    """The outside world. Sessions and targets are ours to close once they are opened.

    `helper`: versions of the helper packages, in install order. `lock` holds the repository lock
    of a session's schema and raises Locked. `rename_history` renames inside a transaction.
    """

    repository: Callable[[], Session]
    connect: Callable[[Instance], Target]
    helper: tuple[PackageVersion, ...]
    lock: Callable[[Session], AbstractContextManager[object]]
    tool_version: str
    who: Who
    open_runs: Callable[[Session], tuple[OpenRun, ...]] = no_runs
    rename_history: Callable[[Session, Kind, str, str], None] = no_history


# (package, file as its manifest writes it, line, column) -> the place in the tree, if it has one
Locate = Callable[[str, str, int, int], Location | None]


def nowhere(package: str, file: str, line: int, column: int) -> Location | None:  # noqa: ARG001 - the shape of Locate
    """Know no place: for resources that do not come from files."""
    return None


@dataclass(frozen=True, slots=True)
class Desired:
    """The working tree: canonical resources, and the git commit they come from (None: no git).

    `locate` finds the place of a compile error among the files.
    """

    resources: tuple[Resource, ...]
    commit: str | None = None
    locate: Locate = field(default=nowhere, compare=False)


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """`offline`: look at no instance. `deadline_s` is per instance; `max_parallel` counts connections."""

    offline: bool = False
    deadline_s: float = 30.0
    max_parallel: int = 64


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """`saved`: the plan file that is to be applied and nothing else. `confirmed`: --confirm.

    `gate_s`: how long an install waits for tasks that use the code. `deadline_s` bounds the work
    on one instance; `max_parallel` counts instances installed at a time.
    """

    max_deletions: int = 10
    confirmed: frozenset[str] = field(default_factory=frozenset)
    saved: Plan | None = None
    deadline_s: float = 600.0
    gate_s: float = 10.0
    max_parallel: int = 32
