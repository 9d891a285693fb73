"""CREATE / ALTER / DROP TABLESPACE, ALTER DATABASE DATAFILE (SQL Language Reference 19c)."""

from __future__ import annotations

from dataclasses import replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import storage_tables
from dtm.sandbox.sql.catalog import now
from dtm.sandbox.sql.catalog_model import DataFile, Index, Table, Tablespace, quote
from dtm.sandbox.sql.ddl_context import Ddl, DdlResult
from dtm.sandbox.sql.ddl_tokens import Tokens
from dtm.sandbox.sql.storage import PAGE

DEFAULT_SIZE = 100 << 20
_MAXIMUM = 32 << 30


def create_tablespace(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """CREATE [BIGFILE | SMALLFILE] TABLESPACE name DATAFILE 'file' SIZE n ...; ORA-01543."""
    kind = tokens.accept_any("BIGFILE", "SMALLFILE")
    contents = "PERMANENT"
    if tokens.accept("TEMPORARY"):
        contents = "TEMPORARY"
    elif tokens.at("UNDO"):
        tokens.unsupported(460, "UNDO TABLESPACE")
    tokens.expect("TABLESPACE")
    name = tokens.identifier(2216)
    tokens.expect("TEMPFILE" if contents == "TEMPORARY" else "DATAFILE", 2180)
    files = _datafiles(ddl, tokens, name, 1)
    _attributes(tokens)
    ddl.resolver.require("CREATE TABLESPACE")
    if ddl.catalog.tablespace(name) is not None:
        raise OraError(1543, name)
    _unused_files(ddl, files)
    ddl.begin()
    number = max(t.id for t in ddl.catalog.all(Tablespace)) + 1
    tablespace = Tablespace(
        id=number,
        name=name,
        schema="temp" if contents == "TEMPORARY" else f"TS_{name}",
        file="" if contents == "TEMPORARY" else f"ts{number}.db",
        datafiles=tuple(files),
        contents=contents,
        bigfile=kind == "BIGFILE",
        created=now(),
    )
    database = ddl.database
    with database.mutex:
        database.physical_commit()  # SQLite attaches files outside of transactions only
        path = database.directory / tablespace.file
        if tablespace.file and path.exists():
            path.unlink()  # left over from a kill between the file and the dictionary
        database.attach(tablespace)
        ddl.run(lambda: ddl.catalog.put(tablespace))
    return DdlResult("CREATE TABLESPACE")


def _datafiles(ddl: Ddl, tokens: Tokens, name: str, first: int) -> list[DataFile]:
    files = [_datafile(ddl, tokens, name, first)]
    while tokens.accept(","):
        files.append(_datafile(ddl, tokens, name, first + len(files)))
    return files


def _datafile(ddl: Ddl, tokens: Tokens, name: str, number: int) -> DataFile:
    if tokens.here.kind == "string":
        path = tokens.string()
    else:
        path = f"/opt/oracle/oradata/{ddl.instance.name}/{name.lower()}{number:02d}.dbf"
    size = DEFAULT_SIZE
    if tokens.accept("SIZE"):
        size = tokens.size()
    tokens.accept("REUSE")
    return _autoextend(tokens, DataFile(path, size))


def _autoextend(tokens: Tokens, file: DataFile) -> DataFile:
    if not tokens.accept("AUTOEXTEND"):
        return file
    if tokens.accept("OFF"):
        return replace(file, autoextend=False, maximum=0, increment=0)
    tokens.expect("ON")
    increment, maximum = PAGE, _MAXIMUM
    if tokens.accept("NEXT"):
        increment = tokens.size()
    if tokens.accept("MAXSIZE") and not tokens.accept("UNLIMITED"):
        maximum = tokens.size()
    return replace(file, autoextend=True, maximum=maximum, increment=increment)


def _attributes(tokens: Tokens) -> None:
    """Extent management and the like: accepted, nothing depends on it here."""
    while not tokens.at_end():
        if tokens.accept("EXTENT", "MANAGEMENT"):
            tokens.expect("LOCAL", 2180)
            if tokens.accept("UNIFORM"):
                if tokens.accept("SIZE"):
                    tokens.size()
            else:
                tokens.accept("AUTOALLOCATE")
        elif tokens.accept("SEGMENT", "SPACE", "MANAGEMENT"):
            if not tokens.accept_any("AUTO", "MANUAL"):
                tokens.fail(2180)
        elif tokens.accept("BLOCKSIZE") or tokens.accept("MINIMUM", "EXTENT"):
            tokens.size()
        elif tokens.at("ENCRYPTION"):
            tokens.unsupported(461, "tablespace encryption")
        elif not tokens.accept_any(
            "LOGGING", "NOLOGGING", "ONLINE", "PERMANENT", "FORCE", "FLASHBACK", "OFF", "ON"
        ):
            tokens.finish(2180)


def _unused_files(ddl: Ddl, files: list[DataFile]) -> None:
    known = {f.name for t in ddl.catalog.all(Tablespace) for f in t.datafiles}
    for file in files:
        if file.name in known:
            raise OraError(1537, file.name)
        known.add(file.name)


def existing(ddl: Ddl, name: str) -> Tablespace:
    """The tablespace, ORA-00959 when there is none."""
    found = ddl.catalog.tablespace(name)
    if found is None:
        raise OraError(959, name)
    return found


def alter_tablespace(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """ALTER TABLESPACE name ADD DATAFILE | RESIZE | AUTOEXTEND | state | RENAME TO."""
    tokens.expect("TABLESPACE")
    name = tokens.identifier(2216)
    ddl.resolver.require("ALTER TABLESPACE")
    tablespace = existing(ddl, name)
    if tokens.accept("ADD"):
        tokens.accept_any("DATAFILE", "TEMPFILE") or tokens.fail(905)
        files = _datafiles(ddl, tokens, name, len(tablespace.datafiles) + 1)
        _unused_files(ddl, files)
        changed = replace(tablespace, datafiles=(*tablespace.datafiles, *files))
    elif tokens.accept("RESIZE"):
        if len(tablespace.datafiles) > 1:
            raise OraError(32773, name)
        file = replace(tablespace.datafiles[0], size=tokens.size())
        changed = replace(tablespace, datafiles=(file,))
    elif tokens.at("AUTOEXTEND"):
        file = _autoextend(tokens, tablespace.datafiles[0])
        changed = replace(tablespace, datafiles=(file, *tablespace.datafiles[1:]))
    elif tokens.accept("DROP", "DATAFILE"):
        path = tokens.string()
        kept = tuple(f for f in tablespace.datafiles if f.name != path)
        if len(kept) == len(tablespace.datafiles):
            raise OraError(1516, path)
        if not kept:
            raise OraError(3261, name)
        changed = replace(tablespace, datafiles=kept)
    elif tokens.accept_any("COALESCE", "LOGGING", "NOLOGGING", "ONLINE"):
        changed = tablespace
    elif tokens.accept("READ"):
        word = tokens.accept_any("ONLY", "WRITE") or tokens.fail(2142)
        changed = _read_state(tablespace, only=word == "ONLY")
    elif tokens.at_any("OFFLINE", "RENAME", "BEGIN", "END"):
        tokens.unsupported(462, f"ALTER TABLESPACE ... {tokens.here.value}")
    else:
        tokens.fail(2142)
    tokens.finish(2142)
    return _resize(ddl, tablespace, changed, "ALTER TABLESPACE")


def _read_state(tablespace: Tablespace, *, only: bool) -> Tablespace:
    """READ ONLY: its rows cannot change (ORA-00372), nothing is made in it (ORA-01647); objects
    in it may be dropped. SYSTEM, UNDO and TEMP cannot be (ORA-01643)."""
    if only and (tablespace.schema in ("main", "temp") or tablespace.name == "SYSAUX"):
        raise OraError(1643)
    return replace(tablespace, status="READ ONLY" if only else "ONLINE")


def alter_database(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """ALTER DATABASE [TEMPFILE | DATAFILE] 'file' | n RESIZE size | AUTOEXTEND ..."""
    tokens.expect("DATABASE")
    ddl.resolver.require("ALTER DATABASE")
    if not tokens.accept_any("DATAFILE", "TEMPFILE"):
        tokens.unsupported(463, f"ALTER DATABASE {tokens.here.text}")
    tablespace, number = _find_file(ddl, tokens)
    file = tablespace.datafiles[number]
    if tokens.accept("RESIZE"):
        file = replace(file, size=tokens.size())
    elif tokens.at("AUTOEXTEND"):
        file = _autoextend(tokens, file)
    else:
        tokens.unsupported(463, f"ALTER DATABASE DATAFILE ... {tokens.here.text}")
    tokens.finish()
    files = (*tablespace.datafiles[:number], file, *tablespace.datafiles[number + 1 :])
    return _resize(ddl, tablespace, replace(tablespace, datafiles=files), "ALTER DATABASE")


def _find_file(ddl: Ddl, tokens: Tokens) -> tuple[Tablespace, int]:
    """The datafile named by path or FILE_ID; ORA-01516, ORA-01565."""
    if tokens.here.kind == "number":
        wanted, number = "", tokens.integer()
    else:
        wanted, number = tokens.string(), 0
    file_id = 0
    for tablespace in ddl.catalog.all(Tablespace):
        for index, file in enumerate(tablespace.datafiles):
            file_id += 1
            if file.name == wanted or file_id == number:
                return tablespace, index
    raise OraError(1516, wanted or number)


def _resize(ddl: Ddl, old: Tablespace, new: Tablespace, kind: str) -> DdlResult:
    """Apply a new limit; ORA-03297 when the data does not fit into it."""
    database = ddl.database
    ddl.begin()
    with database.mutex:
        database.physical_commit()
        if new.limit < old.limit and new.schema not in ("main", "temp"):
            database.run(f"VACUUM {quote(new.schema)}")
            used = database.pages(new.schema)[0] * PAGE
            if used > new.limit:
                raise OraError(3297)
        ddl.run(lambda: ddl.catalog.put(new))
        database.set_limit(new)
    return DdlResult(kind)


def drop_tablespace(ddl: Ddl, tokens: Tokens) -> DdlResult:
    """DROP TABLESPACE name [INCLUDING CONTENTS [AND DATAFILES] [CASCADE CONSTRAINTS]]."""
    tokens.expect("TABLESPACE")
    tablespace = existing(ddl, tokens.identifier(2216))
    including = tokens.accept("INCLUDING", "CONTENTS")
    if including and tokens.accept_any("AND", "KEEP"):
        tokens.expect("DATAFILES")
    tokens.accept("CASCADE", "CONSTRAINTS")
    tokens.finish()
    ddl.resolver.require("DROP TABLESPACE")
    if tablespace.schema in ("main", "TS_SYSAUX") or tablespace.name in ("TEMP", "UNDOTBS1"):
        raise OraError(1550)
    if tablespace.name == "USERS":
        raise OraError(12919)
    everything = ddl.catalog.all(Table)
    tables = [t for t in everything if t.tablespace == tablespace.name]
    divided = [t for t in everything if tablespace.name in _spaces(t)]
    if (tables or divided) and not including:
        raise OraError(1549)
    if any(_spaces(t) != {tablespace.name} for t in divided):
        raise OraError(14404)
    _drop_contents(ddl, tablespace, tables)
    return DdlResult("DROP TABLESPACE")


def _spaces(table: Table) -> set[str]:
    """The tablespaces of a table's partitions."""
    if table.partitioning is None:
        return set()
    return {part.tablespace for _, part in table.partitioning.leaves}


def _drop_contents(ddl: Ddl, tablespace: Tablespace, tables: list[Table]) -> None:
    names = {(t.owner, t.name) for t in tables}

    def work() -> None:
        for index in ddl.catalog.all(Index):
            if index.table in names:
                ddl.catalog.remove(index)
        for table in tables:
            ddl.database.run_all(storage_tables.drop_table(table))
            ddl.catalog.remove(table)
        ddl.catalog.remove(tablespace)

    ddl.begin()
    database = ddl.database
    with database.mutex:
        ddl.run(work, *tables)
        if tablespace.schema != "temp":
            database.run(f"DETACH {quote(tablespace.schema)}")
            (database.directory / tablespace.file).unlink(missing_ok=True)
