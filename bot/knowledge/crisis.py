"""Further crisis phrases, one file a language (safety.<language>.yaml), so that a translator sees one language at a time.

Words that many phrases share stand once, in `groups`, and are put in by name: "{child} ... (lost|missing)"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from bot.knowledge.findings import Findings, Where
from bot.knowledge.reading import Fields, fields_at, line_of, text_at, texts_at
from bot.knowledge.values import PLACEHOLDER

FILE = re.compile(r"safety\.(?P<language>[a-z]{2,3})\.yaml")


@dataclass(frozen=True, slots=True)
class CrisisWords:
    """What one such file holds: phrases by kind, and look-alikes."""

    language: str
    phrases: Mapping[str, tuple[str, ...]]
    lookalikes: tuple[str, ...]


def build_words(language: str, node: Fields, kinds: Set[str], where: Where, findings: Findings) -> CrisisWords:
    """Put the groups into the phrases of one file; an unknown kind or group is an error."""
    groups = {name: text_at(fields_at(node, "groups"), name) or "" for name in fields_at(node, "groups").pairs}
    holder = fields_at(node, "kinds")
    for kind in holder.pairs:
        if kind not in kinds:
            findings.error(where, line_of(holder, kind), f"{kind} is no kind of safety.yaml")
    phrases = {kind: tuple(_filled(texts_at(holder, kind), groups, line_of(holder, kind), where, findings)) for kind in holder.pairs}
    lookalikes = tuple(_filled(texts_at(node, "not"), groups, line_of(node, "not"), where, findings))
    return CrisisWords(language, phrases, lookalikes)


def _filled(phrases: Iterable[str], groups: Mapping[str, str], line: int, where: Where, findings: Findings) -> Iterator[str]:
    for phrase in phrases:
        unknown = [name for name in PLACEHOLDER.findall(phrase) if name not in groups]
        if unknown:
            findings.error(where, line, f"{{{unknown[0]}}} is no group of this file")
        else:
            yield PLACEHOLDER.sub(lambda found: groups[found[1]], phrase)


def with_lookalikes(lookalikes: Mapping[str, tuple[str, ...]], files: Iterable[CrisisWords]) -> dict[str, tuple[str, ...]]:
    """Add the look-alikes of the files."""
    found = dict(lookalikes)
    for words in files:
        found[words.language] = (*found.get(words.language, ()), *words.lookalikes)
    return found
