"""Supplied packages. PL/SQL Packages and Types Reference 19c, chapters by package name."""

from __future__ import annotations

import threading

import pytest

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.builtins import stubs
from dtm.sandbox.kernel.types import Kind, OraType
from tests.unit.sandbox.plsql.doubles import Session

NUMBER = OraType(Kind.NUMBER)


def test_every_package_has_all_its_bodies(session):
    session.catalog.granted |= {built_in.name for built_in in registry.every()}
    for built_in in registry.every():
        assert session.library.built_in(session.plsql.rt, built_in.name) is not None


# ---------------------------------------------------------------- DBMS_OUTPUT


def test_output_lines_and_their_reading(session):
    session.run("BEGIN DBMS_OUTPUT.PUT('a'); DBMS_OUTPUT.PUT_LINE('b'); DBMS_OUTPUT.PUT_LINE(NULL);"
                " END;")  # fmt: skip
    text = OraType(Kind.VARCHAR2, length=100)
    read = "BEGIN DBMS_OUTPUT.GET_LINE(:l, :s); END;"
    assert session.run(read, l=text, s=NUMBER) == {"L": "ab", "S": 0}
    assert session.run(read, l=text, s=NUMBER) == {"L": None, "S": 0}
    assert session.run(read, l=text, s=NUMBER) == {"L": None, "S": 1}


def test_get_lines(session):
    assert session.lines("""DECLARE l DBMS_OUTPUT.CHARARR; n INTEGER := 10; BEGIN
        DBMS_OUTPUT.PUT_LINE('x'); DBMS_OUTPUT.PUT_LINE('y');
        DBMS_OUTPUT.GET_LINES(l, n); DBMS_OUTPUT.PUT_LINE(n || l(1) || l(2)); END;""") == ["2xy"]


def test_output_is_off_until_enabled(session):
    assert session.lines("BEGIN DBMS_OUTPUT.DISABLE; DBMS_OUTPUT.PUT_LINE('x'); END;") == []


def test_output_overflow(session):
    error = session.error("BEGIN DBMS_OUTPUT.ENABLE(2000); FOR i IN 1 .. 300 LOOP"
                          " DBMS_OUTPUT.PUT_LINE('0123456789'); END LOOP; END;")  # fmt: skip
    assert error.text.startswith("ORA-20000: ORU-10027: buffer overflow, limit of 2000 bytes")


# ---------------------------------------------------------------- DBMS_LOCK

ALLOCATE = "DECLARE h VARCHAR2(128); BEGIN DBMS_LOCK.ALLOCATE_UNIQUE('my lock', h); "


def lock(session: Session, call: str) -> object:
    return session.run(f"{ALLOCATE} :r := {call}; END;", r=NUMBER)["R"]


@pytest.fixture
def two(session):
    other = Session(session.library, session.catalog, sid=11)
    yield session, other
    other.sql.close()


def test_allocate_unique_commits_and_gives_one_handle(session):
    handles = session.lines("""DECLARE a VARCHAR2(128); b VARCHAR2(128); BEGIN
        DBMS_LOCK.ALLOCATE_UNIQUE('x', a); DBMS_LOCK.ALLOCATE_UNIQUE('x', b);
        DBMS_OUTPUT.PUT_LINE(a); DBMS_OUTPUT.PUT_LINE(b); END;""")
    assert handles[0] == handles[1]
    assert 1073741824 <= int(handles[0][:10]) <= 1999999999
    assert session.sql.log == ["COMMIT", "COMMIT"]


def test_exclusive_lock_between_sessions(two):
    one, other = two
    assert lock(one, "DBMS_LOCK.REQUEST(h, timeout => 0)") == 0
    assert lock(one, "DBMS_LOCK.REQUEST(h, timeout => 0)") == 4
    assert lock(other, "DBMS_LOCK.REQUEST(h, timeout => 0)") == 1
    assert [row[2:] for row in one.library.user_locks()] == [(6, 0)]
    assert lock(other, "DBMS_LOCK.RELEASE(h)") == 4
    assert lock(one, "DBMS_LOCK.RELEASE(h)") == 0
    assert lock(other, "DBMS_LOCK.REQUEST(h, timeout => 0)") == 0
    other.plsql.close()
    assert one.library.user_locks() == []


@pytest.mark.parametrize(
    ("held", "asked", "status"),
    [(4, 4, 0), (4, 6, 1), (2, 3, 0), (3, 4, 1), (5, 2, 0), (5, 4, 1), (6, 1, 0), (6, 2, 1)],
)
def test_compatibility_of_modes(two, held, asked, status):
    one, other = two
    assert one.run(f"BEGIN :r := DBMS_LOCK.REQUEST(5, {held}, 0); END;", r=NUMBER)["R"] == 0
    assert (
        other.run(f"BEGIN :r := DBMS_LOCK.REQUEST(5, {asked}, 0); END;", r=NUMBER)["R"] == status
    )


def test_convert(two):
    one, other = two
    one.run("BEGIN :r := DBMS_LOCK.REQUEST(5, 4, 0); END;", r=NUMBER)
    other.run("BEGIN :r := DBMS_LOCK.REQUEST(5, 4, 0); END;", r=NUMBER)
    assert one.run("BEGIN :r := DBMS_LOCK.CONVERT(5, 6, 0); END;", r=NUMBER)["R"] == 1
    other.run("BEGIN :r := DBMS_LOCK.RELEASE(5); END;", r=NUMBER)
    assert one.run("BEGIN :r := DBMS_LOCK.CONVERT(5, 6, 0); END;", r=NUMBER)["R"] == 0
    assert one.run("BEGIN :r := DBMS_LOCK.CONVERT(6, 6, 0); END;", r=NUMBER)["R"] == 4


@pytest.mark.parametrize(
    ("call", "status"),
    [
        ("DBMS_LOCK.REQUEST('nonsense')", 5),
        ("DBMS_LOCK.REQUEST(1, 9)", 3),
        ("DBMS_LOCK.REQUEST(1, 6, -1)", 3),
        ("DBMS_LOCK.RELEASE(1)", 4),
    ],
)
def test_bad_parameters(session, call, status):
    assert lock(session, call) == status


def test_a_waiter_gets_the_lock_and_deadlocks_are_seen(two):
    one, other = two
    one.run("BEGIN :r := DBMS_LOCK.REQUEST(1, 6, 0); END;", r=NUMBER)
    other.run("BEGIN :r := DBMS_LOCK.REQUEST(2, 6, 0); END;", r=NUMBER)
    locks = one.library.locks
    answers = []
    thread = threading.Thread(
        target=lambda: answers.append(locks.request(10, 2, 6, 20, lambda: None))
    )
    thread.start()
    while not locks.waiting:
        pass
    assert locks.request(11, 1, 6, 20, lambda: None) == 2
    locks.release(11, 2)
    thread.join(10)
    assert answers == [0]


def test_sleep_refuses_negative_times(session):
    session.run("BEGIN DBMS_LOCK.SLEEP(0); DBMS_SESSION.SLEEP(0.01); END;")
    assert session.error("BEGIN DBMS_LOCK.SLEEP(-1); END;").code == 6502


# ---------------------------------------------------------------- the others


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("DBMS_ASSERT.SIMPLE_SQL_NAME('abc_1')", "abc_1"),
        ("DBMS_ASSERT.QUALIFIED_SQL_NAME('a.\"B c\"')", 'a."B c"'),
        ("DBMS_ASSERT.ENQUOTE_NAME('abc')", '"ABC"'),
        ("DBMS_ASSERT.ENQUOTE_NAME('abc', FALSE)", '"abc"'),
        ("DBMS_ASSERT.ENQUOTE_LITERAL('abc')", "'abc'"),
        ("DBMS_ASSERT.NOOP(NULL)", None),
        ("UTL_RAW.CAST_TO_VARCHAR2(UTL_RAW.CAST_TO_RAW('abc'))", "abc"),
        ("UTL_RAW.LENGTH(UTL_RAW.CONCAT('AB', 'CD'))", "2"),
        ("UTL_RAW.SUBSTR('ABCDEF', 2, 1)", "CD"),
        ("UTL_RAW.BIT_XOR('FF', '0F')", "F0"),
        ("RAWTOHEX(DBMS_CRYPTO.HASH(UTL_RAW.CAST_TO_RAW('abc'), DBMS_CRYPTO.HASH_MD5))",
         "900150983CD24FB0D6963F7D28E17F72"),
        ("DBMS_LOB.GETLENGTH(TO_CLOB('abc'))", "3"),
        ("DBMS_LOB.SUBSTR(TO_CLOB('abcdef'), 2, 3)", "cd"),
        ("DBMS_LOB.INSTR(TO_CLOB('abcabc'), 'c', 1, 2)", "6"),
        ("DBMS_LOB.INSTR(TO_CLOB('abc'), 'x')", "0"),
        ("LENGTH(DBMS_RANDOM.STRING('x', 12))", "12"),
        ("CASE WHEN DBMS_RANDOM.VALUE(1, 2) BETWEEN 1 AND 2 THEN 'ok' END", "ok"),
        ("DBMS_UTILITY.CURRENT_INSTANCE", "1"),
        ("DBMS_DB_VERSION.VERSION", "19"),
    ],
)  # fmt: skip
def test_functions(session, expression, expected):
    session.catalog.granted.add("DBMS_CRYPTO")
    assert session.value(expression) == expected


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("DBMS_ASSERT.SIMPLE_SQL_NAME('a b')", 44003),
        ("DBMS_ASSERT.SIMPLE_SQL_NAME('1a')", 44003),
        ("DBMS_ASSERT.QUALIFIED_SQL_NAME('a;b')", 44004),
        ("DBMS_ASSERT.SQL_OBJECT_NAME('nope')", 44002),
        ("DBMS_ASSERT.ENQUOTE_LITERAL('it''s')", 6502),
    ],
)
def test_refusals(session, call, code):
    assert session.error(f"DECLARE x VARCHAR2(99); BEGIN x := {call}; END;").code == code


def test_lobs_are_built_piece_by_piece(session):
    assert session.lines("""DECLARE c CLOB; n INTEGER := 3; s VARCHAR2(9); BEGIN
        DBMS_LOB.CREATETEMPORARY(c, TRUE);
        DBMS_LOB.WRITEAPPEND(c, 3, 'abcX'); DBMS_LOB.APPEND(c, 'def'); DBMS_LOB.WRITE(c, 1, 2, 'Z');
        DBMS_LOB.READ(c, n, 2, s); DBMS_OUTPUT.PUT_LINE(c || n || s);
        DBMS_LOB.TRIM(c, 1); DBMS_OUTPUT.PUT_LINE(c);
        END;""") == ["aZcdef3Zcd", "a"]


def test_application_info(session):
    session.run("BEGIN DBMS_APPLICATION_INFO.SET_MODULE(RPAD('m', 60, 'm'), 'act');"
                " DBMS_SESSION.SET_IDENTIFIER('id'); END;")  # fmt: skip
    assert len(session.context.attributes["module"]) == 48
    assert session.context.attributes["action"] == "act"
    assert session.context.attributes["client_identifier"] == "id"


def test_recording_stubs(session):
    session.run("BEGIN DBMS_JOB.BROKEN(7, broken => TRUE); END;")
    package, name, values = stubs.recorded(session.plsql.rt)[-1]
    assert (package, name, values[:2]) == ("DBMS_JOB", "BROKEN", (7, True))


def test_pipes(two):
    one, other = two
    one.catalog.granted.add("DBMS_PIPE")
    send = "BEGIN DBMS_PIPE.PACK_MESSAGE('hi'); DBMS_PIPE.PACK_MESSAGE(7); :r := DBMS_PIPE.SEND_MESSAGE('p'); END;"
    assert one.run(send, r=NUMBER) == {"R": 0}
    assert other.lines("""DECLARE s VARCHAR2(9); n NUMBER; BEGIN
        n := DBMS_PIPE.RECEIVE_MESSAGE('p', 0); DBMS_PIPE.UNPACK_MESSAGE(s);
        DBMS_PIPE.UNPACK_MESSAGE(n); DBMS_OUTPUT.PUT_LINE(s || n);
        DBMS_OUTPUT.PUT_LINE(DBMS_PIPE.RECEIVE_MESSAGE('p', 0)); END;""") == ["hi7", "1"]


def test_session_reset(session):
    session.create("CREATE PACKAGE st AS n NUMBER := 1; END;")
    session.run("BEGIN st.n := 5; DBMS_SESSION.RESET_PACKAGE; END;")
    assert session.value("st.n") == "1"


def test_call_stack_names_units(session):
    session.create("CREATE PROCEDURE cs AS BEGIN DBMS_OUTPUT.PUT_LINE(DBMS_UTILITY.FORMAT_CALL_STACK);"
                   " END;")  # fmt: skip
    (text,) = session.lines("BEGIN cs; END;")
    assert "procedure U.CS" in text
    assert text.splitlines()[-1].endswith("anonymous block")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UTL_HTTP.SET_TRANSFER_TIMEOUT(1)", "DTM-SBX-650: UTL_HTTP at line 1, column 7"),
        ("DBMS_STATS.EXPORT_TABLE_STATS('a', 'b')", "DTM-SBX-651: DBMS_STATS.EXPORT_TABLE_STATS"),
        ("DBMS_OUTPUT.PUT_LIN('x')", "PLS-00302: component 'PUT_LIN' must be declared"),
    ],
)
def test_what_is_not_supplied(session, statement, message):
    assert message in session.error(f"BEGIN {statement}; END;").text


def test_utl_file_is_recorded(session):
    session.run("""DECLARE f UTL_FILE.FILE_TYPE; s VARCHAR2(9); BEGIN
        f := UTL_FILE.FOPEN('DIR', 'a.txt', 'w'); UTL_FILE.PUT_LINE(f, 'x'); UTL_FILE.FCLOSE(f);
        END;""")
    assert stubs.recorded(session.plsql.rt)[-1] == ("UTL_FILE", "PUT_LINE", ("a.txt", "x", False))
    assert (
        session.error("DECLARE f UTL_FILE.FILE_TYPE; BEGIN UTL_FILE.PUT(f, 'x'); END;").code
        == 29282
    )


# ---------------------------------------------------------------- encodings, LOBs, stacks


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("UTL_RAW.CAST_TO_VARCHAR2(UTL_ENCODE.BASE64_ENCODE(UTL_RAW.CAST_TO_RAW('hello')))",
         "aGVsbG8="),
        ("UTL_RAW.CAST_TO_VARCHAR2(UTL_ENCODE.BASE64_DECODE(UTL_RAW.CAST_TO_RAW('aGVsbG8=')))",
         "hello"),
        ("LENGTH(UTL_RAW.CAST_TO_VARCHAR2(UTL_ENCODE.BASE64_ENCODE("
         "UTL_RAW.CAST_TO_RAW(RPAD('x', 49, 'x')))))", "70"),  # 64 + CR LF + 4
        ("UTL_URL.ESCAPE('http://a/b c?d=e')", "http://a/b%20c?d=e"),
        ("UTL_URL.ESCAPE('a b&c/d', TRUE)", "a%20b%26c%2Fd"),
        ("UTL_URL.UNESCAPE('a%20b%26')", "a b&"),
        ("RAWTOHEX(UTL_I18N.STRING_TO_RAW('ä', 'WE8ISO8859P1'))", "E4"),
        ("UTL_I18N.RAW_TO_CHAR(HEXTORAW('E4'), 'WE8ISO8859P1')", "ä"),
        ("UTL_I18N.ESCAPE_REFERENCE('<ä>', 'us7ascii')", "&lt;&#xe4;&gt;"),
        ("RAWTOHEX(UTL_RAW.CAST_FROM_NUMBER(100))", "C202"),
        ("UTL_RAW.CAST_TO_NUMBER(HEXTORAW('C202'))", "100"),
        ("RAWTOHEX(UTL_RAW.BIT_COMPLEMENT(HEXTORAW('0FF0')))", "F00F"),
        ("RAWTOHEX(UTL_RAW.OVERLAY(HEXTORAW('AABB'), HEXTORAW('010203'), 2))", "01AABB"),
        ("RAWTOHEX(UTL_RAW.OVERLAY(HEXTORAW('AA'), HEXTORAW('01'), 4))", "010000AA"),
        ("RAWTOHEX(UTL_RAW.TRANSLATE(HEXTORAW('0102'), HEXTORAW('0201'), HEXTORAW('09')))", "09"),
        ("RAWTOHEX(UTL_RAW.XRANGE(HEXTORAW('FE'), HEXTORAW('01')))", "FEFF0001"),
        ("OWA_UTIL.GET_CGI_ENV('HTTP_HOST')", None),
    ],
)  # fmt: skip
def test_encodings(session, expression, value):
    assert session.value(expression) == value


def test_lobs_change_character_sets(session):
    assert session.lines("""DECLARE b BLOB; c CLOB := 'äb'; d INTEGER := 1; s INTEGER := 1;
        l INTEGER := DBMS_LOB.DEFAULT_LANG_CTX; w INTEGER; r CLOB; n INTEGER := 1; BEGIN
        DBMS_LOB.CREATETEMPORARY(b, TRUE); DBMS_LOB.CREATETEMPORARY(r, TRUE);
        DBMS_LOB.CONVERTTOBLOB(b, c, DBMS_LOB.LOBMAXSIZE, d, s, DBMS_LOB.DEFAULT_CSID, l, w);
        DBMS_OUTPUT.PUT_LINE(DBMS_LOB.GETLENGTH(b) || d || s || w);
        d := 1; s := 1;
        DBMS_LOB.CONVERTTOCLOB(r, b, DBMS_LOB.LOBMAXSIZE, d, s, DBMS_LOB.DEFAULT_CSID, l, w);
        DBMS_OUTPUT.PUT_LINE(r || d || s || w);
        DBMS_LOB.ERASE(r, n, 2); DBMS_OUTPUT.PUT_LINE('[' || r || ']' || n); END;""") == [
        "3430", "äb340", "[ä ]1"
    ]  # fmt: skip


def test_the_call_stack_and_the_error_stack(session):
    """UTL_CALL_STACK: 1 is the running subprogram; errors innermost first."""
    session.create("""CREATE PROCEDURE p IS BEGIN
      DBMS_OUTPUT.PUT_LINE(UTL_CALL_STACK.DYNAMIC_DEPTH || ' '
        || UTL_CALL_STACK.CONCATENATE_SUBPROGRAM(UTL_CALL_STACK.SUBPROGRAM(1))
        || UTL_CALL_STACK.UNIT_LINE(1) || UTL_CALL_STACK.OWNER(1));
      RAISE NO_DATA_FOUND; END;""")
    assert session.lines("""BEGIN p; EXCEPTION WHEN OTHERS THEN
        DBMS_OUTPUT.PUT_LINE(UTL_CALL_STACK.ERROR_DEPTH || UTL_CALL_STACK.ERROR_NUMBER(1)
          || UTL_CALL_STACK.ERROR_MSG(1) || UTL_CALL_STACK.BACKTRACE_DEPTH
          || UTL_CALL_STACK.BACKTRACE_UNIT(2) || UTL_CALL_STACK.BACKTRACE_LINE(2));
        BEGIN DBMS_OUTPUT.PUT_LINE(UTL_CALL_STACK.ERROR_MSG(2));
        EXCEPTION WHEN UTL_CALL_STACK.BAD_DEPTH_INDICATOR THEN
          DBMS_OUTPUT.PUT_LINE('bad'); END; END;""") == [
        "2 P2U", "11403no data found2U.P5", "bad"
    ]  # fmt: skip
