"""ConfigStore: the recorded state - configuration, package versions, installs, releases, facts.

One session, used by one thread at a time; the caller brings the lock. Reads take one statement per
table. Methods commit, unless they say otherwise.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dtm.errors import StalePlan
from dtm.model.database import Row, Session
from dtm.model.package import UnitKey
from dtm.model.resources import Kind, Resource, ResourceId
from dtm.repository.config_rows import (
    number,
    readbacks_of,
    resource_row,
    resources_of,
    sources_by_package,
    unit_binds,
)
from dtm.repository.flatten import TABLES, clip, rows_of
from dtm.repository.queries import load
from dtm.repository.records import (
    Facts,
    InstallRecord,
    Intent,
    PackageVersion,
    ReadBack,
    Recorded,
    Release,
    RepositoryState,
    Role,
    VersionUnit,
)

Q = load("config")
FLAT = load("flat")
SCHEMA = load("schema")

ONE_BY_ONE = 20  # up to so many resources are cheaper to read singly than all of them


@dataclass(frozen=True, slots=True)
class ConfigWrite:
    """What one apply writes. A renamed resource is also among `upserts`, under its new name.

    `selections`: (assignment, instance) pairs of the whole desired state; None: unchanged.
    `versions`: package versions that installs will refer to, helper packages included.
    `forget_facts`: instances whose manifest now points to another database.
    """

    apply_id: int
    expected: RepositoryState
    upserts: tuple[Resource, ...] = ()
    deletes: tuple[ResourceId, ...] = ()
    renames: tuple[tuple[Kind, str, str], ...] = ()
    versions: tuple[PackageVersion, ...] = ()
    selections: tuple[tuple[str, str], ...] | None = None
    forget_facts: tuple[str, ...] = ()


class ConfigStore:
    """Reads and writes the recorded state through one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._kept: set[str] = set()  # texts known to be in DTM_SOURCES; none is ever removed

    # --- reading

    def schema(self) -> str:
        """Name the schema that holds this repository."""
        return str(self._session.query(Q["schema"])[0][0])

    def state(self) -> RepositoryState:
        """Read lineage, serial and schema version; all empty where nothing is there yet."""
        if self._session.query(SCHEMA["version_table"]) == [(0,)]:
            return RepositoryState("", 0, 0)
        versions = self._session.query(SCHEMA["versions"])
        version = max((int(row[0]) for row in versions if row[4] == "Y"), default=0)
        if version == 0:
            return RepositoryState("", 0, 0)
        rows = self._session.query(Q["repository"])
        if not rows:
            return RepositoryState("", 0, version)
        return RepositoryState(rows[0][0], int(rows[0][1]), version)

    def digests(self) -> dict[ResourceId, str]:
        """Read the digest of every recorded resource."""
        rows = self._session.query(Q["digests"])
        return {ResourceId(Kind(kind), name): digest for kind, name, digest in rows}

    def resources(self, ids: Collection[ResourceId] | None = None) -> dict[ResourceId, Resource]:
        """Read recorded resources in full: all, or those of `ids` that are recorded."""
        if ids is not None and len(ids) <= ONE_BY_ONE:
            rows: list[Row] = []
            sources: dict[str, dict[str, str]] = {}
            for one in ids:
                binds = {"kind": one.kind.value, "name": one.name}
                rows += self._session.query(Q["resource"], binds)
                if one.kind is Kind.PACKAGE:
                    found = self._session.query(Q["sources_of_package"], {"name": one.name})
                    sources |= sources_by_package(found)
            return resources_of(rows, sources)
        rows = self._session.query(Q["resources"])
        every = resources_of(rows, sources_by_package(self._session.query(Q["package_sources"])))
        return every if ids is None else {one: every[one] for one in ids if one in every}

    def recorded(self) -> Recorded:
        """Read everything, in one statement per table; empty where nothing is there yet."""
        index = self.index()
        return replace(index, resources=self.resources()) if index.state.initialised else index

    def index(self) -> Recorded:
        """Read everything but the resources' content: digests only."""
        state = self.state()
        if not state.initialised:
            return Recorded(state)
        return Recorded(
            state=state,
            digests=self.digests(),
            readbacks=readbacks_of(self._session.query(Q["readbacks"])),
            intents=self.intents(),
            releases={(r.instance, r.package): r.version for r in self.releases()},
            facts=self.facts(),
        )

    def readbacks(self, instance: str) -> tuple[ReadBack, ...]:
        """Read every text that was ever read back on one instance."""
        return readbacks_of(
            self._session.query(Q["readbacks_of_instance"], {"instance": instance})
        )

    def intents(self) -> tuple[Intent, ...]:
        """Read the installs that were begun and not recorded."""
        return tuple(
            Intent(instance, UnitKey(kind, name), package, sent, number(apply_id))
            for instance, kind, name, package, sent, apply_id in self._session.query(Q["intents"])
        )

    def releases(self) -> tuple[Release, ...]:
        """Read the version each instance is meant to have of each package."""
        return tuple(Release(*row) for row in self._session.query(Q["releases"]))

    def facts(self) -> dict[str, Facts]:
        """Read which database each instance was at first contact."""
        return {
            instance: Facts(instance, unique_name, number(dbid), guid)
            for instance, unique_name, dbid, guid in self._session.query(Q["facts"])
        }

    def unit_texts(self, package: str, version: str) -> PackageVersion:
        """Read what a version consists of; without members if it was never recorded."""
        rows = self._session.query(Q["version_units"], {"package": package, "version": version})
        units = (
            VersionUnit(Role(role), kind, name, file, text or "", sha)
            for role, kind, name, file, text, sha in rows
        )
        return PackageVersion(package, version, tuple(units))

    # --- writing

    def initialise(self, lineage: str) -> None:
        """Give a new repository its lineage."""
        self._session.execute(Q["create_repository"], {"lineage": lineage})
        self._session.commit()

    def write(
        self, change: ConfigWrite, before_commit: Callable[[int], None] | None = None
    ) -> int:
        """Write a configuration in one transaction and return the new serial.

        StalePlan if the repository is not what was expected; then nothing is written.
        `before_commit` gets the new serial and writes what else belongs to the transaction.
        """
        expected = change.expected
        binds = {"lineage": expected.lineage, "serial": expected.serial}
        if self._session.execute(Q["advance_serial"], binds) != 1:
            self._session.rollback()
            raise StalePlan(
                f"the repository is no longer at serial {expected.serial}",
                hint="somebody else has applied; plan again",
            )
        for kind, old, new in change.renames:
            self._rename(kind, old, new)
        self._remove(
            [*change.deletes, *(r.id for r in change.upserts)]
            + [ResourceId(kind, old) for kind, old, _ in change.renames]
        )
        self._forget(change)
        self._keep_versions(change.versions)
        self._insert(change.upserts, change.apply_id)
        if change.selections is not None:
            self._select(change.selections)
        if before_commit is not None:
            before_commit(expected.serial + 1)
        self._session.commit()
        return expected.serial + 1

    def record_facts(self, facts: Iterable[Facts]) -> None:
        """Record which database an instance is, where that is not known yet."""
        rows = [
            {
                "instance": fact.instance,
                "db_unique_name": fact.db_unique_name,
                "dbid": fact.dbid,
                "pdb_guid": fact.pdb_guid,
            }
            for fact in facts
        ]
        self._many(Q["insert_facts"], rows)
        self._session.commit()

    def record_intents(self, intents: Sequence[Intent]) -> None:
        """Note installs that are about to begin; an older note of the same unit is replaced."""
        self._many(Q["delete_intent"], [unit_binds(i.instance, i.unit) for i in intents])
        rows = [
            {
                **unit_binds(intent.instance, intent.unit),
                "package": intent.package,
                "sent_sha256": intent.sent_sha256,
                "apply_id": intent.apply_id,
            }
            for intent in intents
        ]
        self._many(Q["insert_intent"], rows)
        self._session.commit()

    def forget_intents(self, intents: Sequence[Intent]) -> None:
        """Take back notes of installs that did not begin."""
        self._many(Q["delete_intent"], [unit_binds(i.instance, i.unit) for i in intents])
        self._session.commit()

    def settle(self, instance: str, packages: Iterable[str]) -> None:
        """Close every open install of packages that are in place, whoever had begun it."""
        rows = [{"instance": instance, "package": package} for package in packages]
        self._many(Q["settle"], rows)
        self._session.commit()

    def record_installs(self, records: Sequence[InstallRecord]) -> None:
        """Append what became of units, keep the texts they replaced, and close their intents."""
        rows = []
        for record in records:
            previous = record.previous_text
            sha = None if previous is None else self._keep(previous)
            rows.append(
                {
                    **unit_binds(record.instance, record.unit),
                    "package": record.package,
                    "version": record.version,
                    "sent_sha256": record.sent_sha256,
                    "readback_sha256": record.readback_sha256,
                    "previous_sha256": sha,
                    "status": record.status.value,
                    "error": record.error,
                    "apply_id": record.apply_id,
                    "run_id": record.run_id,
                }
            )
        self._many(Q["insert_install"], rows)
        closed = {(record.instance, record.unit) for record in records}
        self._many(Q["delete_intent"], [unit_binds(*pair) for pair in sorted(closed)])
        self._session.commit()

    def release(self, releases: Sequence[Release], apply_id: int) -> None:
        """Advance released versions, all or none."""
        keys = [{"instance": r.instance, "package": r.package} for r in releases]
        self._many(Q["delete_release"], keys)
        rows = [
            {**key, "version": r.version, "apply_id": apply_id}
            for key, r in zip(keys, releases, strict=True)
        ]
        self._many(Q["insert_release"], rows)
        self._session.commit()

    # --- inside the transaction of `write`; none of these commits

    def _rename(self, kind: Kind, old: str, new: str) -> None:
        tables = {
            Kind.INSTANCE: ("installs", "intents", "releases", "facts"),
            Kind.PACKAGE: ("installs", "intents", "releases", "versions"),
        }
        for table in tables.get(kind, ()):
            query = Q[f"rename_{kind.value.lower()}_{table}"]
            self._session.execute(query, {"old_name": old, "new_name": new})

    def _remove(self, ids: Iterable[ResourceId]) -> None:
        keys: dict[str, list[dict[str, str]]] = defaultdict(list)
        rows = []
        for one in ids:
            rows.append({"kind": one.kind.value, "name": one.name})
            for table in TABLES[one.kind]:
                keyed_by_kind = table in ("labels", "parameter_values")
                keys[table].append(rows[-1] if keyed_by_kind else {"name": one.name})
        self._many(Q["delete_resource"], rows)
        for table, binds in keys.items():
            self._many(FLAT[f"delete_{table}"], binds)

    def _forget(self, change: ConfigWrite) -> None:
        gone = {
            kind: [{"name": d.name} for d in change.deletes if d.kind is kind] for kind in Kind
        }
        elsewhere = [{"name": name} for name in change.forget_facts]
        self._many(Q["forget_facts"], [*gone[Kind.INSTANCE], *elsewhere])
        self._many(Q["forget_releases_of_instance"], gone[Kind.INSTANCE])
        self._many(Q["forget_intents_of_instance"], gone[Kind.INSTANCE])
        self._many(Q["forget_releases_of_package"], gone[Kind.PACKAGE])

    def _insert(self, resources: Sequence[Resource], apply_id: int) -> None:
        self._many(Q["insert_resource"], [resource_row(r, apply_id) for r in resources])
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for resource in resources:
            for table, members in rows_of(resource).items():
                rows[table] += members
        for table, members in rows.items():
            self._many(FLAT[f"insert_{table}"], members)

    def _select(self, selections: Sequence[tuple[str, str]]) -> None:
        self._session.execute(FLAT["delete_assignment_instances"])
        rows = [{"assignment": name, "instance": instance} for name, instance in selections]
        self._many(FLAT["insert_assignment_instances"], rows)

    def _keep_versions(self, versions: Iterable[PackageVersion]) -> None:
        known = {(row[0], row[1]) for row in self._session.query(Q["known_versions"])}
        rows = []
        for version in versions:
            if (version.package, version.version) in known:
                continue
            for seq, unit in enumerate(version.units, start=1):
                self._keep(unit.text)
                rows.append(
                    {
                        "package": version.package,
                        "version": version.version,
                        "seq": seq,
                        "role": unit.role.value,
                        "unit_type": unit.type,
                        "unit_name": unit.name,
                        "file_name": clip(unit.file, 1000),
                        "sha256": unit.sha256,
                    }
                )
        self._many(Q["insert_version_unit"], rows)

    def _keep(self, text: str) -> str:
        sha = hashlib.sha256(text.encode()).hexdigest()
        if sha not in self._kept:
            if self._session.query(Q["source_exists"], {"sha256": sha}) == [(0,)]:
                self._session.execute(Q["insert_source"], {"sha256": sha, "text": text})
            self._kept.add(sha)
        return sha

    def _many(self, sql: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            self._session.execute_many(sql, rows)
