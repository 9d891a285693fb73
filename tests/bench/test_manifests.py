"""Loading 10,000 documents, one per file, with nothing cached and again; see docs on performance targets."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from dtm.manifests import load
from tests.unit.manifests import tree

INSTANCES = 8_000
ASSIGNMENTS = 2_000


def _tree(root: Path) -> Path:
    tree.write(root)
    (root / "instances").mkdir()
    (root / "assignments").mkdir()
    for number in range(INSTANCES):
        text = tree.INSTANCE.replace("sales-1", f"sales-x{number}").replace("db1", f"db{number}")
        (root / "instances" / f"{number}.yaml").write_text(text)
    for number in range(ASSIGNMENTS):
        text = tree.ASSIGNMENT.replace("purge-prod", f"purge-{number}")
        text = text.replace("labels: {app: sales}", f"names: [sales-x{number}]")
        (root / "assignments" / f"{number}.yaml").write_text(text)
    return root


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@pytest.mark.bench
@pytest.mark.timeout(300)
def test_load_10_000_documents_cold(tmp_path, capsys):
    root = _tree(tmp_path)

    def hash_contents() -> None:
        for path in root.rglob("*.yaml"):
            hashlib.sha256(path.read_bytes()).hexdigest()

    def parse_only() -> None:
        for path in root.rglob("*.yaml"):
            list(yaml.load_all(path.read_bytes(), Loader=yaml.CSafeLoader))

    floor = _seconds(hash_contents)
    parsed = _seconds(parse_only)
    whole = _seconds(lambda: load(root, {}).require())
    warm = _seconds(lambda: load(root, {}).require())
    with capsys.disabled():
        print(
            f"\n10,000 documents: read and hash {floor:.2f} s, CSafeLoader alone {parsed:.2f} s, "
            f"load (parsed, checked, canonical, digests) {whole:.2f} s, {whole / floor:.1f} x floor, "
            f"again with the cache {warm:.2f} s, {warm / floor:.1f} x floor"
        )
