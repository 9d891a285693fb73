"""DUMP names the data type by its code.

SQL Language Reference 19c, "Data Types", table "Built-in Data Type Summary": VARCHAR2 1, NUMBER 2,
CHAR 96; "Literals", "Text Literals": a text literal is CHAR.
"""

from __future__ import annotations

from tests.unit.sandbox.sql.conftest import Db


def test_char_and_varchar2(db: Db) -> None:
    db.run("create table t (v varchar2(3), c char(3), n number)")
    db.run("insert into t values ('a', 'a', 1)")
    db.run("insert into t values (null, null, null)")
    rows = db.rows("select dump('a'), dump(v), dump(c, 16), dump(n) from t order by n")
    assert rows == [
        ("Typ=96 Len=1: 97", "Typ=1 Len=1: 97", "Typ=96 Len=3: 61,20,20", "Typ=2 Len=2: 193,2"),
        ("Typ=96 Len=1: 97", "NULL", "NULL", "NULL"),
    ]
