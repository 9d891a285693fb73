"""The client helper as packages to install: DTM with its tables, and the alias DOM."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from dtm.model.package import TABLE, SourceUnit
from dtm.oracle.sources import sent, split_statements
from dtm.oracle.tables import read_table

_RESOURCES = "dtm.oracle.client"
_BETWEEN = "\n/\n"


@dataclass(frozen=True, slots=True)
class HelperPackage:
    """A package of dtm's own; `tables` and `units` in install order."""

    name: str
    tables: tuple[SourceUnit, ...]
    units: tuple[SourceUnit, ...]


@cache
def helper_packages() -> tuple[HelperPackage, ...]:
    """Return DTM (always installed first) and DOM (for packages with `compat: odtm`)."""
    return (
        HelperPackage("DTM", _tables("tables.sql"), (_unit("dtm.pks"), _unit("dtm.pkb"))),
        HelperPackage("DOM", (), (_unit("dom.pks"), _unit("dom.pkb"))),
    )


def _read(file: str) -> str:
    return files(_RESOURCES).joinpath(file).read_text(encoding="utf-8")


def _unit(file: str) -> SourceUnit:
    text = _read(file)
    statement = sent(text, file)
    return SourceUnit(statement.type, statement.name, file, text)


def _tables(file: str) -> tuple[SourceUnit, ...]:
    """Group the statements of a file: each CREATE TABLE with what follows it."""
    groups: list[list[str]] = []
    for statement in split_statements(_read(file)):
        if "CREATE TABLE" in statement:
            groups.append([])
        groups[-1].append(statement)
    texts = [_BETWEEN.join(group) for group in groups]
    return tuple(SourceUnit(TABLE, read_table(text, file).name, file, text) for text in texts)
