"""SELECT ... FOR UPDATE: the queries that find the rows to lock.

SQL Language Reference 19c, "SQL Statements: SELECT", "for_update_clause".
"""

from __future__ import annotations

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import Relation, Scope, Source
from dtm.sandbox.sql.bind_scope import identifier_text
from dtm.sandbox.sql.translate_blocks import Block
from dtm.sandbox.sql.translate_hierarchy import HierarchyTranslator
from dtm.sandbox.sql.translate_rownum import smallest


class LockTranslator(HierarchyTranslator):
    """Translates FOR UPDATE."""

    def lock_rows(
        self,
        clause: n.ForUpdate,
        node: n.Select,
        block: Block,
        relation: Relation,
        *,
        grouped: bool,
    ) -> None:
        """The queries that find the rows to lock, one per table; ORA-01786 / 02014."""
        if grouped or node.distinct:
            raise OraError(1786, offset=clause.at)
        if clause.skip_locked is not None:
            self.context.unsupported(192, "SKIP LOCKED", clause.skip_locked)
        if node.connect_by is not None:
            self.context.unsupported(193, "FOR UPDATE of a hierarchical query", clause.at)
        for source in self._locked_sources(clause, block.scope):
            if source.table is not None and source.row is not None:
                candidates = self._candidates(block, source.row.sql)
                relation.locks.append((source.table, candidates))

    def _candidates(self, block: Block, row: str) -> str:
        if block.finish is not None and block.scope.stage is not None:
            name = block.scope.stage.outside(row)
            return f"SELECT {name} FROM {block.finish()}"
        sql = f"SELECT {row} FROM {block.from_sql}"
        if block.where:
            sql += f" WHERE {' AND '.join(block.where)}"
        if block.limits:
            sql += f" LIMIT {smallest(block.limits)}"
        return sql

    def _locked_sources(self, clause: n.ForUpdate, scope: Scope) -> list[Source]:
        if clause.columns:
            return [self._owner_of(name, scope) for name in clause.columns]
        for source in scope.sources:
            if source.table is None:
                if source.name == "DUAL":
                    continue
                raise OraError(2014, offset=clause.at)
        return [s for s in scope.sources if s.table is not None]

    def _owner_of(self, name: n.Name, scope: Scope) -> Source:
        path = name.path
        for source in scope.sources:
            if len(path) > 1 and not source.matches(path[:-1]):
                continue
            if path[-1] in source.columns:
                if source.table is None:
                    raise OraError(2014, offset=name.at)
                return source
        raise OraError(904, identifier_text(path), offset=name.at)
