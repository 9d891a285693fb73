"""Named, described SQL: every statement of the repository room stands in a .sql file here.

The format of the files is that of `dtm.model.queries`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from dtm.model.queries import parse


@cache
def load(name: str) -> Mapping[str, str]:
    """Return the queries of `<name>.sql` by name. KeyError on use of an unknown one."""
    text = files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    return parse(text, f"{name}.sql")
