"""Bytes of one knowledge file to a tree of text nodes that know their lines; hostile files end in KnowledgeError, quickly.

libyaml delivers events, and the tree is built from them one by one: aliases, anchors, tags and nesting are refused before anything grows.
Every scalar is text, so 016, 17:00 and no stay what was written."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from bot.errors import KnowledgeError

MAX_BYTES = 256 * 1024
MAX_DEPTH = 16  # the format itself needs 6
HINT = "look for a missing quote, a missing space after a colon, or wrong indentation here or just above"
NULLS = frozenset({"", "~", "null"})
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f]")  # tab, line ends and the rest of Unicode may stand in a file


@dataclass(slots=True)  # a frozen one takes three times as long to make, and there are 160,000
class Text:
    """A scalar; None for an unquoted null, ~ or nothing."""

    value: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    nodes: list[Node]
    line: int


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping. `lines` are those of its keys."""

    pairs: dict[str, Node]
    line: int
    lines: dict[str, int] = field(default_factory=dict)


Node = Text | Items | Fields
EMPTY = Fields({}, 0)


def read_bytes(folder: Path, file: str) -> bytes:
    """Read one regular file of at most MAX_BYTES; never follows a symbolic link, never waits for a pipe."""
    try:
        handle = os.open(folder / file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise KnowledgeError(f"cannot be read: {error.strerror}", file=file) from None
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise KnowledgeError("is not an ordinary file", file=file)
        raw = stream.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise KnowledgeError(f"is larger than {MAX_BYTES // 1024} KB", file=file)
    return raw


def read_text(folder: Path, file: str) -> str:
    """Read one file as UTF-8 text; a byte order mark at its start is dropped."""
    try:
        return read_bytes(folder, file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise KnowledgeError("is not saved as UTF-8 text", file=file, line=line) from None


def read_yaml(folder: Path, file: str) -> Node:
    """Read one YAML file into nodes; an empty file is an empty mapping."""
    text = read_text(folder, file)
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.take(event)
    except yaml.YAMLError as error:
        raise _syntax_error(error, file, text) from None
    return builder.root or EMPTY


def _syntax_error(error: yaml.YAMLError, file: str, text: str) -> KnowledgeError:
    if isinstance(error, yaml.MarkedYAMLError):
        mark, begun = error.problem_mark, error.context_mark
        line = mark.line + 1 if mark else 0
        if "nesting depth" in (error.problem or ""):  # libyaml's own limit of 1000
            return KnowledgeError(f"is nested deeper than {MAX_DEPTH} levels", file=file, line=line)
        since = f" (begun in line {begun.line + 1})" if begun and begun.line + 1 != line else ""
        return KnowledgeError(f"is not valid YAML: {error.problem}{since}; {HINT}", file=file, line=line)
    found = CONTROL.search(text)
    line = text.count("\n", 0, found.start()) + 1 if found else 0
    return KnowledgeError("holds a character that cannot be in a text file", file=file, line=line)


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet; `key` waits for its value."""

    node: Items | Fields
    key: str | None = None


class _Builder:
    """Takes YAML events in order and refuses what the format does not need."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.stack: list[_Open] = []

    def take(self, event: yaml.Event) -> None:
        """Use one event."""
        if isinstance(event, yaml.NodeEvent):
            self._take_node(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.stack.pop()
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise self._fault(event, "holds a second document (a line of three dashes): take that line out")

    def _take_node(self, event: yaml.NodeEvent) -> None:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise self._fault(event, "uses an alias or anchor (& or *): put the text in quotes, or write it out")
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            raise self._fault(event, "uses a tag (!): put the text in quotes")
        line = _line(event)
        if isinstance(event, yaml.ScalarEvent):
            self._take_text(event, line)
        else:
            self._open(event, Fields({}, line) if isinstance(event, yaml.MappingStartEvent) else Items([], line))

    def _take_text(self, event: yaml.ScalarEvent, line: int) -> None:
        plain = event.implicit[0]
        value = None if plain and event.value in NULLS else event.value
        holder = self.stack[-1] if self.stack else None
        if holder is not None and isinstance(holder.node, Fields) and holder.key is None:
            self._take_key(event, holder, holder.node)
        else:
            self._put(event, Text(value, line))

    def _take_key(self, event: yaml.ScalarEvent, holder: _Open, fields: Fields) -> None:
        if event.value in fields.pairs:
            raise self._fault(event, f"has the key {shorten(event.value)} twice")
        holder.key = event.value
        fields.lines[event.value] = _line(event)

    def _open(self, event: yaml.NodeEvent, node: Items | Fields) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise self._fault(event, f"is nested deeper than {MAX_DEPTH} levels")
        self._put(event, node)
        self.stack.append(_Open(node))

    def _put(self, event: yaml.NodeEvent, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        holder = self.stack[-1]
        if isinstance(holder.node, Items):
            holder.node.nodes.append(node)
        elif holder.key is None:
            raise self._fault(event, "has a list or mapping where a key should be")
        else:
            holder.node.pairs[holder.key] = node
            holder.key = None

    def _fault(self, event: yaml.Event, message: str) -> KnowledgeError:
        return KnowledgeError(message, file=self.file, line=_line(event))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def shorten(text: str) -> str:
    """Quote a text for a message, cut after 60 characters."""
    return repr(text if len(text) <= 60 else text[:59] + "…")


# ---------------------------------------------------------------- reading values out of checked nodes


def text_at(fields: Fields, key: str) -> str | None:
    """Return the text under a key, None where there is none."""
    node = fields.pairs.get(key)
    return node.value if isinstance(node, Text) else None


def texts_at(fields: Fields, key: str) -> tuple[str, ...]:
    """Return the texts of the list under a key."""
    return tuple(node.value for node in items_at(fields, key) if isinstance(node, Text) and node.value is not None)


def items_at(fields: Fields, key: str) -> list[Node]:
    """Return the nodes of the list under a key."""
    node = fields.pairs.get(key)
    return node.nodes if isinstance(node, Items) else []


def fields_at(fields: Fields, key: str) -> Fields:
    """Return the mapping under a key, an empty one where there is none."""
    node = fields.pairs.get(key)
    return node if isinstance(node, Fields) else EMPTY


def records_at(fields: Fields, key: str) -> Mapping[str, Fields]:
    """Return the mapping of mappings under a key."""
    return {name: node for name, node in fields_at(fields, key).pairs.items() if isinstance(node, Fields)}


def line_of(fields: Fields, key: str) -> int:
    """Return the line of a key, or of the mapping where the key is missing."""
    return fields.lines.get(key, fields.line)
