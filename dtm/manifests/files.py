"""Finds and reads the files of a working tree; nothing outside its root is read."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from dtm.manifests import reader
from dtm.manifests.reader import Problem
from dtm.manifests.root import SETTINGS_FILE

_SUFFIXES = (".yaml", ".yml")


def manifest_files(root: Path, include: Sequence[str], exclude: Sequence[str]) -> Iterator[str]:
    """Yield the YAML files below `include`, relative to root, '/' between parts, sorted.

    Hidden files and directories, virtual environments and node_modules are passed over, symbolic
    links to directories not followed.
    """
    found: set[str] = set()
    for start in include:
        top = root / start
        if top.is_file() or top.is_symlink():
            found.add(top.relative_to(root).as_posix())
        else:
            found.update(_walk(root, top))
    found.discard(SETTINGS_FILE)
    for name in sorted(found):
        if not any(_excluded(name, pattern) for pattern in exclude):
            yield name


def _walk(root: Path, top: Path) -> Iterator[str]:
    for directory, subdirectories, names in os.walk(top):
        if "pyvenv.cfg" in names:
            subdirectories.clear()
            continue
        subdirectories[:] = [
            name for name in subdirectories if not name.startswith(".") and name != "node_modules"
        ]
        base = os.path.relpath(directory, root)
        prefix = "" if base == "." else base.replace(os.sep, "/") + "/"
        for name in names:
            if name.endswith(_SUFFIXES) and not name.startswith("."):
                yield prefix + name


def _excluded(name: str, pattern: str) -> bool:
    pattern = pattern.rstrip("/")
    return fnmatch.fnmatchcase(name, pattern) or fnmatch.fnmatchcase(name, pattern + "/*")


def read_text(root: Path, name: str) -> str | Problem:
    """Return a file of the tree as text, or what is wrong with it."""
    path = os.path.join(root, name)  # noqa: PTH118 - pathlib costs 0.2 s over 10,000 files
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            if not is_inside(root, name):
                return Problem(1, 1, "outside-tree", "a symbolic link that leads out of the tree")
            mode = os.stat(path).st_mode  # noqa: PTH116
        if not stat.S_ISREG(mode):
            return Problem(1, 1, "unreadable", "cannot be read: not a regular file")
        with open(path, "rb") as file:  # noqa: PTH123
            return reader.decode(file.read())
    except OSError as error:
        return Problem(1, 1, "unreadable", f"cannot be read: {error.strerror}")


def is_inside(root: Path, name: str) -> bool:
    """Say whether a path of the tree is still in it after all symbolic links are followed."""
    return (root / name).resolve().is_relative_to(root.resolve())
