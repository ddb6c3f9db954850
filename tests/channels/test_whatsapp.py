"""WhatsApp against a server on loopback that takes only what the Cloud API takes: what comes in, what goes out, and what goes wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cases import Attachment
from bot.channels import Parcel
from bot.channels.layout import text_length
from bot.channels.whatsapp import WhatsAppChannel
from bot.channels.whatsapp.parse import Parsed, is_user, parse
from bot.channels.whatsapp.pieces import BODY_LIMIT, TEXT_LIMIT, split
from bot.channels.whatsapp.render import as_text, content
from bot.channels.whatsapp.webhook import MAX_BODY
from bot.errors import ChannelError, ChannelRejected, ChannelThrottled, ConfigError, ContactAsleep, ContactBlocked, Overloaded, StoreError
from bot.model import (
    ButtonPressed,
    CommandReceived,
    ContactRef,
    Document,
    FactTable,
    Heading,
    LocationShared,
    MediaReceived,
    Message,
    Note,
    Option,
    Paragraph,
    Run,
    TextReceived,
    Venue,
)
from tests.channels.hosts import MemoryHost, served
from tests.channels.whatsapp_rig import NOT_PASSED, make_channel
from tests.cloudapi import PHONE_ID, VERIFY_TOKEN, CloudApi, Sent
from tests.cloudapi.rules import check
from tests.cloudapi.server import posted, sign

PERSON = 34600111222
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
OGG = b"OggS" + b"0" * 40


@dataclass
class Rig:
    api: CloudApi
    channel: WhatsAppChannel
    host: MemoryHost
    url: str

    async def send(self, message: Message, **more: object) -> list[str | None]:
        contact = ContactRef("whatsapp", self.api.users.get(str(PERSON)) or str(PERSON))
        pieces = self.channel.split(message)
        return [await self.channel.send(Parcel(contact, 1, "tok3n", piece, False, **more)) for piece in pieces]  # type: ignore[arg-type]

    @property
    def seen(self) -> list[Sent]:
        return list(self.api.sent(PERSON))


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with CloudApi() as api:
        channel = make_channel(api)
        async with served(channel.routes()) as url:
            api.hook = f"{url}/whatsapp/webhook"
            host = MemoryHost()
            await channel.start(host)
            yield Rig(api, channel, host, url)
            await channel.close()


def say(text: str, *labels: str, locale: str = "es", **more: object) -> Message:
    return Message(locale, (Paragraph((Run(text),)),), tuple(Option(f"id-{label}", label) for label in labels), **more)  # type: ignore[arg-type]


# ---------------------------------------------------------------- what comes in


async def test_a_person_is_known_by_the_id_that_stands_for_them_here_and_not_by_their_number(rig: Rig) -> None:
    rig.api.say(PERSON, "hola")
    (incoming,) = await rig.host.wait(1)
    assert incoming.contact == ContactRef("whatsapp", f"ES.{PERSON}0")
    assert incoming.external_id.startswith(f"{PHONE_ID}:wamid.")
    assert str(PERSON) not in incoming.external_id
    await rig.send(say("buenas"))
    assert rig.seen[0].body["recipient"] == f"ES.{PERSON}0"
    assert "to" not in rig.seen[0].body


async def test_a_person_without_such_an_id_is_known_by_the_number(rig: Rig) -> None:
    rig.api.users[str(PERSON)] = None
    rig.api.say(PERSON, "hola")
    (incoming,) = await rig.host.wait(1)
    assert incoming.contact == ContactRef("whatsapp", str(PERSON))
    await rig.send(say("buenas"))
    assert rig.seen[0].body["to"] == str(PERSON)


def one(message: object, *, contacts: object = ()) -> Parsed:
    value = {"metadata": {"phone_number_id": PHONE_ID}, "contacts": contacts, "messages": [message]}
    return parse(posted(value), PHONE_ID)


def test_the_id_may_stand_beside_the_messages_alone() -> None:
    contacts = [{"wa_id": "34600111222", "user_id": "ES.1"}]
    text = {"from": "34600111222", "id": "wamid.1", "timestamp": "1700000000", "type": "text", "text": {"body": "x"}}
    (incoming,) = one(text, contacts=contacts).incoming
    assert incoming.contact.address == "ES.1"
    (incoming,) = one({**text, "from_user_id": "ES.ENT.2"}, contacts=contacts).incoming
    assert incoming.contact.address == "ES.ENT.2"
    assert is_user("ES.ENT.2")
    assert not is_user("34600111222")
    assert not is_user("ES.1/../x")


KNOWN = {"from_user_id": "ES.1", "id": "wamid.1", "timestamp": "1700000000"}
AT = datetime.fromtimestamp(1_700_000_000, UTC)


@pytest.mark.parametrize(
    ("message", "event"),
    [
        (
            {"type": "text", "text": {"body": "/Start e_madrid_egov_nie"}},
            CommandReceived(name="start", argument="e_madrid_egov_nie", at=AT),
        ),
        ({"type": "text", "text": {"body": "/nonsense"}}, TextReceived(text="nonsense", at=AT)),
        ({"type": "text", "text": {"body": "a\ud83d"}}, TextReceived(text="a\ufffd", at=AT)),
        ({"type": "button", "button": {"text": "Sí", "payload": "p"}}, TextReceived(text="Sí", at=AT)),
        ({"type": "interactive", "interactive": {"button_reply": {"id": "tok:2"}}}, ButtonPressed(token="tok", index=2, at=AT)),
        ({"type": "interactive", "interactive": {"list_reply": {"id": "tok:11"}}}, ButtonPressed(token="tok", index=11, at=AT)),
        ({"type": "interactive", "interactive": {"list_reply": {"id": "of another"}}}, ButtonPressed(token="", index=0, at=AT)),
        ({"type": "interactive", "interactive": {"nfm_reply": {}}}, ButtonPressed(token="", index=0, at=AT)),
        ({"type": "location", "location": {"latitude": 40.4, "longitude": -3}}, LocationShared(latitude=40.4, longitude=-3.0, at=AT)),
        ({"type": "location", "location": {"latitude": 99, "longitude": -3}}, MediaReceived(media="other", at=AT)),
        ({"type": "request_welcome"}, CommandReceived(name="start", argument="", at=AT)),
        ({"type": "order", "order": {}}, MediaReceived(media="other", at=AT, source_id="wamid.1")),
        ({"type": "unsupported", "errors": [{"code": 131051}]}, MediaReceived(media="other", at=AT, source_id="wamid.1")),
        ({"type": "contacts", "contacts": []}, MediaReceived(media="contact", at=AT, source_id="wamid.1")),
        (
            {"type": "audio", "audio": {"id": "12345", "mime_type": "audio/ogg", "voice": True}},
            MediaReceived(media="voice", at=AT, source_id="wamid.1", attachment=Attachment("voice", "whatsapp:12345", "", "audio/ogg")),
        ),
        (
            {"type": "image", "image": {"id": "12345", "mime_type": "image/jpeg", "caption": "¿qué es?"}},
            TextReceived(text="¿qué es?", at=AT, source_id="wamid.1", attachment=Attachment("photo", "whatsapp:12345", "", "image/jpeg")),
        ),
        (
            {"type": "edit", "edit": {"original_message_id": "wamid.0", "message": {"text": {"body": "mejor"}}}},
            TextReceived(text="mejor", at=AT, edited=True, source_id="wamid.0"),
        ),
    ],
)
def test_what_people_send_is_read(message: dict[str, object], event: object) -> None:
    parsed = one({**KNOWN, **message})
    assert [incoming.event for incoming in parsed.incoming] == [event]
    assert parsed.malformed == 0


@pytest.mark.parametrize("kind", ["reaction", "system", "revoke", "ephemeral"])
def test_what_nobody_said_is_not_answered(kind: str) -> None:
    assert one({**KNOWN, "type": kind, kind: {}}) == Parsed()
    assert one({**KNOWN, "type": "text", "text": {"body": "x"}, "group_id": "g"}) == Parsed()


BROKEN = [
    {},
    {"type": "text"},
    {"type": "text", "text": {"body": 5}},
    {"type": "text", "text": {"body": "x"}, "timestamp": "soon"},
    {"type": "text", "text": {"body": "x"}, "timestamp": "99999999999999"},
    {"type": "text", "text": {"body": "x"}, "from_user_id": "../etc", "from": None},
    {"type": "text", "text": {"body": "x"}, "id": "with space"},
    {"type": "location", "location": {"latitude": "north"}},
    {"type": "image", "image": {"id": "../../x"}},
    {"type": "edit", "edit": {}},
]


@pytest.mark.parametrize("broken", BROKEN)
def test_one_broken_message_takes_no_other_with_it(broken: dict[str, object]) -> None:
    whole = {**KNOWN, "type": "text", "text": {"body": "whole"}}
    value = {"metadata": {"phone_number_id": PHONE_ID}, "messages": [broken if not broken else {**KNOWN, **broken}, whole, 7, None]}
    parsed = parse(posted(value), PHONE_ID)
    assert [incoming.event.text for incoming in parsed.incoming if isinstance(incoming.event, TextReceived)] == ["whole"]
    assert parsed.malformed == 1


NAMES = ("object", "entry", "changes", "value", "field", "messages", "text", "type", "id", "from", "x")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JSON, JSON)
def test_any_json_is_read_without_an_error(raw: object, message: object) -> None:
    parse(raw, PHONE_ID)
    one(message, contacts=raw)
    one({**KNOWN, **(message if isinstance(message, dict) else {})})


async def test_all_messages_of_a_post_are_kept(rig: Rig) -> None:
    post, _name = rig.api.post_of(PERSON, *({"type": "text", "text": {"body": text}} for text in ("uno", "dos", "tres")))
    assert await rig.api.deliver(post) == 200
    assert await rig.api.deliver(post) == 200  # comes twice now and then
    events = [item.event for item in await rig.host.wait(3)]
    assert [event.text for event in events if isinstance(event, TextReceived)] == ["uno", "dos", "tres"]
    assert rig.host.repeats == 3


async def test_posts_about_other_numbers_and_other_things_are_none_of_ours(rig: Rig) -> None:
    post, _name = rig.api.post_of(PERSON, {"type": "text", "text": {"body": "x"}})
    post["entry"][0]["changes"][0]["value"]["metadata"] = {"phone_number_id": "1"}
    assert await rig.api.deliver(post) == 200
    assert await rig.api.deliver({"object": "page", "entry": []}) == 200
    assert rig.host.accepted == []


# ---------------------------------------------------------------- the webhook


async def test_only_what_is_signed_is_taken(rig: Rig) -> None:
    post, _name = rig.api.post_of(PERSON, {"type": "text", "text": {"body": "x"}})
    body = json.dumps(post).encode()
    for wrong in ("", "sha256=", sign(body + b" "), sign(body).upper(), sign(body)[:-1], "sha1=" + "0" * 40, "sha256=" + "é" * 64):
        if wrong.isascii():
            assert await rig.api.deliver(body, wrong) == 403
    assert rig.host.accepted == []
    assert await rig.api.deliver(body) == 200
    assert await rig.api.deliver(b"{not json", sign(b"{not json")) == 400
    assert await rig.api.deliver(b" " * (MAX_BODY + 1)) == 413


async def test_it_answers_the_question_whether_it_is_ours(rig: Rig) -> None:
    session = rig.api._session
    assert session is not None
    right = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}
    async with session.get(rig.api.hook, params=right) as answer:
        assert (answer.status, await answer.text()) == (200, "1158201444")
        assert answer.headers["Content-Type"].startswith("text/plain")
    for wrong in ({"hub.verify_token": "x"}, {"hub.mode": "unsubscribe"}, {"hub.challenge": "x" * 500}, {"hub.verify_token": "é"}):
        async with session.get(rig.api.hook, params={**right, **wrong}) as answer:
            assert answer.status == 403


@pytest.mark.parametrize(("refusal", "after"), [(Overloaded(7), "7"), (StoreError("disk full"), "5")])
async def test_what_cannot_be_kept_is_to_come_again(rig: Rig, refusal: Exception, after: str) -> None:
    rig.host.refusals = [refusal]
    post, _name = rig.api.post_of(PERSON, {"type": "text", "text": {"body": "x"}})
    assert await rig.api.deliver(post) == 503
    assert await rig.api.deliver(post) == 200


# ---------------------------------------------------------------- what goes out


async def test_few_short_choices_are_buttons_and_others_a_list(rig: Rig) -> None:
    rig.api.say(PERSON, "hola")
    await rig.host.wait(1)
    await rig.send(say("¿Seguro?", "Sí", "No"))
    await rig.send(say("¿Qué?", "Certificado de empadronamiento", "Sí"))
    await rig.send(say("¿Cuál?", *(f"Tema {number}" for number in range(10)), locale="ar"))
    buttons, long, many = rig.seen
    assert buttons.body["interactive"]["type"] == "button"
    assert (long.body["interactive"]["type"], long.labels) == ("list", ("Certificado de empadronamiento", "Sí"))
    assert long.body["interactive"]["action"]["button"] == "Elegir"
    assert many.body["interactive"]["action"]["button"] == "اختر"
    rig.api.press(PERSON, "Certificado de empadronamiento", long)
    rig.api.press(PERSON, "No", buttons)
    events = [item.event for item in await rig.host.wait(3)]
    assert [(event.token, event.index) for event in events if isinstance(event, ButtonPressed)] == [("tok3n", 0), ("tok3n", 1)]


def test_two_choices_that_would_look_alike_are_a_list() -> None:
    found = content(say("¿?", "Sí", "Sí"), "t", "Elegir")
    check({"messaging_product": "whatsapp", "to": "34600111222", **found})
    assert found["interactive"]["type"] == "list"


async def test_links_are_lines_of_text(rig: Rig) -> None:
    rig.api.say(PERSON, "hola")
    await rig.host.wait(1)
    options = (Option("a", "Página", url="https://example.org/x"), Option("b", "Llamar", url="tel:+34916648100"), Option("c", "Menú"))
    await rig.send(replace(say("Mira"), options=options))
    assert rig.seen[0].text == "Mira\n\nPágina: https://example.org/x\n\nLlamar: +34916648100"
    assert rig.seen[0].labels == ("Menú",)


def test_what_stands_out_is_marked_and_what_people_wrote_is_not() -> None:
    blocks = (
        Heading((Run("Título"),)),
        FactTable((("Precio", (Run("12 €", isolate=True),)),)),
        Paragraph((Run("a"), Run("bold", bold=True), Run("z"))),
        Paragraph((Run("de "), Run("2*3", bold=True), Run("."))),
        Note((Run("fuente", url="https://example.org"),)),
    )
    assert as_text(Message("es", blocks)) == "*Título*\n\n*Precio:* 12 €\n\naboldz\n\nde 2*3.\n\nfuente (https://example.org)"


def test_a_long_answer_goes_before_its_buttons() -> None:
    answer = Message("es", tuple(Paragraph((Run(f"Frase {number}. " * 40),)) for number in range(8)), (Option("m", "Menú"),), alert=True)
    pieces = split(answer)
    assert len(pieces) == 2
    assert (pieces[0].options, pieces[1].options) == ((), answer.options)
    assert (pieces[0].alert, pieces[1].alert) == (True, False)
    assert text_length(as_text(pieces[0])) <= TEXT_LIMIT
    assert text_length(as_text(pieces[1])) <= BODY_LIMIT
    assert [block for piece in pieces for block in piece.blocks] == list(answer.blocks)


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=30) | st.sampled_from(("palabra " * 300, "x" * 2500, "م" * 1200, "*_~`"))
LABEL = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=90)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(TEXT, max_size=6), st.lists(LABEL, max_size=10), st.sampled_from(("es", "ar")))
def test_whatever_is_sent_is_taken(texts: list[str], labels: list[str], locale: str) -> None:
    options = tuple(Option(f"o{number}", label) for number, label in enumerate(labels))
    message = Message(locale, tuple(Paragraph((Run(text),)) for text in texts), options)
    pieces = split(message)
    for piece in pieces:
        if piece.blocks or piece.options:
            check({"messaging_product": "whatsapp", "to": "34600111222", **content(piece, "t" * 12, "Elegir")})
    assert [piece.options for piece in pieces if piece.options] == ([options] if labels else [])
    assert all(split(piece) == (piece,) for piece in pieces)


async def test_places_and_files_of_ours_follow(rig: Rig) -> None:
    rig.api.say(PERSON, "hola")
    await rig.host.wait(1)
    message = replace(
        say("Mira"),
        venues=(Venue("Oficina", "Plaza 1", 40.4, -3.7), Venue("", "", 1, 2)),
        document=Document("datos.json", "application/json", "{}"),
    )
    await rig.send(message)
    text, place, nameless, file = rig.seen
    assert (text.text, place.text) == ("Mira", "Oficina, Plaza 1")
    assert nameless.body["location"] == {"latitude": 1, "longitude": 2}
    assert rig.api.files[file.body["document"]["id"]] == ("text/plain", b"{}")
    assert file.text == "datos.json"


async def test_where_somebody_is_can_be_asked(rig: Rig) -> None:
    rig.api.say(PERSON, "hola")
    await rig.host.wait(1)
    await rig.send(say("¿Dónde estás?", ask_location=True))
    assert rig.seen[0].body["interactive"]["type"] == "location_request_message"
    await rig.send(say("¿Dónde estás?", "Menú", ask_location=True))
    assert rig.seen[1].labels == ("Menú",)
    assert "📍" in rig.seen[1].text


async def test_what_was_sent_stays_and_an_edit_is_sent_anew(rig: Rig) -> None:
    rig.api.say(PERSON, "hola")
    await rig.host.wait(1)
    (first,) = await rig.send(say("el lunes"))
    await rig.send(say("el martes", edits=True), earlier=(first,))
    assert await rig.send(Message("es", withdraws=True), earlier=(first,)) == [None]
    assert [sent.text for sent in rig.seen] == ["el lunes", "el martes"]


# ---------------------------------------------------------------- files


async def test_a_file_somebody_sends_can_be_had(rig: Rig) -> None:
    rig.api.send_media(PERSON, "audio", OGG, "audio/ogg; codecs=opus", voice=True)
    (incoming,) = await rig.host.wait(1)
    assert isinstance(incoming.event, MediaReceived)
    assert incoming.event.attachment is not None
    assert incoming.event.media == "voice"
    key = incoming.event.attachment.ref.partition(":")[2]
    assert await rig.channel.fetch(key) == OGG
    rig.api.files[key] = ("audio/ogg", b"0" * (21 << 20))
    with pytest.raises(ChannelRejected):
        await rig.channel.fetch(key)
    del rig.api.files[key]
    with pytest.raises(ChannelRejected):
        await rig.channel.fetch(key)


@pytest.mark.parametrize(
    ("attachment", "file", "kind", "shown"),
    [
        (Attachment("photo", "store:1", "carta.png"), PNG, "image", "Ana:*\nmira esto"),
        (Attachment("voice", "store:1"), OGG, "audio", ""),
        (Attachment("document", "store:1", "carta.pdf"), b"%PDF-1.4", "document", "carta.pdf"),
    ],
)
async def test_a_file_is_passed_on_with_its_words(rig: Rig, attachment: Attachment, file: bytes, kind: str, shown: str) -> None:
    rig.api.say(PERSON, "hola")
    await rig.host.wait(1)
    rig.host.files["store:1"] = file
    await rig.send(replace(say("mira esto"), author="person", author_name="Ana", attachment=attachment))
    assert rig.seen[-1].kind == kind
    assert shown in rig.seen[-1].text
    assert sum("mira esto" in sent.text for sent in rig.seen) == 1


@pytest.mark.parametrize("file", [ChannelRejected("gone"), b"<html>", b"RIFF....WEBPxxxx"])
async def test_of_a_file_that_cannot_be_passed_on_the_words_are(rig: Rig, file: bytes | Exception) -> None:
    rig.api.say(PERSON, "hola")
    await rig.host.wait(1)
    rig.host.files["store:1"] = file
    await rig.send(replace(say("mira"), attachment=Attachment("photo", "store:1", "x")))
    assert [sent.text for sent in rig.seen] == [f"mira\n{NOT_PASSED}"]


# ---------------------------------------------------------------- what goes wrong


def answer(code: int, status: int = 400) -> tuple[int, str]:
    return status, json.dumps({"error": {"code": code, "message": "a quote of the message", "type": "OAuthException"}})


@pytest.mark.parametrize(
    ("fault", "error", "uncertain"),
    [
        (answer(131056), ChannelThrottled, False),
        (answer(130429, 429), ChannelThrottled, False),
        ((429, "{}"), ChannelThrottled, False),
        (answer(131026), ContactBlocked, False),
        (answer(100), ChannelRejected, False),
        (answer(131008), ChannelRejected, False),
        (answer(190, 401), ChannelError, False),
        (answer(131042), ChannelError, False),
        (answer(131000, 500), ChannelError, True),
        (answer(2, 503), ChannelError, True),
        ((502, "<html>"), ChannelError, True),
        ((200, "[]"), ChannelError, True),
        ((200, '{"messages": []}'), ChannelError, True),
        ("after", ChannelError, True),
        ("drop", ChannelError, True),
        (answer(131047), ContactAsleep, False),
    ],
)
async def test_faults_become_our_errors(rig: Rig, fault: object, error: type[ChannelError], uncertain: bool) -> None:
    rig.api.say(PERSON, "hola")
    await rig.host.wait(1)
    rig.api.faults = [fault]
    with pytest.raises(error) as found:
        await rig.send(say("x"))
    assert found.value.uncertain == uncertain
    assert "quote" not in str(found.value)
    await rig.send(say("y"))


async def test_without_a_server_nothing_was_surely_sent() -> None:
    async with CloudApi() as api:
        channel = make_channel(api)
    await channel.start(MemoryHost())
    with pytest.raises(ChannelError) as found:
        await channel.send(Parcel(ContactRef("whatsapp", "ES.1"), 1, "t", say("x"), False))
    assert (found.value.retryable, found.value.uncertain) == (True, False)
    await channel.close()


async def test_after_a_day_an_answer_waits_and_the_template_says_so_once(rig: Rig) -> None:
    rig.api.say(PERSON, "hola")
    await rig.host.wait(1)
    late = datetime.now(UTC) - timedelta(hours=25)
    with pytest.raises(ContactAsleep):
        await rig.send(say("x"), heard_at=late)
    assert rig.seen == []  # there is no template
    channel = make_channel(rig.api, template="answer_waits")
    await channel.start(rig.host)
    parcel = Parcel(ContactRef("whatsapp", f"ES.{PERSON}0"), 1, "t", say("x"), False, heard_at=late)
    for attempt in (1, 2, 3):
        with pytest.raises(ContactAsleep):
            await channel.send(replace(parcel, attempts=attempt))
    assert [(sent.kind, sent.text) for sent in rig.seen] == [("template", "answer_waits")]
    await channel.close()


async def test_a_message_that_failed_later_is_noted_by_its_code_alone(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.api.say(PERSON, "hola")
    await rig.host.wait(1)
    await rig.send(say("secreto"))
    rig.api.report_failed(rig.seen[0], 131026)
    async with asyncio.timeout(10):
        while not any("131026" in line for line in caplog.messages):
            await asyncio.sleep(0.02)
    assert not any("secreto" in line or rig.seen[0].id in line for line in caplog.messages)


SETTINGS: dict[str, Any] = {"phone_id": PHONE_ID, "app_secret": "s", "verify_token": "v", "clock": lambda: datetime.now(UTC)}


async def test_the_number_is_asked_for_and_a_refused_token_is_said(caplog: pytest.LogCaptureFixture) -> None:
    async with CloudApi() as api:
        channel = make_channel(api)
        await channel.start(MemoryHost())
        async with asyncio.timeout(10):
            while not channel.number:
                await asyncio.sleep(0.02)
        assert channel.number == "34600000123"
        await channel.close()
        wrong = WhatsAppChannel("EAAwrong", **SETTINGS, api_url=api.url)
        await wrong.start(MemoryHost())
        async with asyncio.timeout(10):
            while not any("refuses the token" in line for line in caplog.messages):
                await asyncio.sleep(0.02)
        await wrong.close()
    assert not any("EAA" in line for line in caplog.messages)


@pytest.mark.parametrize(("token", "phone_id"), [("EAA", "+34600"), ("EAA", "12"), ("with space", "12345"), ("zwölf", "12345")])
def test_settings_that_cannot_work_are_refused_at_once(token: str, phone_id: str) -> None:
    with pytest.raises(ConfigError):
        WhatsAppChannel(token, **{**SETTINGS, "phone_id": phone_id}, api_url="http://127.0.0.1:1")
