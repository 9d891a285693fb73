"""Which messages say the same of different instances, so that 98 of 100 are told once. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TypeVar

_T = TypeVar("_T")
_CODE = re.compile(r"(?:ORA|DPY|DPI|PLS|TNS)-\d{4,5}\b")
# What differs between instances in an otherwise equal sentence: addresses, digests, long numbers.
_OWN = re.compile(r"\b[\w.-]+:\d+/\S+|\b[0-9a-f]{12,}\b|\b[0-9A-F]{12,}\b|\b\d{6,}\b")


def code_of(text: str) -> str | None:
    """The error number a message begins with."""
    found = _CODE.match(text)
    return found.group() if found else None


def sense(text: str, instance: str) -> str:
    """What a message says apart from the instance it says it of: the key of a group.

    >>> sense("ORA-12170: no answer from db7:1521/S7 within 20 s", "s7")
    'ORA-12170'
    """
    first = text.splitlines()[0] if text else ""
    name = rf"(?<![\w-]){re.escape(instance)}(?![\w-])"
    return code_of(first) or _OWN.sub("...", re.sub(name, "...", first))


def grouped(
    members: Iterable[_T],
    text: Callable[[_T], str],
    instance: Callable[[_T], str],
    state: Callable[[_T], str] = lambda _member: "",
) -> list[list[_T]]:
    """Members in the same state whose texts say the same, the largest group first; order within
    is kept."""
    found: dict[tuple[str, str], list[_T]] = defaultdict(list)
    for member in members:
        found[sense(text(member), instance(member)), state(member)].append(member)
    return [group for _, group in sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))]
