"""DBA scripts shipped with dtm: reading, filling in and splitting them. Pure but for reading."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files

# What may stand in a script: names, sizes and generated passwords; never a quote or a blank.
_HARMLESS = re.compile(r"[A-Za-z0-9_$#]+")
_MARK = re.compile(r"&(\w+)")


def statements(name: str, values: Mapping[str, str]) -> list[str]:
    """Return the statements of script `name`, each without `;`, with `&marks` filled in.

    KeyError for a mark without a value; ValueError for a value that could be more than a word.
    """
    text = files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    for mark, value in values.items():
        if not _HARMLESS.fullmatch(value):
            raise ValueError(f"{mark} is no plain word")
    code = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    filled = _MARK.sub(lambda found: values[found.group(1)], code)
    return [each.strip() for each in f"{filled}\n".split(";\n") if each.strip()]
