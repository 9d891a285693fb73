"""SQL of the driver's edge, one .sql file per module that uses it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from dtm.model.queries import parse


@cache
def load(name: str) -> Mapping[str, str]:
    """Return the named statements of `<name>.sql`."""
    file = files(__name__).joinpath(f"{name}.sql")
    return parse(file.read_text(encoding="utf-8"), f"{name}.sql")
