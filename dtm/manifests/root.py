"""Where a tree begins: the directory with dtm.yaml. Apart from settings: it parses nothing."""

from __future__ import annotations

from pathlib import Path

SETTINGS_FILE = "dtm.yaml"


def find_root(start: Path) -> Path:
    """Return the nearest directory at or above `start` that holds dtm.yaml; else `start`."""
    start = start.absolute()
    for directory in (start, *start.parents):
        if (directory / SETTINGS_FILE).is_file():
            return directory
    return start
