"""A host that answers with everything a page must be able to draw."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import (
    ButtonPressed,
    CommandReceived,
    ContactRef,
    Document,
    Event,
    FactTable,
    Heading,
    Incoming,
    Listing,
    LocationShared,
    Message,
    Note,
    Option,
    Paragraph,
    Run,
    TextReceived,
    Venue,
)
from tests.channels.web_server import EchoHost, say

HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>"\'><b>bold</b>'

SPANISH = Message(
    locale="es",
    blocks=(
        Heading((Run("Empadronarse: registrar tu dirección"),)),
        Paragraph(
            (Run("El padrón es el registro de las personas que viven en la ciudad. "), Run("Todo el mundo", bold=True), Run(" puede."))
        ),
        Listing(((Run("Pide cita."),), (Run("Rellena la hoja padronal."),), (Run("Ve a una oficina con los documentos."),)), ordered=True),
        FactTable(
            (
                ("Para quién", (Run("Todas las personas que viven en Madrid, con o sin papeles"),)),
                ("Lleva", (Run("Pasaporte o tarjeta · contrato, o autorización de quien vive allí"),)),
                (
                    "Cita",
                    (
                        Run("madrid.es/citaprevia", url="https://www.madrid.es/citaprevia"),
                        Run(" · "),
                        Run("010", url="tel:010", isolate=True),
                    ),
                ),
                ("Cuesta", (Run("nada"),)),
            )
        ),
        Note((Run("Fuente: "), Run("madrid.es", url="https://www.madrid.es"), Run(". La ciudad todavía no lo ha confirmado."))),
    ),
    venues=(Venue("Oficina de Atención a la Ciudadanía", "Plaza de los Reyes de España 1, 28922 Alcorcón", 40.3459, -3.8249),),
    options=(
        Option("steps", "Paso a paso (4)", "main"),
        Option("without", "Sin contrato de alquiler", "answer"),
        Option("card", "Tarjeta sanitaria", "answer"),
        Option("good", "👍 Me sirve", "vote"),
        Option("bad", "👎 No", "vote"),
        Option("link", "Pedir cita", url="https://www.madrid.es/citaprevia"),
        Option("human", "Hablar con una persona", "person"),
    ),
)
ARABIC = Message(
    locale="ar",
    blocks=(
        Heading((Run("تسجيل العنوان ("), Run("Empadronamiento", isolate=True), Run(")"))),
        Paragraph((Run("السجل البلدي هو سجل الأشخاص الذين يعيشون في المدينة. يمكن للجميع التسجيل، مع أوراق إقامة أو بدونها."),)),
        FactTable(
            (
                ("لمن", (Run("كل من يعيش في مدريد"),)),
                ("أحضر", (Run("جواز السفر أو بطاقة الإقامة · عقد الإيجار أو إذن ممن يسكن هناك"),)),
                ("الموعد", (Run("+34 914 800 010", url="tel:+34914800010", isolate=True),)),
                ("مفتوح الآن", (Run("Plaza de los Reyes de España 1", isolate=True), Run(" · حتى "), Run("19:00", isolate=True))),
            )
        ),
        Note((Run("المصدر: "), Run("madrid.es", url="https://www.madrid.es", isolate=True), Run(". ترجمة آلية لم يراجعها شخص بعد."))),
    ),
    options=(
        Option("steps", "خطوة بخطوة (4)", "main"),
        Option("card", "البطاقة الصحية", "answer"),
        Option("good", "👍 نعم", "vote"),
        Option("bad", "👎 لا", "vote"),
    ),
)
CRISIS = Message(
    locale="ar",
    alert=True,
    blocks=(
        Heading((Run("إذا كنتِ في خطر اتصلي الآن: "), Run("112", url="tel:112", isolate=True))),
        Paragraph((Run("خط العنف ضد النساء: "), Run("016", url="tel:016", isolate=True), Run(". مجاني، وبلغات كثيرة، على مدار الساعة."))),
    ),
    options=(Option("human", "أريد التحدث مع شخص الآن", "person"), Option("back", "العودة إلى سؤالي")),
)
ADVISOR = Message(
    locale="es",
    author="person",
    author_name="Lucía",
    blocks=(
        Paragraph((Run("Hola, soy Lucía. No te preocupes: la policía municipal puede comprobar dónde vives. ¿Puedes venir el jueves?"),)),
    ),
)
GREETING = Message(
    locale="es",
    blocks=(Paragraph((Run("¡Hola! Soy Dragoman. Te ayudo con los servicios de tu ciudad. ¿En qué idioma hablamos?"),)),),
    options=(Option("es", "Español", "main"), Option("ar", "العربية"), Option("en", "English")),
)
TEXTS = {
    "padron": (SPANISH,),
    "عنوان": (ARABIC,),
    "زوجي يضربني": (CRISIS,),
    "lucia": (ADVISOR,),
    "hostile": (
        Message(
            locale="en",
            author_name=HOSTILE,
            blocks=(
                Heading((Run(HOSTILE),)),
                FactTable(((HOSTILE, (Run(HOSTILE, url="javascript:document.title=3"),)),)),
                Listing(((Run(HOSTILE, bold=True, isolate=True, url="data:text/html,<script>1</script>"),),)),
            ),
            options=(Option("x", HOSTILE), Option("y", HOSTILE, url="javascript:document.title=4")),
            venues=(Venue(HOSTILE, HOSTILE, 1.0, 2.0),),
        ),
    ),
    "own": (Message(locale="es", device="own", blocks=(Paragraph((Run("Vale, te recuerdo."),)),)),),
    "shared": (Message(locale="es", device="shared", blocks=(Paragraph((Run("Vale, lo olvido al cerrar."),)),)),),
    "where": (Message(locale="es", ask_location=True, blocks=(Paragraph((Run("¿Dónde estás?"),)),)),),
    "data": (Message(locale="es", document=Document("datos.txt", "text/plain", "todo: ñ"), blocks=(Paragraph((Run("Esto es todo."),)),)),),
    "long": (say("\n".join(f"Line {number} of a long answer" for number in range(60)), locale="es", options=("Next",)),),
    "wide": (say("w" * 500 + " https://example.org/" + "x" * 300, locale="es", options=("o" * 120,)),),
}


class Scenes(EchoHost):
    """Plays the scene named by the text; a deletion is answered and everything forgotten."""

    def __init__(self) -> None:
        super().__init__(self._scene)

    def _scene(self, event: Event) -> Sequence[Message]:
        if isinstance(event, TextReceived):
            return TEXTS.get(event.text, (say(f"echo: {event.text}", locale="es"),))
        if isinstance(event, CommandReceived):
            return self._command(event)
        if isinstance(event, ButtonPressed):
            return (say(f"pressed {event.index}", locale="es", options=("Más",)),)
        if isinstance(event, LocationShared):
            return (say(f"at {event.latitude} {event.longitude}", locale="es"),)
        return ()

    def _command(self, event: CommandReceived) -> Sequence[Message]:
        if event.name == "start":
            return (GREETING,) if not event.argument else (say(f"start {event.argument}", locale="es"),)
        if event.name == "delete":
            return (say("Todo borrado.", locale="es", options=("Empezar",)),)
        return (say(f"command {event.name}", locale="es"),)

    def _handle(self, item: Incoming) -> None:
        super()._handle(item)
        if isinstance(item.event, CommandReceived) and item.event.name == "delete":
            self.erase(item.contact)

    @property
    def contact(self) -> ContactRef:
        """Return who wrote last."""
        return self.accepted[-1].contact
