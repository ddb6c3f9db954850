"""Dates in own words, in the languages of the bot and some more."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.deadlines import is_urgent, parse

TODAY = date(2026, 11, 25)  # a Wednesday
FRIDAY, MONDAY = date(2026, 11, 27), date(2026, 11, 30)

SAID = {
    "es": {
        "el viernes": FRIDAY,
        "vie": FRIDAY,
        "antes del viernes a las 10": FRIDAY,
        "en 5 dias": MONDAY,
        "en cinco días": MONDAY,
        "dentro de una semana": date(2026, 12, 2),
        "la semana que viene": date(2026, 12, 2),
        "el lunes de la semana que viene": MONDAY,
        "el juicio es el 1 de diciembre a las 10:30": date(2026, 12, 1),
        "30/11": MONDAY,
        "30.11.26": MONDAY,
        "mañana": date(2026, 11, 26),
        "pasado mañana": FRIDAY,
        "hoy": TODAY,
        "hace dos días": date(2026, 11, 23),
        "el 3": date(2026, 12, 3),
        "20 de noviembre": date(2026, 11, 20),
        "3 de marzo": date(2027, 3, 3),
        "29 de febrero": date(2028, 2, 29),
        "en 72 horas": date(2026, 11, 28),
    },
    "en": {
        "on friday": FRIDAY,
        "this friday at 10": FRIDAY,
        "in 5 days": MONDAY,
        "in a week": date(2026, 12, 2),
        "in two weeks": date(2026, 12, 9),
        "tomorrow": date(2026, 11, 26),
        "day after tomorrow": FRIDAY,
        "Nov 30th": MONDAY,
        "2026-12-01": date(2026, 12, 1),
        "11/30": MONDAY,
        "wednesday": TODAY,
        "I have a court date on 1 December": date(2026, 12, 1),
        "the 24th": date(2026, 12, 24),
    },
    "ar": {
        "غداً": date(2026, 11, 26),
        "بكرة": date(2026, 11, 26),
        "بعد غد": FRIDAY,
        "بعد 5 أيام": MONDAY,
        "بعد ٥ أيام": MONDAY,
        "بعد خمسة أيام": MONDAY,
        "بعد أسبوع": date(2026, 12, 2),
        "بعد أسبوعين": date(2026, 12, 9),
        "خلال ثلاثة أيام": date(2026, 11, 28),
        "بعد يومين": FRIDAY,
        "يوم الجمعة": FRIDAY,
        "الاثنين القادم": MONDAY,
        "الجلسة يوم الاثنين الساعة 10": MONDAY,
        "٣٠/١١/٢٠٢٦": MONDAY,
        "٣٠ نوفمبر": MONDAY,
        "٣٠ تشرين الثاني": MONDAY,
        "منذ أسبوع": date(2026, 11, 18),
    },
    "fr": {"dans 5 jours": MONDAY, "le 30 novembre": MONDAY},
    "uk": {"через 5 днів": MONDAY, "завтра": date(2026, 11, 26)},
    "zh": {"11月30日": MONDAY, "星期五": FRIDAY},
    "xx": {"in 5 days": MONDAY},
}


@pytest.mark.parametrize(("locale", "said"), [(locale, said) for locale, known in SAID.items() for said in known])
def test_dates_in_own_words(locale: str, said: str) -> None:
    assert parse(said, locale, TODAY, "es") == SAID[locale][said]


def test_the_language_of_the_city_and_english_are_read_as_well() -> None:
    assert parse("el viernes", "ar", TODAY, "es") == FRIDAY
    assert parse("on friday", "ar", TODAY, "es") == FRIDAY


@pytest.mark.parametrize(
    "said", ["", "no sé", "no idea", "لا أعرف", "hello there my friend", "912345678", "31/02", "1/1/3000", "they said may", "99"]
)
def test_what_is_no_date_is_none(said: str) -> None:
    assert parse(said, "es", TODAY, "es") is None


def test_a_day_of_last_year_is_meant_in_january() -> None:
    assert parse("28 de diciembre", "es", date(2027, 1, 5)) == date(2026, 12, 28)
    assert parse("28 de noviembre", "es", date(2027, 1, 5)) == date(2027, 11, 28)


@pytest.mark.parametrize(("day", "urgent"), [(25, True), (32, True), (33, False), (24, True), (-5, True), (-6, False)])
def test_a_week_ahead_and_a_month_back_are_urgent(day: int, urgent: bool) -> None:
    assert is_urgent(date.fromordinal(date(2026, 11, 1).toordinal() + day - 1), TODAY) is urgent


@given(st.text(max_size=60), st.sampled_from(["es", "en", "ar", "zh", "??"]))
def test_no_text_raises(said: str, locale: str) -> None:
    found = parse(said, locale, TODAY, "es")
    assert found is None or abs(found.year - TODAY.year) <= 10


# ---------------------------------------------------------------- every language of our cities

IN_FIVE_DAYS = {
    "ar": "بعد ٥ أيام", "de": "in 5 Tagen", "el": "σε 5 μέρες", "en": "in 5 days", "es": "en 5 días", "fr": "dans 5 jours",
    "hr": "za 5 dana",
    "it": "tra 5 giorni", "ro": "peste 5 zile", "sq": "pas 5 ditësh", "tr": "5 gün sonra", "uk": "через 5 днів", "ur": "5 دن بعد",
    "zh": "5天后",
}  # fmt: skip
TOMORROW = {
    "ar": "غدا", "de": "morgen", "el": "αύριο", "en": "tomorrow", "es": "mañana", "fr": "demain", "hr": "sutra",
    "it": "domani", "ro": "mâine",
    "sq": "nesër", "tr": "yarın", "uk": "завтра", "ur": "کل", "zh": "明天",
}  # fmt: skip


@pytest.mark.parametrize("locale", sorted(IN_FIVE_DAYS))
def test_days_from_now_in_every_language(locale: str) -> None:
    assert parse(IN_FIVE_DAYS[locale], locale, date(2026, 11, 25)) == date(2026, 11, 30)
    assert parse(TOMORROW[locale], locale, date(2026, 11, 25)) == date(2026, 11, 26)


@pytest.mark.parametrize(
    ("locale", "text"),
    [("de", "vor 5 Tagen"), ("it", "5 giorni fa"), ("uk", "5 днів тому"), ("hr", "prije 5 dana")],
)
def test_days_ago_in_other_languages(locale: str, text: str) -> None:
    assert parse(text, locale, date(2026, 11, 25)) == date(2026, 11, 20)
