"""A process that applies and kills itself (exit code 137, nothing cleaned up) at a named point.

Reads from stdin: {"point": ..., "dsn": ..., "repository": [user, password],
"schemas": {instance: [user, password]}, "saved": plan file or null}.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from dtm.reconcile import planfile
from dtm.reconcile.deps import ApplyOptions
from dtm.reconcile.target import Target
from dtm.repository.applies import ApplyLog
from dtm.repository.config import ConfigStore
from tests.conftest import Database, Schema
from tests.contract.repository.world import World

STATUS = 137
POINTS = (
    "apply recorded, configuration not",
    "configuration written",
    "intents recorded",
    "table in",
    "spec sent",
    "spec in",
    "body in",
    "installs recorded, not released",
    "released, apply not finished",
)


def die(*_: Any, **__: Any) -> Any:
    """End at once, as by kill -9: no handler runs, sockets just close."""
    os._exit(STATUS)


def after(what: Callable[..., Any], *, calls: int = 1) -> Callable[..., Any]:
    """Let `what` happen so many times, then die."""
    left = calls

    def wrapped(*args: Any, **keywords: Any) -> Any:
        nonlocal left
        result = what(*args, **keywords)
        left -= 1
        return die() if left == 0 else result

    return wrapped


def arm(point: str, world: World) -> None:
    """Set the trap."""
    if point == "apply recorded, configuration not":
        ConfigStore.write = die  # type: ignore[method-assign]
    elif point == "configuration written":
        ConfigStore.write = after(ConfigStore.write)  # type: ignore[method-assign]
    elif point == "intents recorded":
        ConfigStore.record_intents = after(ConfigStore.record_intents)  # type: ignore[method-assign]
    elif point == "installs recorded, not released":
        ConfigStore.release = die  # type: ignore[method-assign]
    elif point == "released, apply not finished":
        ApplyLog.finish = die  # type: ignore[method-assign]
    else:
        world.wrap = lambda target: _trapped(point, target)


def _trapped(point: str, target: Target) -> Target:
    if point == "table in":
        target.ensure_table = after(target.ensure_table)  # type: ignore[method-assign]
    elif point == "spec sent":
        target.install = die  # type: ignore[method-assign]
    else:
        calls = 1 if point == "spec in" else 2
        target.install = after(target.install, calls=calls)  # type: ignore[method-assign]
    return target


def main() -> None:
    """Apply, armed."""
    given = json.load(sys.stdin)
    database = Database(given["dsn"], "", "")
    schemas = {name: Schema(database, *login) for name, login in given["schemas"].items()}
    world = World(database, Schema(database, *given["repository"]), schemas)
    arm(given["point"], world)
    saved = planfile.load(given["saved"]) if given["saved"] else None
    world.apply(world.tree(), ApplyOptions(saved=saved))


if __name__ == "__main__":
    main()
