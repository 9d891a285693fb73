"""`dtm validate`: check every manifest and PL/SQL file; no database is touched."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dtm.cli.console import Invocation
from dtm.errors import ExitCode


class Format(StrEnum):
    """Output formats of diagnostics."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("validate")(validate)


def validate(
    context: typer.Context,
    output: Annotated[
        Format, typer.Option("--output", "-o", help="text, json, github annotations or sarif.")
    ] = Format.TEXT,
) -> int:
    """Check all manifests and PL/SQL sources, and report everything wrong in one pass.

    Needs no database. Exit code 1 when there is an error; warnings alone are 0.

    Example: dtm -C my-tree validate
    """
    from dtm.bootstrap import Wiring
    from dtm.cli import view_diagnostics
    from dtm.model.diagnostics import has_errors

    invocation: Invocation = context.obj
    loaded = Wiring(invocation.root).tree()
    if output is Format.TEXT:
        if loaded.diagnostics:
            invocation.terminal.show(view_diagnostics.text(loaded.diagnostics))
        invocation.terminal.show(view_diagnostics.summary(loaded))
    elif output is Format.JSON:
        invocation.terminal.data(view_diagnostics.json_text(loaded.diagnostics))
    else:
        render = view_diagnostics.github if output is Format.GITHUB else view_diagnostics.sarif
        invocation.terminal.data(render(loaded.diagnostics, _base(invocation.root)))
    return ExitCode.ERROR if has_errors(loaded.diagnostics) else ExitCode.OK


def _base(root: Path) -> str:
    """The way from here to the tree: annotations name files from the repository's root."""
    here, there = Path.cwd().resolve(), root.resolve()
    inside = there != here and there.is_relative_to(here)
    return f"{there.relative_to(here).as_posix()}/" if inside else ""
