"""Python functions as SQLite sees them: decode arguments, call, encode the result.

Names are unique per meaning (function, argument types), so that registering is idempotent.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.kernel.types import Kind, OraType
from dtm.sandbox.sql import encoding
from dtm.sandbox.sql.bind_model import SqlFunction
from dtm.sandbox.sql.encoding import Encoded
from dtm.sandbox.sql.engine_runtime import Runtime
from dtm.sandbox.sql.functions import conversion as conversions
from dtm.sandbox.sql.functions import datetimes, numeric
from dtm.sandbox.sql.functions.registry import Call

_CODES = {
    Kind.NULL: "u",
    Kind.NUMBER: "n",
    Kind.PLS_INTEGER: "n",
    Kind.BINARY_FLOAT: "e",
    Kind.BINARY_DOUBLE: "f",
    Kind.VARCHAR2: "t",
    Kind.NVARCHAR2: "t",
    Kind.CHAR: "t",
    Kind.LONG: "t",
    Kind.ROWID: "t",
    Kind.CLOB: "l",
    Kind.BLOB: "b",
    Kind.RAW: "r",
    Kind.DATE: "d",
    Kind.TIMESTAMP: "s",
    Kind.TIMESTAMP_TZ: "z",
    Kind.TIMESTAMP_LTZ: "y",
    Kind.INTERVAL_DS: "i",
    Kind.INTERVAL_YM: "m",
    Kind.BOOLEAN: "o",
    Kind.OBJECT: "j",
    Kind.COLLECTION: "c",
}
Encoder = Callable[[Any], Encoded]
_INT64 = 2**63


def code(ora_type: OraType) -> str:
    """A short name of a type's representation; text conversion of intervals needs their size."""
    letter = _CODES.get(ora_type.kind)
    if letter is None:
        raise OraError(902)
    if letter == "i":
        return f"i{ora_type.precision or 2}{6 if ora_type.scale is None else ora_type.scale}"
    return letter


def encode_number(value: numeric.Number | None) -> Encoded:
    if type(value) is int and -_INT64 <= value < _INT64:
        return value
    if value is None or isinstance(value, float):
        return None if value is None else encoding.encode_double(value)
    return encoding.encode_number(value)


def _encode_text(value: str | None) -> Encoded:
    return value or None


def encoder(ora_type: OraType) -> Encoder:
    """Encode a kernel value of this type, None included."""
    kind = ora_type.kind
    letter = _CODES.get(kind)
    if letter in ("n", "e", "f"):
        return encode_number
    if letter == "t":
        return _encode_text
    return lambda value: None if value is None else encoding.encode(value, kind)


def decoder(ora_type: OraType) -> Callable[[Encoded], Any] | None:
    return encoding.decoder(ora_type)


def number_sql(value: numeric.Number) -> tuple[str, bool]:
    """A NUMBER as a SQLite literal, and whether it is wide."""
    encoded = encode_number(value)
    if isinstance(encoded, bytes):
        return f"x'{encoded.hex()}'", True
    if isinstance(encoded, float):
        text = repr(encoded)
        return (text if "." in text or "e" in text else text + ".0"), False
    return str(encoded), False


# ---------------------------------------------------------------- scalar functions


@lru_cache(maxsize=4096)
def conversion(source: OraType, target: OraType) -> SqlFunction:
    """Implicit conversion of an encoded value. Something is to do (checked by the caller)."""
    convert = conversions.converter(source, target)
    decode, encode = decoder(source), encoder(target)

    def make(runtime: Runtime) -> Callable[[Encoded], Encoded]:
        def run(raw: Encoded) -> Encoded:
            if raw is None:
                return None
            value = raw if decode is None else decode(raw)
            return encode(value if convert is None else convert(runtime.env, value))

        return run

    return SqlFunction(f"cv_{code(source)}_{code(target)}", 1, make)


def registered(call: Call, types: tuple[OraType, ...]) -> SqlFunction:
    """A built-in function resolved for argument types."""
    name = f"{call.function.key.replace(' ', '_')}_{''.join(code(t) for t in types)}"
    stable = call.function.stable
    return SqlFunction(name, len(types), _registered_maker(call, types), stable=stable)


def tolerant(function: SqlFunction) -> SqlFunction:
    """A conversion with a last argument more: what is converted instead when the first fails
    (DEFAULT ... ON CONVERSION ERROR)."""

    def make(runtime: Runtime) -> Callable[..., Encoded]:
        convert = function.make(runtime)

        def run(*raws: Encoded) -> Encoded:
            value, *model, default = raws
            try:
                result: Encoded = convert(value, *model)
            except OraError:
                result = None if default is None else convert(default, *model)
            return result

        return run

    return SqlFunction(f"{function.name}_or", function.arguments + 1, make)


def _registered_maker(call: Call, types: tuple[OraType, ...]) -> Callable[[Runtime], Any]:
    decoders = [decoder(t) for t in types]
    encode = encoder(call.returns)
    converters = call.converters
    body, wants_env, strict = call.function.call, call.function.wants_env, True
    strict = not call.function.sees_null
    plain = not any(converters) and not any(decoders) and not wants_env

    def make(runtime: Runtime) -> Callable[..., Encoded]:
        def run(*raws: Encoded) -> Encoded:
            if strict and None in raws:
                return None
            values = []
            for raw, decode, convert in zip(raws, decoders, converters, strict=True):
                value = raw
                if raw is not None:
                    value = raw if decode is None else decode(raw)
                    if convert is not None:
                        value = convert(runtime.env, value)
                values.append(value)
            if strict and None in values:
                return None
            return encode(body(runtime.env, *values) if wants_env else body(*values))

        def run_plain(*raws: Encoded) -> Encoded:
            return None if strict and None in raws else encode(body(*raws))

        return run_plain if plain else run

    return make


@lru_cache(maxsize=1024)
def operator(name: str, left: OraType, right: OraType, returns: OraType) -> SqlFunction:
    """An arithmetic operator on operands already converted to `left` and `right`."""
    operation = datetimes.operation(name, left, right)
    decode_left, decode_right = decoder(left), decoder(right)
    encode, call = encoder(returns), operation.call

    def run(a: Encoded, b: Encoded) -> Encoded:
        if a is None or b is None:
            return None
        return encode(
            call(
                a if decode_left is None else decode_left(a),
                b if decode_right is None else decode_right(b),
            )
        )

    words = {"+": "add", "-": "sub", "*": "mul", "/": "div"}
    return SqlFunction(f"op_{words[name]}_{code(left)}{code(right)}", 2, lambda _: run)


@lru_cache(maxsize=64)
def negation(operand: OraType) -> SqlFunction:
    """Unary minus."""
    _, call = datetimes.negation(operand)
    decode, encode = decoder(operand), encoder(operand)

    def run(raw: Encoded) -> Encoded:
        return None if raw is None else encode(call(raw if decode is None else decode(raw)))

    return SqlFunction(f"op_neg_{code(operand)}", 1, lambda _: run)


def _nvl(first: Encoded, second: Encoded) -> Encoded:
    return second if first is None else first


NVL = SqlFunction("o_nvl", 2, lambda _: _nvl)  # SQLite's ifnull() may leave the second out
NUMBER_KEY = SqlFunction("o_number_key", 1, lambda _: encoding.number_key)
INSTANT_KEY = SqlFunction("o_instant_key", 1, lambda _: encoding.instant_key)


def _rowid_text(table: Encoded, row: Encoded) -> Encoded:
    return None if row is None else encoding.rowid_text(int(table or 0), int(row))


def _rowid_row(table: Encoded, text: Encoded) -> Encoded:
    return None if text is None else encoding.rowid_row(int(table or 0), str(text))


ROWID_TEXT = SqlFunction("o_rowid", 2, lambda _: _rowid_text)
ROWID_ROW = SqlFunction("o_rowid_row", 2, lambda _: _rowid_row)


def _checked_text(text: Encoded) -> Encoded:
    if isinstance(text, str) and len(text) > 1000 and len(text.encode()) > 4000:
        raise OraError(1489)
    return text


def _cut_text(text: Encoded) -> Encoded:
    """LPAD and RPAD in SQL end at 4000 bytes, without half a character."""
    if isinstance(text, str) and len(text) > 1000:
        return text.encode()[:4000].decode(errors="ignore")
    return text


def _clob_text(text: Encoded) -> Encoded:
    """A CLOB as a VARCHAR2 of SQL; ORA-22835 beyond 4000 bytes."""
    if isinstance(text, str) and len(text) > 1000 and (size := len(text.encode())) > 4000:
        raise OraError(22835, size, 4000)
    return text or None


CUT_TEXT = SqlFunction("o_cut_text", 1, lambda _: _cut_text)
CLOB_TEXT = SqlFunction("o_clob_text", 1, lambda _: _clob_text)
CHECKED_TEXT = SqlFunction("o_checked_text", 1, lambda _: _checked_text)


def _limit(raw: Encoded) -> Encoded:
    """A row limit: NULL and negative give no rows, a fraction is cut."""
    if raw is None:
        return 0
    value = encoding.decode_number(raw)
    return max(0, min(int(value or 0), _INT64 - 1))


def _limit_below(raw: Encoded) -> Encoded:
    """ROWNUM < n: how many rows."""
    if raw is None:
        return 0
    value = Decimal(encoding.decode_number(raw) or 0)
    whole = int(value.to_integral_value(rounding="ROUND_CEILING"))
    return max(0, min(whole - 1, _INT64 - 1))


def _percent_of(share: Encoded, total: Encoded) -> Encoded:
    """FETCH FIRST n PERCENT: how many of `total` rows, rounded up; NULL and negative give none."""
    percent = max(Decimal(encoding.decode_number(share) or 0), Decimal(0))
    return int((percent * int(total or 0) / 100).to_integral_value(rounding="ROUND_CEILING"))


PERCENT_OF = SqlFunction("o_percent_of", 2, lambda _: _percent_of)


def _sampled(raw: Encoded) -> Encoded:
    percent = encoding.decode_number(raw)
    if percent is None or not Decimal("0.000001") <= percent < 100:
        raise OraError(30562)
    return int(_DICE.random() * 100 < percent)


_DICE = random.Random()  # noqa: S311 - a sample of rows, no secret
SAMPLED = SqlFunction("o_sampled", 1, lambda _: _sampled, stable=False)
LIMIT = SqlFunction("o_limit", 1, lambda _: _limit)
LIMIT_BELOW = SqlFunction("o_limit_below", 1, lambda _: _limit_below)


def plsql_call(
    parameters: tuple[OraType, ...], given: tuple[OraType, ...], returns: OraType
) -> SqlFunction:
    """Calls of PL/SQL functions: the first argument is the statement's slot of the function."""
    decoders = [decoder(t) for t in given]
    converters = [conversions.converter(g, p) for g, p in zip(given, parameters, strict=False)]
    encode = encoder(returns)

    def make(runtime: Runtime) -> Callable[..., Encoded]:
        def run(slot: Encoded, *raws: Encoded) -> Encoded:
            values = []
            for raw, decode, convert in zip(raws, decoders, converters, strict=True):
                value = raw if raw is None or decode is None else decode(raw)
                if value is not None and convert is not None:
                    value = convert(runtime.env, value)
                values.append(value)
            return encode(runtime.call(int(slot or 0), values))

        return run

    name = f"pl_{''.join(code(t) for t in given)}_{''.join(code(t) for t in parameters)}"
    return SqlFunction(f"{name}_{code(returns)}", len(given) + 1, make, stable=False)
