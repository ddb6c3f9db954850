"""Confirmations given in the chat, written into the text of knowledge files: one place is changed, everything else stays byte for byte."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import yaml

from bot.errors import KnowledgeError
from bot.knowledge.edit import Change, Read, changed, inner, pairs, quoted, read, root_of, without_bom
from bot.knowledge.hashes import facts_hash, words_hash
from bot.knowledge.sure import Confirmations, facts_confirmed
from bot.model import City, Confirmation, Entry, Knowledge


@dataclass(frozen=True, slots=True)
class Stamp:
    """What is to be written where: `checked` of an entry in `file`, or with `locale` the `checked_by` of its words."""

    file: str
    entry_id: str
    locale: str
    given: Confirmation

    @property
    def slug(self) -> str:
        """Return the key of the entry in its file."""
        return self.entry_id.partition(".")[2]


# ---------------------------------------------------------------- what is missing in the files


def missing_stamps(knowledge: Knowledge, known: Confirmations, only: Collection[tuple[str, str, str]] | None = None) -> Iterator[Stamp]:
    """Yield what holds and is not in the files yet; `only`: keys of confirmations that are looked at, None: all."""
    for key, given in known.items():
        city_slug, entry_id, locale = key
        city = knowledge.cities.get(city_slug)
        entry = city.entries.get(entry_id) if city else None
        if city is None or entry is None or (only is not None and key not in only):
            continue
        held = _words_held(entry, locale, given) if locale else _facts_held(entry, city, given)
        if held and not _is_written(entry, city, locale, held, known):
            folder = f"{city_slug}/{locale}" if locale else city_slug
            yield Stamp(f"{folder}/{entry.topic}.yaml", entry_id, locale, held)


def _facts_held(entry: Entry, city: City, given: Mapping[str, Confirmation]) -> Confirmation | None:
    return given.get(facts_hash(entry, city.places))


def _words_held(entry: Entry, locale: str, given: Mapping[str, Confirmation]) -> Confirmation | None:
    words = entry.words.get(locale)
    own = words_hash(words) if words else ""
    held = [each for mark, each in given.items() if mark.partition(":")[0] == own]
    return held[-1] if held else None


def _is_written(entry: Entry, city: City, locale: str, held: Confirmation, known: Confirmations) -> bool:
    """Say whether the file has this confirmation, or another one that counts as much: a later one, or any of the words."""
    if not locale:
        return entry.checked == held or facts_confirmed(entry, city, known) != held
    written = entry.words[locale].wording.checked_by
    from_here = {each.by for each in known[(city.slug, entry.id, locale)].values()}
    return written is not None and (written == held.by or written not in from_here)


# ---------------------------------------------------------------- in the text of a file


def stamped(text: str, stamp: Stamp) -> str:
    """Return the text of a file with a confirmation in it.

    Raises KnowledgeError where the entry is not there, or anything else than the confirmation would read differently afterwards."""
    mark, body = without_bom(text)
    before = root_of(body, stamp.file)
    entry = inner(before, stamp.slug, stamp.file, stamp.entry_id)
    changes = _of_words(body, entry, stamp) if stamp.locale else _of_facts(body, entry, stamp)
    body = changed(body, changes)
    if read(root_of(body, stamp.file)) != _expected(read(before), stamp):
        raise KnowledgeError(
            "the confirmation cannot be written in here by itself: write it by hand", file=stamp.file, entry=stamp.entry_id
        )
    return mark + body


def _of_facts(text: str, entry: yaml.MappingNode, stamp: Stamp) -> list[Change]:
    on, by = quoted(stamp.given.on.isoformat()), quoted(stamp.given.by)
    there = pairs(entry).get("checked")
    values = pairs(there) if isinstance(there, yaml.MappingNode) else {}
    if "on" in values and "by" in values:
        return [_instead(text, values["on"], on), _instead(text, values["by"], by)]
    return [_set(text, entry, "checked", f"{{on: {on}, by: {by}}}")]


def _of_words(text: str, entry: yaml.MappingNode, stamp: Stamp) -> list[Change]:
    return [_set(text, inner(entry, "wording", stamp.file, stamp.entry_id), "checked_by", quoted(stamp.given.by))]


def _set(text: str, holder: yaml.MappingNode, key: str, value: str) -> Change:
    """Put a value under a key: in the place of the one there is, else behind the first key of a block, or at the end of a {...}."""
    there = pairs(holder).get(key)
    if there is not None:
        return _instead(text, there, value)
    if holder.flow_style:
        end = holder.end_mark.index - 1
        return Change(end, end, f", {key}: {value}")
    first_key, first_value = holder.value[0]
    found = text.find("\n", first_value.end_mark.index)
    end = len(text) if found < 0 else found + 1
    line_end = "\r\n" if text[end - 2 : end] == "\r\n" else "\n"
    line = f"{' ' * first_key.start_mark.column}{key}: {value}"
    return Change(end, end, f"{line}{line_end}" if found >= 0 else f"\n{line}")


def _instead(text: str, node: yaml.Node, value: str) -> Change:
    start, end = node.start_mark.index, node.end_mark.index
    return Change(start, end, f" {value}" if text[start - 1 : start] == ":" else value)


# ---------------------------------------------------------------- did anything else change?


def _expected(found: Read, stamp: Stamp) -> Read:
    """Return what the file should hold afterwards."""
    entries = found if isinstance(found, dict) else {}
    entry = entries.get(stamp.slug)
    fields = entry if isinstance(entry, dict) else {}
    if not stamp.locale:
        fresh: dict[str, Read] = {**fields, "checked": {"on": stamp.given.on.isoformat(), "by": stamp.given.by}}
    else:
        wording = fields.get("wording")
        fresh = {**fields, "wording": {**(wording if isinstance(wording, dict) else {}), "checked_by": stamp.given.by}}
    return {**entries, stamp.slug: fresh}
