"""NUMBER arithmetic and numeric functions: SQL Language Reference 19c, "Data Types", "NUMBER Data
Type"; "Functions", "Numeric Functions"; "Format Models", "Number Format Models"."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.functions import numeric
from tests.unit.sandbox.sql.support import call

D = Decimal


def test_sums_are_exact_decimals():
    assert numeric.add(D("0.1"), D("0.2")) == D("0.3")
    assert numeric.add(12345678901234567890123, 1) == 12345678901234567890124


def test_division_has_forty_digits():
    assert numeric.divide(7, 2) == D("3.5")
    assert numeric.number_to_text(numeric.divide(1, 3)) == "." + "3" * 40
    assert numeric.number_to_text(numeric.divide(2, 3)) == "." + "6" * 39 + "7"
    assert numeric.number_to_text(numeric.divide(10, 3)) == "3." + "3" * 38
    assert numeric.number_to_text(numeric.negate(numeric.divide(2, 3))) == "-." + "6" * 39 + "7"


def test_integral_results_are_int():
    result = numeric.multiply(D("2.5"), 2)
    assert result == 5
    assert type(result) is int


@pytest.mark.parametrize(("call_", "code"), [
    (lambda: numeric.divide(1, 0), 1476),
    (lambda: numeric.power(10, 126), 1426),
    (lambda: numeric.multiply(10**100, 10**100), 1426),
    (lambda: numeric.text_to_number("1x"), 1722),
    (lambda: numeric.text_to_number(""), 1722),
    (lambda: numeric.text_to_number("1 2"), 1722),
    (lambda: numeric.text_to_number("1,5"), 1722),
])  # fmt: skip
def test_number_errors(call_, code):
    with pytest.raises(OraError) as error:
        call_()
    assert error.value.code == code


def test_text_to_number_reads_signs_blanks_and_exponents():
    assert numeric.text_to_number("  -1.50 ") == D("-1.5")
    assert numeric.text_to_number("1e3") == 1000
    assert numeric.text_to_number(".5") == D("0.5")
    assert numeric.text_to_number("1,5", ",") == D("1.5")


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("ROUND", D("2.5")), 3),
        (("ROUND", D("-2.5")), -3),
        (("ROUND", D("0.125"), 2), D("0.13")),
        (("ROUND", 1234, -2), 1200),
        (("ROUND", None, 2), None),
        (("TRUNC", D("200.25"), 1), D("200.2")),
        (("TRUNC", D("15.79"), -1), 10),
        (("TRUNC", D("-2.9")), -2),
        (("MOD", -7, 3), -1),
        (("MOD", 11, 0), 11),
        (("MOD", D("5.5"), 2), D("1.5")),
        (("REMAINDER", 7, 4), -1),
        (("CEIL", D("15.1")), 16),
        (("FLOOR", D("-15.1")), -16),
        (("SIGN", D("-0.1")), -1),
        (("POWER", 2, 100), 2**100),
        (("POWER", -8, D("0.5")), "ORA-01428"),
        (("SQRT", -1), "ORA-01428"),
        (("LN", 0), "ORA-01428"),
        (("LOG", 10, 1000), 3),
        (("EXP", 0), 1),
        (("BITAND", 6, 3), 2),
        (("ABS", "-3"), 3),
        (("WIDTH_BUCKET", 5, 0, 10, 5), 3),
        (("TO_NUMBER", "1,234.5", "9,999.9"), D("1234.5")),
        (("TO_NUMBER", "<12>", "999PR"), -12),
        (("TO_NUMBER", "FF", "XX"), 255),
        (("TO_NUMBER", "12345", "999"), "ORA-01722"),
        (("TO_NUMBER", "-AusDollars100", "L9G999D99"), "ORA-01722"),
        (("TO_NUMBER", "1.234,5", "9G999D9", "NLS_NUMERIC_CHARACTERS=',.'"), D("1234.5")),
    ],
)
def test_numeric_functions(args, expected):
    assert call(*args) == expected


@pytest.mark.parametrize(
    ("value", "model", "expected"),
    [
        (D("1234.5"), "FM9,999.00", "1,234.50"),
        (D("1234.5"), "9,999.99", " 1,234.50"),
        (-5, "999", "  -5"),
        (0, "999", "   0"),
        (0, "99.99", "   .00"),
        (D("0.1"), "90.99", "  0.10"),
        (D("-0.2"), "99.9", "  -.2"),
        (0, "B9999", "     "),
        (123456, "999", "####"),
        (12, "S099", "+012"),
        (-12, "999PR", " <12>"),
        (12, "999MI", " 12 "),
        (-12, "999MI", " 12-"),
        (D("12345.678"), "9.99EEEE", "  1.23E+04"),
        (255, "XXXX", "   FF"),
        (14, "FMRN", "XIV"),
        (7, "FM000", "007"),
        (0, "FM990.00", "0.00"),
        (D("0.5"), "FM990.99", "0.5"),
        (1234567, "$9,999,999.99", " $1,234,567.00"),
        (D("1.5"), "TM9", "1.5"),
        (1, "abc", "ORA-01481"),
        (1, "9.9.9", "ORA-01481"),
        (D("0.5"), None, ".5"),
        (D("-0.5"), None, "-.5"),
        (10**40, None, "1." + "0" * 34 + "E+40"),
    ],
)
def test_number_models(value, model, expected):
    assert (call("TO_CHAR", value) if model is None else call("TO_CHAR", value, model)) == expected
