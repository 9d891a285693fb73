"""Columns, indents and clipping for views. Pure: values to strings."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 79  # of running text, where nobody says how wide the terminal is


def duration(seconds: float | None) -> str:
    """`40 ms`, `1.4 s`, `12 s`, `3m 20s`, `2h 05m`; `-` for none."""
    if seconds is None:
        return "-"
    if seconds < 1:
        return f"{max(seconds, 0) * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}m {rest:02}s"
    return f"{minutes // 60}h {minutes % 60:02}m"


def indent(text: str, by: int = 2, width: int = WIDTH) -> str:
    """Every line of `text` moved to the right; what would pass `width` is wrapped."""
    blanks = " " * by
    lines: list[str] = []
    for line in text.rstrip().splitlines():
        lines += (
            _wrapped(line, width, blanks, blanks) if len(line) + by > width else [blanks + line]
        )
    return "\n".join(line.rstrip() for line in lines)


def paragraph(text: str, first: str = "", rest: str = "", width: int = WIDTH) -> str:
    """One line of text, wrapped, behind `first` and then behind `rest`."""
    return "\n".join(_wrapped(text, width, first, rest)) or first.rstrip()


def _wrapped(text: str, width: int, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def clip(text: str, width: int) -> str:
    """`text` in at most `width` characters; what is cut ends in `..`."""
    return text if len(text) <= width else text[: max(width - 2, 0)] + ".."[:width]


def some(names: Sequence[str], most: int = 10) -> str:
    """`a, b, c and 95 more`."""
    shown = ", ".join(names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def share(count: int, total: int, what: str = "streams") -> str:
    """`98 of 100 streams`; `1 stream` where there is no more than one."""
    return f"{count} of {total} {what}" if total > 1 else f"1 {what.removesuffix('s')}"


def table(rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, two spaces apart, no trailing blanks."""
    cells = [list(row) for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )
