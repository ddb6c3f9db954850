"""Simulated contacts for new advisors: what they write first, what they answer, and what can be said about the conversation afterwards.

They write in their own language as people do; nothing of practice reaches anybody else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.cases import CaseKind
from bot.dialogue.context import Translator
from bot.dialogue.deskwords import plain_text
from bot.dialogue.terms import N_
from bot.records import CaseLine

GOOD_ANSWER = timedelta(minutes=5)  # a first answer in practice that counts as quick
SHORT = 600  # characters of an answer that can still be read on an old phone


@dataclass(frozen=True, slots=True)
class Scenario:
    """A simulated contact. `opening` and `answers` by language; `facts` as a desk would have asked them."""

    slug: str
    kind: CaseKind
    topic: str
    entry_id: str
    facts: tuple[tuple[str, str], ...]
    opening: Mapping[str, tuple[str, ...]]
    answers: Mapping[str, tuple[str, ...]]


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        slug="letter",
        kind="advice",
        topic="housing",
        entry_id="housing.eviction",
        facts=(("letter", "yes"), ("date", "week"), ("children", "yes")),
        opening={
            "en": ("Hello. The owner wants us out of the flat.", "A letter came, I do not understand it. We have two children."),
            "es": ("Hola. El dueño quiere que dejemos el piso.", "Llegó una carta y no la entiendo. Tenemos dos niños."),
            "ar": ("مرحبا. صاحب البيت يريد أن نخرج من الشقة.", "وصلت رسالة ولا أفهمها. عندنا طفلان."),
        },
        answers={
            "en": (
                "Yes, it is from a court. There is a date: Thursday.",
                "I work, but only some days. Where do I have to go?",
                "Thank you. I will go tomorrow morning.",
            ),
            "es": (
                "Sí, es de un juzgado. Pone una fecha: el jueves.",
                "Trabajo, pero solo algunos días. ¿Adónde tengo que ir?",
                "Gracias. Voy mañana por la mañana.",
            ),
            "ar": (
                "نعم، هي من محكمة. مكتوب فيها تاريخ: يوم الخميس.",
                "أعمل، لكن بعض الأيام فقط. إلى أين يجب أن أذهب؟",
                "شكرا. سأذهب غدا صباحا.",
            ),
        },
    ),
    Scenario(
        slug="school",
        kind="advice",
        topic="education",
        entry_id="education.school-enrolment",
        facts=(),
        opening={
            "en": ("Good morning. We arrived last week and my daughter is nine. How does she get into a school?",),
            "es": ("Buenos días. Llegamos la semana pasada y mi hija tiene nueve años. ¿Cómo entra en un colegio?",),
            "ar": ("صباح الخير. وصلنا الأسبوع الماضي وابنتي عمرها تسع سنوات. كيف أسجلها في مدرسة؟",),
        },
        answers={
            "en": (
                "We live with my sister. I have no contract in my name.",
                "She speaks no Spanish yet. Is that a problem?",
                "Thank you, that helps a lot.",
            ),
            "es": (
                "Vivimos con mi hermana. No tengo contrato a mi nombre.",
                "Todavía no habla español. ¿Es un problema?",
                "Gracias, me ayuda mucho.",
            ),
            "ar": ("نسكن عند أختي. ليس عندي عقد باسمي.", "هي لا تتكلم الإسبانية بعد. هل هذه مشكلة؟", "شكرا، هذا يساعدني كثيرا."),
        },
    ),
    Scenario(
        slug="fine",
        kind="legal",
        topic="work",
        entry_id="",
        facts=(),
        opening={
            "en": ("My boss has not paid me for two months and says he will report me if I complain. Can he do that?",),
            "es": ("Mi jefe no me paga desde hace dos meses y dice que me denunciará si me quejo. ¿Puede hacerlo?",),
            "ar": ("صاحب العمل لم يدفع لي منذ شهرين ويقول إنه سيبلغ عني إذا اشتكيت. هل يستطيع ذلك؟",),
        },
        answers={
            "en": (
                "I have no papers yet. That is why I am afraid.",
                "I have messages on my phone where he writes the hours.",
                "All right. Thank you.",
            ),
            "es": (
                "Todavía no tengo papeles. Por eso tengo miedo.",
                "Tengo mensajes en el móvil donde escribe las horas.",
                "De acuerdo. Gracias.",
            ),
            "ar": ("ليس عندي أوراق بعد. لهذا أخاف.", "عندي رسائل في هاتفي يكتب فيها الساعات.", "حسنا. شكرا."),
        },
    ),
)
LANGUAGES = ("en", "es", "ar")


def scenario(kind: CaseKind, turn: int) -> Scenario:
    """Choose a scenario of a kind, another one each time (`turn` counts)."""
    fitting = [each for each in SCENARIOS if each.kind == kind] or list(SCENARIOS)
    return fitting[turn % len(fitting)]


def answer(played: Scenario, locale: str, replies: int) -> str | None:
    """Return what the contact answers to the reply with this number (from 1); None when they have nothing more to say."""
    said = played.answers.get(locale) or played.answers["en"]
    return said[replies - 1] if 1 <= replies <= len(said) else None


# Translators: lines after a practice conversation; each can be checked by what was written
_NO_ANSWER = N_("You wrote nothing to the contact.")
_QUICK, _SLOW = N_("✓ The first answer came quickly."), N_("The first answer took long. Even one line helps: “I am reading your message.”")
_ASKED, _NOT_ASKED = (
    N_("✓ You asked a question before you advised."),
    N_("You asked nothing. Often one question shows what somebody needs first."),
)
_ENTRY, _NO_ENTRY = (
    N_("✓ You sent a ready answer: it arrives in the contact's own language."),
    N_("You sent no ready answer. Search for one first: it saves time, and nothing is lost in translation."),
)
_BRIEF, _LONG = (
    N_("✓ Your answers were short enough for a small screen."),
    N_("Some answers were long. Three short sentences are read, a page is not."),
)
_CLOSED, _NOT_CLOSED = N_("✓ You closed the case."), N_("The case is still open. Close it when there is nothing more to do.")
_NOTED = N_("✓ You left a note for colleagues.")


def feedback(lines: Sequence[CaseLine], translator: Translator) -> tuple[str, ...]:
    """Say what can be seen of a practice conversation, as a short list."""
    _ = translator.gettext
    replies = [line for line in lines if line.author == "person" and line.message]
    return tuple(_(said) for said in (*_answered(lines, replies), *_ended(lines)))


def _answered(lines: Sequence[CaseLine], replies: Sequence[CaseLine]) -> Iterator[str]:
    if not replies:
        yield _NO_ANSWER
        return
    wrote = next((line.at for line in lines if line.author == "contact"), replies[0].at)
    texts = [_text(line) for line in replies]
    yield _QUICK if replies[0].at - wrote <= GOOD_ANSWER else _SLOW
    yield _ASKED if any(mark in said for said in texts for mark in "?؟") else _NOT_ASKED
    yield _ENTRY if any(line.event.startswith("entry:") for line in replies) else _NO_ENTRY
    yield _BRIEF if all(len(said) <= SHORT for said in texts) else _LONG


def _text(line: CaseLine) -> str:
    """Return what somebody wrote, before any translation."""
    return (line.message.original or plain_text(line.message.blocks)) if line.message else ""


def _ended(lines: Sequence[CaseLine]) -> Iterator[str]:
    if any(line.author == "note" for line in lines):
        yield _NOTED
    yield _CLOSED if any(line.event == "closed" for line in lines) else _NOT_CLOSED
