import pytest

from bot.matching import Matcher
from bot.model import Knowledge


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("español", "es"),
        ("Espanol", "es"),
        ("castellano", "es"),
        ("spanish please", "es"),
        ("hablo español", "es"),
        ("الإسبانية", "es"),
        ("اسباني", "es"),
        ("english", "en"),
        ("inglés", "en"),
        ("inglesh", "en"),
        ("انجليزي", "en"),
        ("in english please", "en"),
        ("arabe", "ar"),
        ("Árabe", "ar"),
        ("عربي", "ar"),
        ("العربية", "ar"),
        ("arabic", "ar"),
        ("ar", "ar"),
        ("українська", "uk"),
        ("中文", "zh"),
        ("no hablo español", None),
        ("clases de español", None),
        ("spanish classes in madrid", None),
        ("hola", None),
        ("", None),
    ],
)
def test_languages_are_known_by_many_names(matcher: Matcher, text: str, locale: str | None) -> None:
    assert matcher.resolve_language(text) == locale


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Madrid", ("madrid", None)),
        ("madird", ("madrid", None)),
        ("مدريد", ("madrid", None)),
        ("انا في مدريد", ("madrid", None)),
        ("ساكن بمدريد", ("madrid", None)),
        ("vivo en madrid", ("madrid", None)),
        ("马德里", ("madrid", None)),
        ("我住在马德里", ("madrid", None)),
        ("estoy en alcorcon", ("madrid", "alcorcon")),
        ("Alcorcón, Madrid", ("madrid", "alcorcon")),
        ("alkorkon", ("madrid", "alcorcon")),
        ("الكوركون", ("madrid", "alcorcon")),
        ("i live in Leganes", ("madrid", "leganes")),
        ("no vivo en madrid", None),
        ("Barcelona", None),
        ("", None),
        ("?!", None),
    ],
)
def test_cities_and_areas_are_known_by_many_names(matcher: Matcher, text: str, place: tuple[str, str | None] | None) -> None:
    assert matcher.resolve_city(text) == place


def test_every_name_and_alias_leads_to_its_city(matcher: Matcher, knowledge: Knowledge) -> None:
    for city in knowledge.cities.values():
        names = [*city.names.values(), *(name for names in city.aliases.values() for name in names)]
        assert {matcher.resolve_city(name) for name in names} == {(city.slug, None)}
