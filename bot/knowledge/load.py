"""Reads the knowledge folder: which files there are, what they hold, and all of it together as Knowledge."""

from __future__ import annotations

import os
from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain
from pathlib import Path

from bot.errors import KnowledgeError
from bot.knowledge import build, crisis, rules, schema, values
from bot.knowledge.findings import Findings, Where
from bot.knowledge.reading import EMPTY, Fields, Items, Node, fields_at, read_yaml, texts_at
from bot.knowledge.validate import Validator
from bot.model import City, Knowledge

__all__ = ["load_common", "load_knowledge", "read_folder"]

COMMON_FILES = ("topics.yaml", "safety.yaml", "smalltalk.yaml")
CITY_FILES = ("city.yaml", "places.yaml", "alerts.yaml")
NOT_YET = ("events.yaml",)  # part of the format, read by a later version
SCHEMA = "schema"  # a folder with the format for editors, made by `dragoman schema`
PHRASES = "phrases"  # a folder with one file a host language
LEXICON, UNCOVERED, CRIES, TALK = "lexicon", "uncovered", "cries", "talk"  # folders with one file a language
COMMON_FOLDERS = (PHRASES, LEXICON, UNCOVERED, CRIES, TALK)


def load_knowledge(folder: Path) -> Knowledge:
    """Read and check the whole folder.

    Raises KnowledgeError with the first fault; its message says how many more there are."""
    findings = Findings()
    knowledge = read_folder(folder, findings)
    errors = findings.errors
    if knowledge is None or errors:
        first, more = errors[0], len(errors) - 1
        message = first.message + (f" (and {more} more: see `dragoman check`)" if more else "")
        raise replace(first, message=message).as_error()
    return knowledge


def load_common(folder: Path) -> Knowledge | None:
    """Read what all cities share, and no city; None where something is wrong with it, which load_knowledge names."""
    findings = Findings()
    knowledge = read_folder(folder, findings, with_cities=False)
    return None if findings.errors else knowledge


def read_folder(folder: Path, findings: Findings, today: date | None = None, *, with_cities: bool = True) -> Knowledge | None:
    """Read everything and note every finding; None where the faults leave nothing to build."""
    tree = _scan(folder, findings)
    found = tree.cities if with_cities else {}
    reader = _Reader(folder, findings)
    topics = reader.common("topics.yaml", schema.TOPICS, tree)
    safety = reader.common("safety.yaml", schema.SAFETY, tree)
    crisis_words = reader.crisis_words(safety, tree)
    cards = reader.by_language(PHRASES, schema.CARDS, tree)
    lexicon = reader.by_language(LEXICON, schema.LEXICON, tree)
    uncovered = reader.by_language(UNCOVERED, schema.UNCOVERED, tree)
    cries = reader.by_language(CRIES, schema.CRIES, tree)
    talk = reader.by_language(TALK, schema.TALK, tree)
    smalltalk = reader.common("smalltalk.yaml", schema.SMALLTALK, tree) if "smalltalk.yaml" in tree.files else EMPTY
    topic_ids = frozenset(topics.pairs) if topics is not None else None
    cities = [draft for slug, files in found.items() if (draft := reader.city(slug, files, topic_ids)) is not None]
    for draft in cities:
        rules.check_city(draft, findings, today)
    if topics is None or safety is None or smalltalk is None:
        return None
    knowledge = Knowledge(
        topics=build.build_topics(topics),
        cities={draft.city.slug: _finish(draft) for draft in cities},
        safety=build.with_phrases(build.build_safety(safety), ((words.language, words.phrases) for words in crisis_words)),
        lookalikes=crisis.with_lookalikes(build.build_lookalikes(safety), crisis_words),
        smalltalk=build.with_phrases(build.build_smalltalk(smalltalk), zip(talk, map(build.build_lists, talk.values()), strict=True)),
        cards={host: build.build_cards(node) for host, node in cards.items()},
        lexicon={locale: build.build_lists(node) for locale, node in lexicon.items()},
        uncovered=build.build_uncovered(uncovered),
        cries={locale: build.build_lists(node) for locale, node in cries.items()},
    )
    languages = frozenset(chain.from_iterable(draft.city.languages for draft in cities))
    rules.check_topics(knowledge.topics, topics, languages, findings)
    rules.check_safety(knowledge.safety, safety, cities, findings)
    rules.check_cries(cries, knowledge.safety, findings)
    rules.check_talk(talk, knowledge.smalltalk, findings)
    rules.check_smalltalk(knowledge.smalltalk, smalltalk, languages, findings)
    rules.check_cards(knowledge.cards, cards, cities, findings)
    return knowledge


def _finish(draft: rules.CityDraft) -> City:
    entries = {
        entry_id: build.with_words(entry.entry, {locale: words.words for locale, words in entry.words.items()})
        for entry_id, entry in draft.entries.items()
    }
    places = {slug: place.place for slug, place in draft.places.items()}
    return replace(draft.city, entries=entries, places=places, alerts=build.build_alerts(draft.alerts))


# ---------------------------------------------------------------- which files there are


@dataclass(slots=True)
class _Tree:
    """The files worth reading: common ones, and per city those inside its folder ("es/egov.yaml")."""

    files: set[str] = field(default_factory=set)
    cities: dict[str, set[str]] = field(default_factory=dict)


def _scan(folder: Path, findings: Findings) -> _Tree:
    tree = _Tree()
    for name, is_folder in _listing(folder, "", findings):
        if name in NOT_YET:
            findings.warn(Where(name), 0, "is not read by this version")
        elif is_folder and name == SCHEMA:
            continue
        elif is_folder and name in COMMON_FOLDERS:
            tree.files.update(f"{name}/{file}" for file, _ in _listing(folder, name, findings))
        elif is_folder:
            _scan_city(folder, name, tree, findings)
        elif name in COMMON_FILES or crisis.FILE.fullmatch(name):
            tree.files.add(name)
        else:
            _judge_stray(name, findings)
    if not tree.cities and not findings.errors:
        findings.error(Where("."), 0, "there is no city: make a folder with a city.yaml")
    return tree


def _scan_city(folder: Path, city: str, tree: _Tree, findings: Findings) -> None:
    complaint = values.slug(city)
    if complaint:
        findings.error(Where(city), 0, f"folder name {complaint}")
        return
    files = tree.cities.setdefault(city, set())
    for name, is_folder in _listing(folder, city, findings):
        if name in NOT_YET:
            findings.warn(Where(f"{city}/{name}"), 0, "is not read by this version")
        elif is_folder:
            files.update(f"{name}/{file}" for file, _ in _listing(folder, f"{city}/{name}", findings))
        else:
            files.add(name)
    if "city.yaml" not in files:
        findings.error(Where(f"{city}/city.yaml"), 0, "is missing: every folder is a city and needs one")


def _listing(folder: Path, inside: str, findings: Findings) -> list[tuple[str, bool]]:
    """List a folder by name, each with whether it is a folder; hidden files are passed over, symbolic links refused."""
    try:
        with os.scandir(folder / inside) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        findings.error(Where(inside or "."), 0, f"folder cannot be read: {error.strerror}")
        return []
    listed = []
    for entry in found:
        if entry.name.startswith("."):
            continue
        if entry.is_symlink():
            findings.error(Where(f"{inside}/{_printable(entry.name)}".lstrip("/")), 0, "is a symbolic link: put the file itself here")
        else:
            listed.append((_printable(entry.name), entry.is_dir(follow_symlinks=False)))
    return listed


def _printable(name: str) -> str:
    """Make a file name fit for messages; a name that is not UTF-8 is changed and so never found."""
    return name.encode("utf-8", "replace").decode()


def _judge_stray(file: str, findings: Findings) -> None:
    if file.endswith((".yaml", ".yml")):
        findings.error(Where(file), 0, "is no file of the format: check its name")


# ---------------------------------------------------------------- what they hold


@dataclass(frozen=True, slots=True)
class _Reader:
    folder: Path
    findings: Findings

    def read(self, file: str) -> Node | None:
        """Read one file; None, with the fault noted, where it cannot be."""
        try:
            return read_yaml(self.folder, file)
        except KnowledgeError as error:
            self.findings.take(error)
            return None

    def common(self, file: str, kind: schema.Kind, tree: _Tree) -> Fields | None:
        """Read a file of all cities together; None where it has a fault."""
        if file not in tree.files:
            self.findings.error(Where(file), 0, "is missing")
            return None
        node = self.read(file)
        if node is not None and Validator(self.findings).accepts(node, kind, Where(file)) and isinstance(node, Fields):
            return node
        return None

    def by_language(self, folder: str, kind: schema.Kind, tree: _Tree) -> dict[str, Fields]:
        """Read a folder of all cities that holds one file a language."""
        found = {}
        for file in sorted(file for file in tree.files if file.startswith(f"{folder}/")):
            language, dot, ending = file.removeprefix(f"{folder}/").partition(".")
            if (dot, ending) != (".", "yaml") or values.locale(language):
                self.findings.error(Where(file), 0, "is no file of the format: its name is a language, such as hr.yaml")
            elif (node := self.common(file, kind, tree)) is not None:
                found[language] = node
        return found

    def crisis_words(self, safety: Fields | None, tree: _Tree) -> list[crisis.CrisisWords]:
        """Read the further crisis phrases of each language."""
        kinds = frozenset(fields_at(safety, "kinds").pairs) if safety else frozenset()
        found = []
        for file in sorted(tree.files):
            named = crisis.FILE.fullmatch(file)
            node = self.common(file, schema.CRISIS_WORDS, tree) if named and safety else None
            if named and node is not None:
                found.append(crisis.build_words(named["language"], node, kinds, Where(file, locale=named["language"]), self.findings))
        return found

    def city(self, slug: str, files: Set[str], topics: Set[str] | None) -> rules.CityDraft | None:
        """Read the files of one city; None where its city.yaml has a fault."""
        if "city.yaml" not in files:
            return None
        return _CityReader(self, slug, files, topics).draft()


class _CityReader:
    """Reads the files of one city: first everything that can be referred to, then the rest against it."""

    def __init__(self, reader: _Reader, slug: str, files: Set[str], topics: Set[str] | None) -> None:
        self.reader, self.findings, self.slug, self.files, self.topics = reader, reader.findings, slug, files, topics
        self.city_node = self._fields("city.yaml")
        self.places_node = self._fields("places.yaml") if "places.yaml" in files else EMPTY
        names = sorted(file.removesuffix(".yaml") for file in files if self._is_topic(file))
        self.topic_nodes = {topic: self._fields(f"{topic}.yaml") for topic in names}
        self.validator = Validator(self.findings, self._known())

    def draft(self) -> rules.CityDraft | None:
        """Check every file of the city and put together what has the right form."""
        places = self._places()
        entries = {entry.entry.id: entry for topic, node in self.topic_nodes.items() for entry in self._entries(topic, node or EMPTY)}
        alerts = self._alerts()
        where = Where(f"{self.slug}/city.yaml")
        node = self.city_node
        city_is_good = node is not None and self.validator.accepts(node, schema.CITY, where)
        self._words(entries)
        if node is None or not city_is_good:
            return None
        return rules.CityDraft(build.build_city(self.slug, node), node, where, self._ids(), entries, places, alerts)

    def _is_topic(self, file: str) -> bool:
        """Tell topic files from others; a stray YAML file is noted."""
        if "/" in file or file in CITY_FILES or not file.endswith((".yaml", ".yml")):
            return False
        if self.topics is not None and file.removesuffix(".yaml") not in self.topics:
            self.findings.error(Where(f"{self.slug}/{file}"), 0, "is no file of the format: its name is no topic of topics.yaml")
            return False
        return file.endswith(".yaml")

    def _fields(self, file: str) -> Fields | None:
        node = self.reader.read(f"{self.slug}/{file}")
        if node is None or isinstance(node, Fields):
            return node
        self.findings.error(Where(f"{self.slug}/{file}"), node.line, "the file must be a mapping (key: value)")
        return None

    def _ids(self) -> frozenset[str]:
        return frozenset(f"{topic}.{slug}" for topic, node in self.topic_nodes.items() if node is not None for slug in node.pairs)

    def _known(self) -> Mapping[str, Set[str]]:
        """Collect every id that can be referred to; a sort whose file cannot be read is left out, so that it raises no other error."""
        known: dict[str, Set[str]] = {}
        if self.topics is not None:
            known["topic"] = self.topics
        if self.city_node is not None:
            known["organisation"] = set(fields_at(self.city_node, "organisations").pairs)
            known["area"] = set(fields_at(self.city_node, "areas").pairs)
            known["language"] = set(texts_at(self.city_node, "languages"))
        if self.places_node is not None:
            known["place"] = set(self.places_node.pairs)
        if None not in self.topic_nodes.values():
            known["entry"] = self._ids()
        return known

    def _places(self) -> dict[str, rules.PlaceDraft]:
        found = {}
        for slug, node in (self.places_node or EMPTY).pairs.items():
            where = Where(f"{self.slug}/places.yaml", slug)
            if self._accepts(self.places_node or EMPTY, slug, schema.PLACE, where) and isinstance(node, Fields):
                found[slug] = rules.PlaceDraft(build.build_place(slug, node), node, where)
        return found

    def _accepts(self, holder: Fields, slug: str, kind: schema.Kind, where: Where) -> bool:
        complaint = values.slug(slug)
        if complaint:
            self.findings.error(where, holder.lines[slug], f"the name {complaint}")
        return self.validator.accepts(holder.pairs[slug], kind, where) and complaint is None

    def _entries(self, topic: str, holder: Fields) -> list[rules.EntryDraft]:
        found = []
        for slug, node in holder.pairs.items():
            entry_id = f"{topic}.{slug}"
            where = Where(f"{self.slug}/{topic}.yaml", entry_id)
            if self._accepts(holder, slug, schema.ENTRY, where) and isinstance(node, Fields):
                found.append(rules.EntryDraft(build.build_entry(entry_id, node), node, where, holder.lines[slug]))
        return found

    def _alerts(self) -> Items:
        if "alerts.yaml" not in self.files:
            return Items([], 0)
        where = Where(f"{self.slug}/alerts.yaml")
        node = self.reader.read(where.file)
        is_good = node is not None and node is not EMPTY and self.validator.accepts(node, schema.ListOf(schema.ALERT), where)
        return node if is_good and isinstance(node, Items) else Items([], 0)

    def _words(self, entries: Mapping[str, rules.EntryDraft]) -> None:
        """Read the words of every language; a language the city does not list is checked, but not used."""
        listed = self.validator.known.get("language", frozenset())
        for file in sorted(file for file in self.files if "/" in file):
            language, _, name = file.partition("/")
            topic = name.removesuffix(".yaml")
            if not name.endswith((".yaml", ".yml")):
                continue
            if self.topics is not None and topic not in self.topics:
                self.findings.error(Where(f"{self.slug}/{file}", locale=language), 0, "is no file of the format: its name is no topic")
            elif self.city_node is None or language in listed:
                self._words_of(language, topic, entries)
            else:
                message = f"{language} is not in languages of city.yaml: these words are not used"
                self.findings.warn(Where(f"{self.slug}/{file}", locale=language), 0, message)

    def _words_of(self, language: str, topic: str, entries: Mapping[str, rules.EntryDraft]) -> None:
        file = f"{language}/{topic}.yaml"
        holder = self._fields(file)
        if holder is None:
            for entry in entries.values():
                if entry.entry.topic == topic:
                    entry.faulty.add(language)
        for slug in holder.pairs if holder else ():
            entry_id = f"{topic}.{slug}"
            draft = self._words_draft(holder or EMPTY, slug, Where(f"{self.slug}/{file}", entry_id, language))
            if entry_id in entries and draft is not None:
                entries[entry_id].words[language] = draft
            elif entry_id in entries:
                entries[entry_id].faulty.add(language)

    def _words_draft(self, holder: Fields, slug: str, where: Where) -> rules.WordsDraft | None:
        node, line = holder.pairs[slug], holder.lines[slug]
        known = self.validator.known.get("entry")
        if known is not None and where.entry not in known:
            self.findings.error(where, line, f"there is no such entry in {self.slug}/{where.entry.partition('.')[0]}.yaml")
        elif self.validator.accepts(node, schema.WORDS, where) and isinstance(node, Fields):
            return rules.WordsDraft(build.build_words(node), node, where, line)
        return None
