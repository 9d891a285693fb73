"""Names as the supplied packages take them: folded to upper case unless quoted."""

from __future__ import annotations

from dtm.sandbox.interpreter.runtime import Runtime
from dtm.sandbox.kernel.errors import OraError


def part_name(text: str | None) -> str | None:
    """One name as the dictionary has it; NULL stays NULL."""
    if text is None or not text.strip():
        return None
    text = text.strip()
    if text.startswith('"') and text.endswith('"') and len(text) > 2:
        return text[1:-1]
    return text.upper()


def schema_name(rt: Runtime, text: str | None) -> str:
    """A schema; NULL is the current one."""
    return part_name(text) or rt.context.current_schema


def split_name(text: str | None) -> list[str]:
    """The parts of a.b.c as the dictionary has them; ORA-01741 for a quote without an end. How
    many there may be is for the caller to say."""
    parts: list[str] = []
    rest = (text or "").strip()
    while rest:
        if rest.startswith('"'):
            end = rest.find('"', 1)
            if end < 0:
                raise OraError(1741, message="illegal zero-length identifier")
            parts.append(rest[1:end])
            rest = rest[end + 1 :]
        else:
            head, _, _ = rest.partition(".")
            parts.append(head.strip().upper())
            rest = rest[len(head) :]
        rest = rest.removeprefix(".")
    return parts
