"""No text makes the interpreter fail otherwise than with an Oracle error.

Seeds are programs of this suite; each is mutated token by token, deterministically per example.
"""

from __future__ import annotations

import random

import pytest

from dtm.plsql.lexer import lex
from dtm.sandbox.kernel.errors import OraError
from tests.unit.sandbox.plsql.doubles import Session

SEEDS = [
    """DECLARE x NUMBER := 1; y VARCHAR2(10) := 'a'; d DATE := SYSDATE; b BOOLEAN := TRUE;
       TYPE nt IS TABLE OF NUMBER; t nt := nt(1, 2); TYPE r IS RECORD (a NUMBER, c nt); v r;
       TYPE aa IS TABLE OF r INDEX BY VARCHAR2(10); m aa; e EXCEPTION;
       PRAGMA EXCEPTION_INIT(e, -20001);
       CURSOR c(p NUMBER DEFAULT 1) IS SELECT id, name FROM emp WHERE id >= p FOR UPDATE;
       FUNCTION f(a IN OUT NUMBER, b VARCHAR2 := 'q') RETURN NUMBER IS BEGIN a := a + 1;
         RETURN a ** 2 MOD 7; EXCEPTION WHEN OTHERS THEN RAISE; END f;
       BEGIN
         <<l>> FOR i IN REVERSE 1 .. 3 LOOP x := x + f(x) * -i; EXIT l WHEN x > 100; END LOOP l;
         WHILE x < 5 AND NOT b LOOP CONTINUE WHEN x = 2; END LOOP;
         m('k').a := t(1); v.c := t; t.EXTEND(2, 1); t.DELETE(1); y := y || t.COUNT || m.FIRST;
         IF x IS NULL OR y LIKE 'a%' ESCAPE '!' THEN NULL; ELSIF x BETWEEN 1 AND 2 THEN GOTO z;
         ELSE x := CASE y WHEN 'a' THEN 1 ELSE NVL(x, 0) END; END IF;
         <<z>> CASE WHEN b THEN NULL; ELSE RAISE e; END CASE;
         OPEN c(2); FETCH c INTO x, y; x := c%ROWCOUNT; CLOSE c; x := SQL%ROWCOUNT;
       EXCEPTION WHEN e OR NO_DATA_FOUND THEN DBMS_OUTPUT.PUT_LINE(SQLERRM);
         WHEN OTHERS THEN RAISE_APPLICATION_ERROR(-20002, SQLERRM(-1), TRUE); END;""",
    """DECLARE TYPE t IS TABLE OF emp%ROWTYPE INDEX BY PLS_INTEGER; v t; n emp.sal%TYPE; s CLOB;
       rc SYS_REFCURSOR; TYPE va IS VARRAY(3) OF VARCHAR2(5); a va := va('x');
       BEGIN
         SELECT * BULK COLLECT INTO v FROM emp WHERE id > 0;
         FORALL i IN 1 .. v.COUNT SAVE EXCEPTIONS UPDATE emp SET sal = v(i).sal WHERE id = v(i).id;
         FOR q IN (SELECT id, name FROM emp) LOOP DBMS_OUTPUT.PUT_LINE(q.id || q.name); END LOOP;
         UPDATE emp SET sal = sal + 1 WHERE id = 1 RETURNING sal INTO n;
         EXECUTE IMMEDIATE 'SELECT sal FROM emp WHERE id = :x' INTO n USING 1;
         EXECUTE IMMEDIATE 'BEGIN :a := :b; END;' USING OUT n, IN 3;
         OPEN rc FOR SELECT id FROM emp; FETCH rc INTO n; CLOSE rc;
         INSERT INTO emp (id, name) VALUES (n, a(1)); SAVEPOINT p; ROLLBACK TO p; COMMIT;
         n := EXTRACT(YEAR FROM SYSDATE) + CAST('1' AS NUMBER); s := TRIM(BOTH 'x' FROM 'xax');
         n := TO_NUMBER(SUBSTR('12', 1, 1)) / LENGTH(s); s := TO_CHAR(SYSDATE, 'YYYY') || s;
       END;""",
    """CREATE OR REPLACE PACKAGE BODY pk AUTHID DEFINER IS g NUMBER := 1; c CONSTANT DATE := SYSDATE;
       PROCEDURE q; PROCEDURE q IS PRAGMA AUTONOMOUS_TRANSACTION; BEGIN g := g + 1; COMMIT; END q;
       FUNCTION w(x NUMBER) RETURN VARCHAR2 DETERMINISTIC IS BEGIN q; RETURN pk.g || x; END;
       $IF $$debug $THEN PROCEDURE z IS BEGIN NULL; END; $ELSE $END
       BEGIN g := 2; END pk;""",
    """CREATE OR REPLACE TRIGGER tr BEFORE INSERT OR UPDATE OF sal ON emp REFERENCING NEW AS n
       FOR EACH ROW WHEN (n.sal > 1) DECLARE x NUMBER; BEGIN :n.sal := :n.sal + :old.sal;
       IF INSERTING OR UPDATING('SAL') THEN NULL; END IF; END;""",
]
EXTRA = ["(", ")", ";", ",", ".", ":=", "=>", "%", "NULL", "'x'", "1", "END", "BEGIN", "x", ":b",
         "SELECT", "IN", "IS", "@", '"q"', "..", "<<", ">>", "-", "LOOP", "THEN", "$IF", "t(1)",
         "99999999999", "1e99", "**", "CASE", "''", "/"]  # fmt: skip


def mutated(seed: str, generator: random.Random) -> str:
    """A seed with a few tokens dropped, doubled, swapped or replaced."""
    words = [token.text for token in lex(seed).tokens]
    for _ in range(generator.randint(1, 4)):
        at = generator.randrange(len(words))
        kind = generator.randrange(5)
        if kind == 0:
            del words[at : at + generator.randint(1, 3)]
        elif kind == 1:
            words.insert(at, words[generator.randrange(len(words))])
        elif kind == 2:
            words[at] = generator.choice(EXTRA)
        elif kind == 3:
            words.insert(at, generator.choice(EXTRA))
        else:
            words = words[:at]
        if not words:
            break
    return " ".join(words)


def prepared() -> Session:
    session = Session()
    session.sql.table("EMP", ID="NUMBER", NAME="VARCHAR2", SAL="NUMBER")
    session.sql.connection.execute("INSERT INTO emp VALUES (1, 'a', 2)")
    session.create("CREATE PACKAGE pk AS FUNCTION w(x NUMBER) RETURN VARCHAR2; END;")
    session.limit_checks(200)
    return session


@pytest.mark.parametrize("number", range(40))
def test_mutated_programs(number):
    generator = random.Random(number)
    session = prepared()
    for _ in range(10):
        text = mutated(generator.choice(SEEDS), generator)
        try:
            if text.lstrip().startswith("CREATE"):
                session.create(text)
            else:
                session.run(text)
        except OraError as error:
            assert error.text.startswith("ORA-")  # noqa: PT017
    session.sql.close()


def test_the_seeds_themselves_are_sound():
    session = prepared()
    for seed in SEEDS[2:]:
        assert session.create(seed) == []
    for seed in SEEDS[:2]:
        session.run(seed)
    session.sql.close()
