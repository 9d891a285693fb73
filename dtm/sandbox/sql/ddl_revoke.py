"""What a REVOKE takes along (SQL Language Reference 19c, REVOKE; Security Guide, "Cascading Effects
of Revoking Privileges"): object privileges granted on with GRANT OPTION, the validity of views and
units that stand on them. System privileges do not cascade."""

from __future__ import annotations

from dataclasses import replace

from dtm.sandbox.sql.catalog_model import Grants, Synonym, Unit, View
from dtm.sandbox.sql.ddl_context import Ddl
from dtm.sandbox.sql.privileges import has_object_privilege

Target = tuple[str, str]  # (owner, name) of an object


def settle_revoked(ddl: Ddl, target: Target | None) -> None:
    """After the grants changed."""
    if target is not None:
        while _orphans(ddl, target):
            pass
    _invalidate_unfounded(ddl)


def _orphans(ddl: Ddl, target: Target) -> bool:
    """Drop privileges on an object whose grantor may not grant them any more; were there some?"""
    found = False
    for grants in ddl.catalog.all(Grants):
        kept = {
            key: value
            for key, value in grants.objects.items()
            if key[:2] != target or _founded(ddl, key, value[1])
        }
        if len(kept) != len(grants.objects):
            ddl.catalog.put(replace(grants, objects=kept))
            found = True
    return found


def _founded(ddl: Ddl, key: tuple[str, str, str, str], grantor: str) -> bool:
    if grantor == key[0]:
        return True
    own = ddl.catalog.grants(grantor)
    return own is not None and own.objects.get((*key[:3], ""), (False, ""))[0]


def _invalidate_unfounded(ddl: Ddl) -> None:
    """Views and units whose owner lost its right to something they use."""
    entries: list[View | Unit] = [*ddl.catalog.all(View), *ddl.catalog.all(Unit)]
    for entry in entries:
        if entry.status == "VALID" and entry.owner != "SYS" and _unfounded(ddl, entry):
            ddl.catalog.put(replace(entry, status="INVALID"))
            ddl.invalidate(entry.owner, entry.name)


def _unfounded(ddl: Ddl, entry: View | Unit) -> bool:
    for used in entry.depends_on:
        beneath = ddl.catalog.find(used[0], used[1])
        if beneath is None or isinstance(beneath, Synonym):
            continue
        if used[0] in (entry.owner, "SYS"):
            continue
        wanted = _READ if isinstance(entry, View) else _DATA
        if isinstance(beneath, Unit):
            wanted = ("EXECUTE",)
        if not has_object_privilege(ddl.catalog, entry.owner, beneath, wanted, roles=False):
            return True
    return False


_READ: tuple[str, ...] = ("SELECT", "READ")
_DATA = ("SELECT", "READ", "INSERT", "UPDATE", "DELETE")
