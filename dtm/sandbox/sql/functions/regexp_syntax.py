"""Oracle's regular expression syntax rewritten for Python's `re`.

Oracle Database SQL Language Reference 19c, appendix "Oracle Regular Expression Support", tables
"Regular Expression Operators" and "Perl-Influenced Extensions".
"""

from __future__ import annotations

from dtm.sandbox.kernel.errors import OraError, Unsupported

CALLERS = frozenset(f"REGEXP_{word}" for word in ("LIKE", "INSTR", "SUBSTR", "COUNT", "REPLACE"))
_CLASSES = {
    "alpha": "a-zA-Z\u00c0-\u024f",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9\u00c0-\u024f",
    "upper": "A-Z\u00c0-\u00de",
    "lower": "a-z\u00df-\u00ff",
    "space": r" \t\n\r\f\v",
    "blank": r" \t",
    "punct": r"!-/:-@\[-`{-~",
    "cntrl": r"\x00-\x1f\x7f",
    "graph": r"\x21-\x7e\u00a1-\u024f",
    "print": r"\x20-\x7e\u00a0-\u024f",
    "xdigit": "0-9A-Fa-f",
}
_PERL = {
    "d": "[0-9]",
    "D": "[^0-9]",
    "w": "[a-zA-Z0-9_\u00c0-\u024f]",
    "W": "[^a-zA-Z0-9_\u00c0-\u024f]",
    "s": r"[ \t\n\r\f\v]",
    "S": r"[^ \t\n\r\f\v]",
    "A": r"\A",
    "Z": r"(?=\n?\Z)",
    "z": r"\Z",
}


def translate(pattern: str, *, extended: bool, multiline: bool) -> str:
    """Rewrite `pattern`; OraError 12725 / 12726 for unbalanced parentheses / brackets."""
    if len(pattern.encode()) > 512:
        raise OraError(12733)
    output: list[str] = []
    position, depth = 0, 0
    while position < len(pattern):
        char = pattern[position]
        if char == "[":
            position, text = _bracket(pattern, position)
            output.append(text)
            continue
        if char == "\\":
            position, text = _escape(pattern, position)
            output.append(text)
            continue
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth < 0:
            raise OraError(12725)
        output.append(_plain(pattern, position, extended=extended, multiline=multiline))
        position += 1
    if depth:
        raise OraError(12725)
    return "".join(output)


def _plain(pattern: str, position: int, *, extended: bool, multiline: bool) -> str:
    char = pattern[position]
    if char == "(" and pattern[position + 1 : position + 2] == "?":
        raise Unsupported(510, "regular expression extension (?", callers=CALLERS)
    if char in "*+?{" and position == 0:
        return "" if char == "*" else "\\" + char
    if char == "$":
        return "$" if multiline else r"\Z"
    if char == "{" and not _is_interval(pattern, position):
        return r"\{"
    if char.isspace() and extended:
        return ""
    if char == "#":
        return r"\#"
    return char


def _is_interval(pattern: str, position: int) -> bool:
    end = pattern.find("}", position)
    body = pattern[position + 1 : end] if end > 0 else ""
    low, _, high = body.partition(",")
    return bool(body) and low.isdigit() and (not high or high.isdigit())


def _escape(pattern: str, position: int) -> tuple[int, str]:
    if position + 1 >= len(pattern):
        return position + 1, r"\\"
    char = pattern[position + 1]
    if char in _PERL:
        return position + 2, _PERL[char]
    if char.isdigit():
        return position + 2, "\\" + char if char != "0" else "0"
    if char.isalpha():
        return position + 2, char
    return position + 2, "\\" + char


def _bracket(pattern: str, position: int) -> tuple[int, str]:
    """A bracket expression; a backslash in it is an ordinary character (POSIX)."""
    index = position + 1
    negated = pattern[index : index + 1] == "^"
    index += negated
    output = ["[^" if negated else "["]
    first = True
    while True:
        if index >= len(pattern):
            raise OraError(12726)
        char = pattern[index]
        if char == "]" and not first:
            return index + 1, "".join(output) + "]"
        first = False
        if pattern.startswith("[:", index):
            index, text = _posix_class(pattern, index)
            output.append(text)
            continue
        if pattern.startswith(("[=", "[."), index):
            raise Unsupported(511, "regular expression collation element", callers=CALLERS)
        output.append("\\" + char if char in "\\[]^&~|" else char)
        index += 1


def _posix_class(pattern: str, index: int) -> tuple[int, str]:
    end = pattern.find(":]", index)
    name = pattern[index + 2 : end] if end > 0 else ""
    if name not in _CLASSES:
        raise OraError(12729)
    return end + 2, _CLASSES[name]
