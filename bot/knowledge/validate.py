"""Holds nodes against the format of schema.py and notes every fault with its line."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from bot.knowledge import values
from bot.knowledge.findings import Findings, Where
from bot.knowledge.reading import Fields, Items, Node, Text, line_of, shorten
from bot.knowledge.schema import Kind, ListOf, MapOf, Record, Value


@dataclass(frozen=True, slots=True)
class Validator:
    """Holds nodes against kinds; `known` has the ids that exist, per sort (a sort that is missing there is not checked)."""

    findings: Findings
    known: Mapping[str, Set[str]] = field(default_factory=dict)

    def accepts(self, node: Node, kind: Kind, where: Where) -> bool:
        """Note every fault of the node and tell whether there was none."""
        before = len(self.findings.found)
        self._check(node, kind, where, "")
        return len(self.findings.found) == before

    def _check(self, node: Node, kind: Kind, where: Where, name: str) -> None:
        match kind, node:
            case Value(), Text():
                self._check_value(node.value, node.line, kind, where, name)
            case ListOf(), Items():
                self._check_list(node, kind, where, name)
            case MapOf(), Fields():
                self._check_map(node, kind, where, name)
            case Record(), Fields():
                self._check_record(node, kind, where, name)
            case _:
                shape = "a text" if isinstance(kind, Value) else "a list" if isinstance(kind, ListOf) else "a mapping (key: value)"
                self.findings.error(where, node.line, f"{name or 'the file'} must be {shape}")

    def _check_value(self, text: str | None, line: int, kind: Value, where: Where, name: str) -> None:
        if text is None or not text.strip():
            self.findings.error(where, line, f"{name} is empty")
            return
        complaint = values.prose(text) or kind.check(text)
        if complaint is None and kind.refers in self.known and text not in self.known[kind.refers]:
            complaint = f"is no {kind.refers} of this city"
        if complaint is not None:
            self.findings.error(where, line, f"{name}: {shorten(text)} {complaint}")

    def _check_list(self, node: Items, kind: ListOf, where: Where, name: str) -> None:
        if len(node.nodes) < kind.least:
            self.findings.error(where, node.line, f"{name} must have at least {kind.least}")
        seen: set[str] = set()
        for item in node.nodes:
            self._check(item, kind.item, where, name)
            if kind.ids and isinstance(item, Text) and item.value is not None:
                if item.value in seen:
                    self.findings.error(where, item.line, f"{name} has {shorten(item.value)} twice")
                seen.add(item.value)

    def _check_map(self, node: Fields, kind: MapOf, where: Where, name: str) -> None:
        for key, value in node.pairs.items():
            self._check_value(key, node.lines[key], kind.key, where, f"key in {name or 'the file'}")
            self._check(value, kind.value, where, f"{name}.{shorten(key)[1:-1]}".lstrip("."))

    def _check_record(self, node: Fields, kind: Record, where: Where, name: str) -> None:
        for key, value in node.pairs.items():
            if key not in kind.keys:
                known = ", ".join(kind.keys)
                self.findings.error(
                    where, node.lines[key], f"unknown key {shorten(key)}{f' in {name}' if name else ''}; known are: {known}"
                )
            elif not _is_null(value):
                self._check(value, kind.keys[key].kind, where, f"{name}.{key}".lstrip("."))
        self._check_presence(node, kind, where, name)

    def _check_presence(self, node: Fields, kind: Record, where: Where, name: str) -> None:
        present = {key for key, value in node.pairs.items() if not _is_null(value)}
        inside = f" in {name}" if name else ""
        for key, wanted in kind.keys.items():
            if wanted.required and key not in present:
                self.findings.error(where, line_of(node, key), f"{key} is missing{inside}")
        if kind.one_of and len(present & set(kind.one_of)) != 1:
            self.findings.error(where, node.line, f"exactly one of these must be there{inside}: {', '.join(kind.one_of)}")
        if kind.any_of and not present & set(kind.any_of):
            self.findings.error(where, node.line, f"one of these must be there{inside}: {', '.join(kind.any_of)}")
        for one, other in kind.pairs:
            if len(present & {one, other}) == 1:
                self.findings.error(where, node.line, f"{one} and {other} belong together{inside}")


def _is_null(node: Node) -> bool:
    return isinstance(node, Text) and node.value is None
