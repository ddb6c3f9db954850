"""Languages we do not have: recognised when named or written, said openly, with the nearest we have; and questions that only name one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.dialogue.nearest_tongues import NEAREST, SERVED
from bot.dialogue.tongues import COMMON, is_language, named
from bot.model import Understanding
from tests.bench.language import questions
from tests.dialogue.world import CATALOGUES, KnownSentences, Talk, context, settled

ALL = CATALOGUES.locales
AMHARIC = "ሐኪም የት ማግኘት እችላለሁ"
PERSIAN = "مدارکم را گم کردم"
POLISH = "gdzie mogę znaleźć lekarza"


class Reading(KnownSentences):
    """The same table, with a guess at the language of some texts, and entries for others."""

    def understand(self, text: str, city: str | None, locale: str | None) -> Understanding:
        understood = super().understand(text, city, locale)
        written = {AMHARIC: "am", PERSIAN: "fa", POLISH: "pl", "Łódź": "pl", "i am lost here": "en"}.get(text)
        if text in ("farsi", "wolof and spanish", "farsii", PERSIAN) and city:
            return replace(super().understand("papers", city, locale), language=written)
        return replace(understood, language=written or understood.language)


def talk(locale: str = "en", **changes: object) -> Talk:
    """Return a contact who has a city, in a bot that speaks all our languages."""
    return Talk(context=context(locales=ALL, matcher=Reading()), conversation=settled(locale, **changes))


def new(**changes: object) -> Talk:
    """Return a contact who has not said anything yet."""
    return Talk(context=context(locales=ALL, matcher=Reading()), hint="en", **changes)  # type: ignore[arg-type]


# ---------------------------------------------------------------- which text names a language


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("tigrinya", "ti"),
        ("Tigriña", "ti"),
        ("tigriniya", "ti"),
        ("ትግርኛ", "ti"),
        ("التغرينية", "ti"),
        ("do you speak dari", "prs"),
        ("Do you speak Dari?", "prs"),
        ("دري من فضلك", "prs"),
        ("بتحكي كردي", "ku"),
        ("sprechen Sie Kurdisch?", "ku"),
        ("konuşuyor musun kürtçe", "ku"),
        ("habla wolof", "wo"),
        ("¿hablas wólof?", "wo"),
        ("parlez-vous wolof", "wo"),
        ("sorani please", "ckb"),
        ("سوراني", "ckb"),
        ("darija", "ary"),
        ("كنهضر الدارجة", "ary"),
        ("vorbiți maghiară", "hu"),
        ("μιλάτε φαρσί;", "fa"),
        ("по-русски можно?", "ru"),
        ("bangla", "bn"),
        ("বাংলা", "bn"),
        ("i only speak pashto", "ps"),
        ("پښتو", "ps"),
        ("bambra", "bm"),
        ("lingala svp", "ln"),
        ("bonjour, je parle lingala", "ln"),
        ("você fala português", "pt"),
        ("你会说粤语吗", "yue"),
        ("govorite li makedonski", "mk"),
        ("flisni serbisht", "sr"),
    ],
)
def test_a_text_that_does_nothing_but_name_a_language(written: str, tag: str) -> None:
    assert tag in named(written, ALL).tags


@pytest.mark.parametrize(
    "written",
    [
        "german course",
        "interpreter for dari at the doctor",
        "clases de español",
        "I need a Wolof interpreter",
        "curso de rumano gratis",
        "necesito un intérprete de árabe para el médico",
        "wo kann ich deutsch lernen",
        "cours de français pour débutants",
        "is the form in Arabic or only Spanish",
        "my mother speaks only Pashto and is ill",
        "a lawyer who speaks Persian",
        "مترجم كردي في المستشفى",
        "دورة لغة ألمانية",
        "traduire un acte de naissance du bambara",
        "курси румунської для біженців",
        "where do I register",
        "my passport is Afghan, can I work",
        "polizia",
        "casa",
        "no sé",
        "?",
    ],
)
def test_a_question_that_names_a_language_is_a_question(written: str) -> None:
    assert named(written, ALL).tags == ()


def test_no_question_of_ours_is_taken_for_a_language_we_lack() -> None:
    """Of all that people may ask, only names of languages are; those that are questions as well ("corso italiano") name one of ours."""
    caught = {q.text for q in questions() if (found := named(q.text, ALL)).is_sure and not set(found.tags) & set(ALL)}
    assert caught == set()


def test_the_table_names_languages_and_locales() -> None:
    assert all(map(is_language, (*SERVED, *NEAREST)))
    assert not set(SERVED) & set(NEAREST)
    assert {locale for ours in (*NEAREST.values(), SERVED.values()) for locale in ours} <= {*ALL, "ru"}
    assert {tag for tag in COMMON if tag not in ALL and tag not in SERVED and tag not in NEAREST} == {"sgn"}


# ---------------------------------------------------------------- said later, as a message


@pytest.mark.parametrize(
    ("written", "language", "buttons"),
    [
        ("tigrinya", "Tigrinya (ትግርኛ)", ["stay:en", "switch:ar"]),
        ("do you speak dari", "Dari (دری)", ["stay:en", "switch:ur"]),
        ("بتحكي كردي", "Kurdish (kurdî)", ["switch:ar", "stay:en", "switch:tr"]),
        ("habla wolof", "Wolof", ["switch:fr", "stay:en"]),
        ("srpski", "Serbian (српски)", ["switch:hr"]),
        ("catalan", "Catalan (català)", ["switch:es", "stay:en"]),
        ("esperanto", "Esperanto", ["stay:en", "switch:es"]),
    ],
)
def test_it_is_said_openly_with_the_nearest_and_people(written: str, language: str, buttons: list[str]) -> None:
    said = talk().write(written)
    assert said.said.startswith(f"I do not speak {language} yet. The nearest I have: ")
    assert said.offered[: len(buttons)] == buttons
    assert said.offered[len(buttons) + 1 :] == ["do:human", "do:menu"]
    assert said.conversation.locale == "en", "nothing is changed unasked"


def test_the_buttons_lead_on() -> None:
    said = talk().write("habla wolof")
    assert [option.label for option in said.messages[0].options][:2] == ["Français", "Stay with English"]
    assert said.press("switch:fr").conversation.locale == "fr"
    assert talk().write("tigrinya").press("stay:en").offered[0].startswith("topic:")
    assert "I need an interpreter for Tigrinya." in talk().write("tigrinya").press("interp:ti").said


def test_a_name_of_several_asks_for_which_one_an_interpreter_is_wanted() -> None:
    assert "pool:interpreter" in talk().write("afghan").offered
    assert "Dari (دری) · Pashto (پښتو)" in talk().write("afghan").said


@pytest.mark.parametrize("written", ["darija", "egyptian", "شامي", "hassania", "do you speak iraqi"])
def test_a_variety_of_ours_is_answered_in_it_at_once(written: str) -> None:
    said = talk().write(written)
    assert said.conversation.locale == "ar"
    assert said.messages[0].locale == "ar"
    assert "العربية" in said.said.splitlines()[0]
    assert said.offered[0].startswith("topic:")


@pytest.mark.parametrize(("written", "locale"), [("moldovan", "ro"), ("mexicano", "es"), ("温州话", "zh"), ("cantonese", "zh")])
def test_names_of_ours_by_another_name(written: str, locale: str) -> None:
    assert talk().write(written).conversation.locale == locale


def test_where_our_language_is_not_among_the_locales_a_variety_is_only_near() -> None:
    few = Talk(context=context(locales=("en", "es"), matcher=Reading()), conversation=settled())
    assert few.write("darija").said.startswith("I do not speak Moroccan Arabic (الدارجة) yet. The nearest I have: English · Spanish.")


def test_of_several_the_one_we_have_comes_first() -> None:
    assert talk().write("wolof y rumano").offered[0] == "switch:ro"


def test_what_an_entry_answers_stays_a_question_unless_it_is_the_very_name() -> None:
    assert talk().write("farsi").said.startswith("I do not speak Persian")
    for question in ("wolof and spanish", "farsii"):
        assert "Do you mean one of these?" in talk().write(question).said


def test_behind_the_command() -> None:
    said = talk().command("language", "tigrinya")
    assert said.said.startswith("I do not speak Tigrinya (ትግርኛ) yet.")
    assert said.offered == ["language:en", "language:ar", "do:language"]
    assert talk().command("language", "darija").conversation.locale == "ar"


# ---------------------------------------------------------------- written in one


def test_who_writes_in_a_language_we_lack_is_told_so_with_the_emergency_number() -> None:
    said = talk().write(AMHARIC)
    assert said.said.startswith("I see that you write Amharic (አማርኛ). I do not speak it yet. The nearest I have: English · Arabic.")
    assert "112" in said.said
    assert said.offered == ["stay:en", "switch:ar", "interp:am", "do:human", "do:menu"]
    assert said.conversation.locale == "en"


def test_who_is_understood_in_a_language_we_lack_is_answered_and_told_so_once() -> None:
    said = talk().write(PERSIAN)
    assert "Do you mean one of these?" in said.said
    assert "I see that you write Persian (فارسی). I do not speak it yet. The nearest I have: English · Urdu." in said.said
    assert said.offered[-2:] == ["switch:ur", "interp:fa"]
    again = said.write(PERSIAN)
    assert "Do you mean one of these?" in again.said
    assert "I do not speak it yet" not in again.said
    assert "interp:fa" not in again.offered


def test_letters_of_a_name_are_no_language() -> None:
    assert talk().write(POLISH).said.startswith("I see that you write Polish (polski).")
    assert "I do not know this." in talk().write("Łódź").said


def test_one_of_ours_is_only_offered() -> None:
    said = talk("es").write("i am lost here")
    assert said.offered[:2] == ["switch:en", "stay:en"]
    assert said.conversation.locale == "es"


def test_a_misspelt_name_of_ours_changes_the_language_only_where_that_is_the_question() -> None:
    assert talk().write("rumanos").conversation.locale == "en"
    assert new().command("start").write("rumanos").conversation.locale == "ro"


# ---------------------------------------------------------------- before a city is known


def test_at_the_first_question_it_is_said_in_the_nearest_language_too() -> None:
    said = new().command("start").write("kurmanji")
    first, second, *_ = said.said.splitlines()
    assert first == "I do not speak Northern Kurdish (Kurmancî) yet. The nearest I have: Turkish · Arabic."
    assert "Kurmancî" in second
    assert said.offered == ["language:tr", "language:ar", "do:language"]
    assert said.conversation.state == "language"
    assert len(said.press("do:language").offered) == len(ALL)


def test_the_very_first_text_may_name_it() -> None:
    said = new().write("tigrinya")
    assert "I do not speak Tigrinya (ትግርኛ) yet." in said.said
    assert said.press("language:ar").conversation.locale == "ar"
    assert said.conversation.state == "city"


def test_a_variety_is_taken_at_the_first_question() -> None:
    said = new().command("start").write("darija")
    assert (said.conversation.locale, said.conversation.state) == ("ar", "city")


def test_a_first_question_in_a_language_we_lack_is_kept() -> None:
    said = new().write(AMHARIC)
    assert "I see that you write Amharic (አማርኛ)." in said.said
    assert said.offered == ["language:en", "language:ar", "do:language"]
    assert said.conversation.recent["pending"] == AMHARIC


def test_at_the_question_for_the_city_a_language_is_understood_and_a_misspelt_one_is_a_city() -> None:
    asked = Talk(context=context(locales=ALL, matcher=Reading()), conversation=settled(city=None, state="city", data={}))
    assert "I do not speak Wolof yet." in replace(asked).write("wolof").said
    assert "do not know a city" in replace(asked).write("wolofa").said
    assert "do not know a city" in replace(asked).write("Łódź").said
