"""What people see on Telegram: golden texts, and properties over any text."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from telegram import InlineKeyboardMarkup, ReplyKeyboardMarkup, ReplyKeyboardRemove

from bot.channels.layout import render, text_length
from bot.channels.telegram.pieces import TEXT_LIMIT, split
from bot.channels.telegram.render import as_html, keyboard
from bot.errors import ChannelRejected
from bot.model import Block, Document, FactTable, Heading, Listing, Message, Note, Option, Paragraph, Run, Venue
from tests.botapi.markup import parse_html

ANSWER = Message(
    "es",
    (
        Heading((Run("Empadronamiento <Alcorcón>"),)),
        Paragraph((Run("Pide "), Run("cita", bold=True), Run(" en "), Run("la web", url="https://www.example.org/cita?a=1&b=2"), Run("."))),
        Listing(((Run("Pasaporte"),), (Run("Contrato & recibo"),)), ordered=True),
        Listing(((Run("gratis"),),)),
        FactTable((("Teléfono", (Run("916 64 81 00", url="tel:+34916648100", isolate=True),)), ("Precio", (Run("0 €"),)))),
        Note((Run('De una página que leímos como "copia".'),)),
    ),
)


def test_an_answer_in_html() -> None:
    assert as_html(ANSWER) == (
        "<b>Empadronamiento &lt;Alcorcón&gt;</b>\n\n"
        'Pide <b>cita</b> en <a href="https://www.example.org/cita?a=1&amp;b=2">la web</a>.\n\n'
        "1. Pasaporte\n2. Contrato &amp; recibo\n\n"
        "• gratis\n\n"
        "<b>Teléfono:</b> 916 64 81 00\n<b>Precio:</b> 0 €\n\n"
        "<i>De una página que leímos como &quot;copia&quot;.</i>"
    )


def test_an_answer_in_plain_text_names_the_addresses() -> None:
    assert "Pide cita en la web (https://www.example.org/cita?a=1&b=2)." in render(ANSWER)
    assert "Pide cita en la web." in render(ANSWER, with_addresses=False)


def test_right_to_left_lines_keep_their_direction() -> None:
    message = Message(
        "ar",
        (
            Paragraph((Run("NIE هو رقم"),)),
            Paragraph((Run("اتصل على "), Run("+34 916 64 81 00", isolate=True, url="tel:+34916648100"))),
            Listing(((Run("جواز"),), (Run("Padrón"),)), ordered=True),
            FactTable((("السعر", (Run("12 €"),)),)),
        ),
    )
    assert as_html(message) == (
        "\u200fNIE هو رقم\n\nاتصل على \u2068+34 916 64 81 00\u2069\n\n\u200f1. جواز\n\u200f2. Padrón\n\n<b>السعر:</b> 12 €"
    )


def test_an_alert_begins_with_its_sign() -> None:
    message = Message("es", (Heading((Run("Llama al 112"),)),), alert=True)
    assert as_html(message) == "🚨 <b>Llama al 112</b>"


def test_a_person_is_named_and_cannot_hide_in_their_name() -> None:
    message = Message("es", (Paragraph((Run("Hola"),)),), author="person", author_name="Pa\u202eula\n<b>")
    assert as_html(message) == "<b>Paula &lt;b&gt;:</b>\nHola"


@pytest.mark.parametrize(
    ("url", "text", "shown"),
    [
        ("tel:112", "112", "112"),
        ("tel:+34916648100", "916 64 81 00", "916 64 81 00"),
        ("tel:+34916648100", "llama", "llama (+34916648100)"),
        ("mailto:a@example.org?subject=x", "escribe", "escribe (a@example.org)"),
        ("mailto:a@example.org", "A@example.org", "A@example.org"),
        ("javascript:alert(1)", "mira", "mira"),
        ("https://", "mira", "mira"),
        ("https://[", "mira", "mira"),
        ("//example.org", "mira", "mira"),
        ("HTTPS://example.org/ñ", "mira", '<a href="https://example.org/ñ">mira</a>'),
        ('https://example.org/"><b>', "mira", '<a href="https://example.org/&quot;&gt;&lt;b&gt;">mira</a>'),
    ],
)
def test_only_web_addresses_become_links(url: str, text: str, shown: str) -> None:
    assert as_html(Message("es", (Paragraph((Run(text, url=url),)),))) == shown


# ---------------------------------------------------------------- keyboards


def rows(message: Message, token: str = "t") -> list[list[tuple[str, str]]]:
    markup = keyboard(message, token)
    assert isinstance(markup, InlineKeyboardMarkup)
    return [[(button.text, str(button.callback_data or button.url)) for button in row] for row in markup.inline_keyboard]


def test_short_labels_stand_two_in_a_row_and_long_ones_alone() -> None:
    labels = ["Salud", "Vivienda", "Trabajo", "Certificados y trámites", "Escuela"]
    message = Message("es", options=tuple(Option(label, label) for label in labels))
    assert rows(message) == [
        [("Salud", "t:0"), ("Vivienda", "t:1")],
        [("Trabajo", "t:2")],
        [("Certificados y trámites", "t:3")],
        [("Escuela", "t:4")],
    ]


def test_right_to_left_labels_stand_alone() -> None:
    message = Message("ar", options=(Option("a", "صحة"), Option("b", "سكن")))
    assert rows(message) == [[("صحة", "t:0")], [("سكن", "t:1")]]


def test_a_link_button_keeps_the_places_of_the_others() -> None:
    message = Message("es", options=(Option("a", "Sí"), Option("b", "Web", url="https://example.org"), Option("c", "No")))
    assert rows(message) == [[("Sí", "t:0"), ("Web", "https://example.org")], [("No", "t:2")]]


def test_a_long_label_is_cut_at_a_word() -> None:
    ((label, _),) = rows(Message("es", options=(Option("a", "palabra " * 20),)))[0:1][0]
    assert label == "palabra " * 6 + "palabra…"
    assert rows(Message("es", options=(Option("a", "x" * 80), Option("b", " \n"))))[0][0][0] == "x" * 63 + "…"


def test_mistakes_of_ours_are_refused_before_telegram_does() -> None:
    with pytest.raises(ChannelRejected):
        keyboard(Message("es", options=(Option("a", "A"),)), "t" * 63)
    with pytest.raises(ChannelRejected):
        keyboard(Message("es", options=tuple(Option(str(n), "A") for n in range(101))), "t")
    assert len(rows(Message("es", options=tuple(Option(str(n), "A") for n in range(100))))) == 50


def test_a_place_can_be_shared_by_button_or_by_hint() -> None:
    asking = Message("es", (Paragraph((Run("¿Dónde?"),)),), ask_location=True)
    markup = keyboard(asking, "t")
    assert isinstance(markup, ReplyKeyboardMarkup)
    assert markup.keyboard[0][0].request_location
    with_options = Message("es", asking.blocks, (Option("m", "Madrid"),), ask_location=True)
    assert rows(with_options) == [[("Madrid", "t:0")]]
    assert as_html(with_options) == "¿Dónde?\n\n📎 → 📍"
    assert isinstance(keyboard(Message("es", asking.blocks), "t"), ReplyKeyboardRemove)


# ---------------------------------------------------------------- any text

TEXT = st.text(st.characters(codec="utf-8"), max_size=80) | st.sampled_from(
    [
        "<b>",
        "</a>",
        "&amp;",
        "&#60;script>",
        '"><img src=x>',
        "a\nb",
        "\u202egpj.exe",
        "مرحبا 112",
        "😀" * 20,
        "]]>",
        "tg://user?id=1",
        "@someone",
    ]
)
RUN = st.builds(Run, TEXT, st.booleans(), st.none() | st.just('https://example.org/?q=<&">') | st.just("tel:112"), st.booleans())
RUNS = st.lists(RUN, max_size=4).map(tuple)
BLOCK: st.SearchStrategy[Block] = st.one_of(
    st.builds(Heading, RUNS),
    st.builds(Paragraph, RUNS),
    st.builds(Note, RUNS),
    st.builds(Listing, st.lists(RUNS, max_size=4).map(tuple), st.booleans()),
    st.builds(FactTable, st.lists(st.tuples(TEXT, RUNS), max_size=3).map(tuple)),
)
MESSAGE = st.builds(
    Message,
    st.sampled_from(["es", "ar"]),
    st.lists(BLOCK, max_size=5).map(tuple),
    author=st.sampled_from(["bot", "person", "translation"]),
    author_name=TEXT,
    alert=st.booleans(),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MESSAGE)
def test_any_text_is_accepted_and_people_see_what_was_written(message: Message) -> None:
    seen, entities = parse_html(as_html(message))
    assert seen == render(message, with_addresses=False)
    assert {entity.kind for entity in entities} <= {"b", "i", "a"}
    assert {entity.url for entity in entities if entity.kind == "a"} <= {'https://example.org/?q=<&">'}


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXT)
def test_a_text_is_shown_as_it_is(text: str) -> None:
    seen, _ = parse_html(as_html(Message("es", (Paragraph((Run(text),)),))))
    expected = re.sub("\r(?=\n)|[\u2028-\u202e]", "", text)
    expected = re.sub("[\x00-\x09\x0b-\x1f\x7f]", " ", expected)
    assert seen == (expected if expected.strip() else "")


# ---------------------------------------------------------------- pieces

LONG = st.builds(lambda words, times: " ".join(words) * times, st.lists(TEXT, min_size=1, max_size=5), st.integers(1, 200))
LONG_RUNS = st.lists(st.builds(Run, LONG, st.booleans(), isolate=st.booleans()), min_size=1, max_size=3).map(tuple)
LONG_BLOCK: st.SearchStrategy[Block] = st.one_of(
    st.builds(Paragraph, LONG_RUNS),
    st.builds(Note, LONG_RUNS),
    st.builds(Listing, st.lists(LONG_RUNS, max_size=8).map(tuple), st.just(True)),
)
OPTION = st.builds(Option, st.just("id"), TEXT, url=st.none() | st.just("https://example.org") | st.just("tel:112") | TEXT)
VENUE = st.builds(Venue, TEXT, TEXT, st.floats(-90, 90), st.floats(-180, 180))
LONG_MESSAGE = st.builds(
    Message,
    st.sampled_from(["es", "ar"]),
    st.lists(LONG_BLOCK, max_size=4).map(tuple),
    st.lists(OPTION, max_size=12).map(tuple),
    st.lists(VENUE, max_size=3).map(tuple),
    st.none() | st.just(Document("data.json", "application/json", "{}")),
    author=st.sampled_from(["bot", "person"]),
    author_name=TEXT,
    alert=st.booleans(),
    ask_location=st.booleans(),
)


def letters(text: str) -> str:
    """Leave out what may change at a cut: spaces, and the marks that keep directions."""
    return re.sub("[\\s\u200f\u2066-\u2069\u2028-\u202e\x00-\x1f\x7f]", "", text)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LONG_MESSAGE)
def test_pieces_fit_and_lose_nothing(message: Message) -> None:
    pieces = split(message)
    assert pieces == split(message)
    texts = [piece for piece in pieces if not piece.venues and piece.document is None]
    for piece in texts:
        assert text_length(render(piece, with_addresses=False)) <= TEXT_LIMIT
        assert split(piece) == (piece,)
        keyboard(piece, "t")
    assert sum(piece.alert for piece in texts) == (message.alert and bool(texts))
    assert [venue for piece in pieces for venue in piece.venues] == list(message.venues)
    assert [piece.document for piece in pieces if piece.document] == ([message.document] if message.document else [])
    links = [option for option in message.options if option.url is None or option.url == "https://example.org"]
    assert [option for piece in texts for option in piece.options] == links
    assert all(not piece.options and not piece.ask_location for piece in texts[:-1])
    opened = Message(message.locale, message.blocks)
    whole = letters(render(opened, with_addresses=False))
    seen = "".join(letters(render(Message(piece.locale, piece.blocks), with_addresses=False)) for piece in texts)
    assert seen.startswith(whole)


def test_text_is_cut_between_blocks_then_sentences() -> None:
    sentence = "Una frase que se entiende. "
    message = Message("es", (Paragraph((Run("Corto."),)), Paragraph((Run(sentence * 300),))), (Option("a", "Sí"),))
    first, *rest = split(message)
    assert as_html(first) == "Corto."
    assert len(rest) == 3
    assert all(as_html(piece).endswith("entiende. ") for piece in rest)
    assert [len(piece.options) for piece in (first, *rest)] == [0, 0, 0, 1]


def test_a_cut_list_goes_on_counting() -> None:
    message = Message("es", (Listing(tuple((Run(f"cosa {n} " + "x" * 100),) for n in range(1, 81)), ordered=True),))
    text = "\n".join(as_html(piece) for piece in split(message))
    assert [int(number) for number in re.findall(r"^(\d+)\. cosa", text, re.MULTILINE)] == list(range(1, 81))


def test_numbers_and_joined_signs_are_not_torn_apart() -> None:
    phone = Run("+34 916 64 81 00", isolate=True)
    pieces = split(Message("es", (Paragraph((Run("x" * 3990), phone)),)))
    assert [as_html(piece) for piece in pieces] == ["x" * 3990, "+34 916 64 81 00"]
    family = "👨\u200d👩\u200d👧"
    pieces = split(Message("es", (Paragraph((Run("x" * 1999 + family * 500),)),)))
    assert all(as_html(piece).count(family) * len(family) == len(as_html(piece).replace("x", "")) for piece in pieces)


def test_what_telegram_allows_no_button_for_is_written_out() -> None:
    message = Message("es", (Paragraph((Run("Ayuda"),)),), (Option("a", "Llamar al 016", url="tel:016"), Option("b", "Menú")))
    (piece,) = split(message)
    assert as_html(piece) == "Ayuda\n\nLlamar al 016: 016"
    assert rows(piece) == [[("Menú", "t:0")]]


def test_a_message_with_nothing_to_show_has_no_pieces() -> None:
    assert split(Message("es", device="own")) == ()
    assert split(Message("es", (Paragraph((Run(" "),)),))) == ()
