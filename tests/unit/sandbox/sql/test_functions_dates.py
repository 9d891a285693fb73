"""Datetime functions and format models: SQL Language Reference 19c, "Functions", "Datetime
Functions"; "Format Models", "Datetime Format Models" and "String-to-Date Conversion Rules"."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import DATE, NUMBER, TIMESTAMP, Kind, Months
from dtm.sandbox.sql.functions import datetimes, intervals
from tests.unit.sandbox.sql.support import call, d


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("TO_DATE", "20260102", "YYYYMMDD"), d("2026-01-02")),
        (("TO_DATE", "20260102", "YYYY-MM-DD"), d("2026-01-02")),
        (("TO_DATE", "2026/1/2", "YYYY-MM-DD"), d("2026-01-02")),
        (("TO_DATE", "2026-01-02", "YYYY-MM-DD HH24:MI:SS"), d("2026-01-02")),
        (("TO_DATE", "31-JAN-2026", "DD-MON-RR"), d("2026-01-31")),
        (("TO_DATE", "31-JAN-99", "DD-MON-RR"), d("1999-01-31")),
        (("TO_DATE", "january 2, 26", "MONTH DD, RR"), d("2026-01-02")),
        (("TO_DATE", "02-JAN-26", "DD-MM-YY"), d("2026-01-02")),
        (("TO_DATE", "10:30 PM", "HH:MI AM"), d("2026-11-01 22:30:00")),
        (("TO_DATE", "2461042", "J"), d("2026-01-01")),
        (("TO_DATE", "20260102", "YYYYMMDD", "NLS_CALENDAR=GREGORIAN"), d("2026-01-02")),
        (("TO_DATE", "20260102", "YYYYMMDD", "NLS_CALENDAR='Thai Buddha'"), "ORA-12702"),
        (("TO_DATE", "2026 060", "YYYY DDD"), d("2026-03-01")),
        (("TO_DATE", "2026-01-02", "DD-MON-RR"), "ORA-01861"),
        (("TO_DATE", "01/15/2026", "DD-MON-RR"), "ORA-01843"),
        (("TO_DATE", "2026-01", "YYYY-MM-DD"), "ORA-01840"),
        (("TO_DATE", "2026-01-02 xx", "YYYY-MM-DD"), "ORA-01830"),
        (("TO_DATE", "2026-02-30", "YYYY-MM-DD"), "ORA-01839"),
        (("TO_DATE", "2026-01-32", "YYYY-MM-DD"), "ORA-01847"),
        (("TO_DATE", "2026-13-01", "YYYY-MM-DD"), "ORA-01843"),
        (("TO_DATE", "0000-01-01", "YYYY-MM-DD"), "ORA-01841"),
        (("TO_DATE", "25", "HH24"), "ORA-01850"),
        (("TO_DATE", "13", "HH"), "ORA-01849"),
        (("TO_DATE", "60", "MI"), "ORA-01851"),
        (("TO_DATE", "xx", "DD"), "ORA-01858"),
        (("TO_DATE", "1", "Q"), "ORA-01820"),
        (("TO_DATE", "1", "ZZ"), "ORA-01821"),
        (("TO_DATE", "11", "DDDD"), "ORA-01820"),
        (("TO_DATE", "1 1", "DD DD"), "ORA-01810"),
        (("TO_DATE", "1 PM", "HH24 PM"), "ORA-01818"),
        (("TO_DATE", "MON 2026-01-01", "DY YYYY-MM-DD"), "ORA-01835"),
        (("TO_DATE", None, "YYYY"), None),
        (("TO_TIMESTAMP", "2026-01-02 03:04:05.678", "YYYY-MM-DD HH24:MI:SS.FF"),
         d("2026-01-02 03:04:05.678")),
        (("TO_TIMESTAMP_TZ", "2026-01-02 03:04:05 +02:00", "YYYY-MM-DD HH24:MI:SS TZH:TZM"),
         d("2026-01-02 03:04:05+02:00")),
    ],
)  # fmt: skip
def test_text_to_date(args, expected):
    assert call(*args) == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("YYYY-MM-DD HH24:MI:SS", "2026-01-31 22:05:09"),
        ("DD-MON-RR", "31-JAN-26"),
        ("Day, Month", "Saturday , January  "),
        ("fmDay, DD Month YYYY", "Saturday, 31 January 2026"),
        ("fmDDth", "31ST"),
        ("HH:MI AM", "10:05 PM"),
        ("hh12:mi p.m.", "10:05 p.m."),
        ("Dy DY dy", "Sat SAT sat"),
        ("Q WW IW W D DDD J", "1 05 05 5 7 031 2461072"),
        ('YYYY"T"SSSSS', "2026T79509"),
        ("YEAR", "TWENTY TWENTY-SIX"),
        ("CC RM", "21 I   "),
        ("IYYY", "2026"),
        ("FF3", "ORA-01821"),
        ("YYYYz", "ORA-01821"),
    ],
)
def test_date_to_text(model, expected):
    assert call("TO_CHAR", d("2026-01-31 22:05:09"), model) == expected


def test_default_formats_are_american():
    assert call("TO_CHAR", d("2026-01-31 22:05:09")) == "31-JAN-26"
    assert call("TO_CHAR", d("2026-01-31 22:05:09.5")) == "31-JAN-26 10.05.09.500000 PM"


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("TO_CHAR", d("2026-02-03"), "DDTH Ddth fmDDth"), "03RD 03rd 3RD"),
        (("ADD_MONTHS", d("2026-02-28"), 1), d("2026-03-31")),
        (("ADD_MONTHS", d("2026-01-31"), 1), d("2026-02-28")),
        (("ADD_MONTHS", "31-JAN-26", -1), d("2025-12-31")),
        (("MONTHS_BETWEEN", d("2026-03-31"), d("2026-01-31")), 2),
        (("MONTHS_BETWEEN", d("2026-03-31"), d("2026-02-28")), 1),
        (("MONTHS_BETWEEN", d("1995-02-02"), d("1995-01-01")),
         Decimal("1.03225806451612903225806451612903225806")),
        (("LAST_DAY", d("2024-02-10 05:00:00")), d("2024-02-29 05:00:00")),
        (("NEXT_DAY", d("2009-10-15"), "TUESDAY"), d("2009-10-20")),
        (("NEXT_DAY", d("2026-11-22"), "SUN"), d("2026-11-29")),
        (("NEXT_DAY", d("2026-11-22"), "XYZ"), "ORA-01846"),
        (("TRUNC", d("2026-05-20 13:45:10"), "MM"), d("2026-05-01")),
        (("TRUNC", d("2026-05-20 13:45:10"), "Q"), d("2026-04-01")),
        (("TRUNC", d("2026-05-20 13:45:10"), "IW"), d("2026-05-18")),
        (("TRUNC", d("2026-05-20 13:45:10"), "DAY"), d("2026-05-17")),
        (("TRUNC", d("2026-05-20 13:45:10"), "HH24"), d("2026-05-20 13:00:00")),
        (("TRUNC", d("2026-05-20 13:45:10"), "xx"), "ORA-01898"),
        (("TRUNC", d("2026-05-20 13:45:10")), d("2026-05-20")),
        (("ROUND", d("2026-05-20 12:00:00")), d("2026-05-21")),
        (("ROUND", d("2026-05-16"), "MM"), d("2026-06-01")),
        (("ROUND", d("2026-07-01"), "YYYY"), d("2027-01-01")),
        (("EXTRACT", "YEAR", d("2026-01-01")), 2026),
        (("EXTRACT", "HOUR", d("2026-01-01")), "ORA-30076"),
        (("EXTRACT", "SECOND", d("2026-01-01 00:00:01.5")), Decimal("1.5")),
        (("EXTRACT", "HOUR", d("2026-01-01 10:00:00+02:00")), 8),
        (("EXTRACT", "DAY", dt.timedelta(days=-3, hours=-1)), -3),
        (("NUMTODSINTERVAL", 90, "minute"), dt.timedelta(minutes=90)),
        (("NUMTODSINTERVAL", 1, "WEEK"), "ORA-01760"),
        (("NUMTOYMINTERVAL", 2, "YEAR"), Months(24)),
        (("SYSDATE",), d("2026-11-22 10:30:15")),
        (("SYSTIMESTAMP",), d("2026-11-22 10:30:15.123456+00:00")),
    ],
)  # fmt: skip
def test_datetime_functions(args, expected):
    assert call(*args) == expected


def test_date_arithmetic():
    """ "Data Types", "Datetime/Interval Arithmetic"."""
    plus = datetimes.operation("+", DATE, NUMBER)
    assert plus.returns == DATE
    assert plus.call(d("2026-01-31 10:30:00"), 1) == d("2026-02-01 10:30:00")
    minus = datetimes.operation("-", DATE, NUMBER)
    assert minus.call(d("2026-01-31 10:30:00"), Decimal(1) / 24) == d("2026-01-31 09:30:00")
    days = datetimes.operation("-", DATE, DATE)
    assert days.returns == NUMBER
    assert days.call(d("2026-02-02 12:00:00"), d("2026-01-31")) == Decimal("2.5")
    assert days.call(d("2026-01-31"), d("2026-02-02 12:00:00")) == Decimal("-2.5")
    assert datetimes.operation("-", TIMESTAMP, TIMESTAMP).returns.kind is Kind.INTERVAL_DS


@pytest.mark.parametrize(("operator", "code"), [("+", 975), ("*", 932), ("/", 932)])
def test_dates_do_not_add_up(operator, code):
    with pytest.raises(OraError) as error:
        datetimes.operation(operator, DATE, DATE)
    assert error.value.code == code


def test_month_intervals_refuse_days_that_do_not_exist():
    with pytest.raises(OraError) as error:
        datetimes.add_months_strict(d("2026-01-31"), Months(1))
    assert error.value.code == 1839


@pytest.mark.parametrize(
    ("text", "first", "last", "expected"),
    [
        ("1", "DAY", None, dt.timedelta(days=1)),
        ("4 5:12:10.222", "DAY", "SECOND",
         dt.timedelta(days=4, hours=5, minutes=12, seconds=10, microseconds=222000)),
        ("-10", "MINUTE", None, dt.timedelta(minutes=-10)),
        ("11:12", "HOUR", "MINUTE", dt.timedelta(hours=11, minutes=12)),
        ("2-6", "YEAR", "MONTH", Months(30)),
    ],
)  # fmt: skip
def test_interval_literals(text, first, last, expected):
    """ "Literals", "Interval Literals"."""
    assert intervals.literal(text, first, last) == expected


@pytest.mark.parametrize(
    ("text", "first", "last", "code"),
    [
        ("123", "MONTH", None, 1873),
        ("1:75", "HOUR", "MINUTE", 1851),
        ("x", "DAY", None, 1867),
    ],
)
def test_malformed_interval_literals(text, first, last, code):
    with pytest.raises(OraError) as error:
        intervals.literal(text, first, last)
    assert error.value.code == code
