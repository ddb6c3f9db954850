"""The knowledge of every city says nothing in figures that its facts file does not hold, and no word that belittles people.

tests/facts/<city>.md are the collected facts with their sources; tests/facts/allowed.yaml lists the few exceptions with a reason each."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
import yaml

from bot.knowledge.load import load_knowledge
from bot.model import City, Words
from tests.knowledge.truth import Claim, FactsFile, claims_of, load_allowed, load_facts, readings, unsupported, western

ROOT = Path(__file__).parent.parent.parent
KNOWLEDGE, FACTS = ROOT / "knowledge", ROOT / "tests" / "facts"
CITIES = sorted(path.name for path in KNOWLEDGE.iterdir() if (path / "city.yaml").is_file() and (FACTS / f"{path.name}.md").is_file())

BELITTLING = {
    locale: "|".join(patterns)
    for locale, patterns in yaml.safe_load((Path(__file__).parent / "belittling.yaml").read_text(encoding="utf-8")).items()
}


def city_of(folder: Path, slug: str) -> City:
    return load_knowledge(folder).cities[slug]


@cache
def all_cities() -> Mapping[str, City]:
    return load_knowledge(KNOWLEDGE).cities


@pytest.fixture(scope="module", params=CITIES)
def city(request: pytest.FixtureRequest) -> City:
    return all_cities()[str(request.param)]


@pytest.fixture(scope="module")
def facts(city: City) -> FactsFile:
    return load_facts(FACTS, city)


@pytest.fixture(scope="module")
def madrid_facts() -> FactsFile:
    return load_facts(FACTS, all_cities()["madrid"])


def test_every_city_has_its_facts_file() -> None:
    assert sorted(path.parent.name for path in KNOWLEDGE.glob("*/city.yaml")) == CITIES
    assert len(CITIES) == 6


def test_nothing_is_said_that_the_facts_do_not_hold(city: City, facts: FactsFile) -> None:
    assert unsupported(city, facts, load_allowed(FACTS)) == []


def test_there_is_something_to_hold(city: City) -> None:
    kinds = [claim.kind for claim in claims_of(city)]
    assert {"number", "phone", "url", "address", "time"} <= set(kinds)
    assert len(kinds) > 200


def test_the_ids_are_those_of_the_facts(city: City, facts: FactsFile) -> None:
    assert set(city.entries) == facts.ids
    assert all(entry.status == "published" for entry in city.entries.values())


def test_every_exception_has_a_reason() -> None:
    for value, reason in load_allowed(FACTS).items():
        assert len(reason) > 10, value


# ---------------------------------------------------------------- this test can fail

PLANTED = (  # file, old, new, and the value that must be called unsupported
    ("egov.yaml", "+34 914 800 010", "+34 914 800 011", "+34 914 800 011"),
    ("city.yaml", "+34 900 105 090", "+34 900 105 091", "+34 900 105 091"),
    ("places.yaml", "+34 900 814 815", "+34 900 814 816", "+34 900 814 816"),
    ("places.yaml", "Plaza de los Reyes de España 1,", "Plaza de los Reyes de España 2,", "Plaza de los Reyes de España 2, Alcorcón"),
    ("places.yaml", "Carrera de San Jerónimo 13", "Calle de San Jerónimo 13", "Calle de San Jerónimo 13, 28014 Madrid"),
    ("places.yaml", "Carrera de San Francisco,", "Carrera de San Francisco 10,", "Carrera de San Francisco 10, Madrid"),
    ("places.yaml", "trata@policia.es", "trata@policia.com", "trata@policia.com"),
    ("places.yaml", "Mo-Fr 08:30-19:00", "Mo-Fr 08:30-18:40", "18:40"),
    ("places.yaml", "Dec 22-Jan 08", "Dec 15-Jan 08", "0000-12-15"),
    ("places.yaml", 'short: "016"', 'short: "017"', "017"),
    ("egov.yaml", 'money: "10.00"', 'money: "12.00"', "12.00"),
    ("work.yaml", 'money: "1221.00"', 'money: "1212.00"', "1212.00"),
    ("support.yaml", 'date: "2026-06-30"', 'date: "2026-06-29"', "2026-06-29"),
    ("support.yaml", 'date: "2025-05-20"', 'date: "2024-05-20"', "2024-05-20"),
    ("egov.yaml", 'text: "EX-15"', 'text: "EX-16"', "EX-16"),
    ("egov.yaml", 'text: "790-012"', 'text: "790-013"', "013"),
    ("support.yaml", "Real Decreto 1155/2024", "Real Decreto 1156/2024", "1156/2024"),
    ("egov.yaml", 'url: "https://clave.gob.es"', 'url: "https://clave.gov.es"', "https://clave.gov.es"),
    ("healthcare.yaml", 'days: "90"', 'days: "60"', "60"),
    ("healthcare.yaml", 'age: "14"', 'age: "15"', "15"),
    ("es/egov.yaml", "  answer: |\n", "  answer: |\n    Cuesta 35 euros.\n", "35"),
    ("en/egov.yaml", "  answer: |\n", "  answer: |\n    Call 914 800 099.\n", "914 800 099"),
    ("en/egov.yaml", "  answer: |\n", "  answer: |\n    Call 900 703 338.\n", "900 703 338"),  # UNVERIFIED in the facts
    ("en/egov.yaml", "  answer: |\n", "  answer: |\n    Until 3 March 2026.\n", "2026-03-03"),
    ("en/egov.yaml", "  answer: |\n", "  answer: |\n    See https://example.org/x now.\n", "https://example.org/x"),
    ("es/egov.yaml", "  answer: |\n", "  answer: |\n    Antes del 3 de marzo de 2026.\n", "2026-03-03"),
    ("es/egov.yaml", "  answer: |\n", "  answer: |\n    Ve a la Calle de Alcalá 45.\n", "Calle de Alcalá 45"),
    ("es/egov.yaml", "  answer: |\n", "  answer: |\n    Abre a las 7:45.\n", "7:45"),
    ("ar/egov.yaml", "  answer: |\n", "  answer: |\n    السعر ٣٥ يورو.\n", "35"),
    ("ar/egov.yaml", "  answer: |\n", "  answer: |\n    قبل 3 مارس 2026.\n", "2026-03-03"),
    ("ar/egov.yaml", "  answer: |\n", "  answer: |\n    اتصل ٩١٤ ٨٠٠ ٠٩٩.\n", "914 800 099"),
)


@pytest.mark.parametrize(("file", "old", "new", "value"), PLANTED)
def test_a_planted_slip_is_caught(file: str, old: str, new: str, value: str, madrid_facts: FactsFile, tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    shutil.copytree(KNOWLEDGE / "madrid", folder / "madrid")
    for common in KNOWLEDGE.glob("*.yaml"):
        shutil.copy(common, folder)
    path = folder / "madrid" / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"the planted slip needs {old!r} in {file}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = [claim.value for claim in unsupported(city_of(folder, "madrid"), madrid_facts, load_allowed(FACTS))]
    assert value in found


def test_what_the_facts_call_unverified_is_not_found() -> None:
    text = "### egov.x: X\n- call 112 `[B M1]` or 900 703 338 `[UNVERIFIED]`; fee 16-22 euros `[UNVERIFIED]`. Wait 5 days `[A M2]`.\n"
    file = FactsFile(text, "34")
    assert [file.holds(Claim("number", number, "", "egov.x")) for number in ("112", "5", "16", "22")] == [True, True, False, False]
    assert not file.holds(Claim("phone", "+34 900 703 338", ""))


def test_ways_of_writing_are_one() -> None:
    text = "### egov.x: X\n1,221 euros from 8:30, 26 Feb 2026, call 900 10 50 90, two offices, see www.madrid.es/citaprevia.\n"
    file = FactsFile(text, "34")
    held = (
        Claim("number", "1221.00", ""), Claim("number", "1.221", ""), Claim("time", "08:30", ""), Claim("date", "2026-02-26", ""),
        Claim("phone", "+34 900 105 090", ""), Claim("number", "2", ""), Claim("url", "https://madrid.es/citaprevia", ""),
    )  # fmt: skip
    assert [claim.value for claim in held if not file.holds(claim)] == []
    assert readings("1.221") == {"1221", "1.221"}
    assert western("٠١٦ و ۱۱۲") == "016 و 112"


# ---------------------------------------------------------------- words


def texts_of(words: Words) -> str:
    steps = [text for step in words.steps.values() for text in (step.title, step.text)]
    return "\n".join([words.title, words.answer, *words.documents, *steps])


def test_no_word_belittles_people(city: City) -> None:
    found = [
        f"{entry.id} {locale}: {match[0]}"
        for entry in city.entries.values()
        for locale, words in entry.words.items()
        for match in re.finditer(BELITTLING[locale], texts_of(words), re.IGNORECASE)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("locale", "text", "is_bad"),
    [
        ("es", "Los inmigrantes ilegales pueden venir", True),
        ("es", "ayuda a los ilegales", True),
        ("es", "cobrarte por la cita es ilegal", False),
        ("es", "las personas sin papeles de residencia", False),
        ("en", "Illegal immigrants may come", True),
        ("en", "help for illegals", True),
        ("en", "it is illegal to sell appointments", False),
        ("en", "people without residence papers", False),
        ("ar", "هذا لكل مهاجر غير شرعي", True),
        ("ar", "المهاجرين غير الشرعيين", True),
        ("ar", "الأشخاص بدون أوراق إقامة", False),
        ("ar", "هذا غير قانوني", False),
        ("fr", "les travailleurs clandestins", True),
        ("fr", "le travail sans contrat est illégal", False),
        ("it", "gli immigrati clandestini", True),
        ("it", "persone senza permesso di soggiorno", False),
        ("de", "illegale Einwanderer", True),
        ("de", "Das ist illegal.", False),
        ("ro", "imigranți ilegali", True),
        ("ro", "persoane fără acte de ședere", False),
        ("uk", "нелегальні мігранти", True),
        ("uk", "це незаконно", False),
        ("hr", "ilegalni migranti", True),
        ("hr", "osobe bez dozvole boravka", False),
        ("el", "λαθρομετανάστες", True),
        ("el", "άνθρωποι χωρίς χαρτιά", False),
        ("tr", "kaçak göçmenler", True),
        ("tr", "belgesi olmayan kişiler", False),
        ("sq", "emigrantët klandestinë", True),
        ("sq", "njerëz pa leje qëndrimi", False),
        ("zh", "非法移民", True),
        ("zh", "没有居留证件的人", False),
        ("ur", "غیر قانونی تارکین وطن", True),
        ("ur", "جن کے پاس کاغذ نہیں", False),
    ],
)
def test_the_word_list_knows_people_from_acts(locale: str, text: str, is_bad: bool) -> None:
    assert bool(re.search(BELITTLING[locale], text, re.IGNORECASE)) is is_bad
