"""The list of commands, in the order `dtm --help` shows them."""

from __future__ import annotations

import typer

from dtm.cli import (
    applies,
    demo,
    execute,
    params,
    prune,
    reconcile,
    rehearse,
    sandbox,
    validate,
    watch,
)


def register(app: typer.Typer) -> None:
    """Add every command to `app`."""
    validate.register(app)
    reconcile.register(app)
    applies.register(app)
    execute.register(app)
    watch.register(app)
    params.register(app)
    prune.register(app)
    sandbox.register(app)
    rehearse.register(app)
    demo.register(app)
