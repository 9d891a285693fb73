"""SQLite's files without fsync.

The sandbox survives the death of its process at any moment (kill -9): what was written lies in the
operating system's cache. It is no production database, so it does not pay for surviving the death
of the machine: a commit costs microseconds instead of several disk flushes. SQLite must not know,
or it would leave out the super-journal that makes commits over several files atomic; therefore
`PRAGMA synchronous` stays NORMAL and the flushes are swallowed here.
"""

from __future__ import annotations

import apsw

NAME = "sandbox"


class _File(apsw.VFSFile):
    def xSync(self, flags: int) -> None:  # noqa: N802 - apsw's name
        """Written is enough."""


class _Files(apsw.VFS):
    def __init__(self) -> None:
        super().__init__(NAME, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> _File:  # noqa: N802
        """A file that is never flushed."""
        return _File("", name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802, ARG002
        """Delete without flushing the directory."""
        super().xDelete(filename, False)


_FILES = _Files()  # registers itself; must outlive every connection
