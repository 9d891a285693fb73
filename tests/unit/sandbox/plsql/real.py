"""A PL/SQL session on the sandbox's own SQL engine and dictionary."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from dtm.sandbox.interpreter.library import Library
from dtm.sandbox.interpreter.session import Interpreter
from dtm.sandbox.kernel.passwords import make_verifier
from dtm.sandbox.kernel.ports import SessionContext
from dtm.sandbox.sql.catalog_port import CatalogAccess
from dtm.sandbox.sql.engine import Engine
from dtm.sandbox.sql.storage_create import create_instance, open_instance
from dtm.sandbox.sql.transactions import StorageSession
from tests.unit.sandbox.plsql.doubles import Session


class Database:
    """One instance in a directory, with users U (the tests') and OTHER."""

    def __init__(self, directory: Path) -> None:
        create_instance(directory, "ONE", make_verifier("secret"))
        self.instance = open_instance(directory)
        self.engine = Engine(self.instance)
        self.library = Library(self.instance.database.mutex)
        self.sids = 100
        system = self.session("SYSTEM")
        for user in ("U", "OTHER"):
            system.sql_run(f'CREATE USER {user} IDENTIFIED BY "x" QUOTA UNLIMITED ON USERS')
            system.sql_run(f"GRANT CONNECT, RESOURCE, CREATE VIEW TO {user}")
        system.sql_run("GRANT EXECUTE ON SYS.DBMS_LOCK TO U")

    def session(self, user: str = "U") -> RealSession:
        """A new session."""
        self.sids += 1
        return RealSession(self, user, self.sids)

    def close(self) -> None:
        """Close the instance."""
        self.instance.close()


class RealSession(Session):
    """The helpers of the double's session on the real engine."""

    def __init__(self, database: Database, user: str, sid: int) -> None:
        self.checks = 0
        self.most_checks = 10**9
        self.database = database
        self.context = SessionContext(
            sid=sid,
            serial=1,
            user=user,
            current_schema=user,
            instance_name="ONE",
            service_name="ONE",
            logon_time=dt.datetime(2024, 1, 1),
            interrupt_check=self._check,
            attributes={"audsid": str(sid)},
        )
        self.storage = StorageSession(database.instance, self.context)
        engine: Any = database.engine.session(self.context, self.storage)
        self.engine = engine
        catalog: Any = CatalogAccess(database.instance, self.context)
        self.library = database.library
        self.plsql = Interpreter(database.library, self.context, engine, catalog)
        engine.plsql = self.plsql
        database.instance.sessions[sid] = self.storage
        self.plsql.rt.output.enable(None)

    def sql_run(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run SQL; its rows."""
        return list(self.engine.run(self.engine.compile(text), values).rows)

    def create(self, text: str) -> list[tuple[int, int, str]]:
        """CREATE a unit through SQL; its errors as USER_ERRORS has them."""
        self.sql_run(text)
        header = text.split()
        del header[: header.index("REPLACE") + 1 if "REPLACE" in header else 1]
        body = header[1] == "BODY"
        name = header[2 if body else 1].split("(")[0].strip(";")
        return self.sql_run(
            "SELECT line, position, text FROM user_errors WHERE name = :1 AND type = :2"
            " ORDER BY sequence",
            name.upper(),
            header[0] + (" BODY" if body else ""),
        )
