"""Text that is no YAML, or YAML that surprises: place, code and advice of each."""

from __future__ import annotations

import os

import pytest

from dtm.manifests import reader
from dtm.manifests.loader import load
from tests.unit.manifests import tree
from tests.unit.manifests.test_schemas import EXAMPLES

HEAD = "apiVersion: dtm/v1\nkind: Environment\nmetadata: {name: x}\nspec:\n"


BAD: list[tuple[str | bytes, str, str, str | None]] = [
    (
        HEAD + "  enabled: true\n   protected: true\n",
        "x.yaml:6:13 yaml-syntax",
        "mapping values are not allowed",
        "check the indentation",
    ),
    (
        HEAD + "\tenabled: true\n",
        "x.yaml:5:1 yaml-syntax",
        "cannot start any token",
        "not tabs",
    ),
    (HEAD + "  a: [1, 2\n", "x.yaml:6:1 yaml-syntax", "expected ',' or ']'", None),
    (HEAD + "  a: 'open\n", "x.yaml:6:1 yaml-syntax", "quoted scalar", None),
    (HEAD + "  a: @home\n", "x.yaml:5:6 yaml-syntax", "cannot start any token", "quote"),
    (HEAD + "  a: *nowhere\n", "x.yaml:5:6 yaml-syntax", "undefined alias", None),
    (HEAD + "  a: &x {b: *x}\n", "x.yaml:5:6 aliases", "contains it", None),
    (HEAD + "  a: \x07\n", "x.yaml:5:6 yaml-syntax", "U+0007 is not allowed", None),
    (b"kind: \xff\n", "x.yaml:1:7 encoding", "byte 0xFF is not UTF-8", "UTF-8"),
    ("kind: x".encode("utf-16"), "x.yaml:1:1 encoding", "UTF-16", "UTF-8"),
    (
        HEAD + "  a: " + "[" * 60 + "]" * 60,
        "x.yaml:5:54 yaml-syntax",
        "nested more than 50",
        None,
    ),
    (HEAD + "  a:\n    " + "- " * 60 + "x", "x.yaml:6:101 yaml-syntax", "nested more", None),
    (
        HEAD + "  enabled: true\n  enabled: true\n",
        "x.yaml:6:3 duplicate-key",
        "line 5",
        "remove",
    ),
    (HEAD + "  1: true\n", "x.yaml:5:3 key-type", "must be text, found 1", 'quote it: "1"'),
    (HEAD + "  [a]: true\n", "x.yaml:5:3 key-type", "not a collection", None),
    (HEAD + "  ~: true\n", "x.yaml:5:3 key-type", "must be text, found ~", None),
    (
        HEAD + "  parameters: {A: 007}\n",
        "x.yaml:5:19 ambiguous-number",
        "1.1 and 1.2",
        '"007"',
    ),
    (HEAD + "  parameters: {A: .inf}\n", "x.yaml:5:19 number-range", "Oracle can hold", None),
    (HEAD + "  parameters: {A: 1e999}\n", "x.yaml:5:19 number-range", "out of range", None),
    (
        HEAD + "  parameters: {A: " + "9" * 5000 + "}\n",
        "x.yaml:5:19 number-range",
        "5000 digits",
        None,
    ),
    (
        HEAD + "  parameters: {A: 0.12345678901234567}\n",
        "x.yaml:5:19 number-range",
        "more digits",
        "--param",
    ),
    (
        HEAD + "  a: !!python/object:os.system {}\n",
        "x.yaml:5:6 tag",
        "!!python/object",
        "plain",
    ),
    (HEAD + "  a: !vault x\n", "x.yaml:5:6 tag", "!vault is not supported", None),
    (HEAD + "  <<: 5\n", "x.yaml:5:7 merge-key", "needs a mapping", None),
    ("- a\n- b\n", "x.yaml:1:1 wrong-type", "a document is a mapping, found a list", None),
    ("just text\n", "x.yaml:1:1 wrong-type", 'found text "just text"', None),
]


@pytest.mark.parametrize(("text", "place", "message", "suggestion"), BAD)
def test_bad_text(tmp_path, text, place, message, suggestion):
    found = tree.loaded(tmp_path, x_yaml=text).diagnostics
    assert place in map(tree.brief, found)
    first = next(d for d in found if tree.brief(d) == place)
    assert message in first.message
    assert (suggestion or "") in (first.suggestion or "")
    assert suggestion is None or first.suggestion is not None


def test_aliases_cannot_explode(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    found = tree.loaded(tmp_path, x_yaml="\n".join(lines)).diagnostics
    assert [d.code for d in found] == ["aliases"]
    assert "1,000,000" in found[0].message


def test_a_tree_goes_on_after_a_broken_file_and_does_not_repeat_its_consequences(tmp_path):
    found = tree.loaded(
        tmp_path,
        env_yaml=tree.ENVIRONMENT + "  - x\n",
        instance_yaml=tree.INSTANCE.replace("labels:", "labls:"),
    ).diagnostics
    assert [tree.brief(d) for d in found] == [
        "env.yaml:7:3 yaml-syntax",
        "instance.yaml:3:27 unknown-field",
    ]


def test_an_empty_file_is_a_warning(tmp_path):
    for text in ("", "# nothing\n", "---\n", "\ufeff"):
        found = tree.only(tmp_path, x_yaml=text)
        assert (found.location.file, found.code, found.severity.value) == (
            "x.yaml",
            "empty-file",
            "warning",
        )


def test_unreadable_files_and_links_out_of_the_tree(tmp_path):
    outside = tmp_path / "outside.yaml"
    outside.write_text(tree.ENVIRONMENT)
    root = tmp_path / "root"
    tree.write(root)
    (root / "x.yaml").symlink_to(outside)
    (root / "y.yaml").symlink_to(root / "nowhere.yaml")
    os.mkfifo(root / "p.yaml")
    (root / "z.yaml").mkdir()  # a directory is looked into, whatever its name
    found = load(root, {}).diagnostics
    assert [(tree.brief(d), d.message) for d in found] == [
        ("p.yaml:1:1 unreadable", "cannot be read: not a regular file"),
        ("x.yaml:1:1 outside-tree", "a symbolic link that leads out of the tree"),
        ("y.yaml:1:1 unreadable", "cannot be read: No such file or directory"),
    ]


def test_sources_behind_links_out_of_the_tree(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "purge.pks").write_text(tree.SPEC)
    package = tree.PACKAGE.replace("purge.pks", "link/purge.pks")
    root = tree.write(tmp_path / "root", package_yaml=package)
    (root / "link").symlink_to(tmp_path / "outside")
    first = load(root, {}).diagnostics[0]
    assert tree.brief(first) == "package.yaml:5:24 outside-tree"


def test_without_libyaml_the_reading_is_the_same(monkeypatch):
    texts = [*tree.FILES.values(), *EXAMPLES.values()]
    texts += [text for text, *_ in BAD if isinstance(text, str)]
    with_libyaml = [reader.read(text) for text in texts]
    monkeypatch.setattr(reader, "_Loader", reader._PythonLoader)
    for text, before in zip(texts, with_libyaml, strict=True):
        after = reader.read(text)
        assert after.documents == before.documents
        assert [(p.code, p.line) for p in after.problems] == [
            (p.code, p.line) for p in before.problems
        ], text
