"""Brings the repository's schema to the newest version; killed anywhere, it goes on where it was.

Oracle DDL commits by itself, so a kill can fall between a statement and the note of its progress.
After every statement that cannot be repeated the progress is noted; the first such statement after
the last note may already have run, and only there is "exists already" taken as done - by looking
into the dictionary, never by swallowing an error. The caller holds the repository lock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dtm.errors import ConfigurationError, DtmError
from dtm.model.database import Session
from dtm.repository.migrations import BOOTSTRAP, Migration, bundled
from dtm.repository.queries import load

Q = load("schema")
Report = Callable[[str], None]

_CREATE = re.compile(r"^CREATE (?:UNIQUE )?(TABLE|INDEX|SEQUENCE) (\w+)", re.IGNORECASE)
_ADD = re.compile(r"^ALTER TABLE (\w+) ADD \(\s*(\w+)", re.IGNORECASE)
_CONSTRAINT = re.compile(r"^ALTER TABLE (\w+) ADD CONSTRAINT (\w+)", re.IGNORECASE)
_UNIT = re.compile(
    r"^CREATE OR REPLACE (?:PACKAGE BODY|PACKAGE|PROCEDURE|FUNCTION|VIEW|TRIGGER) (\w+)",
    re.IGNORECASE,
)
_REPEATABLE = re.compile(
    r"^(COMMENT|CREATE OR REPLACE|GRANT|ALTER VIEW \w+ COMPILE)\b", re.IGNORECASE
)
_DML = re.compile(r"^(INSERT|UPDATE|DELETE|MERGE)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """Where a schema stands: `current` 0 means nothing is there; `pending` are script names."""

    current: int
    newest: int
    pending: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Applied:
    version: int
    name: str
    digest: str
    done: int
    complete: bool


class Migrator:
    """Applies migrations through one session; ConfigurationError on a schema it must not touch."""

    def __init__(
        self, session: Session, tool_version: str, migrations: Sequence[Migration] | None = None
    ) -> None:
        self._session = session
        self._tool_version = tool_version
        self._migrations = tuple(bundled() if migrations is None else migrations)

    def status(self) -> SchemaStatus:
        """Read the schema's version; changes nothing."""
        applied = self._applied()
        newest = self._migrations[-1].version
        self._refuse_newer(applied, newest)
        complete = [entry.version for entry in applied.values() if entry.complete]
        pending = tuple(
            f"{m.version:04d}_{m.name}" for m in self._numbered() if m.version not in complete
        )
        return SchemaStatus(max(complete, default=0), newest, pending)

    def apply(self, report: Report | None = None) -> tuple[str, ...]:
        """Apply what is pending, in order; return the names of the scripts completed now."""
        pending = self.status().pending
        if not pending:
            return ()
        applied = self._applied()
        if not applied:
            self._bootstrap()
        for migration in self._numbered():
            name = f"{migration.version:04d}_{migration.name}"
            if name in pending:
                if report is not None:
                    report(name)
                self._run(migration, applied.get(migration.version))
        return pending

    def _numbered(self) -> tuple[Migration, ...]:
        return tuple(m for m in self._migrations if m.version != BOOTSTRAP)

    def _applied(self) -> dict[int, _Applied]:
        if self._session.query(Q["version_table"]) == [(0,)]:
            return {}
        rows = self._session.query(Q["versions"])
        return {
            int(version): _Applied(int(version), name, digest, int(done), complete == "Y")
            for version, name, digest, done, complete in rows
        }

    def _refuse_newer(self, applied: dict[int, _Applied], newest: int) -> None:
        version = max(applied, default=0)
        if version > newest:
            raise ConfigurationError(
                f"the repository's schema has version {version}; this dtm knows up to {newest}",
                hint="install the dtm that migrated it, or a newer one",
            )

    def _bootstrap(self) -> None:
        for statement in self._migrations[0].statements:
            if not self._exists(statement):
                self._session.execute(statement)

    def _run(self, migration: Migration, before: _Applied | None) -> None:
        if before is None:
            binds = {
                "version": migration.version,
                "name": migration.name,
                "digest": migration.digest,
                "statements": len(migration.statements),
                "tool_version": self._tool_version,
            }
            self._session.execute(Q["begin"], binds)
            self._session.commit()
        elif before.digest != migration.digest:
            raise ConfigurationError(
                f"migration {migration.version:04d}_{migration.name} was interrupted, "
                "and its script has changed since",
                hint="finish it with the dtm that began it",
            )
        done = before.done if before is not None else 0
        in_doubt = before is not None
        for number, statement in enumerate(migration.statements[done:], start=done + 1):
            self._step(migration.version, number, statement, in_doubt=in_doubt)
            in_doubt = in_doubt and _REPEATABLE.match(statement) is not None
        self._session.execute(Q["complete"], {"version": migration.version})
        self._session.commit()

    def _step(self, version: int, number: int, statement: str, *, in_doubt: bool) -> None:
        """Run one statement and note it; repeatable ones need no note of their own."""
        if not (in_doubt and self._exists(statement)):
            self._session.execute(statement)
            self._check_compiled(statement)
        if _REPEATABLE.match(statement) is None:
            self._session.execute(Q["progress"], {"done": number, "version": version})
            self._session.commit()

    def _exists(self, statement: str) -> bool:
        """Tell from the dictionary whether a statement has run. DML has not: it commits with its
        note. ValueError for a statement whose effect cannot be looked up."""
        if _REPEATABLE.match(statement) or _DML.match(statement):
            return False
        for pattern, query, keys in (
            (_CREATE, "object_exists", ("type", "name")),
            (_CONSTRAINT, "constraint_exists", ("table_name", "name")),
            (_ADD, "column_exists", ("table_name", "name")),
        ):
            if match := pattern.match(statement):
                binds = dict(zip(keys, (part.upper() for part in match.groups()), strict=True))
                return self._session.query(Q[query], binds) != [(0,)]
        raise ValueError(f"a migration cannot resume after: {statement.splitlines()[0]}")

    def _check_compiled(self, statement: str) -> None:
        match = _UNIT.match(statement)
        if match is None:
            return
        errors = self._session.query(Q["compile_errors"], {"name": match[1].upper()})
        if errors:
            line, position, text = errors[0]
            raise DtmError(
                f"{match[1].upper()} does not compile in the repository: "
                f"line {line}, column {position}: {str(text).strip()}",
                hint="check the grants of the repository's owner (docs/repository.md)",
            )
