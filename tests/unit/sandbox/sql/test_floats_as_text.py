"""BINARY_FLOAT and BINARY_DOUBLE as text.

SQL Language Reference 19c, "Functions", "TO_CHAR (number)": without a format a value is converted
to exactly the digits that hold it; "Data Types", "Floating-Point Numbers".
"""

from __future__ import annotations

import pytest

from tests.unit.sandbox.sql.conftest import Db


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("1.5d", "1.5E+000"),
        ("1d", "1.0E+000"),
        ("0d", "0"),
        ("-1.25f", "-1.25E+000"),
        ("0.1f", "1.00000001E-001"),
        ("0.1d", "1.0000000000000001E-001"),
        ("1d/3", "3.3333333333333331E-001"),
        ("1e22d", "1.0E+022"),
        ("1d/0", "Inf"),
        ("-1f/0", "-Inf"),
        ("0d/0", "Nan"),
    ],
)
def test_without_a_format(db: Db, expression: str, text: str) -> None:
    query = f"select to_char({expression}), {expression} || '', to_nchar({expression}) from dual"
    assert db.rows(query) == [(text, text, text)]


def test_the_sessions_decimal_character(db: Db) -> None:
    db.run("alter session set nls_numeric_characters = ',.'")
    assert db.rows("select to_char(1.5d), 1.5f || '' from dual") == [("1,5E+000", "1,5E+000")]


def test_with_a_format_it_is_a_number(db: Db) -> None:
    assert db.rows("select to_char(1.5d, '9.99'), to_char(1.5) from dual") == [(" 1.50", "1.5")]


def test_a_column_of_each(db: Db) -> None:
    db.run("create table t (f binary_float, d binary_double, v varchar2(30))")
    db.run("insert into t values (0.1, 0.1, 2.5d)")
    row = ("1.00000001E-001", "1.0000000000000001E-001", "2.5E+000")
    assert db.rows("select to_char(f), to_char(d), v from t") == [row]
