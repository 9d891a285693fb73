"""Values of a plan: what differs, what will be done about it, and what the plan was made from.

Pure and frozen; lists are in the order in which they are applied.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dtm.errors import ExitCode, worst
from dtm.model.package import UnitKey
from dtm.model.resources import Kind, ResourceId
from dtm.repository.records import Role

FORMAT_VERSION = 1  # of the JSON that a saved plan is


class Action(StrEnum):
    """What a change does."""

    CREATE = "create"
    UPDATE = "update"
    RENAME = "rename"
    DELETE = "delete"
    INSTALL = "install"  # units of a package on one instance
    RELEASE = "release"  # everything is there already; only the released version advances


class Risk(StrEnum):
    """Why somebody should look twice."""

    DESTRUCTIVE = "destructive"  # recorded state is removed
    DRIFT = "overwrites drift"  # somebody's change on an instance is replaced (its text is kept)
    PROTECTED = "protected"  # destructive in a protected environment: needs --confirm


class UnitState(StrEnum):
    """A unit or state table as an instance holds it, compared with what is desired."""

    CURRENT = "current"
    MISSING = "missing"
    OLDER = "older"  # equals an earlier read-back
    DRIFT = "drift"  # equals nothing dtm ever read back there
    INTERRUPTED = "interrupted"  # an install was begun and never recorded
    UNRECORDED = "unrecorded"  # the right text, but no install of it is recorded
    INVALID = "compile-error"  # the right text, but it does not compile
    EXTEND = "columns missing"  # a state table; columns are added
    DIFFERENT = "differs"  # a state table; reported, never altered


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One field. Values are JSON text; None: not there. `text`: unified diff of a source file."""

    path: str
    old: str | None
    new: str | None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class UnitChange:
    """One member of a package on one instance; `note` says more in words."""

    role: Role
    key: UnitKey
    file: str
    state: UnitState
    note: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One planned change. `instance` and `units` are set for installs and releases only.

    `version` is the package version to be installed or released.
    """

    action: Action
    target: ResourceId
    reason: str
    environment: str | None = None
    instance: str | None = None
    fields: tuple[FieldDiff, ...] = ()
    units: tuple[UnitChange, ...] = ()
    version: str | None = None
    renamed_from: str | None = None
    risks: tuple[Risk, ...] = ()

    @property
    def id(self) -> str:
        """Name the change in one line, unique within a plan."""
        where = f" on {self.instance}" if self.instance else ""
        return f"{self.action.value} {self.target}{where}"


class Contact(StrEnum):
    """How looking at an instance went."""

    READ = "read"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"  # it is not the database it should be
    NOT_READ = "not read"  # --offline


@dataclass(frozen=True, slots=True)
class InstanceReport:
    """One instance that packages go to. `fingerprint` (sha256) is of what was read there."""

    name: str
    environment: str
    contact: Contact
    message: str = ""
    fingerprint: str | None = None
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Warned:
    """Something a person should know that no change will mend."""

    instance: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Base:
    """What a plan was made from: the ingredients that must not have changed at apply."""

    lineage: str
    serial: int
    schema_version: int
    manifest_digest: str
    commit: str | None
    tool_version: str


@dataclass(frozen=True, slots=True)
class Plan:
    """An ordered list of changes with what it was made from.

    `migrations` are scripts the repository's schema still needs; `resources` counts the working
    tree. `protected` names the environments whose protection the plan touches.
    """

    base: Base
    changes: tuple[Change, ...]
    instances: tuple[InstanceReport, ...] = ()
    warnings: tuple[Warned, ...] = ()
    migrations: tuple[str, ...] = ()
    resources: int = 0
    offline: bool = False

    @property
    def empty(self) -> bool:
        """Say whether there is nothing to do."""
        return not self.changes and not self.migrations

    @property
    def drift(self) -> bool:
        """Say whether an instance holds what nobody rolled out there."""
        return any(Risk.DRIFT in change.risks for change in self.changes)

    @property
    def away(self) -> tuple[InstanceReport, ...]:
        """Instances that could not be looked at although they should have been."""
        lost = (Contact.UNREACHABLE, Contact.REFUSED)
        return tuple(report for report in self.instances if report.contact in lost)

    @property
    def exit_code(self) -> ExitCode:
        """0 nothing to do, 2 changes, 6 nothing seen to do but instances are away, 1 an instance is
        another database than it should be."""
        codes = [ExitCode.OK if self.empty else ExitCode.CHANGES]
        if self.away and self.empty:
            codes.append(ExitCode.DEGRADED)
        if self.refused:
            codes.append(ExitCode.ERROR)
        return worst(codes)

    @property
    def refused(self) -> bool:
        """Say whether an instance is not the database it should be: somebody has to act."""
        return any(report.contact is Contact.REFUSED for report in self.instances)

    @property
    def needs_confirmation(self) -> tuple[str, ...]:
        """Protected environments in which something is destroyed, sorted."""
        touched = {
            change.environment
            for change in self.changes
            if Risk.PROTECTED in change.risks and change.environment
        }
        return tuple(sorted(touched))

    @property
    def deletions(self) -> int:
        """Number of resources the plan removes."""
        return sum(change.action is Action.DELETE for change in self.changes)

    def counts(self) -> dict[Action, int]:
        """Count changes by action, in the order of the actions; absent actions are left out."""
        return {
            action: count
            for action in Action
            if (count := sum(change.action is action for change in self.changes))
        }


CONFIG_ACTIONS = (Action.CREATE, Action.UPDATE, Action.RENAME, Action.DELETE)
KIND_ORDER = {kind: position for position, kind in enumerate(Kind)}
