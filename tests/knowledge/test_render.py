"""Facts and words as people see them, in Spanish, English and Arabic."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.knowledge.render import format_date, render_fact, render_inline, render_text, shown_address
from bot.model import Fact, FactKind, Listing, Paragraph, Run

NBSP = "\u00a0"
SHOWN: list[tuple[FactKind, str, str, str, str]] = [  # kind, value, then how it reads in es, en, ar
    ("money", "0.00", f"0,00{NBSP}€", "€0.00", f"\u200f0.00{NBSP}€"),
    ("money", "17094.00", f"17.094,00{NBSP}€", "€17,094.00", f"\u200f17,094.00{NBSP}€"),
    ("percent", "99", f"99{NBSP}%", "99%", "99%"),
    ("percent", "3.5", f"3,5{NBSP}%", "3.5%", "3.5%"),
    ("minutes", "20", "20 minutos", "20 minutes", "20 دقيقة"),
    ("hours", "1", "1 hora", "1 hour", "ساعة"),
    ("days", "1", "1 día", "1 day", "يوم"),
    ("days", "30", "30 días", "30 days", "30 يومًا"),
    ("weeks", "2", "2 semanas", "2 weeks", "أسبوعان"),
    ("months", "6", "6 meses", "6 months", "6 أشهر"),
    ("years", "2", "2 años", "2 years", "سنتان"),
    ("age", "16", "16 años", "16 years", "16 سنة"),
    ("date", "2026-02-26", "26 de febrero de 2026", "26 February 2026", "26 فبراير 2026"),
    ("number", "2800", "2.800", "2,800", "2,800"),
    ("number", "3.5", "3,5", "3.5", "3.5"),
    ("hours_open", "Mo-Fr 08:30-19:00", "lun–vie 08:30–19:00", "Mon–Fri 08:30–19:00", "الاثنين–الجمعة 08:30–19:00"),
    ("hours_open", "Mo-Th 08:30-17:00; Fr 08:30-14:00", "lun–jue 08:30–17:00; vie 08:30–14:00", "Mon–Thu 08:30–17:00; Fri 08:30–14:00",
     "الاثنين–الخميس 08:30–17:00; الجمعة 08:30–14:00"),
    ("text", "EX-15", "EX-15", "EX-15", "EX-15"),
    ("short", "016", "016", "016", "016"),
    ("phone", "+34 914 800 010", "914 80 00 10", "914 80 00 10", "914 80 00 10"),
    ("email", "trata@policia.es", "trata@policia.es", "trata@policia.es", "trata@policia.es"),
    ("url", "https://www.madrid.es/citaprevia", "madrid.es/citaprevia", "madrid.es/citaprevia", "madrid.es/citaprevia"),
]  # fmt: skip


def fact(kind: FactKind, value: str) -> Fact:
    return Fact(kind, value, "EUR" if kind == "money" else None)


@pytest.mark.parametrize(("kind", "value", "es", "en", "ar"), SHOWN)
def test_facts_read_well_in_each_language(kind: FactKind, value: str, es: str, en: str, ar: str) -> None:
    assert [render_fact(fact(kind, value), locale, "ES").text for locale in ("es", "en", "ar")] == [es, en, ar]


def test_other_plurals_and_other_scripts() -> None:
    assert render_fact(fact("days", "30"), "ro", "ES").text == "30 de zile"
    assert [render_fact(fact("days", n), "uk", "ES").text for n in ("1", "2", "8")] == ["1 день", "2 дні", "8 днів"]
    assert render_fact(fact("age", "16"), "zh", "ES").text == "16岁"
    assert render_fact(fact("years", "2"), "zh", "ES").text == "2年"


def test_an_unknown_language_is_shown_as_english() -> None:
    assert render_fact(fact("days", "2"), "qq", "ES").text == "2 days"
    assert render_fact(fact("days", "2"), "not a tag", "ES").text == "2 days"
    assert render_fact(fact("days", "2"), "es-419", "ES").text == "2 días"


def test_no_arabic_digits_are_mixed_in() -> None:
    for kind, value, *_ in SHOWN:
        assert not re.search("[٠-٩۰-۹]", render_fact(fact(kind, value), "ar", "ES").text)


def test_what_is_dialled_is_a_link_and_stands_apart() -> None:
    assert render_fact(fact("short", "016"), "ar", "ES") == Run("016", url="tel:016", isolate=True)
    assert render_fact(fact("phone", "+34 914 800 010"), "ar", "ES") == Run("914 80 00 10", url="tel:+34914800010", isolate=True)
    assert render_fact(fact("phone", "+34 914 800 010"), "it", "IT") == Run("+34 914 80 00 10", url="tel:+34914800010", isolate=True)


def test_free_lines_are_dialled_as_the_country_dials_them() -> None:
    assert render_fact(fact("phone", "+34 900 105 090"), "es", "ES").url == "tel:900105090"
    assert render_fact(fact("phone", "+43 800 222 555"), "de", "AT") == Run("0800 222555", url="tel:0800222555", isolate=True)
    assert render_fact(fact("phone", "+43 800 222 555"), "de", "ES").url == "tel:+43800222555"


def test_addresses_are_short_and_links_whole() -> None:
    assert render_fact(fact("email", "a@b.es"), "es", "ES") == Run("a@b.es", url="mailto:a@b.es", isolate=True)
    long = "https://sede.comunidad.madrid/prestacion-social/asistencia-sanitaria-extranjeros-dase"
    assert render_fact(fact("url", long), "es", "ES") == Run("sede.comunidad.madrid/…", url=long, isolate=True)
    assert shown_address("https://clave.gob.es") == "clave.gob.es"
    assert shown_address("http://www.madrid.es/") == "madrid.es"
    assert shown_address("http://ssf.org.es/?q=en") == "ssf.org.es…"


def test_codes_stand_apart_and_plain_values_do_not() -> None:
    assert [kind for kind, value, *_ in SHOWN if render_fact(fact(kind, value), "ar", "ES").isolate] == [
        "hours_open", "hours_open", "text", "short", "phone", "email", "url",
    ]  # fmt: skip


def test_dates() -> None:
    days = [format_date(date(2026, 11, 28), locale) for locale in ("es", "en", "ar")]
    assert days == ["28 de noviembre de 2026", "28 November 2026", "28 نوفمبر 2026"]


FACTS = {
    "phone": fact("phone", "+34 914 800 010"),
    "site": fact("url", "https://www.madrid.es"),
    "tricky": fact("text", "**{phone}** [x](https://y.es)"),
}


def test_paragraphs_and_lists() -> None:
    text = "Uno\ndos\n\nTres:\n- a\n  b\n- c\n\n- d\n1. e\n2. f\ncuatro\n"
    assert render_text(text, {}, "es", "ES") == (
        Paragraph((Run("Uno dos"),)),
        Paragraph((Run("Tres:"),)),
        Listing(((Run("a b"),), (Run("c"),), (Run("d"),))),
        Listing(((Run("e"),), (Run("f"),)), ordered=True),
        Paragraph((Run("cuatro"),)),
    )


def test_bold_links_and_facts() -> None:
    phone = render_fact(FACTS["phone"], "es", "ES")
    assert render_inline("Llama al **{phone}** o [mira **aquí**]({site}), [o](https://a.es).", FACTS, "es", "ES") == (
        Run("Llama al "),
        Run(phone.text, bold=True, url=phone.url, isolate=True),
        Run(" o "),
        Run("mira aquí", url="https://www.madrid.es"),
        Run(", "),
        Run("o", url="https://a.es"),
        Run("."),
    )


def test_facts_are_never_read_as_markup() -> None:
    assert render_inline("a {tricky} b", FACTS, "es", "ES") == (Run("a "), Run("**{phone}** [x](https://y.es)", isolate=True), Run(" b"))


@pytest.mark.parametrize(
    "text", ["a ** b", "{nothing}", "a * b _c_ `d` <b>e</b>", "# no heading", "[a]", "[a](b c)", "2.5 kg", "-5", "{", "**"]
)
def test_everything_else_is_plain_text(text: str) -> None:
    assert render_text(text, FACTS, "es", "ES") == (Paragraph((Run(text),)),)


def test_a_link_with_a_strange_scheme_is_text() -> None:
    assert render_inline("[x](javascript:alert)", {}, "es", "ES") == (Run("x"),)


@given(st.text("ab *[](){}-1.\n", max_size=60))
def test_any_words_render_and_lose_no_letter(text: str) -> None:
    shown = ""
    for block in render_text(text, {}, "es", "ES"):
        assert isinstance(block, Paragraph | Listing)
        for runs in block.items if isinstance(block, Listing) else (block.runs,):
            shown += "".join(run.text for run in runs)
    links = re.sub(r"\]\([^()\s]+\)", "", text)
    assert shown.count("a") >= links.count("a")
    assert shown.count("b") >= links.count("b")
