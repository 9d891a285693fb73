"""CREATE DATABASE: a new instance's directory, its tablespaces, users and roles; opening one."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import apsw

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.serving import Verifier
from dtm.sandbox.sql import dictionary, engine_persistent
from dtm.sandbox.sql.catalog import Catalog, now
from dtm.sandbox.sql.catalog_model import DataFile, Grants, Tablespace, User
from dtm.sandbox.sql.privilege_names import OBJECT_CLASS_ROLES, ROLES, SYSTEM_PRIVILEGES
from dtm.sandbox.sql.storage_instance import Instance

MEGABYTE = 1 << 20
GIGABYTE = 1 << 30
Register = Callable[[apsw.Connection], None]


def create_instance(directory: Path, name: str, password: Verifier) -> None:
    """Make an empty instance. SYS and SYSTEM get `password`. ORA-01501 when there is one."""
    if (directory / "system.db").exists():
        raise OraError(1501)
    instance = Instance(directory)
    try:
        database = instance.database
        database.begin()
        database.catalog.bind(database)
        with database.catalog.change():
            catalog = database.catalog
            catalog.set_state("instance_name", name.upper())
            catalog.set_state("created", now().isoformat(" "))
            catalog.set_state("dbid", secrets.randbits(32) | 1 << 30)
            _tablespaces(catalog, name.upper())
            _roles(catalog)
            for user in ("SYS", "SYSTEM"):
                _administrator(catalog, user, password)
        database.physical_commit()
    finally:
        instance.close()


def open_instance(directory: Path, register: Register | None = None) -> Instance:
    """Open an instance, recovering what a dead process left. `register` adds the SQL functions
    constraints and indexes may call. ORA-01034 when there is none, ORA-01102 when it is open."""
    if not (directory / "system.db").exists():
        raise OraError(1034)
    instance = Instance(directory)
    (register or engine_persistent.register)(instance.connection)
    instance.open()
    dictionary.install(instance.catalog)
    return instance


def _tablespaces(catalog: Catalog, name: str) -> None:
    def add(
        tablespace: str, schema: str, file: str, size: int, contents: str = "PERMANENT"
    ) -> None:
        path = f"/opt/oracle/oradata/{name}/{tablespace.lower()}01.dbf"
        datafile = DataFile(path, size, autoextend=True, maximum=32 * GIGABYTE, increment=MEGABYTE)
        catalog.put(
            Tablespace(
                id=len(catalog.all(Tablespace)),
                name=tablespace,
                schema=schema,
                file=file,
                datafiles=(datafile,),
                contents=contents,
                created=now(),
            )
        )

    add("SYSTEM", "main", "system.db", 512 * MEGABYTE)
    add("SYSAUX", "TS_SYSAUX", "sysaux.db", 256 * MEGABYTE)
    add("UNDOTBS1", "temp", "", 128 * MEGABYTE, "UNDO")
    add("TEMP", "temp", "", 64 * MEGABYTE, "TEMPORARY")
    add("USERS", "TS_USERS", "users.db", 64 * MEGABYTE)


def _roles(catalog: Catalog) -> None:
    for role, privileges in ROLES.items():
        names = SYSTEM_PRIVILEGES if role == "DBA" else privileges
        roles = dict.fromkeys(OBJECT_CLASS_ROLES, True) if role == "DBA" else {}
        catalog.put(
            Grants(role, is_role=True, system=dict.fromkeys(names, role == "DBA"), roles=roles)
        )
    catalog.put(Grants("PUBLIC"))


def _administrator(catalog: Catalog, name: str, password: Verifier) -> None:
    catalog.put(
        User(
            id=0 if name == "SYS" else 9,
            name=name,
            salt=password.salt,
            iterations=password.iterations,
            hash=password.hash,
            default_tablespace="SYSTEM",
            created=now(),
        )
    )
    catalog.put(Grants(name, system={"UNLIMITED TABLESPACE": False}, roles={"DBA": True}))
