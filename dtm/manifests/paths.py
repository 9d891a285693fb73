"""Paths inside a document: tuples of keys and list indexes, shown as `spec.tasks[2].name`."""

from __future__ import annotations

import re

Path = tuple[str | int, ...]

_SECRET = re.compile(r"passw|passphrase|secret|token|credential", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$#-]*\Z")
_PIECE = re.compile(r'\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([^.\[\]]+)')


def show(path: Path) -> str:
    """Return the path as text; a key that is no plain word is shown as `["key"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN.match(part):
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text


def parse(text: str) -> Path:
    """Return the path that `show` (or a hand-written `a.b[0].c`) stands for."""
    return tuple(
        int(index) if index else (key or word) for index, key, word in _PIECE.findall(text)
    )


def is_secret(path: Path) -> bool:
    """Say whether the place is one of the fields that hold a secret reference."""
    return bool(path) and path[-1] in ("password", "walletPassword")


def looks_secret(path: Path) -> bool:
    """Say whether the last key is one under which people put secrets: do not repeat the value."""
    return bool(path) and isinstance(path[-1], str) and _SECRET.search(path[-1]) is not None
