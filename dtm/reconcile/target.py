"""What reconcile needs of a connected instance; `oracle_target` provides it over dtm.oracle.

The protocol is small on purpose: planning and rollout are tested against values, the adapter
against a database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from dtm.model.package import UnitKey
from dtm.repository.records import Facts, VersionUnit


@dataclass(frozen=True, slots=True)
class LiveUnit:
    """A unit as USER_SOURCE and USER_OBJECTS show it; `sha256` (hex) is of its source text.

    `matches`: the text is word for word what is wanted; if not, that proves nothing.
    """

    sha256: str
    status: str  # VALID or INVALID
    matches: bool = False

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
    """What became of one unit. `changed`: DDL was sent. `previous_text` None: it did not exist.

    `broken` names dependents that no longer compile because of it.
    """

    readback_sha256: str
    valid: bool
    changed: bool = True
    errors: tuple[CompileError, ...] = ()
    previous_text: str | None = None
    broken: tuple[str, ...] = ()


class Target(Protocol):
    """One instance, connected; used by one thread. Every method may raise DtmError."""

    def facts(self, instance: str) -> Facts:
        """Say which database this is."""

    def units(self, wanted: Sequence[VersionUnit]) -> Mapping[UnitKey, LiveUnit]:
        """Read the wanted PL/SQL units as far as the schema has them."""

    def tables(self, tables: Sequence[VersionUnit]) -> Mapping[UnitKey, LiveTable]:
        """Compare state tables with their CREATE TABLE; changes nothing."""

    def code_gate(self, timeout_s: float) -> AbstractContextManager[object]:
        """Keep tasks off the schema's code; Locked when one is at it for longer than that."""

    def install(self, unit: VersionUnit) -> Installed:
        """Create or replace one unit and read it back."""

    def restore(self, key: UnitKey, previous_text: str | None) -> None:
        """Put a text back, or drop the unit (None)."""

    def ensure_table(self, table: VersionUnit) -> None:
        """Create a state table or add its missing columns; alter nothing else."""

    def close(self) -> None:
        """End the session; safe to call twice."""
