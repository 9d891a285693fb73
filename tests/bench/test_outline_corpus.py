"""The outline of whole public code bases: files with an error, lost subprograms, lines per second.

    DTM_TEST_PLSQL=checkout1:checkout2 ./dev bench -k corpus

What counts: every file with one of `SUFFIXES`, once per content; scripts of pure SQL and SQL*Plus
too. A file with an error-level diagnostic is named with its first error, for a reader to judge:
text Oracle would refuse (a template, a truncated file, a missing END) is none of the outline's.
The number of subprograms is compared with a count by regular expression, which knows nothing of
SQL*Plus: a smoke alarm, no proof.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dtm.plsql.outline import outline

pytestmark = pytest.mark.bench

CORPUS = os.environ.get("DTM_TEST_PLSQL", "")
SUFFIXES = frozenset(
    [
        ".sql",
        ".pks",
        ".pkb",
        ".pkg",
        ".pck",
        ".pkh",
        ".pls",
        ".plb",
        ".plsql",
        ".prc",
        ".fnc",
        ".fun",
        ".trg",
        ".tps",
        ".tpb",
        ".typ",
        ".tys",
        ".tyb",
        ".vw",
        ".vws",
        ".bdy",
        ".spc",
        ".sps",
        ".spb",
        ".tab",
        ".seq",
        ".proc",
        ".func",
        ".ddl",
    ]
)
_NO_CODE = re.compile(
    r"--[^\n]*|/\*.*?\*/|q'\[.*?\]'|q'\{.*?\}'|q'\(.*?\)'|q'<.*?>'|q'([^\s\w]).*?\1'|'[^']*'",
    re.DOTALL | re.IGNORECASE,
)
_SUBPROGRAM = re.compile(
    r"(?<![\w.$#\"])(?<!drop )(?:procedure|function)\s+(?:\"?[\w$#]+\"?\s*\.\s*)?\"?[a-z_][\w$#]*",
    re.IGNORECASE,
)


def texts(root: Path) -> Iterator[tuple[Path, str]]:
    seen = set()
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() not in SUFFIXES or not path.is_file() or path.is_symlink():
            continue
        data = path.read_bytes()
        digest = hashlib.sha256(data).digest()
        if digest not in seen:
            seen.add(digest)
            yield path, _decoded(data).replace("\r\n", "\n")


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


@pytest.mark.skipif(not CORPUS, reason="DTM_TEST_PLSQL names no directories")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("root", CORPUS.split(os.pathsep), ids=lambda root: Path(root).name)
def test_corpus(root: str) -> None:
    files = lines = errors = differing = found = expected = 0
    seconds = 0.0
    for path, text in texts(Path(root)):
        started = time.process_time()
        result = outline(text)
        seconds += time.process_time() - started
        files += 1
        lines += text.count("\n") + 1
        if result.errors:
            errors += 1
            first = result.errors[0]
            print(f"\n{path}:{first.line}:{first.column}: {first.message}")
        counted = len(_SUBPROGRAM.findall(_NO_CODE.sub(" ", text)))
        outlined = sum(1 for unit in result.units for _ in unit.walk())
        found += outlined
        expected += counted
        differing += counted != outlined
    print(
        f"\n{root}: {files} files, {lines} lines, {errors} with errors, {found} subprograms"
        f" (by regular expression {expected}; differing in {differing} files),"
        f" {lines / max(seconds, 1e-9):,.0f} lines/s of CPU"
    )
