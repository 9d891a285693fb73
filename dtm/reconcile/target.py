"""What reconcile needs of a connected instance, and the adapter over dtm.oracle that provides it.

The protocol is small on purpose: planning and rollout are tested against values, and the adapter
against a database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from dtm.errors import DtmError
from dtm.repository.records import Facts, UnitKey, VersionUnit


class WrongDatabase(DtmError):
    """Another database answers than the manifest or the first contact says."""


@dataclass(frozen=True, slots=True)
class LiveUnit:
    """A unit as USER_SOURCE and USER_OBJECTS show it; `sha256` (hex) is of its source text."""

    sha256: str
    status: str  # VALID or INVALID

    @property
    def valid(self) -> bool:
        """Say whether it compiled."""
        return self.status == "VALID"


@dataclass(frozen=True, slots=True)
class LiveTable:
    """A state table compared with its CREATE TABLE: columns it lacks, and what else differs."""

    exists: bool
    missing: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CompileError:
    """One line of USER_ERRORS; `line` counts in the file, from 1."""

    line: int
    position: int
    text: str


@dataclass(frozen=True, slots=True)
class Installed:
    """What became of one unit. `previous_text` None: it did not exist.

    `broken` names dependents that no longer compile because of it.
    """

    readback_sha256: str
    valid: bool
    errors: tuple[CompileError, ...] = ()
    previous_text: str | None = None
    broken: tuple[str, ...] = ()


class Target(Protocol):
    """One instance, connected; used by one thread. Every method may raise DtmError."""

    def facts(self, instance: str) -> Facts:
        """Say which database this is."""

    def units(self) -> Mapping[UnitKey, LiveUnit]:
        """Read every PL/SQL unit of the schema."""

    def tables(self, tables: Sequence[VersionUnit]) -> Mapping[UnitKey, LiveTable]:
        """Compare state tables with their CREATE TABLE; changes nothing."""

    def code_gate(self, timeout_s: float) -> AbstractContextManager[object]:
        """Keep tasks off the schema's code; Locked when one is at it for longer than that."""

    def install(self, unit: VersionUnit) -> Installed:
        """Create or replace one unit and read it back."""

    def restore(self, key: UnitKey, previous_text: str | None) -> str | None:
        """Put a text back, or drop the unit (None); return the sha256 of the read-back."""

    def ensure_table(self, table: VersionUnit) -> tuple[str, ...]:
        """Create a state table or add its missing columns; say in words what was done."""

    def close(self) -> None:
        """End the session; safe to call twice."""
