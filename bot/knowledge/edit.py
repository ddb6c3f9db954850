"""Small changes in the text of a knowledge file: all that is not changed stays byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

import yaml

from bot.errors import KnowledgeError

BOM = "\ufeff"
Read = str | list["Read"] | dict[str, "Read"]


@dataclass(frozen=True, slots=True)
class Change:
    """Characters from `start` to `end` become `text`."""

    start: int
    end: int
    text: str


def changed(text: str, changes: Iterable[Change]) -> str:
    """Return a text with changes made that do not overlap."""
    for change in sorted(changes, key=lambda change: -change.start):
        text = text[: change.start] + change.text + text[change.end :]
    return text


def without_bom(text: str) -> tuple[str, str]:
    """Part a text from the mark at its start."""
    return (BOM, text[1:]) if text.startswith(BOM) else ("", text)


def quoted(value: str) -> str:
    """Write a value so that YAML reads it as that text, whatever it is."""
    return json.dumps(value, ensure_ascii=False)


def root_of(text: str, file: str) -> yaml.MappingNode:
    """Return what a file holds, with the places of everything in it; raises KnowledgeError."""
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, RecursionError):
        raise KnowledgeError("is not valid YAML", file=file) from None
    if not isinstance(node, yaml.MappingNode):
        raise KnowledgeError("holds no entries", file=file)
    return node


def inner(node: yaml.MappingNode, key: str, file: str, entry_id: str) -> yaml.MappingNode:
    """Return the fields under a key; raises KnowledgeError where there are none."""
    found = pairs(node).get(key)
    if not isinstance(found, yaml.MappingNode):
        raise KnowledgeError(f"has no {key}", file=file, entry=entry_id)
    return found


def pairs(node: yaml.MappingNode) -> dict[str, yaml.Node]:
    """Return the fields of a node by their keys."""
    return {str(key.value): value for key, value in node.value}


def read(node: yaml.Node) -> Read:
    """Return what a file holds, every scalar as its text."""
    if isinstance(node, yaml.MappingNode):
        return {key: read(value) for key, value in pairs(node).items()}
    if isinstance(node, yaml.SequenceNode):
        return [read(item) for item in node.value]
    return str(node.value)
