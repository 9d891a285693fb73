"""Colour by what words mean: a rich console that knows states, error numbers and plan signs."""

from __future__ import annotations

import os
import sys

from rich.console import Console
from rich.highlighter import RegexHighlighter
from rich.text import Text
from rich.theme import Theme

_THEME = Theme(
    {
        "dtm.good": "green",
        "dtm.bad": "bold red",
        "dtm.warn": "yellow",
        "dtm.code": "red",
        "dtm.add": "green",
        "dtm.change": "yellow",
        "dtm.remove": "red",
        "dtm.heading": "bold",
        "dtm.command": "bold cyan",
    }
)


class _States(RegexHighlighter):
    """Colours state words, Oracle error numbers and plan signs."""

    base_style = "dtm."
    highlights = [  # noqa: RUF012 - rich's interface is a class attribute
        r"\b(?P<good>DONE|COMPLETED|VALID|released|up to date)\b",
        r"\b(?P<bad>FAILED|UNKNOWN|INVALID|error|Error)\b",
        r"\b(?P<warn>HALTED|INTERRUPTED|ABANDONED|PENDING|warning|unreachable|drift)\b",
        r"(?P<code>\b(?:ORA|PLS|DPY)-\d{4,5}\b)",
        r"(?m)^ *(?P<add>\+ .*)$",
        r"(?m)^ *(?P<change>~ .*)$",
        r"(?m)^ *(?P<remove>- .*)$",
        r"(?m)^(?P<command>\$ .*)$",
    ]


def highlight(text: Text) -> None:
    """Colour a text in place, as everything printed is."""
    _States().highlight(text)


def console(*, stderr: bool = False) -> Console:
    """Build a console for this process's stdout or stderr, as its environment asks."""
    return Console(
        stderr=stderr,
        emoji=False,  # ":100:" in a compile error is a line number
        theme=_THEME,
        no_color="NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb",
        highlighter=_States(),
        width=None if sys.stdout.isatty() else 80,
    )
