"""TO_CHAR and TO_NUMBER with a number format model.

Oracle Database SQL Language Reference 19c, "Format Models", "Number Format Models".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from dtm.sandbox.kernel.errors import OraError
from dtm.sandbox.sql.functions import numeric
from dtm.sandbox.sql.functions.date_models import ROMAN
from dtm.sandbox.sql.functions.environment import Environment

_TOKENS = re.compile(r"FM|EEEE|MI|PR|TM9|TME|TM|RN|[09.,DGSBLCUVX$]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Model:
    """A parsed number model. `whole` holds 0 9 and group marks, `decimals` only 0 and 9."""

    whole: str
    decimals: str
    has_point: bool
    fill: bool = True
    sign: str = ""  # "", S< (leading), S> (trailing), MI, PR
    currency: str = ""  # "", "$", "L", "C", "U"
    blank_zero: bool = False
    scientific: bool = False
    special: str = ""  # RN, rn, TM9, TME, X..., x...
    shift: int = 0  # V: multiply by 10 ** shift


@lru_cache(maxsize=512)
def parse_model(text: str) -> Model:
    """Take a model apart; OraError 1481 if it is none."""
    upper = text.upper()
    body = upper.removeprefix("FM")
    fill = not upper.startswith("FM")
    if body in {"RN", "TM", "TM9", "TME"} or re.fullmatch(r"0*X+", body):
        special = text[-len(body) :] if body != "TM" else "TM9"
        return Model("", "", has_point=False, fill=fill, special=special)
    tokens = _split(body)
    if "FM" in tokens:
        fill = False
        tokens = [t for t in tokens if t != "FM"]
    return _assemble(tokens, fill=fill)


def _split(body: str) -> list[str]:
    tokens, position = [], 0
    while position < len(body):
        match = _TOKENS.match(body, position)
        if match is None:
            raise OraError(1481)
        tokens.append(match.group())
        position = match.end()
    return tokens


def _assemble(tokens: list[str], *, fill: bool) -> Model:
    sign = _sign(tokens)
    rest = [t for t in tokens if t not in {"S", "MI", "PR"}]
    currency = next((t for t in rest if t in {"$", "L", "C", "U"}), "")
    scientific = "EEEE" in rest
    blank = "B" in rest
    rest = [t for t in rest if t not in {"$", "L", "C", "U", "B", "EEEE"}]
    if any(t in {"RN", "TM", "TM9", "TME", "X"} for t in rest) or not rest:
        raise OraError(1481)
    points = [i for i, t in enumerate(rest) if t in {".", "D", "V"}]
    if len(points) > 1:
        raise OraError(1481)
    cut = points[0] if points else len(rest)
    whole, decimals = rest[:cut], rest[cut + 1 :]
    if any(t in {",", "G"} for t in decimals) or whole[:1] in ([","], ["G"]):
        raise OraError(1481)
    shifted = bool(points) and rest[cut] == "V"
    return Model(
        whole="".join(whole) + ("".join(decimals) if shifted else ""),
        decimals="" if shifted else "".join(decimals),
        has_point=bool(points) and not shifted,
        fill=fill,
        sign=sign,
        currency=currency,
        blank_zero=blank,
        scientific=scientific,
        shift=len(decimals) if shifted else 0,
    )


def _sign(tokens: list[str]) -> str:
    signs = [t for t in tokens if t in {"S", "MI", "PR"}]
    if not signs:
        return ""
    if len(signs) > 1:
        raise OraError(1481)
    at_end = tokens[-1] == signs[0]
    if signs[0] == "S":
        if at_end:
            return "S>"
        if tokens[0] != "S":
            raise OraError(1481)
        return "S<"
    if not at_end:
        raise OraError(1481)
    return signs[0]


def render(value: numeric.Number, text: str, env: Environment) -> str:
    """TO_CHAR(n, fmt); '#' signs when the number does not fit."""
    model = parse_model(text)
    if model.special:
        return _special(value, model, env)
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if model.scientific:
        return _scientific(number, model)
    number = number.scaleb(model.shift, numeric.EXACT)
    places = Decimal(1).scaleb(-len(model.decimals))
    rounded = number.quantize(places, rounding=ROUND_HALF_UP, context=numeric.EXACT)
    whole, _, decimals = f"{rounded.copy_abs():f}".partition(".")
    width = _width(model)
    digits = "" if whole == "0" and (model.decimals or "0" not in model.whole) else whole
    if len(whole.lstrip("0")) > sum(c in "09" for c in model.whole):
        return "#" * width
    if model.blank_zero and not rounded:
        return " " * width if model.fill else ""
    bare = not model.fill and not rounded and "0" not in model.decimals  # FM leaves "0."
    if whole == "0" and not digits and (bare or not model.decimals):
        digits = "0"
    body = _grouped(digits, model, env)
    if model.has_point:
        body += env.decimal_character + _decimals(decimals, model)
    return _signed(body, negative=rounded < 0, model=model, width=width, env=env)


def _width(model: Model) -> int:
    width = len(model.whole) + len(model.decimals) + model.has_point
    width += {"": 1, "S<": 1, "S>": 1, "MI": 1, "PR": 2}[model.sign]
    return width + {"": 0, "$": 1, "L": 10, "C": 7, "U": 10}[model.currency]


def _decimals(decimals: str, model: Model) -> str:
    if model.fill:
        return decimals
    keep = model.decimals.rfind("0") + 1  # FM drops trailing zeros the model does not demand
    trimmed = decimals.rstrip("0")
    return trimmed if len(trimmed) >= keep else decimals[:keep]


def _grouped(digits: str, model: Model, env: Environment) -> str:
    """Lay digits into the model from the right; group marks only between digits."""
    result: list[str] = []
    rest = list(digits)
    slots = model.whole
    first_zero = slots.find("0")
    for index in range(len(slots) - 1, -1, -1):
        slot = slots[index]
        demanded = first_zero != -1 and index >= first_zero
        if slot in ",G":
            if rest or demanded:
                result.append("," if slot == "," else env.group_separator)
        elif rest:
            result.append(rest.pop())
        elif demanded:
            result.append("0")
    return "".join(reversed(result))


def _signed(body: str, *, negative: bool, model: Model, width: int, env: Environment) -> str:
    symbols = {"": "", "$": "$", "L": env.nls["NLS_CURRENCY"], "C": "USD", "U": "$"}
    text = symbols[model.currency] + body
    if model.sign == "PR":
        text = f"<{text}>" if negative else (f" {text} " if model.fill else text)
    elif model.sign == "MI":
        text += "-" if negative else (" " if model.fill else "")
    elif model.sign == "S>":
        text += "-" if negative else "+"
    elif model.sign == "S<":
        text = ("-" if negative else "+") + text
    elif negative:
        text = "-" + text
    return text.rjust(width) if model.fill else text


def _scientific(number: Decimal, model: Model) -> str:
    places = len(model.decimals)
    digits = Decimal(1).scaleb(number.adjusted() - places)
    if number:
        number = number.quantize(digits, rounding=ROUND_HALF_UP, context=numeric.EXACT)
    mantissa, _, exponent = f"{number:.{places}E}".partition("E")
    power = int(exponent)
    text = f"{mantissa}E{power:+03d}"
    if model.sign == "S<" and number >= 0:
        text = "+" + text
    # Room for a sign, one digit, the decimals and a three-digit exponent.
    return text.rjust(places + 7 + model.has_point if model.fill else 0)


def _special(value: numeric.Number, model: Model, env: Environment) -> str:
    kind = model.special.upper()
    if kind == "TM9":
        return numeric.number_to_text(value, env.decimal_character)
    if kind == "TME":
        return f"{Decimal(value).normalize():E}".replace("E+0", "E+00") if value else "0E+00"
    if kind == "RN":
        return _roman(value, model)
    rounded = int(numeric.round_half_up(value, 0))
    digits = f"{rounded:x}" if rounded >= 0 else ""
    if rounded < 0 or len(digits) > len(kind):
        return "#" * (len(kind) + 1)
    digits = digits.rjust(len(kind), "0") if kind.startswith("0") else digits
    digits = digits if "x" in model.special else digits.upper()
    return digits.rjust(len(kind) + 1) if model.fill else digits


def _roman(value: numeric.Number, model: Model) -> str:
    number = int(value)
    if not 1 <= number <= 3999:
        return "#" * 15
    tens = ("", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC")
    hundreds = ("", "C", "CC", "CCC", "CD", "D", "DC", "DCC", "DCCC", "CM")
    ones = ("", *ROMAN[:9])
    text = "M" * (number // 1000) + hundreds[number // 100 % 10] + tens[number // 10 % 10]
    text += ones[number % 10]
    text = text.lower() if model.special.islower() else text
    return text.rjust(15) if model.fill else text


def parse(text: str, model_text: str, env: Environment) -> int | Decimal:
    """TO_NUMBER(text, fmt); OraError 1722 when the text does not have the model's shape."""
    model = parse_model(model_text)
    body = text.strip()
    if re.fullmatch(r"0*X+", model.special.upper()):
        if not re.fullmatch(r"[0-9A-Fa-f]+", body) or len(body) > len(model.special):
            raise OraError(1722)
        return int(body, 16)
    if model.special or model.scientific:
        return numeric.text_to_number(body, env.decimal_character)
    negative, body = _take_sign(body, model)
    symbol = {"": "", "$": "$", "L": env.nls["NLS_CURRENCY"], "C": "USD", "U": "$"}[model.currency]
    body = body.removeprefix(symbol).strip()
    whole, point, decimals = body.partition(env.decimal_character)
    if point and not model.has_point:
        raise OraError(1722)
    digits = _ungrouped(whole, model, env)
    if len(decimals) > len(model.decimals) or not (digits + decimals).isdigit():
        raise OraError(1722)
    number = numeric.text_to_number(f"{digits or '0'}.{decimals or '0'}")
    return numeric.negate(number) if negative else number  # type: ignore[return-value]


def _take_sign(body: str, model: Model) -> tuple[bool, str]:
    if model.sign == "PR" and body.startswith("<") and body.endswith(">"):
        return True, body[1:-1]
    if model.sign in {"MI", "S>"}:
        if body.endswith(("-", "+")):
            return body.endswith("-"), body[:-1].rstrip()
        return False, body
    if body.startswith(("-", "+")):
        return body.startswith("-"), body[1:].lstrip()
    return False, body


def _ungrouped(whole: str, model: Model, env: Environment) -> str:
    """Digits of the integer part; group marks must stand where the model has them."""
    expected = list(reversed(model.whole))
    digits: list[str] = []
    position = 0
    for char in reversed(whole):
        if char in {",", env.group_separator} and not char.isdigit():
            if position >= len(expected) or expected[position] not in ",G":
                raise OraError(1722)
            position += 1
            continue
        if position < len(expected) and expected[position] in ",G":
            raise OraError(1722)
        if position >= len(expected):
            raise OraError(1722)
        digits.append(char)
        position += 1
    return "".join(reversed(digits))
