"""SQL*Plus scripts: filling in and splitting them. Ours for DBAs, and a user's for rehearsals. Pure
but for reading."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from dtm.errors import UsageError
from dtm.plsql.outline import outline

# What may be filled in: names, sizes and generated passwords; never a quote or a blank.
_HARMLESS = re.compile(r"[A-Za-z0-9_$#]+")
_MARK = re.compile(r"&(\w+)\.?")
# SQL*Plus commands without effect on a database. Source: SQL*Plus User's Guide and Reference.
_DISPLAY = frozenset(
    [
        "SET",
        "PROMPT",
        "REM",
        "REMARK",
        "COLUMN",
        "COL",
        "SHOW",
        "WHENEVER",
        "SPOOL",
        "TTITLE",
        "BTITLE",
        "CLEAR",
        "TIMING",
        "PAUSE",
    ]
)
_EXECUTE = re.compile(r"exec(?:u|ut|ute)?\s+(.*)", re.IGNORECASE | re.DOTALL)
_DEFINE = re.compile(r"set\s+def(?:ine)?\s+(on|off)", re.IGNORECASE)
# The kinds whose last semicolon belongs to them.
_PLSQL = frozenset(
    {"PACKAGE", "PACKAGE BODY", "PROCEDURE", "FUNCTION", "TRIGGER", "TYPE", "TYPE BODY", "BLOCK"}
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as the driver takes it, and the line it starts on (from 1)."""

    text: str
    line: int


def shipped(name: str, values: Mapping[str, str]) -> list[Statement]:
    """The statements of dtm's own DBA script `name`."""
    text = files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    return statements(text, values, f"{name}.sql")


def read(path: Path, values: Mapping[str, str]) -> list[Statement]:
    """The statements of a user's script; UsageError if it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot read the script {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not a script (not UTF-8 text)") from error
    return statements(text, values, str(path))


def statements(text: str, values: Mapping[str, str], name: str) -> list[Statement]:
    """Split a SQL*Plus script, with `&marks` filled in from `values` (keys in lower case).

    Commands that only concern the display are passed over. UsageError, with the line, for a mark
    without a value and for other SQL*Plus commands; ValueError for a value that is no plain word.
    """
    for mark, value in values.items():
        if not _HARMLESS.fullmatch(value):
            raise ValueError(f"{mark} is no plain word")
    found: list[Statement] = []
    filling = True
    for unit in outline(text).units:
        source = text[unit.span.start : unit.span.end]
        where = f"{name}:{unit.span.line}"
        if unit.kind == "SQLPLUS":
            switched = _DEFINE.match(source.strip())
            filling = filling if switched is None else switched.group(1).lower() == "on"
            source = _command(source, where)
        elif unit.kind not in _PLSQL:
            source = source.removesuffix(";")
        if source:
            source = _filled(source, values, where) if filling else source
            found.append(Statement(source, unit.span.line))
    return found


def _command(source: str, where: str) -> str:
    """What a SQL*Plus command asks of the database; "" for nothing."""
    executed = _EXECUTE.fullmatch(source.strip())
    if executed is not None:
        return f"BEGIN {executed.group(1).rstrip().removesuffix(';')}; END;"
    word = source.split(None, 1)[0].upper()
    if word in _DISPLAY:
        return ""
    raise UsageError(
        f"{where}: dtm does not carry out the SQL*Plus command {word}",
        hint="use SQL and PL/SQL only; give several scripts instead of @script",
    )


def _filled(source: str, values: Mapping[str, str], where: str) -> str:
    def value(mark: re.Match[str]) -> str:
        if mark.group(1).lower() not in values:
            known = ", ".join(f"&{name}" for name in sorted(values))
            raise UsageError(
                f"{where}: nothing is known of &{mark.group(1)}", hint=f"there is {known}"
            )
        return values[mark.group(1).lower()]

    return _MARK.sub(value, source)
