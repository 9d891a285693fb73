"""SQL*Plus scripts: what is filled in, how they are split, and what is refused."""

from __future__ import annotations

import pytest

from dtm.cli.setup import scripts
from dtm.errors import UsageError

SCRIPT = """-- a comment; with a semicolon
SET SERVEROUTPUT ON
PROMPT it's on its way; wait
CREATE TABLE &owner..t (a NUMBER);
INSERT INTO t VALUES (';', 'it''s');
CREATE OR REPLACE PROCEDURE p IS
BEGIN
  NULL;
END;
/
EXEC p
SELECT 1 FROM dual
/
"""


def _texts(text: str, **values: str) -> list[str]:
    return [each.text for each in scripts.statements(text, values, "x.sql")]


def test_statements_lose_their_semicolon_and_plsql_keeps_it() -> None:
    assert _texts(SCRIPT, owner="APP") == [
        "CREATE TABLE APP.t (a NUMBER)",
        "INSERT INTO t VALUES (';', 'it''s')",
        "CREATE OR REPLACE PROCEDURE p IS\nBEGIN\n  NULL;\nEND;",
        "BEGIN p; END;",
        "SELECT 1 FROM dual",
    ]


def test_statements_know_their_line() -> None:
    found = scripts.statements(SCRIPT, {"owner": "APP"}, "x.sql")
    assert [each.line for each in found] == [4, 5, 6, 11, 12]


def test_set_define_off_leaves_ampersands_alone() -> None:
    text = "SET DEFINE OFF\nINSERT INTO t VALUES ('R&D');\nSET DEFINE ON\nDROP TABLE &t;\n"
    assert _texts(text, t="T") == ["INSERT INTO t VALUES ('R&D')", "DROP TABLE T"]


def test_an_unknown_mark_is_refused_with_its_line() -> None:
    with pytest.raises(UsageError, match=r"x\.sql:2: nothing is known of &size") as caught:
        scripts.statements("COMMIT;\nCREATE TABLE t&size (a NUMBER);\n", {"client": "C"}, "x.sql")
    assert "&client" in (caught.value.hint or "")


@pytest.mark.parametrize("command", ["@other.sql", "CONNECT a/b", "DEFINE x = 1", "HOST ls"])
def test_commands_that_would_do_something_are_refused(command: str) -> None:
    with pytest.raises(UsageError, match=r"x\.sql:1: .*SQL\*Plus command"):
        scripts.statements(f"{command}\n", {}, "x.sql")


def test_a_value_is_a_plain_word() -> None:
    with pytest.raises(ValueError, match="password is no plain word"):
        scripts.shipped("client-owner", {"user": "DTM", "password": 'x" DROP'})


def test_the_shipped_scripts_need_what_the_readme_says() -> None:
    for name in ("repository-owner", "client-owner"):
        found = scripts.shipped(name, {"user": "DTM", "password": "Secret_1"})
        assert found[0].text.startswith('CREATE USER DTM IDENTIFIED BY "Secret_1"')
        assert not [each for each in found if each.text.endswith(";") or "&" in each.text]


def test_a_script_that_is_not_there(tmp_path) -> None:
    with pytest.raises(UsageError, match="cannot read the script"):
        scripts.read(tmp_path / "none.sql", {})
