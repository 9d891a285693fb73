"""What the repository holds, as values: recorded state, installs, releases, applies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dtm.model.package import UnitKey
from dtm.model.resources import Kind, Resource, ResourceId


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """`schema_version` 0: nothing is there yet, lineage is empty and serial 0."""

    lineage: str
    serial: int
    schema_version: int

    @property
    def initialised(self) -> bool:
        """Say whether `dtm init` or a first apply has been here."""
        return bool(self.lineage)


class Role(StrEnum):
    """A unit is replaced by an install; a table is created or extended, never replaced."""

    UNIT = "UNIT"
    TABLE = "TABLE"


@dataclass(frozen=True, slots=True)
class VersionUnit:
    """One member of a package version. `type` and `name` as in USER_OBJECTS; `text` as rendered."""

    role: Role
    type: str
    name: str
    file: str
    text: str
    sha256: str


@dataclass(frozen=True, slots=True)
class PackageVersion:
    """A package as it is rolled out: its members in install order; `version` is their digest."""

    package: str
    version: str
    units: tuple[VersionUnit, ...]


class InstallStatus(StrEnum):
    """What became of one unit."""

    INSTALLED = "INSTALLED"
    FAILED = "FAILED"
    RESTORED = "RESTORED"  # did not compile: the previous text was put back
    DROPPED = "DROPPED"  # did not compile, and there was none before


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What an instance's USER_SOURCE held right after a text was sent to it."""

    instance: str
    unit: UnitKey
    sent_sha256: str
    readback_sha256: str


@dataclass(frozen=True, slots=True)
class Intent:
    """An install that was begun and not recorded: its dtm was killed, or is still at it."""

    instance: str
    unit: UnitKey
    package: str
    sent_sha256: str
    apply_id: int | None = None


@dataclass(frozen=True, slots=True)
class InstallRecord:
    """One install to be recorded. `previous_text` is kept, so nobody's work is lost."""

    instance: str
    package: str
    version: str
    unit: UnitKey
    sent_sha256: str
    readback_sha256: str | None
    previous_text: str | None
    status: InstallStatus
    error: str | None = None
    apply_id: int | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """The version an instance is meant to have now."""

    instance: str
    package: str
    version: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The database an instance was at first contact; `pdb_guid` empty outside a container."""

    instance: str
    db_unique_name: str
    dbid: int | None
    pdb_guid: str | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """The recorded state as plan reads it: one set-based read per table.

    `resources` are complete only for the ids that were asked for; `digests` always cover all.
    """

    state: RepositoryState
    digests: Mapping[ResourceId, str] = field(default_factory=dict)
    resources: Mapping[ResourceId, Resource] = field(default_factory=dict)
    readbacks: tuple[ReadBack, ...] = ()
    intents: tuple[Intent, ...] = ()
    releases: Mapping[tuple[str, str], str] = field(default_factory=dict)
    facts: Mapping[str, Facts] = field(default_factory=dict)


class ApplyState(StrEnum):
    """Where an apply stands or how it ended."""

    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    DEGRADED = "DEGRADED"  # done, but some instances were busy or unreachable
    INTERRUPTED = "INTERRUPTED"  # its dtm was killed; the next apply notices


class Outcome(StrEnum):
    """What became of one change of an apply."""

    PLANNED = "PLANNED"
    DONE = "DONE"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"  # the failure budget was spent, or the helper failed
    BUSY = "BUSY"  # a running stream uses the code
    UNREACHABLE = "UNREACHABLE"
    STALE = "STALE"  # the instance changed between plan and apply


@dataclass(frozen=True, slots=True)
class ApplyHeader:
    """Who applies what; recorded before anything is written."""

    os_user: str
    host: str
    commit: str | None
    plan_digest: str
    manifest_digest: str
    tool_version: str
    serial_before: int


@dataclass(frozen=True, slots=True)
class FieldRecord:
    """One changed field; values are JSON text, None where there was or is nothing."""

    path: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """One change of an apply as it is recorded; `seq` counts from 1."""

    seq: int
    action: str
    kind: Kind
    name: str
    instance: str | None
    environment: str | None
    reason: str
    outcome: Outcome = Outcome.PLANNED
    message: str | None = None
    fields: tuple[FieldRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class ApplyRecord:
    """One apply as listed; times are UTC by the repository's clock."""

    apply_id: int
    state: ApplyState
    started_at: datetime
    finished_at: datetime | None
    header: ApplyHeader
    serial_after: int | None
    error: str | None
