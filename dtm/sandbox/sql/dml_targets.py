"""What DML works on: a stored table, perhaps seen through views.

SQL Language Reference 19c, "SQL Statements: CREATE VIEW", "Notes on Updatable Views": a view of one
table without set operators, DISTINCT, aggregates, grouping or hierarchy is inherently updatable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_context import Names
from dtm.sandbox.sql.bind_model import Scope, Source, SourceColumn
from dtm.sandbox.sql.bind_scope import identifier_text
from dtm.sandbox.sql.bind_walk import conjuncts
from dtm.sandbox.sql.catalog_model import Table, TableColumn, View
from dtm.sandbox.sql.dml_triggers import Triggers, triggers_for
from dtm.sandbox.sql.parse_statements import parse_query
from dtm.sandbox.sql.translate_blocks import has_aggregates, has_windows
from dtm.sandbox.sql.translate_pivot import PivotTranslator

ReachableColumns = Mapping[str, TableColumn | None]  # None: not a column of the table


@dataclass(slots=True)
class Layer:
    """A view, or an inline view, between the statement and the table."""

    select: n.Select
    heads: tuple[str, ...]  # its column names
    name: str | None  # what qualifies its columns where it is used
    owner: str | None
    view: View | None
    names: Names  # as its query sees them
    text: str
    columns: dict[str, TableColumn | None] = field(default_factory=dict)

    @property
    def inner(self) -> n.FromItem:
        return self.select.sources[0]

    @property
    def checked(self) -> bool:
        return self.view is not None and self.view.check_option


@dataclass(slots=True)
class Target:
    """The table DML changes, how the statement calls it, and the views in between (outermost
    first)."""

    table: Table
    ref: n.TableRef
    name: str | None
    owner: str | None
    layers: list[Layer] = field(default_factory=list)

    @property
    def view_columns(self) -> ReachableColumns | None:
        return self.layers[0].columns if self.layers else None

    @property
    def checked(self) -> bool:
        return any(layer.checked for layer in self.layers)


class TargetTranslator(PivotTranslator):
    """Finds DML's targets."""

    # ------------------------------------------------------------ finding

    def target(self, item: n.FromItem, privilege: str) -> Target:
        """The table behind a name or inline view; ORA-00942, ORA-01031, ORA-01732, ORA-42399."""
        layers: list[Layer] = []
        names, text, at = self.context.names, self.context.text, item.at
        alias = getattr(item, "alias", None)
        while True:
            if isinstance(item, n.DerivedTable):
                layers.append(self._inline(item, names, text, at))
                item = layers[-1].inner
                continue
            if not isinstance(item, n.TableRef):
                raise OraError(1732, offset=at)
            found = self._named(item, names, privilege, at)
            if isinstance(found, Table):
                break
            layers.append(self._stored(found, item, names, at))
            names, text, item = layers[-1].names, found.text, layers[-1].inner
        for layer in layers[1:]:
            if layer.view is not None and self._instead(layer.view):
                self.context.unsupported(211, "DML through a view on a view with triggers", at)
        if layers:
            self._reach(found, layers)
            name, owner = layers[0].name, layers[0].owner
        else:
            name = alias.text if alias is not None else found.name
            owner = None if alias is not None else found.owner
        return Target(found, item, name, owner, layers)

    def _named(self, item: n.TableRef, names: Names, privilege: str, at: int) -> Table | View:
        path = tuple(p.text for p in item.path)
        if path in (("DUAL",), ("SYS", "DUAL")):
            raise OraError(1031, offset=at)
        found = names.relation(path, privilege, at)
        if not isinstance(found, Table | View):
            raise OraError(1031, offset=at)
        return found

    def _inline(self, item: n.DerivedTable, names: Names, text: str, at: int) -> Layer:
        select = self._updatable(item.query, at)
        name = item.alias.text if item.alias is not None else None
        return Layer(select, (), name, None, None, names, text)

    def _stored(self, view: View, item: n.TableRef, names: Names, at: int) -> Layer:
        if view.read_only:
            raise OraError(42399, offset=at)
        select = self._updatable(parse_query(view.text), at)
        heads = tuple(c.name for c in view.columns)
        name = item.alias.text if item.alias is not None else view.name
        owner = None if item.alias is not None else view.owner
        return Layer(select, heads, name, owner, view, names.inside_view(view), view.text)

    def _updatable(self, query: n.Query, at: int) -> n.Select:
        """The block of an inherently updatable view; ORA-01732."""
        body = query.body
        plain = isinstance(body, n.Select) and not (query.ctes or query.fetch or query.offset)
        if not plain or not isinstance(body, n.Select):
            raise OraError(1732, offset=at)
        items = [i.expression for i in body.items]
        if (
            body.distinct
            or body.group_by is not None
            or body.having is not None
            or body.connect_by is not None
            or has_aggregates(*items)
            or has_windows(*items)
        ):
            raise OraError(1732, offset=at)
        if len(body.sources) > 1 or isinstance(body.sources[0], n.Join):
            self.context.unsupported(201, "DML through a join view", at)
        return body

    def _reach(self, table: Table, layers: list[Layer]) -> None:
        """Which column of the table each column of each layer is."""
        below: ReachableColumns = {c.name: c for c in table.columns if not c.unused}
        shown = [c.name for c in table.visible]
        for layer in reversed(layers):
            found: dict[str, TableColumn | None] = {}
            for item in layer.select.items:
                if isinstance(item.expression, n.Star):
                    found.update({name: below[name] for name in shown})
                    continue
                node = item.expression
                column = below.get(node.path[-1]) if isinstance(node, n.Name) else None
                name = item.alias.text if item.alias is not None else ""
                found[name or (node.path[-1] if isinstance(node, n.Name) else item.text)] = column
            if layer.heads:
                found = dict(zip(layer.heads, found.values(), strict=False))
            layer.columns = found
            below, shown = found, list(found)

    # ------------------------------------------------------------ INSTEAD OF

    def instead_of(
        self, item: n.FromItem, operation: str, columns: frozenset[str]
    ) -> tuple[View, Triggers] | None:
        """The view a statement names and its INSTEAD OF triggers; None for anything else."""
        if not isinstance(item, n.TableRef):
            return None
        path = tuple(p.text for p in item.path)
        if path in (("DUAL",), ("SYS", "DUAL")):
            return None
        view = self.context.names.relation(path, operation, item.at)
        if not isinstance(view, View):
            return None
        triggers = triggers_for(self.context.names.triggers(view), operation, columns)
        return (view, triggers) if triggers.instead else None

    def _instead(self, view: View) -> bool:
        units = self.context.names.triggers(view)
        return any(u.enabled and u.settings.get("TIMING") == "INSTEAD OF" for u in units)

    # ------------------------------------------------------------ columns

    def column(self, target: Target, name: n.Name) -> TableColumn:
        """A column named in INSERT's list or SET; ORA-00904, ORA-01733."""
        path = name.path
        allowed: list[tuple[str | None, ...]] = [(), (target.name,), (target.owner, target.name)]
        if not target.layers:
            allowed += [(target.table.name,), (target.table.owner, target.table.name)]
        known = target.view_columns
        if path[:-1] not in allowed or (known is not None and path[-1] not in known):
            raise OraError(904, identifier_text(path), offset=name.at)
        column = target.table.column(path[-1]) if known is None else known[path[-1]]
        if column is None:
            code = 904 if known is None else 1733
            args = (identifier_text(path),) if known is None else ()
            raise OraError(code, *args, offset=name.at)
        return column

    # ------------------------------------------------------------ sources

    def base_source(self, target: Target) -> tuple[Source, str]:
        """The table itself as a FROM item."""
        ref = target.ref
        name = ref.alias.text if ref.alias is not None else target.table.name
        owner = None if ref.alias is not None else target.table.owner
        return self.table_source(target.table, ref, name, owner)

    def seen(self, target: Target, base: Source) -> tuple[Source, list[tuple[Layer, str]]]:
        """The target's columns as the statement sees them, and the conditions of its views."""
        source = base
        tests: list[tuple[Layer, str]] = []
        for layer in reversed(target.layers):
            source.name = self._called(layer.inner) or source.name
            with self._reading(layer):
                scope = Scope(None, [source], clause="WHERE")
                tests += [
                    (layer, self.condition(test, scope)) for test in conjuncts(layer.select.where)
                ]
                scope.clause = "SELECT"
                items = self.expand_items(layer.select.items, scope)
            columns = {
                name: SourceColumn(name, item.value)
                for name, item in zip(layer.columns, items, strict=False)
            }
            if "ROWID" in source.columns:
                columns.setdefault("ROWID", source.columns["ROWID"])
            source = Source(
                base.alias, layer.name, layer.owner, columns, base.table, base.row, base.at
            )
        return source, tests

    def _called(self, item: n.FromItem) -> str | None:
        if isinstance(item, n.TableRef) and item.alias is None:
            return item.path[-1].text
        alias = getattr(item, "alias", None)
        return alias.text if alias is not None else None

    @contextmanager
    def _reading(self, layer: Layer) -> Iterator[None]:
        """Translate a layer's own text."""
        context = self.context
        outer = context.names, context.text, context.scope
        context.names, context.text = layer.names, layer.text
        if layer.view is not None:
            context.scope = None
        try:
            yield
        finally:
            context.names, context.text, context.scope = outer
