"""Numbers in words, for the SP, TH and YEAR datetime format elements."""

from __future__ import annotations

_ONES = [
    "ZERO",
    "ONE",
    "TWO",
    "THREE",
    "FOUR",
    "FIVE",
    "SIX",
    "SEVEN",
    "EIGHT",
    "NINE",
    "TEN",
    "ELEVEN",
    "TWELVE",
    "THIRTEEN",
    "FOURTEEN",
    "FIFTEEN",
    "SIXTEEN",
    "SEVENTEEN",
    "EIGHTEEN",
    "NINETEEN",
]
_TENS = ["TWENTY", "THIRTY", "FORTY", "FIFTY", "SIXTY", "SEVENTY", "EIGHTY", "NINETY"]
_SCALES = ((1_000_000, "MILLION"), (1000, "THOUSAND"), (100, "HUNDRED"))
_ORDINALS = {
    "ONE": "FIRST",
    "TWO": "SECOND",
    "THREE": "THIRD",
    "FIVE": "FIFTH",
    "EIGHT": "EIGHTH",
    "NINE": "NINTH",
    "TWELVE": "TWELFTH",
}


def words(number: int) -> str:
    """'TWENTY-ONE', 'TWO THOUSAND TWENTY-SIX'."""
    for size, name in _SCALES:
        if number >= size:
            whole, rest = divmod(number, size)
            return f"{words(whole)} {name}" + (f" {words(rest)}" if rest else "")
    if number < 20:
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")


def ordinal_words(number: int) -> str:
    """'TWENTY-FIRST'."""
    text = words(number)
    cut = max(text.rfind(" "), text.rfind("-")) + 1
    last = text[cut:]
    if last in _ORDINALS:
        return text[:cut] + _ORDINALS[last]
    return text[:-1] + "IETH" if last.endswith("Y") else text + "TH"


def suffixed(number: int, suffix: str) -> str:
    """The TH ('4TH'), SP ('FOUR') and SPTH / THSP ('FOURTH') suffixes."""
    if suffix == "SP":
        return words(number)
    if suffix in {"SPTH", "THSP"}:
        return ordinal_words(number)
    ending = "TH" if number % 100 in {11, 12, 13} else {1: "ST", 2: "ND", 3: "RD"}.get(number % 10)
    return f"{number}{ending or 'TH'}"


def year(number: int) -> str:
    """'TWENTY TWENTY-SIX', 'TWO THOUSAND', 'NINETEEN OH-FIVE' is spelled 'NINETEEN FIVE'."""
    century, rest = divmod(number, 100)
    if number % 1000 == 0:
        return f"{words(number // 1000)} THOUSAND"
    if not rest:
        return f"{words(century)} HUNDRED"
    return f"{words(century)} {words(rest)}"
