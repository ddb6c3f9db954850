"""Every rule of the checker, one fault at a time: it is found, and named with file, line, entry and language."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from bot.errors import KnowledgeError
from bot.knowledge.check import check, source_hash
from bot.knowledge.load import load_knowledge
from tests.knowledge.folders import good_files, spoiled, write

TODAY = date(2026, 11, 28)
CITY, PLACES, EGOV, EMERGENCY, ES, AR = (
    f"madrid/{name}" for name in ("city.yaml", "places.yaml", "egov.yaml", "emergency.yaml", "es/egov.yaml", "ar/egov.yaml")
)


@dataclass(frozen=True)
class Fault:
    """Exchange `old` for `new` in `file`; then `says` is in the message of a finding of that file and line."""

    file: str
    old: str
    new: str
    says: str
    line: int
    entry: str = ""
    locale: str = ""
    level: str = "error"


PADRON = "egov.padron"
FAULTS = (
    # form
    Fault(EGOV, "status: published", "status: ready", "must be one of: draft, published, archived", 2, PADRON),
    Fault(EGOV, "status: published\n  scope", "scope", "status is missing", 2, PADRON),
    Fault(EGOV, "scope: country", "scope: planet", "must be one of", 3, PADRON),
    Fault(EGOV, "audience: [everyone]", "audience: [tourists]", "must be one of: everyone", 4, PADRON),
    Fault(EGOV, "audience: [everyone]", "audience: everyone", "audience must be a list", 4, PADRON),
    Fault(EGOV, "audience: [everyone]", "audience: [everyone, everyone]", "has 'everyone' twice", 4, PADRON),
    Fault(EGOV, "owner: city", "ownr: city", "unknown key 'ownr'", 5, PADRON),
    Fault(EGOV, "owner: city", "owner: nobody", "is no organisation of this city", 5, PADRON),
    Fault(EGOV, "owner: city", "owner: ' '", "owner is empty", 5, PADRON),
    Fault(EGOV, "checked: null", "checked: {on: 2026-11-01}", "by is missing", 6, PADRON),
    Fault(EGOV, "checked: null", "checked: {on: 2026-11-29, by: Ana}", "lies in the future", 6, PADRON),
    Fault(EGOV, "review_by: 2027-05-01", "review_by: 1.5.2027", "is no date", 7, PADRON),
    Fault(EGOV, "review_by: 2027-05-01", "review_by: 2027-02-30", "is no date", 7, PADRON),
    Fault(EGOV, "review_by: 2027-05-01", "review_by: 2026-11-27", "is due", 7, PADRON, level="warning"),
    Fault(EGOV, "steps: [book, go]", "steps: [book, book, go]", "has 'book' twice", 14, PADRON),
    Fault(EGOV, "unverified: [what to do without a lease]", "unverified: text", "unverified must be a list", 19, PADRON),
    Fault(EGOV, "nie:", "n_ie:", "must be 1 to 32 small letters", 20, "egov.n_ie"),
    Fault(EGOV, "nie:\n  status: draft\n  audience: [everyone]", "nie: text", "must be a mapping", 20, "egov.nie"),
    # facts
    Fault(EGOV, "phone: {phone:", "phone: {telephone:", "unknown key 'telephone' in facts.phone", 9, PADRON),
    Fault(EGOV, "phone: {phone:", "Phone: {phone:", "must be 1 to 32 small letters", 9, PADRON),
    Fault(EGOV, '"+34 914 800 010"', '"+34 914 800 01"', "is no valid telephone number", 9, PADRON),
    Fault(EGOV, '"+34 914 800 010"', '"914 800 010"', "must be international", 9, PADRON),
    Fault(EGOV, '"+34 914 800 010"', "010", "is a short number", 9, PADRON),
    Fault(EGOV, "money: 10.50", 'money: "10,50 €"', "must be an amount", 10, PADRON),
    Fault(EGOV, "money: 10.50, currency: EUR", "money: 10.50", "money and currency belong together", 10, PADRON),
    Fault(EGOV, "currency: EUR", "currency: EURO", "is no currency code", 10, PADRON),
    Fault(EGOV, "currency: EUR", "currency: XQQ", "is no currency code", 10, PADRON),
    Fault(EGOV, "money: 10.50, currency: EUR", "years: two", "must be digits", 10, PADRON),
    Fault(EGOV, "money: 10.50, currency: EUR", "years: 2, days: 3", "exactly one of these", 10, PADRON),
    Fault(EGOV, "money: 10.50, currency: EUR", "note: hm", "exactly one of these", 10, PADRON),
    Fault(EGOV, "money: 10.50, currency: EUR", "date: 31.12.2026", "is no date", 10, PADRON),
    Fault(EGOV, "money: 10.50, currency: EUR", "email: info at madrid.es", "is no e-mail address", 10, PADRON),
    Fault(EGOV, "money: 10.50, currency: EUR", "short: 0161234", "3 to 6 digits", 10, PADRON),
    Fault(EGOV, "money: 10.50, currency: EUR", "short: 999", "is not known in ES", 10, PADRON, level="warning"),
    Fault(EGOV, "https://www.madrid.es/citaprevia", "www.madrid.es/citaprevia", "is no web address", 11, PADRON),
    Fault(EGOV, "https://www.madrid.es/citaprevia", "javascript:alert(1)", "is no web address", 11, PADRON),
    Fault(EGOV, "https://www.madrid.es/citaprevia", "https://bank.es@evil.example/", "is no web address", 11, PADRON),
    Fault(EGOV, "https://www.madrid.es/citaprevia", "https://localhost", "is no web address", 11, PADRON),
    Fault(EGOV, "https://www.madrid.es/citaprevia", "https://[x/", "is no web address", 11, PADRON),
    Fault(EGOV, '{hours_open: "Mo-Fr 08:30-19:00"}', '{hours_open: "lunes a viernes"}', "are no opening hours", 12, PADRON),
    Fault(EGOV, '{hours_open: "Mo-Fr', '{hours_open: "Jul Mo-Fr', "changes with the season", 12, PADRON, level="warning"),
    Fault(EGOV, "text: no", 'text: "a\\u202Eb"', "invisible control character", 13, PADRON),
    Fault(EGOV, "text: no", 'text: "a\\x07b"', "invisible control character", 13, PADRON),
    Fault(EGOV, "text: no", 'text: "a\\nb"', "must be one line", 13, PADRON),
    # what refers to something else
    Fault(EGOV, "needs: [egov.nie]", "needs: [egov.dni]", "is no entry of this city", 15, PADRON),
    Fault(EGOV, "needs: [egov.nie]", "needs: [nie]", "must be an entry id", 15, PADRON),
    Fault(EGOV, "needs: [egov.nie]", "needs: [egov.padron]", "names the entry itself", 15, PADRON),
    Fault(EGOV, "  status: draft\n", "  status: draft\n  needs: [egov.padron]\n", "goes round in a circle", 15, PADRON),
    Fault(EGOV, "places: [office]", "places: [palace]", "is no place of this city", 16, PADRON),
    Fault(EGOV, "related: [emergency.call-112]", "related: [emergency.call]", "is no entry of this city", 17, PADRON),
    Fault(EGOV, "related: [emergency.call-112]", "related: [egov.padron]", "names the entry itself", 17, PADRON),
    # sources
    Fault(EGOV, "{title: Handbook, ", "{", "one of these must be there", 18, PADRON),
    Fault(EGOV, "kind: secondary", "kind: rumour", "must be one of: official, secondary", 18, PADRON),
    Fault(EGOV, "seen: 2026-11-23, ", "", "seen is missing", 18, PADRON),
    Fault(EGOV, "[{title: Handbook, seen: 2026-11-23, kind: secondary}]", "[]", "no source", 18, PADRON, level="warning"),
    # words
    Fault(ES, "title: Padrón\n", "title: ~\n", "title is missing", 2, PADRON, "es"),
    Fault(ES, "title: Padrón\n", "title: Padrón {phone}\n", "title cannot hold a {placeholder}", 2, PADRON, "es"),
    Fault(ES, "[uno, dos, tres, cuatro, cinco, seis, siete, ocho]", "[]", "at least 1", 3, PADRON, "es"),
    Fault(ES, ", ocho]", "]", "only 7 questions", 3, PADRON, "es", "warning"),
    Fault(ES, "{phone}", "{telephone}", "{telephone} is no fact of this entry; its facts are: phone", 5, PADRON, "es"),
    Fault(ES, "{phone}", "{Phone}", "curly bracket", 5, PADRON, "es"),
    Fault(ES, "{phone}", "{phone", "curly bracket", 5, PADRON, "es"),
    Fault(ES, "y {code}", "y {cod}", "documents: {cod} is no fact", 9, PADRON, "es"),
    Fault(ES, "Pide cita, text", '"Pide {x}", text', "steps.book.title: {x} is no fact", 11, PADRON, "es"),
    Fault(ES, "Aquí: {book}", "Aquí: {boo}", "steps.book.text: {boo} is no fact", 11, PADRON, "es"),
    Fault(ES, "[Cita]({book})", "[Cita]({fee})", "is no url fact", 5, PADRON, "es"),
    Fault(ES, "[Cita]({book})", "[Cita](ftp://madrid.es)", "is no web address", 5, PADRON, "es"),
    Fault(ES, "    go: {title: Ve, text: Lleva todo.}\n", "", "steps: go is missing", 10, PADRON, "es"),
    Fault(ES, "    go: {", "    run: {title: x, text: y}\n    go: {", "steps: run is no step", 10, PADRON, "es"),
    Fault(ES, "padron:", "padrn:", "there is no such entry in madrid/egov.yaml", 1, "egov.padrn", "es"),
    Fault(ES, "by: person", "by: robot", "must be one of: machine, person", 13, PADRON, "es"),
    Fault(ES, "checked_by: Ana", "checkedby: Ana", "unknown key 'checkedby' in wording", 13, PADRON, "es"),
    Fault(ES, "  wording:", "  translation:", "wording is missing", 2, PADRON, "es"),
    # translations
    Fault(AR, 'hash: "b', 'hash: "a', "is outdated: the es text changed", 9, PADRON, "ar", "warning"),
    Fault(AR, 'hash: "b692afd59519"', "hash: null", 'then write hash: "b692afd59519"', 9, PADRON, "ar", "warning"),
    Fault(AR, 'hash: "b692afd59519"', "hash: b69", "must be the 12 characters", 9, PADRON, "ar"),
    Fault(AR, "of: es", "of: ar", "names this very language", 9, PADRON, "ar"),
    Fault(AR, "of: es", "of: fr", "is no language of this city", 9, PADRON, "ar"),
    Fault("madrid/es/emergency.yaml", "[q1,", "[¡Dos!,", "is also a question of egov.padron", 3, "emergency.call-112", "es", "warning"),
    # places
    Fault(PLACES, "kind: town-hall", "kind: Town Hall", "must be 1 to 32 small letters", 3, "office"),
    Fault(PLACES, "area: alcorcon", "area: getafe", "is no area of this city", 4, "office"),
    Fault(PLACES, '"+34 914 800 010"', "016", "is a short number", 6, "office"),
    Fault(PLACES, "oficina@madrid.es", "oficina@madrid", "is no e-mail address", 7, "office"),
    Fault(PLACES, "https://www.madrid.es", "http://", "is no web address", 8, "office"),
    Fault(PLACES, "Mo-Fr 08:30-19:00", "Mo-Fr 08:30-25:90", "are no opening hours", 9, "office"),
    Fault(PLACES, "Mo-Fr 08:30-19:00", "Mo-Fr 08:30-19:00; " + "Sa off; " * 60, "at most 400 characters", 9, "office"),
    Fault(PLACES, "languages: [es]", "languages: [Spanish]", "is no language code", 10, "office"),
    Fault(PLACES, "topics: [egov]", "topics: [taxes]", "is no topic of this city", 11, "office"),
    Fault(PLACES, "for_whom: [everyone]", "for_whom: [all]", "must be one of", 12, "office"),
    Fault(PLACES, 'latitude: "40.4"', 'latitude: "91"', "latitude goes from -90 to 90", 13, "office"),
    Fault(PLACES, 'latitude: "40.4"', 'latitude: "43.4"', "km from the centre of the city", 13, "office"),
    Fault(PLACES, 'latitude: "40.4"', 'latitude: "40,4"', "must be digits", 13, "office"),
    Fault(PLACES, '  latitude: "40.4"\n', "", "latitude and longitude belong together", 2, "office"),
    Fault(PLACES, "speaks_to_people: yes", "speaks_to_people: perhaps", "must be one of: yes, no", 15, "office"),
    Fault(PLACES, "on: 2026-11-01", "on: 2027-11-01", "lies in the future", 17, "office"),
    Fault(PLACES, "short: 016", "short: 999", "is not known in ES", 21, "line", level="warning"),
    # the city
    Fault(CITY, "country: ES", "country: Spain", "two capital letters", 3),
    Fault(CITY, "country: ES", "country: QQ", "is no country code", 3),
    Fault(CITY, "time_zone: Europe/Madrid", "time_zone: ../../etc/passwd", "is no time zone", 4),
    Fault(CITY, "time_zone: Europe/Madrid", "time_zone: Madrid", "is no time zone", 4),
    Fault(CITY, "currency: EUR", "currency: Pta", "is no currency code", 5),
    Fault(CITY, "host_language: es", "host_language: it", "is no language of this city", 6),
    Fault(CITY, "languages: [es, ar]", "languages: [ar, es]", "must be the host language", 7),
    Fault(CITY, "languages: [es, ar]", "languages: [es, ar, qq]", "is no language code", 7),
    Fault(CITY, "controller: city", "controller: null", "controller is empty", 8, level="warning"),
    Fault(CITY, "controller: city", "controller: somebody", "is no organisation of this city", 8),
    Fault(CITY, 'radius_km: "40"', "radius: 40", "radius_km is missing in centre", 10),
    Fault(CITY, 'latitude: "40.4168"', "latitude: 140", "latitude goes from -90 to 90", 10),
    Fault(CITY, 'general: {short: "112"}', 'police: {short: "091"}', "needs a number named general", 11),
    Fault(CITY, '{short: "112"}', '{short: "999"}', "is not known in ES", 11, level="warning"),
    Fault(CITY, "names: {es: Madrid, ar: مدريد}", "names: {es: Madrid}", "names has no ar", 1, locale="ar", level="warning"),
    Fault(CITY, "es: Alcorcón, ar: ألكوركون", "es: Alcorcón", "areas.alcorcon.names has no ar", 12, locale="ar", level="warning"),
    Fault(CITY, "first_steps: [egov.padron]", "first_steps: [egov.tie]", "is no entry of this city", 14),
    Fault(CITY, "topics: [egov]", "topics: [taxes]", "is no topic of this city", 15),
    Fault(CITY, "names: {es: Madrid", "names: {Spanish: Madrid", "key in names: 'Spanish' is no language code", 1),
    # common files
    Fault("topics.yaml", 'order: "1"', "order: first", "must be a whole number", 1),
    Fault("topics.yaml", "{es: Papeles, ar: الأوراق}", "{es: Papeles}", "has no name in this language", 1, "egov", "ar", "warning"),
    Fault("safety.yaml", "madrid: emergency.call-112", "madrid: emergency.call", "is no entry of madrid", 2, "medical"),
    Fault("safety.yaml", "madrid: emergency.call-112", "madrid: egov.nie", "of madrid is not published", 2, "medical"),
    Fault("safety.yaml", "madrid: emergency.call-112, ", "", "names no entry of madrid", 2, "medical", level="warning"),
    Fault("phrases/es.yaml", ", words: {ar: \"لغة: {language}.\"}", ", words: {}", "words has no ar", 1, "interpreter", "ar", "warning"),
    Fault("phrases/es.yaml", "لغة: {language}.", "لغة.", "words: its placeholders are not those of host", 1, "interpreter", "ar"),
    Fault("phrases/es.yaml", "Idioma: {language}", "Idioma: {lengua}", "is the only placeholder of a card", 1, "interpreter"),
    Fault("safety.yaml", ", ar: [لا أستطيع التنفس]", "", "has no phrases in this language", 2, "medical", "ar", "warning"),
    Fault("smalltalk.yaml", ", ar: مرحبًا.", "", "has no reply in this language", 2, "greeting", "ar", "warning"),
    # alerts and test questions
    Fault("madrid/alerts.yaml", "entries: [egov.padron]", "entries: []", "at least 1", 1),
    Fault("madrid/alerts.yaml", "entries: [egov.padron]", "entries: [egov.x]", "is no entry of this city", 1),
    Fault("madrid/alerts.yaml", "until: 2026-12-01", "until: 2026-11-01", "is later than until", 1),
    Fault("madrid/alerts.yaml", "until: 2026-12-01", "until: 2026-11-27", "was over on 2026-11-27", 1, level="warning"),
    Fault("madrid/alerts.yaml", "- {entries", "x: {entries", "the file must be a list", 1),
    Fault("madrid/questions.jsonl", "quiero el padrón", "¡DOS!", "is already a question of an entry", 1),
    Fault("madrid/questions.jsonl", '"id": "egov.padron"', '"id": "egov.x"', "'egov.x' is no entry", 1),
    Fault("madrid/questions.jsonl", '["egov.nie"]', '["egov.y"]', "'egov.y' is no entry", 1),
    Fault("madrid/questions.jsonl", '"id": null}', '"id": null', "is not valid JSON", 2),
    Fault("madrid/questions.jsonl", '"id": null}', '"idd": null}', "unknown key 'idd'", 2),
    Fault("madrid/questions.jsonl", '"id": null}', '"idd": null}', "id is missing", 2),
    Fault("madrid/questions.jsonl", '"lang": "es", "text": "qué', '"text": "qué', "lang is missing", 2),
    Fault("madrid/questions.jsonl", '"text": "qué tiempo hace", ', "", "text is missing", 2),
    Fault("madrid/questions.jsonl", '{"lang": "es", "text": "qué tiempo hace", "id": null}', "[1]", "must be a JSON object", 2),
    Fault("madrid/questions.jsonl", '{"lang": "es", "text": "qué tiempo hace", "id": null}', "[" * 9000, "is not valid JSON", 2),
)  # fmt: skip


def _ids(fault: Fault) -> str:
    return f"{fault.file}:{fault.line} {fault.says}"


@pytest.mark.parametrize("fault", FAULTS, ids=_ids)
def test_a_fault_is_found_and_named(fault: Fault, tmp_path: Path) -> None:
    folder = spoiled(tmp_path, fault.file, fault.old, fault.new)
    report = check(folder, TODAY)
    found = report.errors if fault.level == "error" else report.warnings
    hits = [
        finding
        for finding in found
        if fault.says in finding.message
        and (finding.where.file, finding.line, finding.where.entry, finding.where.locale)
        == (fault.file, fault.line, fault.entry, fault.locale)
    ]
    assert hits, report.as_text()
    assert (fault.level == "error") == bool(report.errors), report.as_text()
    if fault.level == "error" and "questions.jsonl" not in fault.file and "future" not in fault.says:
        with pytest.raises(KnowledgeError):
            load_knowledge(folder)


def test_the_good_folder_has_no_findings(tmp_path: Path) -> None:
    report = check(write(tmp_path, good_files()), TODAY)
    assert report.as_text() == "0 errors, 0 warnings"
    assert (report.as_dict()["errors"], report.as_dict()["warnings"]) == ([], [])


def test_the_first_error_is_raised_and_counts_the_others(tmp_path: Path) -> None:
    folder = spoiled(tmp_path, EGOV, "status: published", "status: ready")
    write(folder, {PLACES: good_files()[PLACES].replace("area: alcorcon", "area: getafe")})
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(folder)
    assert (caught.value.file, caught.value.line, caught.value.entry) == (PLACES, 4, "office")
    assert str(caught.value) == "madrid/places.yaml:4: office: area: 'getafe' is no area of this city (and 1 more: see `dragoman check`)"


def test_a_report_says_everything_as_text_and_as_values(tmp_path: Path) -> None:
    report = check(spoiled(tmp_path, ES, "{phone}", "{fax}"), TODAY)
    message = "answer: {fax} is no fact of this entry; its facts are: phone, fee, book, open, code"
    assert f"error: madrid/es/egov.yaml:5: egov.padron, language es: {message}\n" in report.as_text()
    assert report.as_text().endswith("1 error, 1 warning")
    assert report.as_dict()["errors"] == [
        {"file": "madrid/es/egov.yaml", "line": 5, "entry": "egov.padron", "locale": "es", "message": message},
    ]


def test_a_missing_language_is_listed(tmp_path: Path) -> None:
    folder = write(tmp_path, good_files())
    (folder / "madrid/ar/egov.yaml").unlink()
    (finding,) = check(folder, TODAY).warnings
    assert str(finding) == "warning: madrid/ar/egov.yaml: egov.padron, language ar: is missing in this language"


def test_words_with_a_fault_are_not_called_missing_too(tmp_path: Path) -> None:
    report = check(spoiled(tmp_path, ES, "title: Padrón", "titel: Padrón"), TODAY)
    assert not [finding for finding in report.warnings if "missing" in finding.message or "no words" in finding.message]


def test_a_language_file_that_cannot_be_read_raises_one_error(tmp_path: Path) -> None:
    report = check(write(tmp_path, good_files() | {ES: "padron: [", AR: "padron: ["}), TODAY)
    assert [finding.where.file for finding in report.errors] == [AR, ES]
    assert not report.warnings


def test_a_facts_file_that_cannot_be_read_raises_one_error(tmp_path: Path) -> None:
    report = check(write(tmp_path, good_files() | {EGOV: "padron: [", PLACES: "x: &a 1"}), TODAY)
    assert [finding.where.file for finding in report.errors] == [EGOV, PLACES]


def test_a_published_entry_needs_words(tmp_path: Path) -> None:
    folder = write(tmp_path, good_files())
    (folder / ES).unlink()
    (folder / AR).unlink()
    (finding,) = check(folder, TODAY).errors
    assert (finding.where.file, finding.line) == (EGOV, 1)
    assert "no words in any language" in finding.message


def test_drafts_and_archived_entries_may_lack_words(tmp_path: Path) -> None:
    for status in ("draft", "archived"):
        folder = spoiled(tmp_path / status, EGOV, "status: published", f"status: {status}")
        (folder / AR).unlink()
        assert not check(folder, TODAY).warnings


def test_two_originals_are_one_too_many(tmp_path: Path) -> None:
    folder = spoiled(tmp_path, AR, 'of: es, hash: "b692afd59519"', "of: null, hash: null")
    (finding,) = check(folder, TODAY).errors
    assert "wording.of is null here and in" in finding.message


def test_a_translation_without_its_source_is_listed(tmp_path: Path) -> None:
    folder = write(tmp_path, good_files())
    (folder / ES).unlink()
    messages = [finding.message for finding in check(folder, TODAY).warnings]
    assert "is translated from es, which has no words for this entry" in messages


def test_a_changed_source_makes_the_translation_outdated(tmp_path: Path) -> None:
    folder = spoiled(tmp_path, ES, "**web**", "**página**")
    (finding,) = check(folder, TODAY).warnings
    words = load_knowledge(folder).cities["madrid"].entries[PADRON].words["es"]
    assert finding.where.locale == "ar"
    assert source_hash(words) in finding.message


def test_the_fingerprint_covers_what_is_translated_and_nothing_else(tmp_path: Path) -> None:
    changes = {
        "title: Padrón": "title: Censo",
        "o **web**": "o web",
        "Pasaporte y": "NIE y",
        "title: Pide cita": "title: Cita",
        "text: Lleva todo.": "text: Lleva.",
        "keywords: [padrón]": "keywords: [censo]",
        "[uno,": "[un,",
        "checked_by: Ana": "checked_by: Eva",
    }
    prints = []
    for number, (old, new) in enumerate(changes.items()):
        folder = spoiled(tmp_path / str(number), ES, old, new)
        prints.append(source_hash(load_knowledge(folder).cities["madrid"].entries[PADRON].words["es"]))
    assert len(set(prints[:5]) | {"b692afd59519"}) == 6
    assert set(prints[5:]) == {"b692afd59519"}


def test_long_ids_do_not_fit_into_a_link(tmp_path: Path) -> None:
    city, slug = "c" * 32, "s" * 32
    files = {name.replace("madrid/", f"{city}/"): text for name, text in good_files().items()}
    files[f"{city}/egov.yaml"] = files[f"{city}/egov.yaml"].replace("nie", slug)
    files[f"{city}/questions.jsonl"] = ""
    report = check(write(tmp_path, files), TODAY)
    assert [(finding.where.entry, finding.line) for finding in report.errors] == [(f"egov.{slug}", 20)]
    assert "longer than 64 characters" in report.errors[0].message


def test_a_language_the_city_does_not_list_is_left_out(tmp_path: Path) -> None:
    folder = write(tmp_path, good_files() | {"madrid/fr/egov.yaml": good_files()[AR]})
    (finding,) = check(folder, TODAY).warnings
    assert "fr is not in languages of city.yaml" in finding.message
    assert set(load_knowledge(folder).cities["madrid"].entries[PADRON].words) == {"es", "ar"}


def test_the_worked_example_of_the_readme_is_right(tmp_path: Path) -> None:
    knowledge = Path(__file__).parent.parent.parent / "knowledge"
    facts, words = re.findall(r"```yaml\n(library-card:.*?)```", (knowledge / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    folder = tmp_path / "knowledge"
    shutil.copytree(knowledge, folder)
    for file, text in (("education.yaml", facts.replace("draft ", "published ")), ("es/education.yaml", words)):
        path = folder / "madrid" / file
        path.write_text(f"{path.read_text(encoding='utf-8')}\n{text}", encoding="utf-8")
    report = check(folder, TODAY)
    assert not report.errors, report.as_text()
    messages = [finding.message for finding in report.warnings if finding.where.entry == "education.library-card"]
    assert sorted(messages) == ["is missing in this language"] * 6 + [
        "no other entry leads here: name it under related of one that does",
        "only 4 questions: 8 to 12 make it easy to find",
    ]


def test_test_questions_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (finding,) = check(write(tmp_path, good_files() | {"madrid/questions.jsonl": b"{}\n\xff"}), TODAY).errors
    assert str(finding) == "error: madrid/questions.jsonl:2: is not saved as UTF-8 text"
