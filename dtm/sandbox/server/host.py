"""One open instance with its SQL and PL/SQL rooms: logons, sessions, passwords."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dtm.sandbox.interpreter.library import Library
from dtm.sandbox.interpreter.session import Interpreter
from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import SessionContext
from dtm.sandbox.kernel.serving import ClientLink, Verifier
from dtm.sandbox.server.faults import FaultBoard
from dtm.sandbox.server.interrupts import Interrupt
from dtm.sandbox.server.registry import Session, SessionRegistry
from dtm.sandbox.server.session import SandboxSession, SessionHooks
from dtm.sandbox.sql.catalog_port import CatalogAccess
from dtm.sandbox.sql.ddl_context import Ddl
from dtm.sandbox.sql.engine import Engine
from dtm.sandbox.sql.event_triggers import logged_on
from dtm.sandbox.sql.privileges import has_system_privilege
from dtm.sandbox.sql.storage_create import create_instance, open_instance
from dtm.sandbox.sql.transactions import StorageSession

_SYSDBA = 0x20


class InstanceHosts:
    """Makes and opens real instances."""

    def create(self, path: Path, name: str, password: Verifier) -> None:
        create_instance(path, name, password)

    def open(self, path: Path, name: str, faults: FaultBoard) -> InstanceHost:
        return InstanceHost(path, name, faults)


class InstanceHost:
    """Implements `Host`."""

    def __init__(self, path: Path, name: str, faults: FaultBoard) -> None:
        self.name = name.upper()
        self.registry = SessionRegistry()
        self._faults = faults
        self._instance = open_instance(path)
        self._engine = Engine(self._instance)
        self._library = Library(self._instance.database.mutex)
        self._instance.attributes.update(
            sessions=self.registry, user_locks=self._library.user_locks
        )

    # ------------------------------------------------------------------ logon

    def verifier(self, user: str) -> Verifier | None:
        found = self._instance.catalog.user(user)
        if found is None or not found.hash:
            return None
        return Verifier(found.salt, found.iterations, found.hash)

    def logon(
        self, service: str, user: str, attributes: Mapping[str, str], link: ClientLink
    ) -> SandboxSession:
        self._admit(user, attributes)
        sid, serial, audit_id = self.registry.reserve()
        try:
            return self._open(service, user, attributes, link, (sid, serial, audit_id))
        except BaseException:
            self.registry.remove(sid)
            raise

    def _admit(self, user: str, attributes: Mapping[str, str]) -> None:
        """ORA-28000 locked, ORA-01045 no CREATE SESSION, ORA-01017 SYSDBA without being SYS."""
        catalog = self._instance.catalog
        found = catalog.user(user)
        if found is None:
            raise OraError(1017)
        if found.locked:
            raise OraError(28000)
        if found.expired:
            raise OraError(28001)
        if not has_system_privilege(catalog, user, "CREATE SESSION"):
            raise OraError(1045, user)
        if int(attributes.get("logon_mode", "0")) & _SYSDBA and user != "SYS":
            raise OraError(1017)

    def _open(
        self,
        service: str,
        user: str,
        attributes: Mapping[str, str],
        link: ClientLink,
        numbers: tuple[int, int, int],
    ) -> SandboxSession:
        sid, serial, audit_id = numbers
        interrupt = Interrupt(link)
        context = SessionContext(
            sid=sid,
            serial=serial,
            user=user,
            current_schema=user,
            instance_name=self.name,
            service_name=service,
            logon_time=dt.datetime.now().replace(microsecond=0),
            interrupt_check=interrupt.check,
            attributes={**attributes, "audsid": str(audit_id), "db_unique_name": self.name},
        )
        storage = StorageSession(self._instance, context)
        sql = self._engine.session(context, storage)
        catalog = CatalogAccess(self._instance, context)
        interpreter = Interpreter(self._library, context, sql, catalog)
        sql.plsql = interpreter
        entry = Session(context, interrupt, audit_id)
        self._instance.sessions[sid] = storage
        self.registry.add(entry)

        def close() -> None:
            interpreter.close()
            storage.close()

        self._logged_on(storage, interpreter, close)
        hooks = SessionHooks(
            lambda verifier: self._change_password(storage, verifier),
            interpreter.transaction_ended,
            close,
        )
        return SandboxSession(entry, self.registry, sql, interpreter, self._faults, hooks)

    def _logged_on(
        self, storage: StorageSession, interpreter: Interpreter, close: Callable[[], None]
    ) -> None:
        """LOGON triggers; one that fails keeps out who may not administer triggers."""
        user = storage.context.user
        try:
            logged_on(storage, interpreter)
        except OraError:
            storage.rollback()
            catalog = self._instance.catalog
            if has_system_privilege(catalog, user, "ADMINISTER DATABASE TRIGGER"):
                return
            close()
            self._instance.sessions.pop(storage.context.sid, None)
            raise
        except BaseException:
            close()
            raise

    def _change_password(self, storage: StorageSession, verifier: Verifier) -> None:
        """What ALTER USER ... IDENTIFIED BY does, without ever seeing the password."""
        ddl = Ddl(storage, self._engine.hooks)
        storage.commit()
        user = self._instance.catalog.user(storage.context.user)
        if user is None:
            raise OraError(1918, storage.context.user)
        changed = replace(
            user,
            salt=verifier.salt,
            iterations=verifier.iterations,
            hash=verifier.hash,
            expired=False,
        )
        ddl.run(lambda: ddl.catalog.put(changed))

    # ------------------------------------------------------------------ control

    def sessions(self) -> list[dict[str, Any]]:
        return [
            {
                "instance": self.name,
                "sid": one.context.sid,
                "serial": one.context.serial,
                "user": one.context.user,
                "status": one.status,
                "program": one.context.attributes.get("program"),
                "module": one.context.attributes.get("module"),
                "statement": one.statement,
                "since": one.since.isoformat(timespec="seconds"),
            }
            for one in self.registry.sessions()
        ]

    def close(self) -> None:
        self._instance.close()
