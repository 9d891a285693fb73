"""Package sources that cannot be used: missing files, wrong statements, broken templates."""

from __future__ import annotations

import pytest

from dtm.manifests.loader import load
from tests.unit.manifests import tree

SOURCES = [
    ("[purge.pkb, purge.pks]", "[purge.pkb, purg.pks]", "package.yaml:5:24 missing-file",
     'did you mean "purge.pks"?'),
    ("[purge.pkb, purge.pks]", "[purge.pkb, ../purge.pks]", "package.yaml:5:24 outside-tree", "inside"),
    ("[purge.pkb, purge.pks]", "[purge.pkb, /etc/passwd]", "package.yaml:5:24 outside-tree", "inside"),
    ("[purge.pkb, purge.pks]", "[purge.pkb, purge.pks, state.sql]", "package.yaml:5:35 source-unit",
     "list it under tables"),
    ("[state.sql]", "[purge.pks]", "package.yaml:6:12 source-unit", "list it under sources"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "hint"), SOURCES)
def test_package_source_files(tmp_path, old, new, place, hint):
    found = tree.loaded(tmp_path, **tree.broken("package_yaml", old, new)).diagnostics
    first = next(d for d in found if tree.brief(d) == place)
    assert hint in (first.suggestion or "")


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", "purge.pks:1:1", "holds no statement"),
        ("-- only\n/* comments */\n", "purge.pks:1:1", "holds no statement"),
        ("\nSET DEFINE OFF\n" + tree.SPEC, "purge.pks:2:1", "expected CREATE, found SET"),
        ("CREATE SEQUENCE s;", "purge.pks:1:8", "cannot be part of a package"),
        ("CREATE OR REPLACE", "purge.pks:1:11", "ends after CREATE"),
        ("CREATE PACKAGE\n", "purge.pks:1:8", "the name is missing"),
        (tree.SPEC.replace("purge AS", "dba.purge AS"), "purge.pks:1:27", "has an owner, dba"),
        (tree.SPEC + tree.BODY, "purge.pks:9:1", "a second statement follows"),
        (tree.SPEC.replace("PACKAGE", "PACKAGE BODY"), "purge.pks:1:1", "also created by"),
        (b"CREATE PACKAGE p AS -- \xe4\nEND;", "purge.pks:1:24", "byte 0xE4 is not UTF-8"),
    ],
)
def test_package_source_text(tmp_path, text, place, message):
    found = tree.loaded(tmp_path, purge_pks=text).diagnostics
    assert any(str(d.location) == place and message in d.message for d in found), found


def test_template_errors_in_sources_have_their_line(tmp_path):
    template = "-- one\n-- two\n{% if vars.nothing %}{% endif %}\n"
    package = tree.PACKAGE.replace("purge.pkb", "purge.pkb.j2")
    root = tree.write(tmp_path, package_yaml=package, purge_pkb=None)
    for text, message in ((template, '"nothing" is undefined'), ("\n\n{% if %}", "Expected")):
        (root / "purge.pkb.j2").write_text(text)
        first = load(root, {}).diagnostics[0]
        assert tree.brief(first) == "purge.pkb.j2:3:1 template"
        assert message in first.message
