"""How sure an entry is: confirmed in its file, or by somebody in the chat as long as what they confirmed has stayed the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.knowledge.hashes import facts_hash, wording_hash, words_hash
from bot.model import City, Confirmation, Entry

# By (city, entry id, locale; "" for the facts) and the hash of what was confirmed: the newest confirmation of it.
Confirmations = Mapping[tuple[str, str, str], Mapping[str, Confirmation]]


def facts_confirmed(entry: Entry, city: City, known: Confirmations) -> Confirmation | None:
    """Return the latest confirmation of the facts that still holds.

    One in the file that came from the chat (`dragoman export --checked`) holds no longer than that does: a changed fact ends both."""
    given = known.get((city.slug, entry.id, ""))
    if not given:
        return entry.checked
    held = given.get(facts_hash(entry, city.places))
    written = None if entry.checked in given.values() and entry.checked != held else entry.checked
    return max((each for each in (written, held) if each), key=lambda each: each.on, default=None)


def words_confirmed(entry: Entry, city: City, locale: str, known: Confirmations) -> str | None:
    """Return who has read the words in this language and found them right, as they stand now; None: nobody."""
    words = entry.words.get(locale)
    given = known.get((city.slug, entry.id, locale))
    if words is None or not given:
        return words.wording.checked_by if words else None
    own = words_hash(words)
    held = [each.by for mark, each in given.items() if mark.partition(":")[0] == own]
    written = words.wording.checked_by
    return held[-1] if held else written if written not in _names(given.values()) else None


def _names(given: Iterable[Confirmation]) -> set[str]:
    return {each.by for each in given}


def is_machine_worded(entry: Entry, city: City, locale: str, known: Confirmations) -> bool:
    """Say whether a machine wrote the words in this language and no person has read them since."""
    words = entry.words.get(locale)
    return words is not None and words.wording.by == "machine" and words_confirmed(entry, city, locale, known) is None


def is_outdated(entry: Entry, city: City, locale: str, known: Confirmations) -> bool:
    """Say whether a translation was made from another text than the present one, and nobody has found it right beside that."""
    words = entry.words.get(locale)
    source = entry.words.get(words.wording.of or "") if words else None
    if words is None or source is None or words.wording.hash in (None, words_hash(source)):
        return False
    return wording_hash(entry, locale) not in known.get((city.slug, entry.id, locale), {})
