"""Languages by the names people give them, in the languages of the bot and in their own."""

from __future__ import annotations

import pytest
from babel import Locale

from bot.dialogue.tongue_names import ADDED, OWN_NAMES
from bot.dialogue.tongues import COMMON, Found, both_names, is_language, name_in, own_name_of, search
from bot.matching.normalise import normalise

LOCALES = ("en", "es", "ar")
NOT_OFFERED = {"mul", "und", "zxx", "root"}
TAGS = sorted({str(tag) for tag in Locale("en").languages if "_" not in str(tag)} - NOT_OFFERED)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_is_found_by_its_name_in_each_of_ours(locale: str) -> None:
    assert len(TAGS) > 600
    for tag in TAGS:
        assert tag in search(name_in(tag, locale), LOCALES).tags, tag


def test_every_language_is_found_by_its_own_name() -> None:
    for tag in {*OWN_NAMES, *(tag for tag, names in ADDED.items() if names.own)}:
        assert tag in search(own_name_of(tag), LOCALES).tags, tag


def test_own_names_are_those_of_the_tables() -> None:
    """A few of them: all would load 158 MB."""
    for tag in ("ar", "bm", "fa", "hi", "ka", "ps", "rif", "ti", "uk", "ur", "wo", "zh"):
        locale = Locale.parse(tag)
        assert OWN_NAMES[tag] == locale.languages[locale.language], tag


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("tigriña", "ti"),
        ("tigrigna", "ti"),
        ("ትግርኛ", "ti"),
        ("التغرينية", "ti"),
        ("Farsi", "fa"),
        ("دري", "prs"),
        ("dari", "prs"),
        ("kurmanji", "kmr"),
        ("sorani", "ckb"),
        ("سوراني", "ckb"),
        ("romaní", "rom"),
        ("gitano", "rom"),
        ("darija", "ary"),
        ("árabe marroquí", "ary"),
        ("rifeño", "rif"),
        ("hassanía", "mey"),
        ("mandarin", "zh"),
        ("中文", "zh"),
        ("wenzhounese", "wuu"),
        ("lengua de señas", "sgn"),
        ("LSE", "sgn"),
        ("valenciano", "ca"),
        ("moldavo", "ro"),
        ("fulani", "ff"),
        ("edo", "bin"),
        ("I need Arabic please", "ar"),
        ("hablo un poco de wolof", "wo"),
        ("I speak Moroccan Arabic", "ary"),
        ("اللغة الأردية", "ur"),
        ("tigrina", "ti"),
        ("فرنسي", "fr"),
        ("امهرية", "am"),
        ("تركي", "tr"),
    ],
)
def test_what_people_write(written: str, tag: str) -> None:
    assert search(written, LOCALES) == Found((tag,), is_sure=True)


@pytest.mark.parametrize(
    ("written", "tags"),
    [
        ("kurdo", {"ku", "kmr", "ckb"}),
        ("الأمازيغية", {"zgh", "shi", "rif"}),
        ("wolof y francés", {"wo", "fr"}),
        ("afghan", {"prs", "ps"}),
    ],
)
def test_a_name_of_several_is_asked_about(written: str, tags: set[str]) -> None:
    found = search(written, LOCALES)
    assert tags <= set(found.tags)
    assert not found.is_sure


@pytest.mark.parametrize("written", ["volof", "arabik", "veneciamo"])
def test_what_is_only_alike_is_asked_about(written: str) -> None:
    found = search(written, LOCALES)
    assert found.tags
    assert not found.is_sure


@pytest.mark.parametrize("written", ["", "   ", "?!", "zzzzqq", "x" * 5000, "no sé", "e"])
def test_what_names_no_language(written: str) -> None:
    assert search(written, LOCALES) == Found()


def test_few_are_found_at_once() -> None:
    assert 1 < len(search("a" * 1 + "ra", LOCALES).tags) <= 8


def test_names_for_the_card_are_in_the_language_of_the_city() -> None:
    spanish = [name_in(tag, "es") for tag in COMMON]
    assert spanish[:4] == ["árabe", "árabe marroquí", "francés", "inglés"]
    english_only = [
        tag for tag in COMMON if name_in(tag, "es") == name_in(tag, "en") and normalise(name_in(tag, "en")) not in ("urdu", "wolof")
    ]
    assert english_only == [], "no English names on a Spanish card"


def test_a_button_has_both_names_once() -> None:
    assert both_names("ar", "es") == "العربية · árabe"
    assert both_names("es", "es") == "español"
    assert both_names("wo", "es") == "Wolof"
    assert both_names("sgn", "es") == "lengua de signos"
    assert all(len(both_names(tag, locale)) <= 64 for tag in TAGS for locale in LOCALES)


def test_tags_that_name_nothing() -> None:
    assert not is_language("xx")
    assert not is_language("")
    assert not is_language("und")
    assert is_language("prs")
    assert name_in("xx", "es") == "xx"
    assert name_in("", "es") == ""
