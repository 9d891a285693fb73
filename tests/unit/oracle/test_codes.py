"""One table of error numbers: classes, causes behind wrappers, hints."""

from __future__ import annotations

import itertools

import pytest

from dtm.oracle import codes
from dtm.oracle.codes import ErrorClass, classify
from dtm.oracle.errors import OracleError, parse_codes

SPACE = "ORA-01653: unable to extend table SALES.ORDERS_ARCHIVE by 128 in tablespace ARCHIVE"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SPACE, ErrorClass.SPACE),
        ("ORA-30036: unable to extend segment by 8 in undo tablespace 'UNDO'", ErrorClass.SPACE),
        ("ORA-00054: resource busy", ErrorClass.TRANSIENT),
        ("ORA-00060: deadlock detected", ErrorClass.TRANSIENT),
        ("ORA-04068: existing state of packages has been discarded", ErrorClass.NEW_SESSION),
        ("ORA-01013: user requested cancel of current operation", ErrorClass.CANCELLED),
        ("DPY-4024: call timeout of 200 ms exceeded", ErrorClass.CANCELLED),
        ("ORA-01017: invalid username/password; logon denied", ErrorClass.PERMANENT),
        ("ORA-20001: orders are missing", ErrorClass.PERMANENT),
        ("ORA-20999: mine", ErrorClass.PERMANENT),
        ("ORA-99999: never heard of", ErrorClass.PERMANENT),
        ("no number at all", ErrorClass.PERMANENT),
        ("DPY-4011: the database or network closed the connection", ErrorClass.UNKNOWN_OUTCOME),
        (
            "DPY-4011: the database or network closed the connection\n"
            "ORA-00028: your session has been killed",
            ErrorClass.UNKNOWN_OUTCOME,
        ),
        ("ORA-00600: internal error code, arguments: [x]", ErrorClass.UNKNOWN_OUTCOME),
        ("DPY-4024: call timeout exceeded\nDPY-4011: closed", ErrorClass.UNKNOWN_OUTCOME),
    ],
)
def test_class_of_an_error(text, expected):
    assert OracleError(text).error_class is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ORA-12541: no listener", ErrorClass.TRANSIENT_CONNECT),
        ("DPY-6005: cannot connect to database", ErrorClass.TRANSIENT_CONNECT),
        ("DPY-4011: closed", ErrorClass.TRANSIENT_CONNECT),
        ("ORA-12514: service unknown", ErrorClass.TRANSIENT_CONNECT),
        ("ORA-01017: wrong password", ErrorClass.PERMANENT),
        ("ORA-28000: locked", ErrorClass.PERMANENT),
        ("DPY-4001: no credentials specified", ErrorClass.PERMANENT),
    ],
)
def test_class_while_connecting(text, expected):
    assert OracleError(text, connecting=True).error_class is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "ORA-12801: error signaled in parallel query server P003\n"
            f"{SPACE}\n"
            'ORA-06512: at "SALES.PURGE", line 12\n'
            "ORA-06512: at line 3\n"
            "Help: https://docs.oracle.com/error-help/db/ora-12801/",
            ("ORA-01653", "ORA-12801", "ORA-06512"),
        ),
        (
            "DPY-4011: the database or network closed the connection\nORA-03113: end-of-file",
            ("ORA-03113", "DPY-4011"),
        ),
        (
            "ORA-06550: line 5, column 5:\nPLS-00201: identifier 'X' must be declared",
            ("ORA-06550", "PLS-00201"),
        ),
        (
            'DPY-6001: Service "x" is not registered with the listener. (Similar to ORA-12514)',
            ("ORA-12514", "DPY-6001"),
        ),
        # A number inside a message is somebody's prose, not the stack.
        ("ORA-20001: ignored ORA-01653 here", ("ORA-20001",)),
        (
            "ORA-04088: error during execution of trigger 'S.T'\nORA-01400: cannot insert NULL",
            ("ORA-01400", "ORA-04088"),
        ),
        ("", ()),
    ],
)
def test_every_number_of_the_stack_cause_first(text, expected):
    assert parse_codes(text) == expected


def test_the_message_is_the_line_of_the_cause_and_the_text_has_no_help_line():
    error = OracleError(
        "ORA-12801: error signaled in parallel query server P003\n"
        f"{SPACE}\nHelp: https://docs.oracle.com/error-help/db/ora-12801/\n"
    )
    assert error.message == SPACE
    assert "https" not in error.text
    assert error.text.splitlines()[0].startswith("ORA-12801")
    assert error.code == "ORA-01653"
    assert error.hint is not None
    assert "enlarge the tablespace" in error.hint


def test_classes_that_decide_about_retries_do_not_overlap():
    sets = {
        "busy": codes.BUSY,
        "stale code": codes.STALE_CODE,
        "lost": codes.LOST,
        "space": codes.SPACE,
        "permanent": codes.PERMANENT,
        "cancelled": codes.CANCELLED,
    }
    for (one, a), (other, b) in itertools.combinations(sets.items(), 2):
        assert not a & b, (one, other, a & b)
    assert not codes.CREDENTIALS & codes.CONNECT


def test_a_failed_logon_is_never_transient():
    for code in codes.CREDENTIALS:
        assert classify([code], connecting=True) is ErrorClass.PERMANENT


def test_every_space_error_says_what_to_do():
    assert all(codes.hint_for([code]) for code in codes.SPACE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "DPY-6005: cannot connect to database (CONNECTION_ID=DfHvQ8Wr5CIMoK/I38bIVw==).\n"
            'DPY-6001: Service "NOSUCH" is not registered with the listener at host "h" port 1.'
            " (Similar to ORA-12514)",
            'ORA-12514: Service "NOSUCH" is not registered with the listener at host "h" port 1.',
        ),
        (
            "DPY-6005: cannot connect to database (CONNECTION_ID=x).\n[Errno 111] Connection refused",
            "DPY-6005: cannot connect to database: [Errno 111] Connection refused",
        ),
        ("something else\nhappened", "something else\nhappened"),
    ],
)
def test_the_message_of_a_failed_connect(text, message):
    assert OracleError(text, connecting=True).message == message


def test_stack_and_backtrace_are_shown_once():
    error = OracleError("ORA-20777: x")
    error.detail = "ORA-20777: x\nORA-06512: at line 1\nORA-06512: at line 1\n"
    assert error.full_text == "ORA-20777: x\nORA-06512: at line 1"


def test_a_compile_error_is_told_with_its_place_and_cause() -> None:
    text = "ORA-06550: line 7, column 18:\nPLS-00302: component 'X' must be declared\nORA-06550: line 7"
    message = OracleError(text).message
    assert message == "ORA-06550: line 7, column 18: PLS-00302: component 'X' must be declared"
