"""DML error logging: rows that fail go to an error table, the statement goes on.

SQL Language Reference 19c, "SQL Statements: INSERT", "error_logging_clause"; Administrator's Guide
19c, "Managing Tables", "Inserting Data with DML Error Logging": the log is written in an autonomous
transaction; a unique key violated by UPDATE is not logged, the statement fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import OraType
from dtm.sandbox.sql import encoding
from dtm.sandbox.sql.catalog_model import Table, quote
from dtm.sandbox.sql.dml_rows import RowWriter, Run
from dtm.sandbox.sql.encoding import Encoded, rowid_text
from dtm.sandbox.sql.engine_plans import Outcome, Row, Template
from dtm.sandbox.sql.engine_runtime import Actor
from dtm.sandbox.sql.functions import conversion, typing_rules
from dtm.sandbox.sql.transactions import Step

# Values too large, constraints, partitions, checks of views, conversions.
_LOGGED = frozenset(
    [1, 1400, 1401, 1402, 1407, 1410, 1426, 1438, 1465, 1722, 2290, 2291, 2292, 6502, 12899]
) | frozenset([14400, 14401, 14402, *range(1800, 1899)])
_TRIGGER_FAILED = "ORA-04088"
_TEXT = typing_rules.text()


@dataclass(frozen=True, slots=True)
class Fit:
    """Fits a row's raw values to their columns: they go into `slots`."""

    query: Template
    slots: list[int]
    types: Mapping[str, OraType]  # of the raw values, by column

    def values(self, run: Run, raw: Sequence[Encoded]) -> Row:
        binds = list(run.binds)
        for slot, value in zip(self.slots, raw, strict=True):
            binds[slot] = value
        return self.query.run(run.step, binds)[0] if raw else ()


@dataclass(slots=True)
class ErrorLog:
    """The error table of a statement. `limit`: REJECT LIMIT, None for UNLIMITED."""

    table: Table
    tag: Template | None
    limit: int | None
    operation: str  # I, U, D


@dataclass(slots=True)
class Failures:
    """The rows of one execution that failed."""

    log: ErrorLog
    run: Run
    tag: Encoded = None
    rows: list[dict[str, Encoded]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.log.tag is not None:
            self.tag = self.log.tag.run(self.run.step, self.run.binds)[0][0]

    def over(self, writer: RowWriter, rows: Template, work: Callable[[Row], None]) -> None:
        """Do `work` for every row; the log is kept even if the statement fails."""
        run = self.run
        try:
            writer.begin(run)
            for row in rows.run(run.step, run.binds):
                work(row)
            writer.end(run)
        except OraError:
            self._write()
            raise
        self._write()

    def attempt(self, work: Callable[[], None], about: Callable[[], dict[str, Encoded]]) -> None:
        """Do one row's work; its failure is logged, or raised beyond the limit."""
        result = self.run.result
        before = result.count, len(result.rows), result.last_rowid
        try:
            self.run.step.attempt(work)
        except OraError as error:
            result.count, result.last_rowid = before[0], before[2]
            del result.rows[before[1] :]
            if not self._logged(error):
                raise
            row = {"ORA_ERR_NUMBER$": error.code, "ORA_ERR_MESG$": error.text, **about()}
            row |= {"ORA_ERR_OPTYP$": self.log.operation, "ORA_ERR_TAG$": self.tag}
            self.rows.append(row)
            if self.log.limit is not None and len(self.rows) > self.log.limit:
                raise

    def _logged(self, error: OraError) -> bool:
        if any(_TRIGGER_FAILED in line for line in error.stack):
            return True
        return error.code in _LOGGED and not (error.code == 1 and self.log.operation != "I")

    def _write(self) -> None:
        """Keep the log, whatever becomes of the statement."""
        if not self.rows:
            return
        rows, table, storage = self.rows, self.log.table, self.run.actor.storage

        def insert(step: Step) -> None:
            for row in rows:
                known = {name: v for name, v in row.items() if table.column(name) is not None}
                names = ", ".join(quote(name) for name in known)
                marks = ", ".join("?" * len(known))
                step.execute(f"INSERT INTO {table.target}({names}) VALUES ({marks})",
                             list(known.values()))  # fmt: skip

        storage.begin_autonomous()
        try:
            storage.write(insert, targets=(table,))
            storage.commit()
        finally:
            storage.end_autonomous()


def _texts(
    run: Run, names: Sequence[str], raw: Sequence[Encoded], fit: Fit | None
) -> dict[str, Encoded]:
    """Raw values as the error table's VARCHAR2(4000) columns hold them."""
    texts: dict[str, Encoded] = {}
    for name, value in zip(names, raw, strict=False):
        ora_type = fit.types.get(name) if fit is not None else None
        if value is None or ora_type is None:
            texts[name] = None
            continue
        decode = encoding.decoder(ora_type)
        convert = conversion.converter(ora_type, _TEXT)
        plain = value if decode is None else decode(value)
        texts[name] = plain if convert is None else convert(run.actor.env, plain)
    return texts


@dataclass(slots=True)
class LoggedInsert:
    """INSERT ... LOG ERRORS: `rows` gives raw values for `fit`, then defaults."""

    writer: RowWriter
    rows: Template
    names: list[str]
    fit: Fit
    log: ErrorLog

    def run(self, step: Step, binds: Sequence[Encoded], actor: Actor) -> Outcome:
        run = Run(step, binds, actor, Outcome())
        failures = Failures(self.log, run)
        width = len(self.fit.slots)
        failures.over(self.writer, self.rows, lambda row: self._row(run, failures, row, width))
        return run.result

    def _row(self, run: Run, failures: Failures, row: Row, width: int) -> None:
        def work() -> None:
            values = (*self.fit.values(run, row[:width]), *row[width:])
            self.writer.insert(run, dict(zip(self.names, values, strict=True)))

        failures.attempt(work, lambda: _texts(run, self.names, row, self.fit))


@dataclass(slots=True)
class LoggedChange:
    """UPDATE or DELETE ... LOG ERRORS: `rows` gives "$R" and raw values for `fit`."""

    writer: RowWriter
    candidates: Template
    rows: Template
    names: list[str]
    fit: Fit | None  # None: DELETE
    log: ErrorLog

    def run(self, step: Step, binds: Sequence[Encoded], actor: Actor) -> Outcome:
        run = Run(step, binds, actor, Outcome())
        self.candidates.require_free(step, self.writer.table, binds)
        failures = Failures(self.log, run)
        failures.over(self.writer, self.rows, lambda row: self._row(run, failures, row))
        return run.result

    def _row(self, run: Run, failures: Failures, row: Row) -> None:
        def work() -> None:
            if self.fit is None:
                self.writer.delete(run, row[0])
            else:
                values = self.fit.values(run, row[1:])
                self.writer.update(run, row[0], dict(zip(self.names, values, strict=True)))

        def about() -> dict[str, Encoded]:
            rowid = rowid_text(self.writer.table.id, int(row[0] or 0))
            return {"ORA_ERR_ROWID$": rowid, **_texts(run, self.names, row[1:], self.fit)}

        failures.attempt(work, about)
