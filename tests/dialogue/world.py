"""Two small cities written in code, a matcher that knows a handful of sentences, and a way to talk to `step` for many turns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from bot.dialogue import Context, step
from bot.i18n import Catalogues, language_name, negotiate
from bot.model import (
    Alert,
    Area,
    City,
    CommandReceived,
    Confirmation,
    Conversation,
    Effect,
    Entry,
    Event,
    Fact,
    Knowledge,
    Listing,
    Match,
    Message,
    OptionChosen,
    Organisation,
    Outcome,
    PhraseCard,
    Place,
    Runs,
    SafetyKind,
    SendMessage,
    SmalltalkKind,
    Source,
    StepWords,
    TextReceived,
    Topic,
    Turn,
    Understanding,
    Wording,
    Words,
)

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = Catalogues.load(ROOT / "locales")
NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)  # a Wednesday, half past ten in Madrid
SEEN = date(2026, 11, 23)


# ---------------------------------------------------------------- knowledge


def words(title: str, answer: str, documents: Sequence[str] = (), steps: Mapping[str, str] | None = None, by_person: bool = False) -> Words:
    wording = Wording("person", None, None, "somebody") if by_person else Wording("machine", None, None, None)
    guided = {key: StepWords(text, f"{text} {{line}}") for key, text in (steps or {}).items()}
    return Words(title, (), (), answer, tuple(documents), guided, wording)


def entry(entry_id: str, spoken: Mapping[str, Words], **changes: object) -> Entry:
    plain = Entry(
        id=entry_id,
        topic=entry_id.partition(".")[0],
        status="published",
        audience=("everyone",),
        owner=None,
        checked=None,
        review_by=None,
        scope="city",
        facts={"line": Fact("short", "010")},
        steps=(),
        needs=(),
        places=(),
        related=(),
        sources=(
            Source("https://blog.example/a", None, SEEN, "secondary", "2019"),
            Source("https://www.city.example/b", None, SEEN, "official"),
        ),
        unverified=(),
        words=spoken,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def place(slug: str, name: str, **changes: object) -> Place:
    plain = Place(
        slug=slug,
        name=name,
        kind="town-hall",
        area=None,
        address=None,
        phone=None,
        short=None,
        email=None,
        url=None,
        hours=None,
        languages=("es",),
        topics=("egov",),
        for_whom=("everyone",),
        latitude=None,
        longitude=None,
        speaks_to_people=True,
        sources=(),
        checked=None,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


NIE = entry(
    "egov.nie",
    {
        "es": words("NIE: tu número", "El **NIE** es un número.", ["Pasaporte"], {"form": "Rellena", "office": "Ve allí"}),
        "en": words("NIE: your number", "The **NIE** is a number. Call {line}.", ["Passport"], {"form": "Fill in", "office": "Go there"}),
        "ar": words("رقم NIE", "**NIE** هو رقم. اتصل بـ {line}.", ["جواز السفر"], {"form": "املأ", "office": "اذهب"}),
    },
    steps=("form", "office"),
    scope="country",
    related=("egov.padron",),
)
PADRON = entry(
    "egov.padron",
    {"es": words("Empadronarse", "Pide cita en el {line}."), "en": words("Register your address", "Book on {line}.")},
    needs=("egov.nie",),
    places=("hall", "annex", "night"),
    audience=("workers", "students"),
)
CARD = entry(
    "healthcare.card",
    {
        "es": words("Tarjeta sanitaria", "Ve al centro de salud.", by_person=True),
        "en": words("Health card", "Go to the health centre.", by_person=True),
        "ar": words("البطاقة الصحية", "اذهب إلى المركز الصحي.", by_person=True),
    },
    checked=Confirmation(date(2026, 11, 2), "somebody"),
)
VIOLENCE = entry(
    "emergency.violence",
    {
        "es": words("Violencia: pide ayuda", "No es culpa tuya. Llama al {help}.\n\nSegundo párrafo."),
        "en": words("Violence: get help", "It is not your fault. Call {help}.\n\nSecond paragraph."),
        "ar": words("العنف: اطلبي المساعدة", "ليس ذنبك. اتصلي بـ {help}.\n\nفقرة ثانية."),
    },
    facts={"help": Fact("short", "016")},
    scope="country",
)
DRAFT = entry("egov.draft", {"en": words("Draft", "Not yet.")}, status="draft")
MELDEZETTEL = entry("egov.meldezettel", {"en": words("Meldezettel", "Go to the Servicestelle.")}, scope="country")
SCHOOL = entry("education.school", {"en": words("School in Graz", "Ask the school.")})

MADRID = City(
    slug="madrid",
    names={"es": "Madrid", "en": "Madrid", "ar": "مدريد"},
    aliases={},
    country="ES",
    time_zone="Europe/Madrid",
    currency="EUR",
    host_language="es",
    languages=("es", "en", "ar"),
    controller=None,
    on_call=None,
    latitude=40.4168,
    longitude=-3.7038,
    radius_km=40.0,
    emergency={"general": Fact("short", "112"), "gender_violence": Fact("short", "016"), "police": Fact("short", "091")},
    areas={"alcorcon": Area("alcorcon", {"es": "Alcorcón", "en": "Alcorcón", "ar": "ألكوركون"}, {})},
    organisations={"city": Organisation("city", "Ayuntamiento de Madrid", "public", None)},
    first_steps=("egov.padron", "egov.nie"),
    entries={e.id: e for e in (NIE, PADRON, CARD, VIOLENCE, DRAFT)},
    places={
        p.slug: p
        for p in (
            place("night", "Oficina de noche", hours="Mo-Su 20:00-23:00", phone="+34 914 800 010"),
            place("annex", "Anexo sin horario", address="Calle Mayor 1", area="alcorcon"),
            place("hall", "Ayuntamiento", hours="Mo-Fr 08:30-19:00", address="Plaza Mayor 3", latitude=40.41, longitude=-3.70, short="010"),
            place("helpline", "Línea 016", hours="24/7", short="016", topics=("emergency",)),
            place("silent", "Página web", url="https://www.city.example", speaks_to_people=False),
        )
    },
    alerts=(Alert(("egov.nie",), date(2026, 11, 20), date(2026, 11, 30), {"es": "Hoy no hay citas.", "en": "No appointments today."}),),
)
GRAZ = replace(
    MADRID,
    slug="graz",
    names={"en": "Graz", "es": "Graz", "ar": "غراتس"},
    country="AT",
    time_zone="Europe/Vienna",
    host_language="de",
    languages=("de", "en"),
    controller="caritas",
    latitude=47.07,
    longitude=15.44,
    radius_km=20.0,
    emergency={"general": Fact("short", "112")},
    areas={},
    organisations={"caritas": Organisation("caritas", "Caritas Graz", "ngo", None)},
    first_steps=(),
    entries={e.id: e for e in (MELDEZETTEL, SCHOOL)},
    places={},
    alerts=(),
)
KNOWLEDGE = Knowledge(
    topics={
        "healthcare": Topic("healthcare", "🩺", 1, {"es": "Salud", "en": "Health", "ar": "الصحة"}),
        "egov": Topic("egov", "🪪", 2, {"es": "Papeles", "en": "Papers", "ar": "الأوراق"}),
        "work": Topic("work", "🧰", 3, {"es": "Trabajo", "en": "Work", "ar": "العمل"}),
        "education": Topic("education", "🎒", 4, {"es": "Escuela", "en": "School", "ar": "المدرسة"}),
        "emergency": Topic("emergency", "🚨", 5, {"es": "Emergencias", "en": "Emergencies", "ar": "الطوارئ"}),
    },
    cities={"madrid": MADRID, "graz": GRAZ},
    safety={
        "violence-home": SafetyKind("violence-home", {"madrid": "emergency.violence"}, {}),
        "medical": SafetyKind("medical", {}, {}),
    },
    lookalikes={},
    cards={
        "es": {
            "interpreter": PhraseCard(
                "interpreter",
                "anywhere",
                "Necesito un intérprete de {language}.",
                {"en": "I need an interpreter for {language}.", "ar": "أحتاج مترجما للغة {language}."},
                {"en": "neh-theh-SEE-toh oon een-TEHR-preh-teh deh …", "ar": "نيثيسيتو أون إنتربريتي دي …"},
            ),
            "pain": PhraseCard("pain", "doctor", "Me duele aquí.", {"en": "It hurts here."}, {"en": "meh DWEH-leh ah-KEE"}),
        }
    },
    smalltalk={
        "greeting": SmalltalkKind("greeting", {}, {"es": "Hola.", "en": "Hello.", "ar": "مرحبا."}),
        "are-you-human": SmalltalkKind("are-you-human", {}, {"es": "Soy un bot.", "en": "I am a bot.", "ar": "أنا بوت."}),
        "repeat": SmalltalkKind("repeat", {}, {"es": "Otra vez:", "en": "Once more:", "ar": "مرة أخرى:"}),
        "wrong-language": SmalltalkKind("wrong-language", {}, {"es": "¿Qué idioma?", "en": "Which language?", "ar": "أي لغة؟"}),
    },
)


# ---------------------------------------------------------------- a matcher of a handful of sentences

Meaning = tuple[Outcome, tuple[str, ...], str | None, str | None, str | None]  # outcome, entries, safety, smalltalk, language
MEANINGS: Mapping[str, Meaning] = {
    "how do i get a nie": ("answer", ("egov.nie",), None, None, "en"),
    "como saco el nie": ("answer", ("egov.nie",), None, None, "es"),
    "كيف أحصل على نيي": ("answer", ("egov.nie",), None, None, "ar"),
    "where do i register": ("answer", ("egov.padron",), None, None, "en"),
    "أين أسجل": ("answer", ("egov.padron",), None, None, "ar"),
    "papers": ("suggest", ("egov.nie", "egov.padron"), None, None, None),
    "my husband beats me": ("emergency", ("egov.padron",), "violence-home", None, "en"),
    "mi marido me pega": ("emergency", (), "violence-home", None, "es"),
    "زوجي يضربني": ("emergency", (), "violence-home", None, "ar"),
    "i cannot breathe": ("emergency", (), "medical", None, "en"),
    "hello": ("smalltalk", (), None, "greeting", None),
    "are you a person": ("smalltalk", (), None, "are-you-human", None),
    "say it again": ("smalltalk", (), None, "repeat", None),
    "another language": ("smalltalk", (), None, "wrong-language", None),
    "i want a person": ("smalltalk", (), None, "human", None),
}
LANGUAGES = {"english": "en", "français": "fr", "español": "es", "arabic": "ar", "العربية": "ar"}
CITIES: Mapping[str, tuple[str, str | None]] = {"madrid": ("madrid", None), "alcorcón": ("madrid", "alcorcon"), "graz": ("graz", None)}


@dataclass(frozen=True, slots=True)
class KnownSentences:
    """The Matcher contract over a table: any other text fits nothing."""

    knowledge: Knowledge = KNOWLEDGE

    def understand(self, text: str, city: str | None, locale: str | None) -> Understanding:
        outcome, ids, safety, smalltalk, language = MEANINGS.get(text.lower(), ("none", (), None, None, None))
        if city is None and outcome in ("answer", "suggest"):
            outcome = "none"
        known = self.knowledge.cities[city].entries if city else {}
        matches = tuple(Match(entry_id, 0.9) for entry_id in ids if entry_id in known)
        if outcome in ("answer", "suggest") and not matches:
            outcome = "none"
        return Understanding(outcome, matches, safety, smalltalk, language, city, locale)

    def resolve_city(self, text: str) -> tuple[str, str | None] | None:
        return CITIES.get(text.lower())

    def resolve_language(self, text: str) -> str | None:
        return LANGUAGES.get(text.lower())


def context(**changes: object) -> Context:
    plain = Context(
        now=NOW,
        knowledge=KNOWLEDGE,
        matcher=KnownSentences(),
        translator=CATALOGUES.translator,
        language_name=language_name,
        negotiate=negotiate,
        locales=("es", "en", "ar"),
        channel="telegram",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def settled(locale: str = "en", city: str | None = "madrid", **changes: object) -> Conversation:
    """Return a contact who has answered the first questions."""
    known = Conversation("c-1", "telegram", state="ready", locale=locale, city=city, data={"noticed": True, "device": "own"})
    return replace(known, **changes)  # type: ignore[arg-type]


# ---------------------------------------------------------------- talking


@dataclass(slots=True)
class Talk:
    """One contact talking to `step`; keeps the conversation and the last turn."""

    context: Context = field(default_factory=context)
    conversation: Conversation = field(default_factory=lambda: Conversation("c-1", "telegram"))
    turn: Turn = field(default_factory=lambda: Turn(Conversation("c-1", "telegram")))
    hint: str | None = None

    def hear(self, event: Event) -> Talk:
        self.turn = step(self.conversation, event, self.context)
        self.conversation = self.turn.conversation
        return self

    def write(self, *texts: str) -> Talk:
        for text in texts:
            self.hear(TextReceived(text=text, at=NOW, locale_hint=self.hint))
        return self

    def press(self, *option_ids: str) -> Talk:
        for option_id in option_ids:
            self.hear(OptionChosen(option_id=option_id, at=NOW, locale_hint=self.hint))
        return self

    def command(self, name: str, argument: str = "") -> Talk:
        return self.hear(CommandReceived(name=name, argument=argument, at=NOW, locale_hint=self.hint))

    @property
    def messages(self) -> list[Message]:
        return [effect.message for effect in self.turn.effects if isinstance(effect, SendMessage)]

    @property
    def said(self) -> str:
        return "\n".join(line for message in self.messages for line in lines(message))

    @property
    def offered(self) -> list[str]:
        return [option.id for message in self.messages for option in message.options]

    def effects(self, kind: type[Effect]) -> list[Effect]:
        return [effect for effect in self.turn.effects if isinstance(effect, kind)]


def lines(message: Message) -> Iterable[str]:
    """Write a message the way a transcript shows it."""
    for block in message.blocks:
        if isinstance(block, Listing):
            yield from (f"{f'{number}.' if block.ordered else '-'} {plain(item)}" for number, item in enumerate(block.items, 1))
        elif block.kind == "facts":
            yield from (f"{label}: {plain(runs)}" for label, runs in block.rows)
        else:
            yield {"heading": "# ", "note": "~ ", "paragraph": ""}[block.kind] + plain(block.runs)


def plain(runs: Runs) -> str:
    return "".join(run.text for run in runs)
