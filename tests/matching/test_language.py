"""The language of a message: how often it is recognised, and what a script or a letter gives away."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.matching.language import LanguageGuesser
from bot.matching.scripts import given_away, script_of, words_in
from bot.model import Knowledge
from tests.bench.language import Question, kind_of, questions

# Shares that are measured today, less what a few new questions may change: guessed rightly at least, wrongly at most.
THRESHOLDS = {"other kinds": (0.975, 0.01), "codemix": (0.94, 0.045), "translit": (0.94, 0.04)}


@pytest.fixture(scope="module")
def guesser(knowledge: Knowledge) -> LanguageGuesser:
    return LanguageGuesser(knowledge)


@pytest.fixture(scope="module")
def asked() -> Sequence[Question]:
    return tuple(questions())


def spoken_where(question: Question, knowledge: Knowledge) -> tuple[str, ...]:
    return (question.lang, *knowledge.cities[question.city].languages, "en")


@pytest.mark.parametrize("kind", THRESHOLDS)
@pytest.mark.parametrize("told", [True, False])
def test_most_are_recognised_and_few_taken_for_another(
    guesser: LanguageGuesser, knowledge: Knowledge, asked: Sequence[Question], kind: str, told: bool
) -> None:
    guessed = [(q.lang, guesser.guess(q.text, spoken_where(q, knowledge) if told else ())) for q in asked if kind_of(q) == kind]
    least, most = THRESHOLDS[kind]
    assert sum(lang == found for lang, found in guessed) / len(guessed) >= least
    assert sum(found not in (lang, None) for lang, found in guessed) / len(guessed) <= most


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("kifach ndir bach nakhod maw3id 3and tbib", "ar"),
        ("mujhe doctor ke paas jana hai, card nahi hai", "ur"),
        ("pou mporo na kano mathimata ellinikon dorean", "el"),
        ("de mozhna zapysaty dytynu do shkoly", "uk"),
        ("كيف أعمل empadronamiento بدون عقد", "ar"),
        ("只有续签ricevuta 能做dichiarazione dimora吗", "zh"),
        ("додаток myhealth", "uk"),
        ("agenzia delle entrate 税号卡丢了补办", "zh"),
        ("what does the word مرحبا mean when people say it to me", "en"),
    ],
)
def test_words_in_other_letters_or_another_language_do_not_decide(guesser: LanguageGuesser, text: str, language: str) -> None:
    assert guesser.guess(text) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ሐኪም የት ማግኘት እችላለሁ", "am"),
        ("ሓኪም ኣበይ ክረክብ ይኽእል", "ti"),
        ("আমি ডাক্তার কোথায় পাব", "bn"),
        ("मुझे डॉक्टर कहाँ मिलेगा", "hi"),
        ("मलाई डाक्टर चाहिएको छ", "ne"),
        ("სად ვიპოვო ექიმი", "ka"),
        ("որտեղ կարող եմ բժիշկ գտնել", "hy"),
        ("איפה אני יכול למצוא רופא", "he"),
        ("ฉันจะหาหมอได้ที่ไหน", "th"),
        ("ਮੈਨੂੰ ਡਾਕਟਰ ਕਿੱਥੇ ਮਿਲੇਗਾ", "pa"),
        ("医者はどこですか", "ja"),
        ("의사를 어디서 찾을 수 있나요", "ko"),
        ("کجا می‌توانم دکتر پیدا کنم", "fa"),
        ("ډاکټر چیرته پیدا کولی شم", "ps"),
        ("لە کوێ دەتوانم پزیشک بدۆزمەوە", "ckb"),
        ("где можно найти врача", "ru"),
        ("къде мога да намеря лекар", "bg"),
        ("како уписати дете у школу", "sr"),
        ("gdzie mogę zapisać dziecko", "pl"),
        ("não tenho documentos", "pt"),
        ("tôi có thể tìm bác sĩ ở đâu", "vi"),
        ("həkimi harada tapa bilərəm", "az"),
    ],
)
def test_a_script_or_letters_give_a_language_away(guesser: LanguageGuesser, text: str, language: str) -> None:
    assert guesser.guess(text) == language
    assert guesser.guess(text, ("es", "en", "ar")) == language


@pytest.mark.parametrize("text", ["", "nie", "12345", "?!", "😀😀", "ß", "አ", "xq zzkw vvrt qqpl wwx"])
def test_what_says_too_little_stays_open(guesser: LanguageGuesser, text: str) -> None:
    assert guesser.guess(text) is None


def test_what_is_said_of_both_goes_to_the_languages_of_the_place(guesser: LanguageGuesser) -> None:
    """The contact's own and the city's need less to be believed, another language needs more, and is still believed when plain."""
    assert guesser.guess("numero ambulance", ("fr", "fr", "en")) != "it"
    assert guesser.guess("okula kayıt yaptırmak istiyorum", ("es", "es", "en", "ar")) == "tr"


@pytest.mark.parametrize(
    ("text", "script"),
    [("carta d'identita 爸妈", "chinese"), ("NIE و TIE", "latin"), ("nie", "latin"), ("ትግርኛ", "ethiopic"), ("12 ?", None)],
)
def test_the_script_of_a_text(text: str, script: str | None) -> None:
    assert script_of(text) == script


def test_words_of_a_script() -> None:
    assert words_in("arabic", "كيف أعمل empadronamiento بدون عقد") == "كيف أعمل بدون عقد"
    assert given_away("latin", "how do i get a nie") is None
