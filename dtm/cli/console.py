"""Where commands write: stdout for results, stderr for messages; colour only where a person looks.

Views make plain text; colour is added in `colours`, by what the words mean, so that a view is the
same text in a terminal, in a file and in a test. Where nobody looks, rich is not even loaded.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from dtm.errors import DtmError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


@dataclass(frozen=True)
class Terminal:
    """stdout and stderr; `interactive` when a person can watch and answer."""

    interactive: bool

    @cached_property
    def out(self) -> Console:
        """stdout as a console, for what is redrawn."""
        from dtm.cli.colours import console

        return console()

    @cached_property
    def err(self) -> Console:
        """stderr as a console."""
        from dtm.cli.colours import console

        return console(stderr=True)

    @property
    def watched(self) -> bool:
        """Somebody looks at stdout, and it can be redrawn: FORCE_COLOR makes no pipe a screen."""
        return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"

    def show(self, text: str) -> None:
        """Print a view's text as it is: no wrapping, no markup, colour by meaning."""
        if _coloured(sys.stdout):
            self.out.print(text, markup=False, emoji=False, soft_wrap=True)
        else:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()

    def coloured(self, text: str) -> Text:
        """A view's text as something rich draws: no wrapping, no markup, colour by meaning."""
        from rich.text import Text

        from dtm.cli.colours import highlight

        drawn = Text(text, no_wrap=True, overflow="crop")
        highlight(drawn)
        return drawn

    def data(self, text: str) -> None:
        """Print machine-readable text: never coloured, never altered."""
        sys.stdout.write(text if text.endswith("\n") else text + "\n")

    def note(self, text: str) -> None:
        """Print a message beside the result (stderr)."""
        if _coloured(sys.stderr):
            self.err.print(text, markup=False, emoji=False, soft_wrap=True)
        else:
            sys.stderr.write(f"{text}\n")

    def failure(self, error: DtmError) -> None:
        """Print an expected error: what, where, what to do."""
        place = f"{error.where}: " if error.where else ""
        self.note(f"Error: {place}{error.message}")
        if error.hint:
            self.note(f"  -> {error.hint}")


def _coloured(stream: TextIO) -> bool:
    """A terminal, or what FORCE_COLOR declares to be one (the variables rich knows, too)."""
    return stream.isatty() or bool(os.environ.get("FORCE_COLOR"))


def make_terminal() -> Terminal:
    """Build the terminal for this process from its streams."""
    return Terminal(interactive=sys.stdin.isatty() and sys.stdout.isatty())


@dataclass(frozen=True)
class Invocation:
    """What the global options said; every command gets it."""

    root: Path  # -C DIR: the tree of manifests, dtm.yaml at its top
    terminal: Terminal
