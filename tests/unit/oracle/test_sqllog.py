"""SQL_ID as V$SQL shows it, computed from the text."""

from __future__ import annotations

from dtm.oracle.sqllog import sql_id


def test_a_known_sql_id():
    # V$SQL of any Oracle database after this very text.
    assert sql_id("select * from dual") == "a5ks9fhw2v9s1"


def test_thirteen_digits_of_oracles_base_32():
    assert len(sql_id("")) == 13
    assert not set("eilo") & set(sql_id("select 1 from dual"))
