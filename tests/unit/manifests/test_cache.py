"""The cache of documents: the same result, faster; never a wrong one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dtm.manifests import cache, load, reader
from dtm.manifests.loader import Loaded
from tests.unit.manifests import tree


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small tree, for which a cache is worthwhile here."""
    monkeypatch.setattr(cache, "WORTHWHILE", 2)
    tree.write(tmp_path)
    return tmp_path


def kept(root: Path) -> Path:
    return root / ".dtm" / cache.FILE


def shown(loaded: Loaded) -> object:
    return loaded.resources, loaded.diagnostics


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were really parsed."""
    texts: list[str] = []
    read = reader.read

    def counting(text: str) -> reader.Reading:
        texts.append(text)
        return read(text)

    monkeypatch.setattr(reader, "read", counting)
    return texts


def test_unchanged_files_are_not_parsed_again(root: Path, parsed: list[str]) -> None:
    first = load(root, {}).require()
    manifests = len(list(root.rglob("*.yaml"))) - 1
    assert len(parsed) >= manifests
    parsed.clear()
    second = load(root, {})
    assert shown(second) == shown(first)
    assert len(parsed) <= 1  # dtm.yaml is no manifest


def test_a_changed_file_is_read_anew(root: Path, parsed: list[str]) -> None:
    load(root, {})
    file = next(path for path in root.rglob("*.yaml") if "kind: Instance" in path.read_text())
    file.write_text(file.read_text().replace("kind: Instance", "kind: Instanze"))
    parsed.clear()
    broken = load(root, {})
    assert file.read_text() in parsed
    assert any(one.code == "unknown-kind" for one in broken.errors)
    assert shown(load(root, {cache.SWITCH: "1"})) == shown(broken)


def test_what_is_wrong_is_found_again_from_the_cache(root: Path) -> None:
    file = next(path for path in root.rglob("*.yaml") if "kind: Instance" in path.read_text())
    file.write_text(file.read_text().replace("environment:", "enviroment:"))
    first = load(root, {})
    assert first.errors
    assert kept(root).exists()
    assert shown(load(root, {})) == shown(first)


def test_two_files_with_the_same_text_share_no_data(root: Path) -> None:
    text = "apiVersion: dtm/v1\nkind: Environment\nmetadata: {name: twice}\nspec: {}\n"
    for name in ("a.yaml", "b.yaml"):
        (root / name).write_text(text)
    first, second = load(root, {}), load(root, {})
    assert first.errors
    assert shown(second) == shown(first)
    one = cache.DocumentCache(kept(root))
    assert one.read(text).documents[0].data is not one.read(text).documents[0].data


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b"prod", b"PROD", 1),
        lambda content: b"\xff\xfe" + content,
        lambda content: b"[]\n" + content.partition(b"\n")[2],
        lambda content: content.replace(b'"stamp": "', b'"stamp": "0', 1),
    ],
    ids=["empty", "cut", "changed", "no text", "no head", "another version"],
)
def test_a_damaged_cache_counts_for_nothing(root: Path, parsed: list[str], damage) -> None:
    first = load(root, {})
    count = len(parsed)
    whole = kept(root).read_bytes()
    assert damage(whole) != whole
    kept(root).write_bytes(damage(whole))
    parsed.clear()
    assert shown(load(root, {})) == shown(first)
    assert len(parsed) == count
    assert kept(root).read_bytes().partition(b"\n")[0] == whole.partition(b"\n")[0]


def test_a_cache_others_can_write_is_not_used(root: Path, parsed: list[str]) -> None:
    load(root, {})
    count = len(parsed)
    assert kept(root).stat().st_mode & 0o077 == 0
    kept(root).chmod(0o666)
    parsed.clear()
    load(root, {})
    assert len(parsed) == count


def test_switched_off_it_is_neither_read_nor_written(root: Path) -> None:
    load(root, {cache.SWITCH: "1"})
    assert not kept(root).exists()


def test_small_trees_leave_nothing_behind(tmp_path: Path) -> None:
    tree.write(tmp_path)
    load(tmp_path, {})
    assert not kept(tmp_path).exists()


def test_a_state_directory_that_cannot_be_made_costs_nothing_else(root: Path) -> None:
    (root / ".dtm").write_text("a file")
    assert load(root, {}).require().resources


def test_values_come_back_as_they_were(root: Path) -> None:
    text = (
        'a: [1, -0.0, 1.5e300, 123456789012345678901234567890, true, null, "", "\\U0001F600"]\n'
        "b: {x: [], y: {}}\n---\n---\nc: ~\n"
    )
    first = cache.DocumentCache(kept(root))
    wanted = repr(first.read(text).documents)
    first.read("other: 1")
    first.save()
    assert json.loads(kept(root).read_bytes().partition(b"\n")[2])
    assert repr(cache.DocumentCache(kept(root)).read(text).documents) == wanted
    assert [path.name for path in (root / ".dtm").iterdir()] == [cache.FILE]
