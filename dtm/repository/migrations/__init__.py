"""The repository's schema as numbered scripts, `NNNN_name.sql`, in the order they are applied.

Statements are separated by a line holding only `/`, as SQL*Plus has it, so a DBA can read and run
them by hand. A landed script is never edited; the next change is the next number.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_FILE = re.compile(r"^(\d{4})_([a-z0-9_]+)\.sql$")
BOOTSTRAP = 0  # 0000 makes the table in which progress is noted; it is safe to repeat


@dataclass(frozen=True, slots=True)
class Migration:
    """One script: its number, name, statements in order and the sha256 (hex) of its text."""

    version: int
    name: str
    statements: tuple[str, ...]
    digest: str


def split(text: str) -> tuple[str, ...]:
    """Split a script at lines holding only `/`; comment lines before a statement are dropped."""
    statements: list[str] = []
    lines: list[str] = []
    for line in [*text.splitlines(), "/"]:
        if line.strip() != "/":
            if lines or (line.strip() and not line.lstrip().startswith("--")):
                lines.append(line.rstrip())
            continue
        if lines:
            statements.append("\n".join(lines).strip())
        lines = []
    return tuple(statements)


def parse(file_name: str, text: str) -> Migration:
    """Build a migration from its file; ValueError where the name is not NNNN_name.sql."""
    match = _FILE.match(file_name)
    if match is None:
        raise ValueError(f"a migration is called NNNN_name.sql, not {file_name}")
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Migration(int(match[1]), match[2], split(text), digest)


@cache
def bundled() -> tuple[Migration, ...]:
    """Return the migrations shipped with dtm, bootstrap first, without gaps in their numbers."""
    scripts = [entry for entry in files(__package__).iterdir() if entry.name.endswith(".sql")]
    found = sorted(
        (parse(entry.name, entry.read_text(encoding="utf-8")) for entry in scripts),
        key=lambda migration: migration.version,
    )
    numbers = [migration.version for migration in found]
    if numbers != list(range(len(found))):
        raise ValueError(f"migration numbers have gaps or repeat: {numbers}")
    return tuple(found)
