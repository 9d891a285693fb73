"""Errors of the driver as values of dtm: every number of the stack, a class, the statement."""

from __future__ import annotations

import re
from collections.abc import Sequence

import oracledb

from dtm.errors import DatabaseError, DtmError
from dtm.oracle.codes import ErrorClass, cause_first, classify, hint_for
from dtm.oracle.secrets import blank

__all__ = [
    "ErrorClass",
    "ForeignStream",
    "OracleError",
    "WrongDatabase",
    "parse_codes",
    "translate",
]

_CODE = re.compile(r"^\s*(ORA|DPY|DPI|PLS|TNS)-(\d{4,5})\b", re.MULTILINE)
_SIMILAR = re.compile(r"\(Similar to (ORA-\d{5})\)")
_CONNECTION_ID = re.compile(r" ?\(CONNECTION_ID=[^)]*\)")
_HELP = re.compile(r"^\s*(Help: )?https?://docs\.oracle\.com/error-help/\S*\s*$", re.MULTILINE)


class OracleError(DatabaseError):
    """An error of Oracle or of the driver.

    `codes`: every number of the stack, the cause first; `text`: the full stack as the client got
    it; `detail`: stack and backtrace as PL/SQL saw them, where known; `offset`: character position
    in `sql` of a parse error; `committed_inside`: a failed atomic task had committed before.
    """

    def __init__(self, text: str, *, sql: str | None = None, connecting: bool = False) -> None:
        self.text = _strip_help(text)
        self.codes = parse_codes(self.text)
        self.error_class = classify(self.codes, connecting=connecting)
        self.sql = sql
        self.offset: int | None = None
        self.detail: str | None = None
        self.committed_inside = False
        super().__init__(_cause_line(self.text, self.codes), hint=hint_for(self.codes))

    @property
    def code(self) -> str:
        """The cause, such as "ORA-01653"; "" when the text names no number."""
        return self.codes[0] if self.codes else ""

    @property
    def full_text(self) -> str:
        """The most that is known of the failure."""
        return without_repeats(self.detail or self.text)


class WrongDatabase(DtmError):
    """The connection reached another database than the manifest names."""


class ForeignStream(DtmError):
    """The client holds traces of a stream that should be new, or lacks those of an old one."""


def parse_codes(text: str) -> tuple[str, ...]:
    """Return the numbers that begin a line of an error stack, the cause first, without repeats.

    >>> parse_codes("ORA-12801: error signaled in parallel query server P001\\nORA-01653: ...")
    ('ORA-01653', 'ORA-12801')
    """
    found = [f"{prefix}-{number}" for prefix, number in _CODE.findall(text)]
    found += _SIMILAR.findall(text)
    # The driver puts its own DPY line before the ORA number it stands for.
    server = [code for code in found if not code.startswith(("DPY-", "DPI-"))]
    driver = [code for code in found if code.startswith(("DPY-", "DPI-"))]
    return cause_first((*server, *driver))


def without_repeats(stack: str) -> str:
    """Return an error stack with every line once: stack and backtrace overlap."""
    return "\n".join(dict.fromkeys(line for line in stack.splitlines() if line.strip()))


def translate(
    error: oracledb.Error,
    *,
    sql: str | None = None,
    connecting: bool = False,
    secrets: Sequence[str] = (),
) -> OracleError:
    """Return the driver's error as an OracleError; each of `secrets` is blanked out of the text."""
    details = error.args[0] if error.args else ""
    translated = OracleError(blank(str(error), secrets), sql=sql, connecting=connecting)
    offset = getattr(details, "offset", None)
    translated.offset = offset or None
    return translated


def _strip_help(text: str) -> str:
    return "\n".join(line for line in _HELP.sub("", text).splitlines() if line.strip())


def _cause_line(text: str, codes: Sequence[str]) -> str:
    """Return one line that says what went wrong, beginning with the code of the cause.

    The driver names some causes in its own words, "... (Similar to ORA-12514)"; those get the
    number in front. Its connection ids, new at every attempt, are left out.
    """
    lines = [_CONNECTION_ID.sub("", line).strip() for line in text.splitlines()]
    if not lines or not codes:
        return text.strip()
    cause = codes[0]
    for number, line in enumerate(lines):
        if line.startswith(cause):
            more = lines[number + 1] if number + 1 < len(lines) else ""
            if line.startswith("DPY-6005") and more and not _CODE.match(more):
                return f"{line.rstrip('.')}: {more}"  # the operating system's reason
            if line.startswith("ORA-06550") and more.startswith("PLS-"):
                return f"{line} {more}"  # place and cause stand on two lines
            return line
        if f"Similar to {cause}" in line:
            words = _CODE.sub("", line).lstrip(": ")
            return f"{cause}: {_SIMILAR.sub('', words).strip()}"
    return lines[0]
