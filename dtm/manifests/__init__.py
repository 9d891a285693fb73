"""YAML in git to model values: line numbers, schema, templates, references, diagnostics.

Reads files and the environment variables that dtm.yaml names, nothing else: no database, no secret.
Names are imported when they are first used: a command that reads no manifest loads no YAML parser.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dtm.manifests.loader import Loaded, load
    from dtm.manifests.root import find_root
    from dtm.manifests.settings import Settings, read_settings

__all__ = ["Loaded", "Settings", "find_root", "load", "read_settings"]

_HOMES = {
    "Loaded": "loader",
    "load": "loader",
    "find_root": "root",
    "Settings": "settings",
    "read_settings": "settings",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(import_module(f"{__name__}.{home}"), name)
