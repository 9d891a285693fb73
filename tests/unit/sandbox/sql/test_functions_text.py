"""Character functions: SQL Language Reference 19c, "Functions", "Character Functions"."""

from __future__ import annotations

import pytest

from tests.unit.sandbox.sql.support import call


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("SUBSTR", "ABCDEFG", 3, 4), "CDEF"),
        (("SUBSTR", "ABCDEFG", -5, 4), "CDEF"),
        (("SUBSTR", "hello", 0, 2), "he"),
        (("SUBSTR", "hello", 2), "ello"),
        (("SUBSTR", "hello", 9), None),
        (("SUBSTR", "hello", -9, 2), None),
        (("SUBSTR", "hello", 1, 0), None),
        (("SUBSTR", None, 1), None),
        (("SUBSTR", 12345, 2, 2), "23"),
        (("INSTR", "CORPORATE FLOOR", "OR", 3, 2), 14),
        (("INSTR", "CORPORATE FLOOR", "OR", -3, 2), 2),
        (("INSTR", "a.b.c", ".", 1, 2), 4),
        (("INSTR", "abc", "x"), 0),
        (("INSTR", "abc", None), None),
        (("INSTR", "abc", "a", 0), 0),
        (("INSTR", "abc", "a", 1, 0), "ORA-01428"),
        (("LPAD", "Page 1", 15, "*."), "*.*.*.*.*Page 1"),
        (("LPAD", "7", 3, "0"), "007"),
        (("LPAD", "hello", 3), "hel"),
        (("LPAD", "x", 0), None),
        (("LPAD", "x", 5, None), None),
        (("RPAD", "a", 3, "xy"), "axy"),
        (("TRIM", "  a b "), "a b"),
        (("TRIM", "   "), None),
        (("TRIM", "xxaxx", "x", "LEADING"), "axx"),
        (("TRIM", "xxaxx", "x", "TRAILING"), "xxa"),
        (("TRIM", "abc", "ab", "BOTH"), "ORA-30001"),
        (("LTRIM", "<=====>BROWNING<=====>", "<>="), "BROWNING<=====>"),
        (("RTRIM", "abc  "), "abc"),
        (("REPLACE", "JACK and JUE", "J", "BL"), "BLACK and BLUE"),
        (("REPLACE", "abc", "b", None), "ac"),
        (("REPLACE", "abc", None, "x"), "abc"),
        (("REPLACE", "b", "b"), None),
        (("TRANSLATE", "SQL*Plus User's Guide", " */'", "___"), "SQL_Plus_Users_Guide"),
        (("TRANSLATE", "abc", "ab", None), None),
        (("INITCAP", "the soap_box o'neil"), "The Soap_Box O'Neil"),
        (("UPPER", "straße"), "STRAßE"),
        (("LENGTH", "Übel"), 4),
        (("LENGTHB", "Übel"), 5),
        (("LENGTH", None), None),
        (("ASCII", "é"), 50089),
        (("CHR", 50089), "é"),
        (("CHR", 65), "A"),
        (("CONCAT", "a", None), "a"),
        (("CONCAT", None, None), None),
        (("SOUNDEX", "SMYTHE"), "S530"),
        (("UPPER",), "ORA-00909"),
        (("UPPER", "a", "b"), "ORA-00909"),
        (("SUBSTR", "a"), "ORA-00938"),
        (("SUBSTR", "a", 1, 2, 3), "ORA-00939"),
        (("SUBSTR", "abc", "x"), "ORA-01722"),
        (("NO_SUCH_FUNCTION", 1), "ORA-00904"),
    ],
)
def test_character_functions(args, expected):
    assert call(*args) == expected


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("REGEXP_SUBSTR", "a,b,c", "[^,]+", 1, 2), "b"),
        (("REGEXP_SUBSTR", "a,b,c", "[^,]+", 1, 4), None),
        (("REGEXP_SUBSTR", "key=val", "(\\w+)=(\\w+)", 1, 1, "i", 2), "val"),
        (("REGEXP_REPLACE", "a1b2", "[0-9]", ""), "ab"),
        (("REGEXP_REPLACE", "a1b2", "[[:digit:]]"), "ab"),
        (("REGEXP_REPLACE", "500   Oracle", "( ){2,}", " "), "500 Oracle"),
        (("REGEXP_REPLACE", "John Smith", "(\\w+) (\\w+)", "\\2, \\1"), "Smith, John"),
        (("REGEXP_REPLACE", "aaa", "a", "b", 1, 2), "aba"),
        (("REGEXP_REPLACE", None, "a", "b"), None),
        (("REGEXP_INSTR", "500 Oracle Parkway", "[o]", 1, 1, 0, "i"), 5),
        (("REGEXP_INSTR", "abc", "b", 1, 1, 1), 3),
        (("REGEXP_INSTR", "abc", "z"), 0),
        (("REGEXP_COUNT", "abcabc", "[ab]"), 4),
        (("REGEXP_LIKE", "Steven", "^Ste(v|ph)en$"), True),
        (("REGEXP_LIKE", "abc", "^B", "i"), False),
        (("REGEXP_LIKE", "a\\b", "[\\]"), True),
        (("REGEXP_LIKE", "abc", "(abc"), "ORA-12725"),
        (("REGEXP_LIKE", "abc", "[abc"), "ORA-12726"),
        (("REGEXP_LIKE", "abc", "a", "q"), "ORA-01760"),
        (("REGEXP_LIKE", None, "a"), None),
        (("REGEXP_LIKE", "abc", "(?=a)"), "ORA-03001"),
    ],
)
def test_regular_expressions(args, expected):
    """Appendix "Oracle Regular Expression Support"."""
    assert call(*args) == expected


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("NVL", None, "-"), "-"),
        (("NVL", 5, "7"), 5),
        (("NVL", 5, "x"), "ORA-01722"),
        (("NVL2", None, "a", "b"), "b"),
        (("COALESCE", None, None, 3), 3),
        (("COALESCE", 1, "x"), "ORA-00932"),
        (("NULLIF", 1, 1), None),
        (("NULLIF", 1, 2), 1),
        (("DECODE", None, None, "isnull", "no"), "isnull"),
        (("DECODE", 3, 1, "a", 2, "b"), None),
        (("DECODE", "1", 1, "one", "other"), "one"),
        (("GREATEST", 1, None), None),
        (("GREATEST", "HARRY", "HARRIOT", "HAROLD"), "HARRY"),
        (("GREATEST", 1, "3.925", "2.4"), 3.925),
        (("LEAST", "HARRY", "HARRIOT", "HAROLD"), "HAROLD"),
        (("STANDARD_HASH", "a", "MD5"), bytes.fromhex("0cc175b9c0f1b6a831c399e269772661")),
        (("DUMP", "abc"), "Typ=1 Len=3: 97,98,99"),
        (("DUMP", -123), "Typ=2 Len=4: 61,100,78,102"),
        (("SYS_CONTEXT", "USERENV", "SESSION_USER"), "APP"),
        (("SYS_CONTEXT", "USERENV", "MODULE"), "tests"),
        (("SYS_CONTEXT", "USERENV", "NOPE"), "ORA-02003"),
        (("SYS_CONTEXT", "OTHER", "X"), None),
        (("USER",), "APP"),
    ],
)
def test_general_functions(args, expected):
    """Chapters "NULL-Related Functions", "Encoding and Decoding Functions", DECODE, GREATEST."""
    result = call(*args)
    assert float(result) == expected if isinstance(expected, float) else result == expected
