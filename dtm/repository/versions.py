"""Package versions: what an instance is meant to hold, and the digest that names it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from dtm.model.package import Package, SourceUnit
from dtm.repository.records import PackageVersion, Role, VersionUnit


def package_version(
    name: str, units: Iterable[SourceUnit], tables: Iterable[SourceUnit] = ()
) -> PackageVersion:
    """Put tables before units, each in its declared order, and digest types, names and texts.

    File names do not count: moving a file makes no new version.
    """
    members = (
        *(_member(Role.TABLE, table) for table in tables),
        *(_member(Role.UNIT, unit) for unit in units),
    )
    parts = [[member.role, member.type, member.name, member.sha256] for member in members]
    digest = hashlib.sha256(json.dumps([name, parts], ensure_ascii=True).encode()).hexdigest()
    return PackageVersion(name, digest, members)


def version_of(package: Package) -> PackageVersion:
    """Return the version that a Package resource's sources make."""
    return package_version(package.name, package.units, package.tables)


def _member(role: Role, unit: SourceUnit) -> VersionUnit:
    digest = hashlib.sha256(unit.text.encode()).hexdigest()
    return VersionUnit(role, unit.type, unit.name, unit.file, unit.text, digest)
