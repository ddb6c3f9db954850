"""The bot's own sentences: gettext catalogues read from .po files, the names of languages, and which of ours a person reads."""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog
from babel.messages.catalog import Message as Sentence
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

from bot.errors import ConfigError
from bot.knowledge.findings import Finding, Level, Where

FALLBACK = "en"  # the language our sentences are written in
PLACEHOLDER = re.compile(r"\{[a-z_]+\}")


@dataclass(frozen=True, slots=True)
class Translator:
    """The sentences of one language; what is missing comes back in English."""

    locale: str
    _sentences: gettext.NullTranslations

    def gettext(self, message: str, /) -> str:
        """Return a sentence in this language."""
        return self._sentences.gettext(message)

    def ngettext(self, one: str, many: str, n: int, /) -> str:
        """Return the form of a sentence that goes with `n` things."""
        return self._sentences.ngettext(one, many, n)


@dataclass(frozen=True, slots=True)
class Catalogues:
    """All languages the bot speaks, read once."""

    _by_locale: Mapping[str, Translator]

    @classmethod
    def load(cls, folder: Path) -> Catalogues:
        """Read <folder>/<locale>/LC_MESSAGES/bot.po of every language; raises ConfigError when one is damaged or there is none."""
        found = {locale: Translator(locale, _compile(path)) for locale, path in catalogue_files(folder)}
        if FALLBACK not in found:
            raise ConfigError(f"no catalogue for {FALLBACK} in the folder of locales")
        return cls(found)

    @property
    def locales(self) -> tuple[str, ...]:
        """Return the languages, in alphabetical order of their tags."""
        return tuple(self._by_locale)

    def translator(self, locale: str) -> Translator:
        """Return the sentences of a language; English for one we do not speak."""
        return self._by_locale.get(locale) or self._by_locale[FALLBACK]


def catalogue_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield every locale with its file."""
    for path in sorted(folder.glob("*/LC_MESSAGES/bot.po")):
        yield path.parent.parent.name.replace("_", "-"), path


def read_catalogue(path: Path) -> Catalog:
    """Read a .po file; raises ConfigError when it is damaged."""
    locale = path.parent.parent.name if path.suffix == ".po" else None
    try:
        with path.open("rb") as file:
            return read_po(file, locale=locale, abort_invalid=True)
    except (PoFileError, OSError, UnicodeError, ValueError) as error:
        raise ConfigError(f"{path.name} of {locale} does not read: {error}") from error


def _compile(path: Path) -> gettext.GNUTranslations:
    compiled = io.BytesIO()
    write_mo(compiled, read_catalogue(path))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


# ---------------------------------------------------------------- languages


def language_name(locale: str) -> str:
    """Return what a language calls itself, in its own script: Español, العربية."""
    try:
        name = Locale.parse(locale, sep="-").get_display_name()
    except (UnknownLocaleError, ValueError):
        return locale
    return name[:1].upper() + name[1:] if name else locale


def negotiate(hint: str | None, available: Sequence[str]) -> str | None:
    """Find the language of ours that a platform's tag means: "es-419" gives "es"; None when we have none."""
    tag = (hint or "").replace("_", "-").casefold()
    ours = {locale.casefold(): locale for locale in available}
    while tag:
        if tag in ours:
            return ours[tag]
        tag = tag.rpartition("-")[0]
    return None


# ---------------------------------------------------------------- checks


def check_catalogues(folder: Path) -> tuple[Finding, ...]:
    """List what is missing, fuzzy, or differs from its source in placeholders or plural forms, in every language."""
    template = read_catalogue(folder / "bot.pot")
    faults: list[Finding] = []
    for locale, path in catalogue_files(folder):
        try:
            faults += _compare(locale, template, read_catalogue(path))
        except ConfigError as error:
            faults.append(_finding(locale, None, str(error)))
    return tuple(faults)


def _compare(locale: str, template: Catalog, catalogue: Catalog) -> Iterator[Finding]:
    for wanted in template:
        if wanted.id:
            ours = catalogue.get(wanted.id)
            problem = _problem(wanted, ours, catalogue.num_plurals) if ours else "is missing"
            if problem:
                yield _finding(locale, ours, f"{_source(wanted)!r} {problem}")
    for ours in catalogue:
        if ours.id and template.get(ours.id) is None:
            yield _finding(locale, ours, f"{_source(ours)!r} is not said any more", "warning")


def _finding(locale: str, sentence: Sentence | None, message: str, level: Level = "error") -> Finding:
    where = Where(f"{locale}/LC_MESSAGES/bot.po", locale=locale)
    return Finding(level, message, where, (sentence.lineno if sentence else None) or 0)


def _source(sentence: Sentence) -> str:
    return sentence.id if isinstance(sentence.id, str) else sentence.id[0]


def _problem(wanted: Sentence, ours: Sentence, plurals: int) -> str | None:
    sources = [wanted.id] if isinstance(wanted.id, str) else list(wanted.id)
    forms = [ours.string] if isinstance(ours.string, str) else list(ours.string or ())
    if ours.fuzzy:
        return "is marked fuzzy"
    if len(sources) > 1 and len(forms) != plurals:
        return f"has {len(forms)} plural forms instead of {plurals}"
    if not forms or not all(form and form.strip() for form in forms):
        return "has no translation"
    names = {frozenset(PLACEHOLDER.findall(text)) for text in (*sources, *forms)}
    return None if len(names) == 1 else "has other placeholders than its source"
