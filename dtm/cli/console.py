"""Where commands write: stdout for results, stderr for messages; colour only where a person looks.

Views make plain text; colour is added here, by what the words mean, so that a view is the same
text in a terminal, in a file and in a test.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.highlighter import RegexHighlighter
from rich.theme import Theme

from dtm.errors import DtmError

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


@dataclass(frozen=True)
class Terminal:
    """stdout and stderr as consoles; `interactive` when a person can watch and answer."""

    out: Console
    err: Console
    interactive: bool

    def show(self, text: str) -> None:
        """Print a view's text as it is: no wrapping, no markup, colour by meaning."""
        self.out.print(text, markup=False, soft_wrap=True)

    def data(self, text: str) -> None:
        """Print machine-readable text: never coloured, never altered."""
        sys.stdout.write(text if text.endswith("\n") else text + "\n")

    def note(self, text: str) -> None:
        """Print a message beside the result (stderr)."""
        self.err.print(text, markup=False, soft_wrap=True)

    def failure(self, error: DtmError) -> None:
        """Print an expected error: what, where, what to do."""
        place = f"{error.where}: " if error.where else ""
        self.note(f"Error: {place}{error.message}")
        if error.hint:
            self.note(f"  -> {error.hint}")


def make_terminal() -> Terminal:
    """Build the terminal for this process from its streams and environment."""
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    width = None if sys.stdout.isatty() else 80
    # No emoji: ":100:" in a compile error is a line number.
    common = {
        "emoji": False,
        "theme": _THEME,
        "no_color": plain,
        "highlighter": _States(),
        "width": width,
    }
    return Terminal(
        out=Console(**common),  # type: ignore[arg-type]  # one dict for two consoles
        err=Console(stderr=True, **common),  # type: ignore[arg-type]
        interactive=sys.stdin.isatty() and sys.stdout.isatty(),
    )


@dataclass(frozen=True)
class Invocation:
    """What the global options said; every command gets it."""

    root: Path  # -C DIR: the tree of manifests, dtm.yaml at its top
    terminal: Terminal
