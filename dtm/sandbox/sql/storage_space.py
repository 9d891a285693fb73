"""Space: tablespaces that are full (ORA-01653), quotas (ORA-01536, ORA-01950), segment sizes.

Sizes are those of the SQLite file's pages. An index lies in its table's file, whatever tablespace
it was created in; its pages count there.
"""

from __future__ import annotations

from collections.abc import Iterable

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.catalog import Catalog
from dtm.sandbox.sql.catalog_model import Table, Tablespace
from dtm.sandbox.sql.privileges import has_system_privilege
from dtm.sandbox.sql.storage import PAGE, Database

_BLOCKS = 128  # the extent a full tablespace could not give, in blocks (1 MB of 8 KB blocks)
_SMALL_BLOCKS = 8
UNLIMITED = -1


class Space:
    """Accounting of one instance."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # (tablespace, owner) -> (bytes used when last measured, pages in use then)
        self._measured: dict[tuple[str, str], tuple[int, int]] = {}

    def full_error(self, tables: Iterable[Table]) -> OraError:
        """ORA-01653 naming the written table whose tablespace has least room."""
        ranked = sorted((self._room(table), table.name, table) for table in tables)
        table = ranked[0][2]
        size = self.segment_bytes(table)
        blocks = _BLOCKS if size >= 1 << 20 else _SMALL_BLOCKS
        return OraError(1653, f"{table.owner}.{table.name}", blocks, table.tablespace)

    def _room(self, table: Table) -> int:
        tablespace = self._database.catalog.tablespace(table.tablespace)
        if tablespace is None or tablespace.schema in ("main", "temp"):
            return 1 << 60
        total, free = self._database.pages(tablespace.schema)
        return tablespace.limit // PAGE - total + free

    def require_writable(self, table: Table) -> None:
        """ORA-00372 when the table lies in a READ ONLY tablespace."""
        tablespace = self._database.catalog.tablespace(table.tablespace)
        if tablespace is not None and tablespace.status == "READ ONLY":
            refused = OraError(372, tablespace.id)
            file = tablespace.datafiles[0].name
            refused.stack = [OraError(1110, tablespace.id, file).text]
            raise refused

    def check_quotas(self, tables: Iterable[Table]) -> None:
        """ORA-01536 when an owner's segments outgrew a quota, ORA-01950 when there is none."""
        for table in tables:
            if table.temporary:
                continue
            quota = self._quota(table)
            if quota == UNLIMITED:
                continue
            if quota == 0:
                raise OraError(1950, table.tablespace)
            if self._used(table.owner, table.tablespace, quota) > quota:
                raise OraError(1536, table.tablespace)

    def _quota(self, table: Table) -> int:
        catalog = self._database.catalog
        key = ("quota", table.owner, table.tablespace)
        return catalog.cached(key, lambda: quota_of(catalog, table.owner, table.tablespace))

    def _used(self, owner: str, tablespace: str, quota: int) -> int:
        """Bytes of the owner's segments: an upper bound while that is within the quota."""
        database = self._database
        space = database.catalog.tablespace(tablespace)
        if space is None:
            return 0
        total, free = database.pages(space.schema)
        pages = total - free
        measured = self._measured.get((tablespace, owner))
        if measured is not None:
            bound = measured[0] + max(pages - measured[1], 0) * PAGE
            if bound <= quota and pages >= measured[1]:
                return bound
        used = self.user_bytes(owner).get(tablespace, 0)
        self._measured[(tablespace, owner)] = (used, pages)
        return used

    # ------------------------------------------------------------ sizes

    def object_bytes(self, schema: str) -> dict[str, int]:
        """Bytes per table and index (physical name) of one file; looks at every page."""
        rows = self._database.run(
            "SELECT name, pageno*? FROM dbstat WHERE schema=? AND aggregate=1", (PAGE, schema)
        )
        return {str(name): int(size) for name, size in rows}

    def segment_bytes(self, table: Table) -> int:
        """Bytes of one table, without its indexes."""
        rows = self._database.run(
            "SELECT sum(pageno)*? FROM dbstat WHERE schema=? AND name=? AND aggregate=1",
            (PAGE, table.schema, table.physical),
        )
        return int(rows[0][0] or 0)

    def user_bytes(self, owner: str) -> dict[str, int]:
        """Bytes a user's segments take, by tablespace."""
        catalog = self._database.catalog
        used: dict[str, int] = {}
        for tablespace in catalog.all(Tablespace):
            tables = [
                t for t in catalog.all(Table) if t.owner == owner and t.schema == tablespace.schema
            ]
            if not tables or tablespace.schema == "temp":
                continue
            sizes = self.object_bytes(tablespace.schema)
            names = {table.physical for table in tables}
            for table in tables:
                for index in catalog.indexes_of(table):
                    names |= {index.physical, index.physical + "!"}
            used[tablespace.name] = sum(sizes.get(name, 0) for name in names)
        return used

    def free_bytes(self, tablespace: Tablespace) -> int:
        """Bytes that can still be used: never touched pages and freed ones."""
        if tablespace.schema in ("main", "temp"):
            return tablespace.limit
        total, free = self._database.pages(tablespace.schema)
        return max(tablespace.limit - total * PAGE, 0) + free * PAGE


def quota_of(catalog: Catalog, owner: str, tablespace: str) -> int:
    """A user's quota in bytes: UNLIMITED, 0 none."""
    user = catalog.user(owner)
    if user is None or has_system_privilege(catalog, owner, "UNLIMITED TABLESPACE"):
        return UNLIMITED
    return user.quotas.get(tablespace, 0)
