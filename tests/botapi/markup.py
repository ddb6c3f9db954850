"""Telegram's HTML: what it accepts, and what people then see. Written after tdlib/td MessageEntity.cpp (parse_html)."""

from __future__ import annotations

import re
from dataclasses import dataclass

TAGS = frozenset(
    {"a", "b", "strong", "i", "em", "s", "strike", "del", "u", "ins", "tg-spoiler", "tg-emoji", "span", "pre", "code", "blockquote"}
)
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_ENTITY = re.compile(r"&(?:#(?P<hex>x[0-9a-fA-F]{1,8})|#(?P<decimal>[0-9]{1,8})|(?P<name>[a-zA-Z]{1,9}));?")
_NAME = re.compile(r"[^\s>]*")
_ATTRIBUTE = re.compile(r"\s*([^\s=>]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([A-Za-z0-9.\-]+))")


class ParseError(Exception):
    """What the server says about broken markup."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A formatted stretch of the visible text, in code points."""

    kind: str
    start: int
    end: int
    url: str | None = None


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Return the visible text and its formatted stretches; raises ParseError on anything Telegram refuses."""
    reader = _Reader(source)
    while reader.at < len(source):
        reader.step()
    if reader.open:
        raise ParseError(f"can't parse entities: can't find end tag corresponding to start tag \"{reader.open[-1][0]}\"")
    return "".join(reader.seen), reader.entities


class _Reader:
    def __init__(self, source: str) -> None:
        self.source, self.at, self.length = source, 0, 0
        self.seen: list[str] = []
        self.open: list[tuple[str, int, str | None]] = []
        self.entities: list[Entity] = []

    def step(self) -> None:
        letter = self.source[self.at]
        if letter == "<":
            self._end_tag() if self.source.startswith("</", self.at) else self._start_tag()
        elif letter == "&":
            self._entity()
        else:
            end = min((at for mark in "<&" if (at := self.source.find(mark, self.at)) >= 0), default=len(self.source))
            self._show(self.source[self.at : end], end)

    def _show(self, text: str, end: int) -> None:
        self.seen.append(text)
        self.length += len(text)
        self.at = end

    def _entity(self) -> None:
        found = _ENTITY.match(self.source, self.at)
        text = _decoded(found) if found else None
        if found is None or text is None:
            self._show("&", self.at + 1)
        else:
            self._show(text, found.end())

    def _start_tag(self) -> None:
        begin = self.at
        name = _NAME.match(self.source, begin + 1)
        tag = name[0].lower() if name else ""
        if name is None or tag not in TAGS:
            raise ParseError(f'can\'t parse entities: unsupported start tag "{tag}" at byte offset {self._bytes(begin)}')
        self.at = name.end()
        attributes = self._attributes()
        self.open.append((tag, self.length, attributes.get("href")))

    def _attributes(self) -> dict[str, str]:
        found: dict[str, str] = {}
        while attribute := _ATTRIBUTE.match(self.source, self.at):
            found[attribute[1].lower()] = _unescaped(attribute[2] or attribute[3] or attribute[4] or "")
            self.at = attribute.end()
        rest = self.source[self.at :].lstrip()
        if not rest.startswith(">"):
            raise ParseError(f"can't parse entities: unclosed start tag at byte offset {self._bytes(self.at)}")
        self.at = len(self.source) - len(rest) + 1
        return found

    def _end_tag(self) -> None:
        close = self.source.find(">", self.at)
        tag = self.source[self.at + 2 : close].strip().lower() if close >= 0 else None
        if tag is None or not self.open:
            raise ParseError(f"can't parse entities: unexpected end tag at byte offset {self._bytes(self.at)}")
        expected, start, url = self.open.pop()
        if tag not in ("", expected):
            raise ParseError(f'can\'t parse entities: unmatched end tag, expected "</{expected}>", found "</{tag}>"')
        if self.length > start:
            self.entities.append(Entity(expected, start, self.length, url))
        self.at = close + 1

    def _bytes(self, at: int) -> int:
        return len(self.source[:at].encode())


def _unescaped(text: str) -> str:
    return _ENTITY.sub(lambda found: _decoded(found) or found[0], text)


def _decoded(found: re.Match[str]) -> str | None:
    if found["name"]:
        return _NAMED.get(found["name"])
    code = int(found["hex"][1:], 16) if found["hex"] else int(found["decimal"])
    return chr(code) if 0 < code < 0x10FFFF and not 0xD800 <= code < 0xE000 else None
