"""Scalar subqueries, PL/SQL functions and sequences in expressions.

SQL Language Reference 19c, "Expressions", "Scalar Subquery Expressions"; "About User-Defined
Functions"; "Pseudocolumns", "Sequence Pseudocolumns".
"""

from __future__ import annotations

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.ports import FunctionRef
from dtm.sandbox.kernel.types import INTEGER, Kind, OraType
from dtm.sandbox.sql import engine_aggregates as aggregates
from dtm.sandbox.sql import engine_wrappers as wrappers
from dtm.sandbox.sql import parse_nodes as n
from dtm.sandbox.sql.bind_model import Scope, Typed
from dtm.sandbox.sql.bind_scope import identifier_text
from dtm.sandbox.sql.functions import conversion
from dtm.sandbox.sql.functions.conversion import family
from dtm.sandbox.sql.translate_expressions import ExpressionTranslator

# Oracle functions the sandbox does not have (anything else unknown is ORA-00904).
UNSUPPORTED = frozenset(
    [
        "ADD_XML",
        "BFILENAME",
        "CLUSTER_ID",
        "COLLATION",
        "COMPOSE",
        "CONVERT",
        "CORR",
        "CUBE_TABLE",
        "CV",
        "DECOMPOSE",
        "DEPTH",
        "DEREF",
        "EXISTSNODE",
        "EXTRACTVALUE",
        "FEATURE_ID",
        "GROUP_ID",
        "ITERATION_NUMBER",
        "JSON_ARRAY",
        "JSON_ARRAYAGG",
        "JSON_OBJECT",
        "JSON_OBJECTAGG",
        "JSON_QUERY",
        "JSON_VALUE",
        "JSON_EXISTS",
        "JSON_MERGEPATCH",
        "JSON_TABLE",
        "JSON_TEXTCONTAINS",
        "MAKE_REF",
        "NEW_TIME",
        "NLSSORT",
        "NLS_CHARSET_ID",
        "NLS_CHARSET_NAME",
        "ORA_INVOKING_USER",
        "PATH",
        "POWERMULTISET",
        "PREDICTION",
        "PRESENTNNV",
        "PRESENTV",
        "PREVIOUS",
        "REF",
        "REFTOHEX",
        "SCN_TO_TIMESTAMP",
        "SYS_DBURIGEN",
        "SYS_TYPEID",
        "SYS_XMLAGG",
        "SYS_XMLGEN",
        "TIMESTAMP_TO_SCN",
        "TREAT",
        "VALIDATE_CONVERSION",
        "XMLAGG",
        "XMLCAST",
        "XMLCOLATTVAL",
        "XMLCONCAT",
        "XMLELEMENT",
        "XMLEXISTS",
        "XMLFOREST",
        "XMLPARSE",
        "XMLPI",
        "XMLQUERY",
        "XMLROOT",
        "XMLSERIALIZE",
        "XMLTABLE",
        "XMLTYPE",
    ]
)


class CallTranslator(ExpressionTranslator):
    """Translates what reaches outside the expression: queries, PL/SQL, sequences."""

    # ------------------------------------------------------------ subqueries

    def scalar_subquery(self, node: n.Subquery, scope: Scope) -> Typed:
        relation = self.query(node.query, scope)
        if len(relation.columns) != 1:
            raise OraError(913, offset=node.at)
        value = relation.columns[0].value
        if relation.single_row:
            return value.moved(f"({relation.sql})")
        alias = self.context.alias("q")
        single = self.udf(aggregates.SINGLE, f"{alias}.c1")
        result = value.moved(f"(SELECT {single} FROM ({relation.sql}) AS {alias})")
        return Typed(result.sql, result.type, digits=result.digits, wide=result.wide)

    # ------------------------------------------------------------ PL/SQL functions and sequences

    def named_function(self, node: n.Name, scope: Scope) -> Typed | None:
        del scope
        ref = self._function_ref(node.path)
        if ref is None:
            return None
        return self.plsql_function(ref, [], [], node.at)

    def _function_ref(self, path: tuple[str, ...]) -> FunctionRef | None:
        context = self.context
        ref = context.scope.resolve_function(path) if context.scope is not None else None
        if ref is None and context.plsql is not None:
            ref = context.plsql.function(path, context.session.current_schema)
        return ref

    def plsql_call(self, node: n.Call, scope: Scope) -> Typed:
        ref = self._function_ref(node.path)
        if ref is None:
            name = node.path[-1]
            if name in UNSUPPORTED and len(node.path) == 1:
                self.context.unsupported(152, f"function {name}", node.at)
            raise OraError(904, identifier_text(node.path), offset=node.at)
        arguments = [self.expression(a, scope) for a in node.arguments]
        return self.plsql_function(ref, arguments, node.names, node.at)

    def plsql_function(
        self, ref: FunctionRef, arguments: list[Typed], names: list[str | None], at: int
    ) -> Typed:
        """Call a PL/SQL function: positional arguments, then named ones; trailing defaults."""
        ref = chosen(ref, arguments, names, at)
        types = [p[1] for p in ref.parameters]
        count = len(arguments)
        if count > len(types) or any(not p[2] for p in ref.parameters[count:]):
            raise OraError(6553, message=_wrong_arguments(ref.name), offset=at)
        if any(names):
            arguments = self._by_name(ref, arguments, names, at)
        for given, target in zip(arguments, types, strict=False):
            self.convert(given, target, at)
        slot = len(self.context.needs.calls)
        self.context.needs.calls.append(ref)
        self.context.needs.writes = True
        function = wrappers.plsql_call(
            tuple(types[:count]), tuple(a.type for a in arguments), ref.returns
        )
        if ref.returns.kind is Kind.BOOLEAN:
            raise OraError(6552, message=_boolean_result(), offset=at)
        sql = self.udf(function, str(slot), *(a.sql for a in arguments))
        return Typed(sql, ref.returns, wide=family(ref.returns) == "N")

    def _by_name(
        self, ref: FunctionRef, arguments: list[Typed], names: list[str | None], at: int
    ) -> list[Typed]:
        order = [p[0] for p in ref.parameters]
        placed: dict[int, Typed] = {}
        for index, (value, name) in enumerate(zip(arguments, names, strict=True)):
            if name is not None and name not in order:
                raise OraError(6553, message=_wrong_arguments(ref.name), offset=at)
            placed[index if name is None else order.index(name)] = value
        if sorted(placed) != list(range(len(arguments))):
            self.context.unsupported(154, "named arguments that leave a gap", at)
        return [placed[i] for i in range(len(arguments))]

    def sequence_value(self, node: n.Name, scope: Scope) -> Typed:
        """seq.NEXTVAL, seq.CURRVAL; ORA-02287 where they may not stand."""
        if scope.clause not in {"SELECT", "VALUES", "SET"} or scope.group_keys is not None:
            raise OraError(2287, offset=node.at)
        sequence = self.context.names.sequence(node.path[:-1], node.at)
        needs, key = self.context.needs, str(sequence.id)
        place = needs.sequence_places.setdefault(sequence.id, [])
        place.append(node.path[-1])
        if len(set(place)) > 1 or place.count("NEXTVAL") > 1:
            needs.draws[sequence.id] = len(place)
            if self.context.branches or sequence.id in self.context.conditional:
                text = "a sequence named twice in a row, in a CASE or DECODE"
                self.context.unsupported(155, text, node.at)
        if self.context.branches:
            self.context.conditional.add(sequence.id)
        number = str(len(place) - 1)
        if node.path[-1] == "CURRVAL":
            return Typed(self.udf(aggregates.CURRVAL, key, number), INTEGER, wide=True)
        needs.writes = True
        self.context.nextvals.append(sequence.id)
        return Typed(self.udf(aggregates.NEXTVAL, key, number), INTEGER, wide=True)


def chosen(
    ref: FunctionRef, arguments: list[Typed], names: list[str | None], at: int
) -> FunctionRef:
    """The overload these arguments fit best; of a collection's constructor, one with as many
    parameters. ORA-06553 with PLS-306 or PLS-307."""
    if ref.elements is not None:
        element = ref.elements
        parameters = tuple((f"E{i}", element, False) for i in range(len(arguments)))
        return FunctionRef(ref.name, ref.returns, parameters, ref.handle)
    if not ref.overloads:
        return ref
    costs: list[tuple[int, FunctionRef]] = []
    for candidate in (ref, *ref.overloads):
        cost = _overload_cost(candidate, arguments, names)
        if cost is not None:
            costs.append((cost, candidate))
    if not costs:
        raise OraError(6553, message=_wrong_arguments(ref.name), offset=at)
    best = min(cost for cost, _ in costs)
    found = [candidate for cost, candidate in costs if cost == best]
    if len(found) > 1:
        text = f"PLS-307: too many declarations of '{ref.name}' match this call"
        raise OraError(6553, message=f"{text}\nORA-06553: {text}", offset=at)
    return found[0]


def _overload_cost(
    ref: FunctionRef, arguments: list[Typed], names: list[str | None]
) -> int | None:
    order = [name for name, _, _ in ref.parameters]
    given: dict[int, Typed] = {}
    for index, value in enumerate(arguments):
        name = names[index] if index < len(names) else None
        place = index if name is None else (order.index(name) if name in order else -1)
        if not 0 <= place < len(order) or place in given:
            return None
        given[place] = value
    total = 0
    for index, (_, target, default) in enumerate(ref.parameters):
        if index not in given:
            if not default:
                return None
            continue
        source = given[index].type
        cost = conversion.distance(source, target)
        if cost >= conversion.UNRELATED or not _same_user(source, target):
            return None
        total += cost if cost or source.kind is target.kind or given[index].is_null else 1
    return total


def _same_user(source: OraType, target: OraType) -> bool:
    """Two collection types are different types; objects may be of a subtype."""
    if source.kind is not Kind.COLLECTION or target.kind is not Kind.COLLECTION:
        return True
    return source.user == target.user


def _wrong_arguments(name: str) -> str:
    return (
        f"PLS-306: wrong number or types of arguments in call to '{name}'\n"
        f"ORA-06553: PLS-306: wrong number or types of arguments in call to '{name}'"
    )


def _boolean_result() -> str:
    return "PL/SQL: Statement ignored\nORA-06553: PLS-382: expression is of wrong type"
