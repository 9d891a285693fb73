"""Statements nobody wrote: grammatical ones put together at random, and ones with damage.

Whatever it is, the answer is a result or one ORA error in bounded time; the session goes on, and
the server's log holds no traceback.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import oracledb
import pytest

from tests.sandbox_process import SandboxProcess

STATEMENTS = 133
SLOWEST_S = 5.0

LEAVES = [
    "1", "0", "-1", "1.5e3", "'a'", "''", "NULL", "SYSDATE", "a", "b", "t.c", "x", "ROWNUM",
    "LEVEL", "USER", "DATE '2024-02-29'", "q'[z]'", ":p", "'2024'", "9999999999999999999",
    "t_seq.NEXTVAL", "ROWID", "INTERVAL '1' DAY", "TIMESTAMP '2024-01-01 00:00:00'",
]  # fmt: skip
CALLS = [
    "NVL({}, {})", "SUBSTR({}, {})", "TO_CHAR({})", "TO_NUMBER({})", "COUNT({})", "SUM({})",
    "DECODE({}, {}, {})", "ROUND({}, {})", "MAX({}) OVER (ORDER BY {})", "LPAD({}, {})",
    "TRUNC({})", "INSTR({}, {})", "no_such({})", "CAST({} AS NUMBER)", "ADD_MONTHS({}, {})",
    "LISTAGG({}, {}) WITHIN GROUP (ORDER BY 1)", "EXTRACT(YEAR FROM {})", "GREATEST({}, {})",
    "REGEXP_REPLACE({}, {}, {})", "(SELECT {} FROM t WHERE {})", "{} + {}", "{} || {}", "-{}",
    "({} * {})", "CASE WHEN {} THEN {} ELSE {} END", "({}, {})", "{} - {}", "{} / {}",
]  # fmt: skip
CONDITIONS = [
    "{} = {}", "{} IS NULL", "{} IN ({}, {})", "{} BETWEEN {} AND {}", "{} LIKE {}",
    "NOT {} < {}", "EXISTS (SELECT {} FROM t)", "{} = ANY (SELECT {} FROM t)", "{} <> {}(+)",
    "REGEXP_LIKE({}, {})", "{}", "{} > {} AND {} < {} OR {} = {}",
]  # fmt: skip
STATEMENT_FORMS = [
    "SELECT {e} FROM t WHERE {c}", "SELECT {e}, {e} x FROM t, t u WHERE {c} ORDER BY {e}",
    "SELECT {e} FROM t GROUP BY {e} HAVING {c}", "SELECT DISTINCT {e} FROM (SELECT {e} a FROM t)",
    "SELECT {e} FROM t UNION SELECT {e} FROM dual", "SELECT * FROM t FOR UPDATE NOWAIT",
    "SELECT {e} FROM t START WITH {c} CONNECT BY PRIOR a = b AND LEVEL < 4",
    "WITH w AS (SELECT {e} a FROM dual) SELECT {e} FROM w LEFT JOIN t ON {c}",
    "INSERT INTO t (a, b) VALUES ({e}, {e})", "INSERT INTO t SELECT {e}, {e}, {e} FROM t WHERE {c}",
    "UPDATE t SET a = {e}, b = {e} WHERE {c}", "DELETE FROM t WHERE {c}",
    "MERGE INTO t USING (SELECT {e} k FROM dual) s ON (t.a = s.k) WHEN MATCHED THEN "
    "UPDATE SET b = {e} WHEN NOT MATCHED THEN INSERT (a) VALUES ({e})",
    "ALTER TABLE t ADD (z{n} NUMBER DEFAULT {e})", "CREATE TABLE n{n} AS SELECT {e} v FROM t",
    "CREATE VIEW v{n} AS SELECT {e} q FROM t WHERE {c}", "DROP TABLE n{n}", "TRUNCATE TABLE t",
    "CREATE INDEX i{n} ON t ({e})", "GRANT SELECT ON t TO public", "COMMENT ON TABLE t IS {e}",
    "BEGIN {s} END;", "DECLARE x NUMBER := {e}; y VARCHAR2(5); BEGIN {s} {s} EXCEPTION WHEN "
    "OTHERS THEN {s} END;", "CREATE OR REPLACE PROCEDURE p{n} (x NUMBER) IS BEGIN {s} END;",
    "CREATE OR REPLACE FUNCTION f{n} RETURN NUMBER IS BEGIN RETURN {e}; END;",
    "SAVEPOINT s", "ROLLBACK TO s", "SET TRANSACTION READ ONLY", "LOCK TABLE t IN SHARE MODE",
    "EXPLAIN PLAN FOR SELECT {e} FROM t", "ALTER SESSION SET nls_date_format = {e}",
]  # fmt: skip
BLOCK_FORMS = [
    "NULL;", "x := {e};", "IF {c} THEN {s} ELSE {s} END IF;", "FOR i IN 1 .. 3 LOOP {s} END LOOP;",
    "FOR r IN (SELECT {e} v FROM t WHERE {c}) LOOP {s} END LOOP;", "SELECT {e} INTO x FROM t;",
    "EXECUTE IMMEDIATE 'DELETE FROM t WHERE {q}';", "raise_application_error(-20001, {e});",
    "INSERT INTO t (a) VALUES ({e});", "dbms_output.put_line({e});", "WHILE {c} LOOP EXIT; END LOOP;",
    "CASE {e} WHEN {e} THEN {s} ELSE {s} END CASE;", "BEGIN {s} END;", "p1({e});", "GOTO l;",
    "UPDATE t SET a = {e} WHERE {c} RETURNING b INTO x;", "COMMIT;", "RETURN;", "RAISE;",
]  # fmt: skip


class Writer:
    """Writes statements from the forms above."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def expression(self, depth: int = 3) -> str:
        if depth == 0 or self._chance.random() < 0.4:
            return self._chance.choice(LEAVES)
        form = self._chance.choice(CALLS)
        return form.format(*(self.expression(depth - 1) for _ in range(form.count("{}"))))

    def condition(self) -> str:
        form = self._chance.choice(CONDITIONS)
        return form.format(*(self.expression(1) for _ in range(form.count("{}"))))

    def fill(self, form: str, depth: int = 2) -> str:
        out = form
        while "{" in out:
            out = out.replace("{e}", self.expression(2), 1)
            out = out.replace("{c}", self.condition(), 1)
            out = out.replace("{n}", str(self._chance.randint(1, 3)), 1)
            out = out.replace("{q}", self.condition().replace("'", "''"), 1)
            if "{s}" in out:
                inner = self._chance.choice(BLOCK_FORMS) if depth else "NULL;"
                out = out.replace("{s}", self.fill(inner, depth - 1), 1)
        return out

    def statement(self) -> str:
        text = self.fill(self._chance.choice(STATEMENT_FORMS))
        if self._chance.random() < 0.3:
            text = self._damage(text)
        return text

    def _damage(self, text: str) -> str:
        at = self._chance.randrange(len(text))
        return self._chance.choice(
            [
                text[:at],
                text[:at] + self._chance.choice("'\"();,:*%?;\x00ž🐴") + text[at:],
                text[:at] + text[at + 1 :],
                text + ";",
                text.upper().replace("FROM", "", 1),
                text[:at] + " " + self._chance.choice(["SELECT", "END", "NULL"]) + " " + text[at:],
            ]
        )


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("fuzz")) as started:
        with oracledb.connect(
            user="system", password=started.password, dsn=started.dsn()
        ) as connection:
            prepare(connection)
        yield started


def prepare(connection: oracledb.Connection) -> None:
    """The objects the statements speak of."""
    with connection.cursor() as cursor:
        for text in (
            "CREATE TABLE t (a NUMBER, b VARCHAR2(20), c DATE)",
            "CREATE SEQUENCE t_seq",
            "INSERT INTO t SELECT 1, 'one', SYSDATE FROM dual",
        ):
            cursor.execute(text)
    connection.commit()


def run(connection: oracledb.Connection, text: str) -> str:
    """Run one statement; "ok" or its full error code, "bug" for an internal error."""
    with connection.cursor() as cursor:
        try:
            binds = {"p": 1} if ":p" in text and not text.upper().startswith(DDL) else {}
            cursor.execute(text, binds)
            if cursor.description:
                cursor.fetchmany(50)
        except oracledb.Error as error:
            is_bug = "DTM-SBX-99" in error.args[0].message
            return "bug" if is_bug else str(error.args[0].full_code)
    return "ok"


DDL = ("CREATE", "ALTER", "DROP", "GRANT", "COMMENT", "TRUNCATE")


SHORT, LONG = range(10), range(10, 400)


@pytest.mark.parametrize(
    "seed", [*SHORT, *(pytest.param(seed, marks=pytest.mark.slow) for seed in LONG)]
)
def test_any_statement_has_an_answer(process: SandboxProcess, seed: int) -> None:
    writer = Writer(seed)
    connection = oracledb.connect(user="system", password=process.password, dsn=process.dsn())
    bad: list[tuple[str, str]] = []
    for _ in range(STATEMENTS):
        text = writer.statement()
        start = time.monotonic()
        code = run(connection, text)
        slow = time.monotonic() - start > SLOWEST_S
        if slow or code in ("bug", "ORA-00600", "DPY-4011", "ORA-03113"):
            bad.append(("slow" if slow else code, text))
            if not connection.is_healthy():
                break
    assert bad == []
    assert run(connection, "SELECT 1 FROM dual") == "ok"
    connection.close()


def test_the_log_holds_no_traceback(process: SandboxProcess) -> None:
    log = Path(process.directory, "server.log").read_text()
    assert "Traceback" not in log, log[-3000:]
