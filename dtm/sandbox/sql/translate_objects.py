"""User types in SQL: TABLE(), constructors, CAST to a collection, COLLECT, VALUE, CARDINALITY.

SQL Language Reference 19c, "table_collection_expression", "CAST", "COLLECT", "VALUE",
"CARDINALITY". Composites travel as text (see composites).
"""

from __future__ import annotations

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import UserShape
from dtm.sandbox.kernel.types import NUMBER, Kind, OraType
from dtm.sandbox.sql import composites
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import Scope, Source, SourceColumn, Typed
from dtm.sandbox.sql.bind_scope import invalid_identifier
from dtm.sandbox.sql.bind_sources import FromPart
from dtm.sandbox.sql.functions.conversion import family
from dtm.sandbox.sql.translate_functions import FunctionTranslator

COLUMN_VALUE = "COLUMN_VALUE"


class ObjectTranslator(FunctionTranslator):
    """Translates what user types bring."""

    def table_function(self, item: n.TableFunction, scope: Scope) -> FromPart:
        """TABLE(collection): its elements as rows; of objects the attributes are the columns."""
        shape, sql = self._collection(item.operand, scope)
        alias = self.context.alias("t")
        columns: dict[str, SourceColumn] = {}
        whole = f"{alias}.value"
        for index, column in enumerate(shape.columns):
            if column.name == COLUMN_VALUE and len(shape.columns) == 1:
                text = self.udf(composites.part(column.type), whole)
            else:
                text = self.udf(composites.member(column.type), whole, str(index))
            wide = family(column.type) == "N"
            columns[column.name] = SourceColumn(column.name, Typed(text, column.type, wide=wide))
        qualifier = item.alias.text if item.alias is not None else None
        source = Source(alias, qualifier, None, columns, at=item.at)
        if shape.element is not None:
            source.whole = Typed(whole, shape.element)
        return FromPart(f"json_each({sql}, '{composites.PARTS}') AS {alias}", [source])

    def _collection(self, operand: n.Node, scope: Scope) -> tuple[UserShape, str]:
        """The shape and the text of a collection."""
        if isinstance(operand, n.Name) and self.context.scope is not None:
            host = self.context.scope.resolve(operand.path)
            if host is not None and host.shape is not None and host.shape.element is not None:
                return host.shape, self.context.host(host, operand.at).sql
        calls = len(self.context.needs.calls)
        value = self.expression(operand, scope)
        shape = self.shape_of(value.type)
        if shape is None and isinstance(operand, n.Call | n.Name):
            # The outermost call comes last: a function that returns a type of its package.
            found = self.context.needs.calls[calls:]
            shape = found[-1].shape if found else None
        if value.type.kind is not Kind.COLLECTION or shape is None:
            raise OraError(22905, offset=operand.at)
        return shape, value.sql

    def shape_of(self, ora_type: OraType) -> UserShape | None:
        """What is in a user type."""
        if ora_type.user is None or self.context.plsql is None:
            return None
        return self.context.plsql.shape(ora_type.user)

    # ------------------------------------------------------------ functions

    def dispatch(self, node: n.Call, scope: Scope) -> Typed:
        name = node.path[0] if len(node.path) == 1 and not node.parts[0].quoted else ""
        if name == "VALUE":
            return self.value_function(node, scope)
        if name == "CARDINALITY":
            return self.cardinality(node, scope)
        return super().dispatch(node, scope)

    def value_function(self, node: n.Call, scope: Scope) -> Typed:
        """VALUE(alias): a row of TABLE() as the element it is."""
        operand = node.arguments[0] if len(node.arguments) == 1 else None
        if isinstance(operand, n.Name) and len(operand.path) == 1:
            block: Scope | None = scope
            while block is not None:
                for source in block.sources:
                    if source.matches(operand.path) and source.whole is not None:
                        return source.whole
                block = block.parent
        if isinstance(operand, n.Name):
            raise invalid_identifier(operand)
        raise OraError(909 if operand is None else 904, "VALUE", offset=node.at)

    def cardinality(self, node: n.Call, scope: Scope) -> Typed:
        """CARDINALITY(collection)"""
        if len(node.arguments) != 1:
            raise OraError(909, offset=node.at)
        value = self.expression(node.arguments[0], scope)
        if value.type.kind is not Kind.COLLECTION:
            raise OraError(932, "collection", value.type.kind.value, offset=node.at)
        return Typed(self.udf(composites.COUNT, value.sql), NUMBER, digits=10)

    # ------------------------------------------------------------ CAST

    def cast_to_user_type(self, node: n.Cast, scope: Scope) -> Typed:
        """CAST(collection AS type), CAST(MULTISET(query) AS type); ORA-00902 for no type."""
        name = node.type.path
        plsql = self.context.plsql
        found = (
            None if plsql is None else plsql.type_named(name, self.context.session.current_schema)
        )
        if found is None:
            raise OraError(902, offset=node.type.at)
        shape = self.shape_of(found)
        if found.kind is not Kind.COLLECTION or shape is None or shape.element is None:
            self.context.unsupported(115, "CAST to an object type", node.type.at)
        if isinstance(node.operand, n.Multiset):
            return self._multiset(node.operand, found, shape, scope)
        value = self.expression(node.operand, scope)
        if value.is_null:
            return Typed("NULL", found)
        if value.type.kind is not Kind.COLLECTION:
            raise OraError(932, found.user[1] if found.user else "", value.type.kind.value,
                           offset=node.at)  # fmt: skip
        return Typed(self.udf(composites.named(*(found.user or ("", ""))), value.sql), found)

    def _multiset(self, node: n.Multiset, found: OraType, shape: UserShape, scope: Scope) -> Typed:
        relation = self.query(node.query, scope)
        element = shape.element
        assert element is not None  # noqa: S101
        alias = self.context.alias("q")
        values = [
            column.value.moved(f"{alias}.c{index}")
            for index, column in enumerate(relation.columns, 1)
        ]
        if element.kind is Kind.OBJECT and not (
            len(values) == 1 and values[0].type.kind is Kind.OBJECT
        ):
            values = [self._object(element, values, node.at)]
        if len(values) != 1:
            raise OraError(947 if len(values) < len(shape.columns) else 913, offset=node.at)
        value = self.convert(values[0], element, node.at)
        gathered = f"{self.context.function(composites.collect(element))}({value.sql})"
        text = self.udf(composites.named(*(found.user or ("", ""))), f"({gathered})")
        return Typed(f"(SELECT {text} FROM ({relation.sql}) AS {alias})", found)

    def _object(self, element: OraType, values: list[Typed], at: int) -> Typed:
        """A row as an object: MULTISET of several columns."""
        plsql = self.context.plsql
        user = element.user
        ref = None if plsql is None or user is None else plsql.function(user, user[0])
        if ref is None:
            raise OraError(932, "object", "row", offset=at)
        return self.plsql_function(ref, values, [], at)
