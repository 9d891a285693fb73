"""DBMS_TRANSACTION. PL/SQL Packages and Types Reference 19c, "DBMS_TRANSACTION"."""

from __future__ import annotations

from dtm.sandbox.interpreter import registry
from dtm.sandbox.interpreter.runtime import Runtime

PACKAGE = registry.package(
    "DBMS_TRANSACTION",
    """PACKAGE dbms_transaction AS
  PROCEDURE commit;
  PROCEDURE rollback;
  PROCEDURE savepoint(savept IN VARCHAR2);
  PROCEDURE rollback_savepoint(savept IN VARCHAR2);
  PROCEDURE commit_comment(cmnt IN VARCHAR2);
  PROCEDURE read_only;
  PROCEDURE read_write;
  FUNCTION local_transaction_id(create_transaction IN BOOLEAN := FALSE) RETURN VARCHAR2;
  FUNCTION step_id RETURN NUMBER;
END;""",
)


@PACKAGE.body("COMMIT")
def commit(rt: Runtime) -> None:
    """COMMIT"""
    rt.transaction_allowed("COMMIT")
    rt.sql.commit()


@PACKAGE.body("COMMIT_COMMENT")
def commit_comment(rt: Runtime, _comment: str | None) -> None:
    """COMMIT COMMENT: the comment matters to distributed transactions only."""
    commit(rt)


@PACKAGE.body("ROLLBACK")
def rollback(rt: Runtime) -> None:
    """ROLLBACK"""
    rt.transaction_allowed("ROLLBACK")
    rt.sql.rollback()


@PACKAGE.body("SAVEPOINT")
def savepoint(rt: Runtime, name: str | None) -> None:
    """SAVEPOINT name"""
    rt.transaction_allowed("SAVEPOINT")
    rt.sql.savepoint((name or "").upper())


@PACKAGE.body("ROLLBACK_SAVEPOINT")
def rollback_savepoint(rt: Runtime, name: str | None) -> None:
    """ROLLBACK TO name"""
    rt.transaction_allowed("ROLLBACK")
    rt.sql.rollback_to((name or "").upper())


@PACKAGE.body("READ_ONLY")
def read_only(rt: Runtime) -> None:
    """SET TRANSACTION READ ONLY"""
    rt.sql.run(rt.sql.compile("SET TRANSACTION READ ONLY"), [])


@PACKAGE.body("READ_WRITE")
def read_write(rt: Runtime) -> None:
    """SET TRANSACTION READ WRITE"""
    rt.sql.run(rt.sql.compile("SET TRANSACTION READ WRITE"), [])


@PACKAGE.body("LOCAL_TRANSACTION_ID")
def local_transaction_id(rt: Runtime, create: bool | None) -> str | None:
    """NULL outside a transaction; `create` starts one."""
    found = rt.sql.transaction_id()
    if found is None and create:
        rt.sql.run(rt.sql.compile("SET TRANSACTION READ WRITE"), [])
        found = rt.sql.transaction_id()
    return found


@PACKAGE.body("STEP_ID")
def step_id(rt: Runtime) -> int:
    """A number that grows with the transaction's statements."""
    step: int = rt.private.get("step_id", 0) + 1
    rt.private["step_id"] = step
    return step
