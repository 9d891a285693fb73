"""YAML text to plain data, with the core schema of YAML 1.2 and the place of every error.

Only `true` and `false` are booleans (`on`, `no`, `yes` are text), dates and `22:00` are text, a
number with a leading zero is refused because YAML 1.1 and 1.2 read it differently. libyaml parses
where PyYAML has it; nodes are turned into data here and dropped, and made again with their marks
(`positions`) only for a file that has something to report.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.scanner import Scanner

from dtm.manifests.paths import Path

MAX_DEPTH = 50
_TOO_DEEP = f"nested more than {MAX_DEPTH} levels"
MAX_NODES = 1_000_000  # of one document after aliases are expanded

_CORE = "tag:yaml.org,2002:"
_PLAIN, _TEXT = "plain", "text"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {t: t.lower() == "true" for t in ("true", "True", "TRUE", "false", "False", "FALSE")}
_MAYBE_SPECIAL = frozenset("~nNtTfF+-.0123456789")
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+\Z")
_HEX_OR_OCTAL = re.compile(r"0(?:x[0-9a-fA-F]+|o[0-7]+)\Z")
_DEEP_BLOCK = re.compile(r"(?:[-?:] +){30}| {99}")
_NOT_FINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")


class _Tags:
    """In place of PyYAML's resolver: says only whether a scalar was plain."""

    def resolve(self, kind: type, value: Any, implicit: Any) -> str:  # noqa: ARG002 - PyYAML's hook
        if kind is ScalarNode:
            return _PLAIN if implicit[0] else _TEXT
        return "map" if kind is MappingNode else "seq"

    def descend_resolver(self, current: Any, index: Any) -> None:
        """PyYAML's hook; paths do not decide types here."""

    def ascend_resolver(self) -> None:
        """PyYAML's hook; paths do not decide types here."""


class _PythonLoader(_Tags, Reader, Scanner, Parser, Composer):
    """The composer where PyYAML was built without libyaml."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)


def _loader_class() -> type:
    if not yaml.__with_libyaml__:
        return _PythonLoader
    return type("_CLoader", (_Tags, yaml.cyaml.CParser), {})  # type: ignore[attr-defined]


_Loader = _loader_class()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something YAML itself, or reading it, objects to; line and column count from 1."""

    line: int
    column: int
    code: str
    message: str
    suggestion: str | None = None
    path: Path = ()


@dataclass(slots=True)
class Document:
    """One YAML document as JSON-like data; `line` and `column` are those of its first node.

    `sound`: it is known to have the shape its kind's schema wants, without templates to render.
    """

    data: Any
    line: int
    column: int
    sound: bool = False


@dataclass(slots=True)
class Reading:
    """All documents of a text up to the first syntax error, and every problem."""

    documents: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def decode(content: bytes) -> str | Problem:
    """Return file content as text: UTF-8 with or without BOM, any line ends; or the problem."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return Problem(1, 1, "encoding", "the file is UTF-16", "save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
        byte = content[error.start]
        message = f"byte 0x{byte:02X} is not UTF-8"
        return Problem(line, column, "encoding", message, "save the file as UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read(text: str) -> Reading:
    """Read every document of a text. Never raises for bad input."""
    reading = Reading()
    try:
        for node in _compose(text):
            builder = _Builder(reading.problems, aliases="*" in text)
            data = builder.build_document(node)
            mark = node.start_mark
            reading.documents.append(Document(data, mark.line + 1, mark.column + 1))
    except (yaml.MarkedYAMLError, ReaderError, RecursionError) as error:
        reading.problems.append(_syntax(error, text))
    return reading


def positions(text: str) -> list[Node]:
    """Return the documents of a text as nodes with marks, as far as they can be read."""
    nodes: list[Node] = []
    try:
        nodes.extend(_compose(text))
    except (yaml.MarkedYAMLError, ReaderError, RecursionError):
        return nodes  # `read` has reported it
    return nodes


def find(node: Node, path: Path, *, at_key: bool = False) -> tuple[int, int]:
    """Return line and column (from 1) of what a path leads to, or of the deepest part there is."""
    mark = node.start_mark
    for number, part in enumerate(path):
        step = _step(node, part)
        if step is None:
            break
        key, node = step
        last = number == len(path) - 1
        by_key = key is not None and ((at_key and last) or not isinstance(node, ScalarNode))
        mark = key.start_mark if by_key and key is not None else node.start_mark
    return mark.line + 1, mark.column + 1


def _step(node: Node, part: str | int) -> tuple[Node | None, Node] | None:
    if isinstance(node, MappingNode):
        other = None  # the name in another case, or in a merged mapping
        for key, value in node.value:
            if key.value == part:
                return key, value
            if key.value == "<<":
                other = other or _step_merged(value, part)
            elif isinstance(key.value, str) and key.value.casefold() == str(part).casefold():
                other = key, value
        return other
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        return None, node.value[part]
    return None


def _step_merged(node: Node, part: str | int) -> tuple[Node | None, Node] | None:
    members = node.value if isinstance(node, SequenceNode) else [node]
    return next((found for member in members if (found := _step(member, part))), None)


def _compose(text: str) -> Iterator[Node]:
    if text.count("[") + text.count("{") > MAX_DEPTH or _DEEP_BLOCK.search(text):
        _refuse_depth(text)
    loader = _Loader(text)
    try:
        while loader.check_node():
            yield loader.get_node()
    finally:
        dispose = getattr(loader, "dispose", None)
        if dispose is not None:
            dispose()


def _refuse_depth(text: str) -> None:
    """Count nesting by events, which need no recursion; raise before the composer recurses."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CLoader if yaml.__with_libyaml__ else yaml.Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise yaml.MarkedYAMLError(None, None, _TOO_DEEP, event.start_mark)  # type: ignore[arg-type]
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Builder:
    """Turns one document's nodes into dicts, lists and scalars, collecting problems."""

    def __init__(self, problems: list[Problem], *, aliases: bool) -> None:
        """Without `aliases` in the text a document cannot grow, and nothing is counted."""
        self.problems = problems
        self.aliases = aliases
        self.built: dict[int, Any] = {}
        self.sizes: dict[int, int] = {}
        self.open: set[int] = set()

    def build_document(self, node: Node) -> Any:
        data = self.build(node)
        if self.sizes.get(id(node), 0) > MAX_NODES:
            self._problem(node, "aliases", f"aliases expand to more than {MAX_NODES:,} values")
            return None
        return data

    def build(self, node: Node) -> Any:
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        key = id(node)
        if key in self.open:
            self._problem(node, "aliases", "an alias refers to the node that contains it")
            return None
        if key not in self.built:
            self.open.add(key)
            self.built[key] = (
                self._mapping(node) if isinstance(node, MappingNode) else self._sequence(node)
            )
            self.open.discard(key)
        return self.built[key]

    def _sequence(self, node: Node) -> Any:
        if node.tag not in ("seq", _CORE + "seq"):
            return self._unknown_tag(node)
        result = [self.build(member) for member in node.value]
        self._measure(node, node.value)
        return result

    def _mapping(self, node: Node) -> Any:
        if node.tag not in ("map", _CORE + "map"):
            return self._unknown_tag(node)
        result: dict[str, Any] = {}
        first: dict[str, Node] = {}
        merges = []
        for key, value in node.value:
            name = self._key(key)
            if name is None:
                continue
            if name == "<<" and key.tag == _PLAIN:
                merges.append(value)
            elif name in first:
                line = first[name].start_mark.line + 1
                message = f'"{name}" is already given on line {line}'
                self._problem(key, "duplicate-key", message, "remove one of the two")
            else:
                first[name] = key
                result[name] = self.build(value)
        for merge in merges:
            self._merge(result, merge)
        self._measure(node, [value for _, value in node.value])
        return result

    def _merge(self, into: dict[str, Any], node: Node) -> None:
        members = node.value if isinstance(node, SequenceNode) else [node]
        for member in members:
            data = self.build(member)
            if not isinstance(data, dict):
                self._problem(member, "merge-key", '"<<" needs a mapping (or a list of them)')
                continue
            for name, value in data.items():
                into.setdefault(name, value)

    def _key(self, node: Node) -> str | None:
        if not isinstance(node, ScalarNode):
            self._problem(node, "key-type", "a field name must be text, not a collection")
            return None
        value = self._scalar(node)
        if isinstance(value, str):
            return value
        hint = f'quote it: "{node.value}"' if node.value else None
        shown = node.value or "nothing"
        self._problem(node, "key-type", f"a field name must be text, found {shown}", hint)
        return None

    def _scalar(self, node: Node) -> Any:
        tag, text = node.tag, node.value
        if tag == _TEXT:
            return text
        if tag == _PLAIN:
            if text and text[0] not in _MAYBE_SPECIAL:
                return text
            return self._plain(node, text)
        kind = tag.removeprefix(_CORE)
        if kind == "str" or tag == "!":
            return text
        if kind in ("int", "float", "bool", "null"):
            return self._plain(node, text)
        return self._unknown_tag(node)

    def _plain(self, node: Node, text: str) -> Any:
        """Resolve a plain scalar by the core schema of YAML 1.2 (chapter 10.3.2)."""
        if text in _NULLS:
            return None
        if text in _BOOLS:
            return _BOOLS[text]
        if _INT.match(text):
            return self._int(node, text)
        if _LEADING_ZERO.match(text):
            hint = f'write "{text}" for text, {text.lstrip("+-0") or 0} for a decimal number'
            message = f"{text} means different numbers in YAML 1.1 and 1.2"
            self._problem(node, "ambiguous-number", message, hint)
            return None
        if _FLOAT.match(text):
            return self._float(node, text)
        if _HEX_OR_OCTAL.match(text):
            return int(text, 0)
        if _NOT_FINITE.match(text):
            self._problem(node, "number-range", f"{text} is not a number Oracle can hold")
            return None
        return text

    def _int(self, node: Node, text: str) -> int | None:
        if len(text) > 127:
            self._problem(node, "number-range", f"a whole number of {len(text)} digits")
            return None
        return int(text)

    def _float(self, node: Node, text: str) -> float | None:
        value = float(text)
        digits = re.split("[eE]", text)[0].replace(".", "").strip("+-0")
        if math.isinf(value) or (value == 0 and digits):
            self._problem(node, "number-range", f"{text} is out of range")
            return None
        if len(digits) > 15 and Decimal(text) != Decimal(repr(value)):
            hint = "give it on the command line with --param, or round it"
            message = f"{text} has more digits than a manifest keeps (15)"
            self._problem(node, "number-range", message, hint)
            return None
        return value

    def _unknown_tag(self, node: Node) -> None:
        shown = node.tag.replace(_CORE, "!!")
        self._problem(node, "tag", f"the tag {shown} is not supported", "write plain YAML")

    def _measure(self, node: Node, children: list[Node]) -> None:
        if self.aliases:
            self.sizes[id(node)] = 1 + sum(self.sizes.get(id(child), 1) for child in children)

    def _problem(self, node: Node, code: str, message: str, suggestion: str | None = None) -> None:
        mark = node.start_mark
        self.problems.append(Problem(mark.line + 1, mark.column + 1, code, message, suggestion))


def _syntax(error: Exception, text: str) -> Problem:
    if isinstance(error, ReaderError):
        before = text.encode()[: error.position].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
        character = error.character if isinstance(error.character, int) else ord(error.character)
        message = f"the character U+{character:04X} is not allowed in YAML"
        return Problem(line, column, "yaml-syntax", message)
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message = ", ".join(part for part in (error.context, error.problem) if part)
        return Problem(line, column, "yaml-syntax", message, _advice(error, text, line))
    return Problem(1, 1, "yaml-syntax", "nested too deeply")


def _advice(error: yaml.MarkedYAMLError, text: str, line: int) -> str | None:
    lines = text.split("\n")
    here = lines[line - 1] if line <= len(lines) else ""
    indent = here[: len(here) - len(here.lstrip())]
    if "\t" in indent or "'\\t'" in (error.problem or ""):
        return "indent with spaces, not tabs"
    if here.lstrip().startswith(("@", "`", "%")) or ": @" in here or ": %" in here:
        return "quote a text that begins with @, ` or %"
    if error.problem and error.problem.startswith("mapping values are not allowed"):
        return 'check the indentation; quote a text that contains ": "'
    if error.problem and "expected <block end>" in error.problem:
        return "check the indentation"
    return None
