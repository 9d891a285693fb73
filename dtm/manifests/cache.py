"""Documents of files that have not changed since they were last read: neither parsed nor checked
for their shape again.

A file is recognised by the SHA-256 of its text, whatever it is called. Only what could be read
without a problem is kept, as JSON, in `manifests.json` of the state directory; it holds what the
manifests say, hence references to secrets and never a secret. The cache is a copy that may vanish:
one of another version, damaged, half written, or writable by others is not used, and `DTM_NO_CACHE`
(any value) turns it off. Processes replace the file as a whole; the last one wins.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

import dtm
from dtm.manifests import reader, schemas, shape
from dtm.manifests.reader import Document, Reading
from dtm.model.resources import Kind

SWITCH = "DTM_NO_CACHE"
FILE = "manifests.json"
WORTHWHILE = 500  # files; fewer are read faster than this is worth
_FORMAT = 1


class DocumentCache:
    """What an earlier load read; `path` None: nothing is known and nothing kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, list[list[Any]]] = {}
        self._readings: dict[str, Reading] = {}  # of this load, by digest
        self._new = False
        if path is not None and path.exists():
            self._known = _load(path)

    def read(self, text: str) -> Reading:
        """Return the documents of a text, as `reader.read` does."""
        if self._path is None:
            return reader.read(text)
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        # Each file gets data of its own, even where two have the same text.
        kept = self._known.get(digest) if digest not in self._readings else None
        if kept is None:
            reading = reader.read(text)
            if reading.problems:
                return reading
            self._new = True
        else:
            reading = Reading([Document(*fields) for fields in kept])
        self._readings[digest] = reading
        return reading

    def save(self) -> None:
        """Keep what this load read, if there is enough of it and something is new."""
        if self._path is None or not self._new or len(self._readings) < WORTHWHILE:
            return
        body = json.dumps(
            {
                digest: [[d.data, d.line, d.column, d.sound] for d in reading.documents]
                for digest, reading in self._readings.items()
            },
            separators=(",", ":"),
        ).encode()
        head = json.dumps({"stamp": _stamp(), "sha256": hashlib.sha256(body).hexdigest()})
        # A state directory that cannot be written costs time, nothing else.
        with contextlib.suppress(OSError):
            _replace(self._path, head.encode() + b"\n" + body)


def cache_of(state_dir: Path, environ: Mapping[str, str]) -> DocumentCache:
    """Return the cache of a working tree, or one that keeps nothing where it is switched off."""
    return DocumentCache(None if environ.get(SWITCH) else state_dir / FILE)


def _load(path: Path) -> dict[str, list[list[Any]]]:
    """The documents by digest; none when the file cannot be trusted."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_uid != os.geteuid() or status.st_mode & 0o022:
                return {}
            head, _, body = file.read().partition(b"\n")
        wanted = {"stamp": _stamp(), "sha256": hashlib.sha256(body).hexdigest()}
        if json.loads(head) != wanted:
            return {}
        found: dict[str, list[list[Any]]] = json.loads(body)
    except (OSError, ValueError):
        return {}
    return found


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=FILE)  # readable by the owner only
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _stamp() -> str:
    """What the meaning of a cached document depends on beside its text."""
    parts = [
        str(_FORMAT),
        dtm.__version__,
        yaml.__version__,
        *(json.dumps(schemas.for_kind(kind)) for kind in Kind),
    ]
    parts += [Path(module.__file__ or "").read_text("utf-8") for module in (reader, shape)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
