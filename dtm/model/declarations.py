"""Parameter declarations and typed values: number, string, date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from dtm.model.durations import format_date, parse_date
from dtm.model.suggest import did_you_mean

Value = Decimal | str | datetime

NUMBER_DIGITS = 38  # Oracle NUMBER keeps 38 significant decimal digits
STRING_BYTES = 4000  # VARCHAR2 in SQL with MAX_STRING_SIZE = STANDARD


class ParameterType(StrEnum):
    """Types a parameter can have; each has a getter in the helper package."""

    NUMBER = "number"
    STRING = "string"
    DATE = "date"


class InvalidValue(ValueError):
    """A value that does not fit its declaration; `hint` says what would."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class ParameterDecl:
    """One declared parameter of an operation. `required`: a run needs a value from some layer."""

    name: str
    type: ParameterType
    default: Value | None = None
    required: bool = True
    minimum: Value | None = None
    maximum: Value | None = None
    enum: tuple[Value, ...] = ()
    description: str = ""

    @classmethod
    def from_spec(cls, name: str, spec: Mapping[str, Any]) -> ParameterDecl:
        """Build from `spec.parameters.<name>` of an Operation; raises InvalidValue."""
        kind = ParameterType(spec["type"])

        def typed(key: str) -> Value | None:
            return None if spec.get(key) is None else convert(kind, spec[key])

        return cls(
            name=name,
            type=kind,
            default=typed("default"),
            required=spec.get("required", True),
            minimum=typed("minimum"),
            maximum=typed("maximum"),
            enum=tuple(convert(kind, member) for member in spec.get("enum", ())),
            description=spec.get("description", ""),
        )

    def check(self, raw: Any) -> Value:
        """Return the typed value of what a manifest holds; raises InvalidValue."""
        return self._within(convert(self.type, raw))

    def parse(self, text: str) -> Value:
        """Return the typed value of what was typed on a command line; raises InvalidValue."""
        raw: Any = text if self.type is not ParameterType.NUMBER else _number_text(text)
        return self._within(convert(self.type, raw))

    def _within(self, value: Value) -> Value:
        shown = text_of(value)
        if self.enum and value not in self.enum:
            allowed = [text_of(member) for member in self.enum]
            raise InvalidValue(
                f"{shown!r} is not one of {', '.join(allowed)}", did_you_mean(shown, allowed)
            )
        if self.minimum is not None and value < self.minimum:  # type: ignore[operator]
            raise InvalidValue(f"{shown} is less than the minimum {text_of(self.minimum)}")
        if self.maximum is not None and value > self.maximum:  # type: ignore[operator]
            raise InvalidValue(f"{shown} is more than the maximum {text_of(self.maximum)}")
        return value


def convert(kind: ParameterType, raw: Any) -> Value:
    """Return a JSON value as a typed one, without guessing: text is never read as a number."""
    if kind is ParameterType.NUMBER:
        return _number(raw)
    if not isinstance(raw, str):
        hint = f'quote it: "{str(raw).lower() if isinstance(raw, bool) else raw}"'
        raise InvalidValue(f"{_shown(raw)} is not a {kind.value}", hint)
    if kind is ParameterType.DATE:
        try:
            return parse_date(raw)
        except ValueError as error:
            raise InvalidValue(str(error)) from None
    if len(raw.encode()) > STRING_BYTES:
        raise InvalidValue(f"a string has at most {STRING_BYTES} bytes")
    return raw


def text_of(value: Value) -> str:
    """Return the canonical text of a value, as it is frozen for a run (NLS-independent)."""
    if isinstance(value, Decimal):
        return _plain(value)
    if isinstance(value, datetime):
        return format_date(value)
    return value


def canonical(value: Value) -> int | float | str:
    """Return the JSON value that stands for `value` in a canonical spec."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return text_of(value)


def _number(raw: Any) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        hint = None
        if isinstance(raw, str):
            hint = "write it without quotes" if _looks_numeric(raw) else None
        raise InvalidValue(f"{_shown(raw)} is not a number", hint)
    if isinstance(raw, int) and abs(raw) >= 10**126:
        raise InvalidValue(f"a number has at most {NUMBER_DIGITS} digits")
    value = raw if isinstance(raw, Decimal) else Decimal(repr(raw))
    if not value.is_finite():
        raise InvalidValue(f"{raw!r} is not a number Oracle can hold")
    digits = len("".join(map(str, value.as_tuple().digits)).strip("0"))
    if digits > NUMBER_DIGITS or not -130 <= value.adjusted() <= 125:
        raise InvalidValue(f"a number has at most {NUMBER_DIGITS} digits")
    return value


def _number_text(text: str) -> Decimal:
    if not _looks_numeric(text):
        raise InvalidValue(f"{text!r} is not a number")
    return Decimal(text)


def _looks_numeric(text: str) -> bool:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return False
    return value.is_finite() and "_" not in text and text.isascii()


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _shown(raw: Any) -> str:
    if raw is None:
        return "null"
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, dict | list):
        return "a list" if isinstance(raw, list) else "a mapping"
    return repr(raw)
