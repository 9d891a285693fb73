"""One ALTER TABLE ... PARTITION while it runs: which (sub)partition is meant, which indexes
become UNUSABLE (VLDB and Partitioning Guide 19c, "Maintenance Operations", "Updating Indexes
Automatically")."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.catalog_model import Partition, Partitioning, Table
from dtm.sandbox.sql.ddl_build import rows_exist
from dtm.sandbox.sql.ddl_context import Ddl
from dtm.sandbox.sql.ddl_index_state import set_state
from dtm.sandbox.sql.ddl_tokens import Tokens
from dtm.sandbox.sql.partitions_rules import key_columns
from dtm.sandbox.sql.partitions_sql import (
    Bound,
    condition,
    high_value,
    located,
    number_of,
    sql_literal,
)

Change = Callable[[Table, Partitioning], Partitioning]


@dataclass(frozen=True, slots=True)
class Which:
    """A (sub)partition as written: its name, or the values of a row in it (FOR)."""

    name: str | None
    values: tuple[str, ...] = ()


@dataclass(slots=True)
class Operation:
    """A statement's level (subpartitions or not), the tables it locks, the indexes it spoils."""

    ddl: Ddl
    table: Table
    sub: bool
    locked: list[Table] = field(default_factory=list)
    keep_indexes: bool = False  # UPDATE INDEXES, ONLINE
    spoiled_global: bool = False
    spoiled_local: set[int] = field(default_factory=set)  # ids of partitions

    @property
    def method(self) -> str:
        """RANGE, LIST or HASH: of the level the statement works on."""
        partitioning = self.table.partitioning
        if partitioning is None:
            raise OraError(14501)
        if not self.sub:
            return partitioning.method
        if partitioning.sub is None:
            raise OraError(14253)
        return partitioning.sub.method

    # ------------------------------------------------------------ parsing

    def parse_which(self, tokens: Tokens) -> Which:
        """name | FOR (value, ...)."""
        if not tokens.accept("FOR"):
            return Which(tokens.identifier(14006))
        tokens.expect("(")
        values = [tokens.expression(frozenset())]
        while tokens.accept(","):
            values.append(tokens.expression(frozenset()))
        tokens.expect(")")
        return Which(None, tuple(values))

    def parse_several(self, tokens: Tokens) -> list[Which]:
        """After the verb: PARTITION[S] a, b ... (or SUBPARTITION[S])."""
        word = "SUBPARTITION" if self.sub else "PARTITION"
        tokens.accept(f"{word}S") or tokens.expect(word, 14048)
        found = [self.parse_which(tokens)]
        while tokens.accept(","):
            tokens.accept_any(word)
            found.append(self.parse_which(tokens))
        return found

    def parse_one(self, tokens: Tokens) -> Which:
        """After the verb: PARTITION name | FOR (...)."""
        tokens.expect("SUBPARTITION" if self.sub else "PARTITION", 14048)
        return self.parse_which(tokens)

    # ------------------------------------------------------------ finding and replacing

    def pick(self, partitioning: Partitioning, which: Which) -> tuple[Partitioning, Partition]:
        """The partition meant, with its level; ORA-02149, ORA-14251."""
        missing = OraError(14251) if self.sub else OraError(2149)
        if which.name is not None:
            found = located(partitioning, which.name, sub=self.sub)
            if found is None:
                raise missing
            return found
        wanted = self._id_for(partitioning, which.values)
        levels = partitioning.levels if self.sub else (partitioning,)
        for level in levels:
            for part in level.partitions:
                if wanted is not None and wanted in (part.id, *(s.id for s in part.subpartitions)):
                    return level, part
        raise missing

    def _id_for(self, partitioning: Partitioning, values: tuple[str, ...]) -> int | None:
        """The id of the (sub)partition a row with this key would be in."""
        levels = [partitioning, partitioning.inner(partitioning.partitions[0])]
        columns = [c for level in levels[: 1 + self.sub] for c in key_columns(self.table, level)]
        if len(values) != len(columns):
            raise OraError(14018 if len(values) > len(columns) else 14017)
        ddl = self.ddl
        row = ", ".join(
            f"{sql_literal(ddl.translator.constant(ddl.session, text, column))} AS {column.sql}"
            for text, column in zip(values, columns, strict=True)
        )
        if not self.sub:
            partitioning = replace(partitioning, sub=None)
        rows = ddl.database.run(f"SELECT {number_of(partitioning, 'k.')} FROM (SELECT {row}) k")
        return None if rows[0][0] is None else int(rows[0][0])

    @staticmethod
    def put(partitioning: Partitioning, level: Partitioning) -> Partitioning:
        """The whole partitioning after one of its levels changed."""
        if level.outer is None:
            return level
        parent = level.outer[1]
        return replaced(partitioning, parent, (replace(parent, subpartitions=level.partitions),))

    # ------------------------------------------------------------ rows and indexes

    def has_rows(self, level: Partitioning, part: Partition) -> bool:
        """True when the (sub)partition holds a row."""
        return rows_exist(self.ddl, self.table, condition(level, part))

    def spoil(self, *parts: Partition) -> None:
        """Rows moved or went: global indexes, and the local index partitions of `parts`."""
        self.spoiled_global = True
        for part in parts:
            self.spoiled_local |= leaf_ids(part)

    def inherit(self, old: tuple[Partition, ...], new: tuple[Partition, ...]) -> None:
        """New partitions take over what was UNUSABLE of the old ones they came from."""
        before = {number for part in old for number in leaf_ids(part)}
        after = {number for part in new for number in leaf_ids(part)}
        for index in self.ddl.catalog.indexes_of(self.table):
            if index.unusable & before:
                set_state(self.ddl, self.table, index, unusable=index.unusable | after)

    def settle_indexes(self, partitioning: Partitioning) -> None:
        """After the change: mark what it spoiled, unless the statement says UPDATE INDEXES."""
        ddl = self.ddl
        table = ddl.catalog.table_by_id(self.table.id) or self.table
        alive = {part.id for _, part in partitioning.leaves}
        for index in ddl.catalog.indexes_of(table):
            spoiled = not self.keep_indexes
            if index.local:
                unusable = index.unusable | (self.spoiled_local if spoiled else set())
                set_state(ddl, table, index, unusable=unusable & alive)
            elif self.spoiled_global and spoiled:
                set_state(ddl, table, index, status="UNUSABLE")


def leaf_ids(part: Partition) -> set[int]:
    """The ids of a partition's segments."""
    return {sub.id for sub in part.subpartitions} or {part.id}


def replaced(
    partitioning: Partitioning, old: Partition, new: tuple[Partition, ...]
) -> Partitioning:
    """The partitioning with `new` in the place of `old`."""
    parts = partitioning.partitions
    index = [part.id for part in parts].index(old.id)
    return replace(partitioning, partitions=(*parts[:index], *new, *parts[index + 1 :]))


def refuse_parent(op: Operation, level: Partitioning, part: Partition) -> None:
    """ORA-02266: enabled foreign keys point at the table and the partition has rows."""
    children = [c for c, _ in op.ddl.catalog.children_of(op.table) if c.id != op.table.id]
    if children and op.has_rows(level, part):
        raise OraError(2266)


def high_value_of(table: Table, level: Partitioning, values: tuple[Bound, ...]) -> str:
    """HIGH_VALUE of these bounds."""
    return high_value(key_columns(table, level), level.method, values)
