"""REGEXP_LIKE, REGEXP_SUBSTR, REGEXP_INSTR, REGEXP_REPLACE, REGEXP_COUNT.

Oracle Database SQL Language Reference 19c, "Oracle Regular Expression Support": POSIX extended
regular expressions with Perl-influenced additions. Alternatives are tried from left to right.
"""

from __future__ import annotations

import re
from functools import lru_cache

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import NUMBER, OraType
from dtm.sandbox.sql.functions import typing_rules
from dtm.sandbox.sql.functions.numeric import Number
from dtm.sandbox.sql.functions.regexp_syntax import translate
from dtm.sandbox.sql.functions.registry import function
from dtm.sandbox.sql.functions.string_functions import TEXT, text_and_clob

_FLAGS = "icnmx"


@lru_cache(maxsize=512)
def compiled(pattern: str, flags: str) -> re.Pattern[str]:
    """The Python pattern; OraError 127xx for a malformed one, 1760 for unknown match parameters."""
    options = re.RegexFlag(0)
    for flag in flags:
        if flag not in _FLAGS:
            raise OraError(1760)
        if flag == "i":
            options |= re.IGNORECASE
        elif flag == "c":
            options &= ~re.IGNORECASE
        elif flag == "n":
            options |= re.DOTALL
        elif flag == "m":
            options |= re.MULTILINE
    body = translate(pattern, extended="x" in flags, multiline="m" in flags)
    try:
        return re.compile(body, options)
    except (re.error, OverflowError) as error:
        raise OraError(_error_code(str(error))) from error


def _error_code(message: str) -> int:
    if "parenthesis" in message or "subpattern" in message:
        return 12725
    if "character set" in message or "bracket" in message:
        return 12726
    if "group reference" in message:
        return 12727
    if "range" in message:
        return 12728
    return 12725


def _nth(text: str, pattern: str, start: Number, nth: Number, flags: str) -> re.Match[str] | None:
    position, wanted = int(start), int(nth)
    if position < 1:
        raise OraError(1428, position)
    if wanted < 0:
        raise OraError(1428, wanted)
    for number, match in enumerate(compiled(pattern, flags).finditer(text, position - 1), 1):
        if number == max(wanted, 1):
            return match
    return None


@function("REGEXP_LIKE", "TT|T", NUMBER)
@function("REGEXP_LIKE", "LT|T", NUMBER)
def regexp_like(text: str, pattern: str, flags: str = "") -> bool:
    """A condition, not a function, in SQL: the translator allows it where conditions stand."""
    return compiled(pattern, flags).search(text) is not None


@text_and_clob("REGEXP_SUBSTR", "T|NNTN", typing_rules.same_text(), nulls=True)
def regexp_substr(
    text: str | None,
    pattern: str | None,
    position: Number | None = 1,
    occurrence: Number | None = 1,
    flags: str | None = "",
    group: Number | None = 0,
) -> str | None:
    if text is None or pattern is None or position is None or occurrence is None or group is None:
        return None
    match = _nth(text, pattern, position, occurrence, flags or "")
    number = int(group)
    if not 0 <= number <= 9:
        raise OraError(1428, number)
    if match is None or number > match.re.groups:
        return None
    return match.group(number) or None


@function("REGEXP_INSTR", "TT|NNNTN", NUMBER)
@function("REGEXP_INSTR", "LT|NNNTN", NUMBER)
def regexp_instr(
    text: str,
    pattern: str,
    position: Number = 1,
    occurrence: Number = 1,
    after: Number = 0,
    flags: str = "",
    group: Number = 0,
) -> int:
    match = _nth(text, pattern, position, occurrence, flags)
    number = int(group)
    if match is None or number > match.re.groups or match.start(number) < 0:
        return 0
    return (match.end(number) if after else match.start(number)) + 1


@function("REGEXP_COUNT", "TT|NT", NUMBER)
@function("REGEXP_COUNT", "LT|NT", NUMBER)
def regexp_count(text: str, pattern: str, position: Number = 1, flags: str = "") -> int:
    start = int(position)
    if start < 1:
        raise OraError(1428, start)
    return sum(1 for _ in compiled(pattern, flags).finditer(text, start - 1))


def _replace_type(_: typing_rules.Types) -> OraType:
    return TEXT


@text_and_clob("REGEXP_REPLACE", "T|TNNT", _replace_type, nulls=True)
def regexp_replace(
    text: str | None,
    pattern: str | None,
    by: str | None = None,
    position: Number | None = 1,
    occurrence: Number | None = 0,
    flags: str | None = "",
) -> str | None:
    """Occurrence 0 replaces all; \\1 .. \\9 in `by` are the groups; a NULL `by` removes."""
    if text is None or position is None or occurrence is None:
        return None
    if pattern is None:
        return text
    expression, start, wanted = compiled(pattern, flags or ""), int(position), int(occurrence)
    if start < 1:
        raise OraError(1428, start)
    if wanted < 0:
        raise OraError(1428, wanted)
    pieces, last = [text[: start - 1]], start - 1
    for number, match in enumerate(expression.finditer(text, start - 1), 1):
        if wanted and number != wanted:
            continue
        pieces += [text[last : match.start()], _expanded(by or "", match)]
        last = match.end()
        if wanted:
            break
    return "".join([*pieces, text[last:]]) or None


_REFERENCE = re.compile(r"\\([0-9\\])")


def _expanded(template: str, match: re.Match[str]) -> str:
    def one(reference: re.Match[str]) -> str:
        char = reference.group(1)
        if char == "\\":
            return "\\"
        number = int(char)
        return (match.group(number) or "") if number <= match.re.groups and number else ""

    return _REFERENCE.sub(one, template)
