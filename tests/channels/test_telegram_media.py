"""Files, corrections and taking back over real HTTP: what each side gets of the other's photo, voice, document, place and words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cases import Attachment, MediaKind
from bot.channels.files import MAX_FILE
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram.desk import TelegramDeskChannel
from bot.channels.telegram.media import MAX_DOWNLOAD
from bot.channels.telegram.pieces import CAPTION_LIMIT
from bot.channels.telegram.sender import WITHDRAWN
from bot.errors import ChannelError, ChannelRejected, ChannelThrottled
from bot.model import ContactRef, GroupSaid, MediaReceived, Message, Option, Paragraph, Run, TextReceived, Venue
from tests.botapi import BotApi
from tests.botapi.world import Sent
from tests.channels.hosts import MemoryHost
from tests.channels.telegram_rig import NOT_PASSED, card, group_ref, make_channel, parcel, send_all

AMINA, LUCIA, GROUP = 5550001, 5550003, -1001
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 50
OGG, MP3, MP4, M4A = b"OggS" + b"x" * 90, b"ID3" + b"x" * 90, b"\0\0\0\x20ftypisom" + b"x" * 90, b"\0\0\0\x20ftypM4A " + b"x" * 90
WEBM, GIF, PDF = b"\x1a\x45\xdf\xa3" + b"x" * 90, b"GIF89a" + b"x" * 90, b"%PDF-1.7 letter"
MACHINE = {"es": "traducción automática", "ar": "ترجمة آلية"}


@pytest.fixture
async def channel(api: BotApi, host: MemoryHost) -> AsyncIterator[TelegramChannel]:
    """A channel that has started, and a person who has written."""
    channel = make_channel(api, not_passed=NOT_PASSED, machine=MACHINE)
    await channel.start(host)
    api.say(AMINA, "hola")
    await host.wait(1)
    host.accepted.clear()
    yield channel
    await channel.close()


@pytest.fixture
async def desk(api: BotApi, host: MemoryHost, channel: TelegramChannel) -> TelegramDeskChannel:
    """A linked desk group."""
    host.linked.add(group_ref(GROUP))
    api.make_forum(GROUP)
    desk = channel.desk_channel()
    await desk.start(host)
    return desk


def to_amina(attachment: Attachment | None = None, text: str = "", **more: object) -> Message:
    """Make what an advisor writes."""
    blocks = (Paragraph((Run(text),)),) if text else ()
    return Message("es", blocks, author="person", author_name="Lucía", line=5, attachment=attachment, **more)  # type: ignore[arg-type]


async def sent(api: BotApi, channel: TelegramChannel, message: Message, *earlier: str | None) -> list[Sent]:
    """Send all pieces; returns what Amina has then."""
    await send_all(channel, ContactRef("telegram", str(AMINA)), message, *earlier)
    return api.sent(AMINA)


# ---------------------------------------------------------------- from one side to the other


@pytest.mark.parametrize(
    ("kind", "as_kind", "media_type"),
    [
        ("photo", "photo", "image/jpeg"),
        ("voice", "voice", "audio/ogg"),
        ("audio", "audio", "audio/mpeg"),
        ("video", "video", "video/mp4"),
        ("animation", "video", "video/mp4"),
        ("video_note", "video", "video/mp4"),
        ("document", "document", "application/pdf"),
    ],
)
async def test_a_file_passes_by_its_id_both_ways(
    kind: str, as_kind: MediaKind, media_type: str, api: BotApi, host: MemoryHost, channel: TelegramChannel, desk: TelegramDeskChannel
) -> None:
    api.send_file(AMINA, kind, PNG, name="carta.pdf", media_type="" if kind in ("photo", "video_note") else media_type)
    (incoming,) = await host.wait(1)
    assert isinstance(incoming.event, MediaReceived)
    attachment = incoming.event.attachment
    assert attachment is not None
    assert (attachment.kind, attachment.media_type, attachment.size) == (as_kind, media_type, len(PNG))
    assert incoming.event.source_id == str(api.last_id)
    for message in (card(214), replace(card(214, line=2), attachment=attachment)):
        await send_all(desk, group_ref(GROUP), message)
    shown = next(sent for sent in api.sent(GROUP) if sent.file)
    assert shown.file is not None
    assert (shown.file.kind, shown.file.content, shown.topic) == (kind, PNG, host.topics[(group_ref(GROUP), 214)])

    api.send_file(LUCIA, kind, PNG + b"2", group=GROUP, topic=shown.topic)
    said = (await host.wait(2))[1].event
    assert isinstance(said, GroupSaid)
    assert said.attachment is not None
    await sent(api, channel, to_amina(said.attachment))
    got = next(sent for sent in api.sent(AMINA) if sent.file)
    assert got.file is not None
    assert (got.file.kind, got.file.content) == (kind, PNG + b"2")
    assert "Lucía:" in [sent.text for sent in api.sent(AMINA)], "a file says whose it is, too"
    assert api.calls["getFile"] == 0


async def test_a_caption_is_words_that_came_with_a_file(api: BotApi, host: MemoryHost, channel: TelegramChannel) -> None:
    api.send_file(AMINA, "photo", PNG, caption="¿Qué dice <esto>?")
    message_id = api.last_id
    api.update("edited_message", {**api.pending[max(api.pending)]["message"], "edit_date": 1_800_000_000, "caption": "¿Y esto?"})  # type: ignore[dict-item]
    first, edit = [item.event for item in await host.wait(2)]
    assert isinstance(first, TextReceived)
    assert isinstance(edit, TextReceived)
    assert first.attachment == edit.attachment
    assert first.attachment is not None
    assert first.attachment.kind == "photo"
    assert [(event.text, event.source_id, event.edited) for event in (first, edit)] == [
        ("¿Qué dice <esto>?", str(message_id), False),
        ("¿Y esto?", str(message_id), True),
    ]


async def test_each_picture_of_an_album_is_an_event_of_its_own(api: BotApi, host: MemoryHost, channel: TelegramChannel) -> None:
    for turn in range(3):
        api.send_file(AMINA, "photo", PNG + bytes([turn]), media_group_id="777")
    incoming = await host.wait(3)
    events = [item.event for item in incoming]
    assert len({item.external_id for item in incoming}) == 3
    assert [(event.album, event.attachment is not None) for event in events if isinstance(event, MediaReceived)] == [("777", True)] * 3
    assert len({event.source_id for event in events if isinstance(event, MediaReceived)}) == 3


@pytest.mark.parametrize(("size", "too_large"), [(MAX_DOWNLOAD, False), (MAX_DOWNLOAD + 1, True)])
async def test_what_no_bot_can_fetch_is_said_to_be_too_large(
    size: int, too_large: bool, api: BotApi, host: MemoryHost, channel: TelegramChannel
) -> None:
    api.send_file(AMINA, "document", PDF, caption="todo", size=size)
    api.send_file(AMINA, "document", PDF, size=size)
    words, bare = [item.event for item in await host.wait(2)]
    assert isinstance(bare, MediaReceived)
    assert (bare.too_large, bare.attachment is None) == (too_large, too_large)
    if too_large:
        assert isinstance(words, MediaReceived)
        assert (words.too_large, words.caption) == (True, "todo")
    else:
        assert isinstance(words, TextReceived)


@pytest.mark.parametrize("kind", ["sticker", "contact", "dice"])
async def test_what_cannot_be_passed_on_carries_no_file(kind: str, api: BotApi, host: MemoryHost, channel: TelegramChannel) -> None:
    api.send_media(AMINA, kind)
    (incoming,) = await host.wait(1)
    assert isinstance(incoming.event, MediaReceived)
    assert incoming.event.attachment is None


# ---------------------------------------------------------------- words under files


async def test_words_stand_under_the_file_with_the_badge_and_the_buttons(api: BotApi, channel: TelegramChannel) -> None:
    file = api.keep_file("photo", PNG)
    message = to_amina(Attachment("photo", f"telegram:{file.file_id}"), "mire <esto> & aquello", options=(Option("a", "Sí"),))
    (got,) = await sent(api, channel, message)
    assert (got.method, got.text, got.labels) == ("sendPhoto", "Lucía:\nmire <esto> & aquello", ["Sí"])
    assert got.data == ["tok3n:0"]


@pytest.mark.parametrize(("length", "methods"), [(900, ["sendPhoto"]), (CAPTION_LIMIT, ["sendMessage", "sendPhoto"])])
async def test_words_too_long_for_a_caption_go_first(length: int, methods: list[str], api: BotApi, channel: TelegramChannel) -> None:
    file = api.keep_file("photo", PNG)
    got = await sent(api, channel, to_amina(Attachment("photo", f"telegram:{file.file_id}"), "ñ" * length))
    assert [sent.method for sent in got] == methods
    assert sum(sent.text.count("ñ") for sent in got) == length
    assert all(sent.text.startswith("Lucía:") for sent in got)


async def test_a_caption_is_measured_as_telegram_counts_it(api: BotApi, channel: TelegramChannel) -> None:
    file = api.keep_file("photo", PNG)
    await sent(api, channel, to_amina(Attachment("photo", f"telegram:{file.file_id}"), "😀" * 600 + "&" * 400))
    assert [sent.method for sent in api.sent(AMINA)] == ["sendMessage", "sendPhoto"]


async def test_markup_telegram_does_not_like_does_not_cost_the_file(api: BotApi, channel: TelegramChannel) -> None:
    file = api.keep_file("photo", PNG)
    api.faults.next("sendPhoto", "unparseable")
    (got,) = await sent(api, channel, to_amina(Attachment("photo", f"telegram:{file.file_id}"), "mire <esto>"))
    assert (got.text, got.source) == ("Lucía:\nmire <esto>", "Lucía:\nmire <esto>")


async def test_a_place_and_a_file_and_words_all_arrive(api: BotApi, channel: TelegramChannel) -> None:
    file = api.keep_file("photo", PNG)
    message = to_amina(Attachment("photo", f"telegram:{file.file_id}"), "aquí", venues=(Venue("Oficina", "Plaza 1", 40.3, -3.8),))
    assert [(got.method, got.text) for got in await sent(api, channel, message)] == [
        ("sendPhoto", "Lucía:\naquí"),
        ("sendVenue", "Oficina"),
    ]


# ---------------------------------------------------------------- files that lie with us


@pytest.mark.parametrize(
    ("kind", "content", "name", "method", "shown"),
    [
        ("photo", PNG, "carta", "sendPhoto", "carta.png"),
        ("photo", GIF, "", "sendAnimation", "photo.gif"),
        ("voice", OGG, "", "sendVoice", "voice.ogg"),
        ("voice", M4A, "", "sendVoice", "audio.m4a"),
        ("voice", WEBM, "", "sendDocument", "voice.webm"),
        ("audio", MP3, "canción.mp3", "sendAudio", "canción.mp3"),
        ("video", MP4, "", "sendVideo", "video.mp4"),
        ("document", PDF, "../../mi carta\u202e.pdf", "sendDocument", "mi carta.pdf"),
        ("document", PNG, "scan.png", "sendDocument", "scan.png"),
        ("document", b"anything", "a/b.txt", "sendDocument", "a_b.txt"),
        ("photo", b"no picture at all", "x.png", "sendDocument", "x.png"),
    ],
)
async def test_a_file_of_the_web_is_uploaded_as_what_it_is(
    kind: MediaKind, content: bytes, name: str, method: str, shown: str, api: BotApi, host: MemoryHost, channel: TelegramChannel
) -> None:
    host.files["store:7"] = content
    (got,) = await sent(api, channel, to_amina(Attachment(kind, "store:7", name), "mire"))
    assert (got.method, got.text) == (method, "Lucía:\nmire")
    assert got.file is not None
    assert (got.file.content, got.file.name) == (content, shown)


async def test_the_largest_file_we_keep_is_uploaded_in_time(api: BotApi, host: MemoryHost, channel: TelegramChannel) -> None:
    host.files["store:7"] = PNG + b"x" * (MAX_FILE - len(PNG))
    (got,) = await sent(api, channel, to_amina(Attachment("photo", "store:7", "x.png"), "mire"))
    assert got.file is not None
    assert (got.method, len(got.file.content)) == ("sendPhoto", MAX_FILE)


async def test_a_picture_telegram_cannot_read_still_arrives_as_a_document(api: BotApi, host: MemoryHost, channel: TelegramChannel) -> None:
    host.files["store:7"] = PNG
    api.faults.next("sendPhoto", "unusable_file")
    (got,) = await sent(api, channel, to_amina(Attachment("photo", "store:7", "x.png"), "mire"))
    assert (got.method, got.text) == ("sendDocument", "Lucía:\nmire")


async def test_a_file_that_is_not_there_any_more_is_said_plainly(api: BotApi, host: MemoryHost, channel: TelegramChannel) -> None:
    for ref in ("store:gone", "telegram:" + "A" * 30, "nowhere:1", "telegram:../../secret.key", "telegram:short", "telegram:"):
        await sent(api, channel, to_amina(Attachment("photo", ref), "mire <esto>", options=(Option("a", "Sí"),)))
    shown = api.sent(AMINA)
    assert len(shown) == 6
    assert {(got.method, got.text) for got in shown} == {("sendMessage", f"Lucía:\nmire <esto>\n{NOT_PASSED}")}
    assert all(got.labels == ["Sí"] for got in shown)
    await sent(api, channel, replace(to_amina(Attachment("photo", "store:gone")), author="bot", author_name=""))
    assert api.sent(AMINA)[-1].text == NOT_PASSED


async def test_a_file_of_this_machine_never_leaves_it(
    api: BotApi, channel: TelegramChannel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library takes a string that names a local file for that file."""
    monkeypatch.chdir(tmp_path)
    for name in ("secret.key", "MakefileWithoutExtension"):
        (tmp_path / name).write_text("canary")
        await sent(api, channel, to_amina(Attachment("document", f"telegram:{name}")))
        with pytest.raises(ChannelError):
            await channel.fetch(name)
    assert all(got.file is None or b"canary" not in got.file.content for got in api.sent(AMINA))


async def test_a_file_of_the_wrong_kind_is_said_plainly(api: BotApi, channel: TelegramChannel) -> None:
    file = api.keep_file("document", PDF)
    (got,) = await sent(api, channel, to_amina(Attachment("photo", f"telegram:{file.file_id}"), "mire"))
    assert got.text == f"Lucía:\nmire\n{NOT_PASSED}"


@pytest.mark.parametrize("error", [ChannelError("busy", retryable=True), ChannelThrottled(3)])
async def test_a_file_that_cannot_be_had_just_now_is_tried_again(
    error: ChannelError, api: BotApi, host: MemoryHost, channel: TelegramChannel
) -> None:
    host.files["store:7"] = error
    with pytest.raises(type(error)):
        await channel.send(parcel(AMINA, channel.split(to_amina(Attachment("photo", "store:7"), "mire"))[0]))
    assert not api.sent(AMINA)


@pytest.mark.parametrize(
    ("fault", "retryable", "delivered"),
    [("bad_gateway", True, 0), ("drop_after", True, 1), ("forbidden", False, 0), ("bad_request", False, 0)],
)
async def test_a_failed_upload_says_whether_to_retry(
    fault: str, retryable: bool, delivered: int, api: BotApi, host: MemoryHost, channel: TelegramChannel
) -> None:
    host.files["store:7"] = PNG
    api.faults.next("sendPhoto", fault)
    with pytest.raises(ChannelError) as caught:
        await channel.send(parcel(AMINA, channel.split(to_amina(Attachment("photo", "store:7"), "mire"))[0]))
    assert (caught.value.retryable, len(api.sent(AMINA))) == (retryable, delivered)


# ---------------------------------------------------------------- fetching


async def test_a_file_is_fetched_by_its_id(api: BotApi, host: MemoryHost, channel: TelegramChannel) -> None:
    for kind in ("photo", "video_note", "animation"):
        api.send_file(AMINA, kind, PNG + kind.encode())
    for item, kind in zip(await host.wait(3), ("photo", "video_note", "animation"), strict=True):
        assert isinstance(item.event, MediaReceived)
        assert item.event.attachment is not None
        assert await channel.fetch(item.event.attachment.ref.partition(":")[2]) == PNG + kind.encode()


async def test_what_cannot_be_fetched_is_refused_or_tried_again(api: BotApi, channel: TelegramChannel) -> None:
    large = api.keep_file("document", PDF, size=MAX_DOWNLOAD + 1)
    for key in (large.file_id, "unknown-file-id-of-nobody", "", "x/y", "../../etc/passwd"):
        with pytest.raises(ChannelRejected):
            await channel.fetch(key)
    file = api.keep_file("document", PDF)
    api.faults.next("getFile", ["bad_gateway", "bad_json"])
    api.faults.next("file", ["bad_gateway", "server_error"])
    for _ in range(4):
        with pytest.raises(ChannelError) as caught:
            await channel.fetch(file.file_id)
        assert caught.value.retryable
    assert await channel.fetch(file.file_id) == PDF
    api.faults.next("getFile", "odd_json")  # an answer without a path
    with pytest.raises(ChannelError):
        await channel.fetch(file.file_id)


async def test_a_file_that_vanished_between_is_gone_for_good(api: BotApi, channel: TelegramChannel) -> None:
    file = api.keep_file("document", PDF)
    api.faults.next("file", "not_found")
    with pytest.raises(ChannelRejected):
        await channel.fetch(file.file_id)
    assert await channel.fetch(file.file_id) == PDF


async def test_what_claims_to_be_small_and_is_not_is_refused(api: BotApi, channel: TelegramChannel) -> None:
    file = api.keep_file("document", b"x" * (MAX_DOWNLOAD + 1), size=5)
    with pytest.raises(ChannelRejected):
        await channel.fetch(file.file_id)


# ---------------------------------------------------------------- translations


async def test_a_translation_says_so_and_shows_the_original(api: BotApi, channel: TelegramChannel) -> None:
    message = Message(
        "ar",
        (Paragraph((Run("صباح الخير"),)),),
        author="translation",
        author_name="Lucía",
        original="Buenos días <b>",
        original_locale="es",
        line=5,
    )
    (got,) = await sent(api, channel, message)
    lines = [line.strip("\u200f\u2068\u2069") for line in got.text.split("\n")]
    assert lines == ["Lucía · ترجمة آلية:", "صباح الخير", "", "↳ \u2068Buenos días <b>"]
    assert [entity.kind for entity in got.entities] == ["b", "i"]


async def test_every_piece_of_a_translation_says_so(api: BotApi, channel: TelegramChannel) -> None:
    file = api.keep_file("photo", PNG)
    message = Message(
        "es",
        (Paragraph((Run("una frase. " * 600),)),),
        author="translation",
        author_name="L" * 90,
        original="one sentence. " * 300,
        attachment=Attachment("photo", f"telegram:{file.file_id}"),
    )
    shown = await sent(api, channel, message)
    assert len(shown) >= 4
    assert all("· traducción automática:" in got.text.split("\n")[0] for got in shown)
    assert "".join(shown[-2].text.split()).endswith("onesentence.")


async def test_where_nobody_said_it_in_words_a_sign_says_it(channel: TelegramChannel) -> None:
    message = Message("uk", (Paragraph((Run("так"),)),), author="translation", author_name="Lucía", original="sí")
    (piece,) = channel.split(message)
    assert piece.author_name == "Lucía · 🌐"
    (regional,) = channel.split(replace(message, locale="es-MX"))
    assert regional.author_name == "Lucía · traducción automática"
    assert channel.split(piece) == (piece,)


# ---------------------------------------------------------------- corrections


async def corrected(api: BotApi, channel: TelegramChannel, before: Message, after: Message) -> list[Sent]:
    """Send a message and then its correction; returns what is on the other side at the end."""
    ids = await send_all(channel, ContactRef("telegram", str(AMINA)), before)
    return await sent(api, channel, replace(after, edits=True), *ids)


async def test_a_correction_takes_the_place_of_what_was_said(api: BotApi, channel: TelegramChannel) -> None:
    (got,) = await corrected(api, channel, to_amina(text="el lunes", options=(Option("a", "Sí"),)), to_amina(text="el martes"))
    assert (got.text, got.edits, got.labels) == ("Lucía:\nel martes", 1, [])


async def test_the_id_stays_that_of_the_message(api: BotApi, channel: TelegramChannel) -> None:
    to = ContactRef("telegram", str(AMINA))
    (first,) = await send_all(channel, to, to_amina(text="el lunes"))
    assert first == str(api.sent(AMINA)[0].message_id)
    for _ in range(2):  # the second time nothing is new
        assert await send_all(channel, to, to_amina(text="el martes", edits=True), first) == [first]


async def test_a_correction_is_also_made_under_a_file(api: BotApi, channel: TelegramChannel) -> None:
    file = api.keep_file("photo", PNG)
    attachment = Attachment("photo", f"telegram:{file.file_id}")
    (got,) = await corrected(api, channel, to_amina(attachment, "el lunes"), to_amina(attachment, "el martes"))
    assert (got.method, got.text, got.edits) == ("sendPhoto", "Lucía:\nel martes", 1)


LONG = "una frase. " * 200


@pytest.mark.parametrize(
    ("before", "after", "methods"),
    [
        ("corto", LONG, ["sendMessage", "sendPhoto"]),
        (LONG, "corto", ["sendPhoto"]),
        (LONG, LONG + "más", ["sendMessage", "sendPhoto"]),
    ],
)
async def test_a_correction_may_need_more_or_fewer_messages(
    before: str, after: str, methods: list[str], api: BotApi, channel: TelegramChannel
) -> None:
    file = api.keep_file("photo", PNG)
    attachment = Attachment("photo", f"telegram:{file.file_id}")
    got = await corrected(api, channel, to_amina(attachment, before), to_amina(attachment, after))
    assert [sent.method for sent in got] == methods
    assert "".join(sent.text.replace("Lucía:", "") for sent in got).split() == after.split()


async def test_a_long_text_that_gets_short_leaves_nothing_behind(api: BotApi, channel: TelegramChannel) -> None:
    (got,) = await corrected(api, channel, to_amina(text="una frase. " * 1500), to_amina(text="corto"))
    assert got.text == "Lucía:\ncorto"
    assert len(api.deleted) >= 3


async def test_a_place_that_is_corrected_is_sent_anew(api: BotApi, channel: TelegramChannel) -> None:
    here, there = Venue("", "", 40.3, -3.8), Venue("", "", 40.4, -3.7)
    (got,) = await corrected(api, channel, to_amina(venues=(here,)), to_amina(venues=(there,)))
    assert got.venue == {"latitude": 40.4, "longitude": -3.7}


async def test_what_cannot_be_changed_any_more_is_said_anew(api: BotApi, channel: TelegramChannel) -> None:
    to = ContactRef("telegram", str(AMINA))
    (first,) = await send_all(channel, to, to_amina(text="el lunes"))
    api.delete(api.sent(AMINA)[0])
    (second,) = await send_all(channel, to, to_amina(text="el martes", edits=True), first)
    assert [sent.text for sent in api.sent(AMINA)] == ["Lucía:\nel martes"]
    # both ids are known now; the living one is changed, and no second one appears
    assert await send_all(channel, to, to_amina(text="el jueves", edits=True), first, second) == [second]
    assert [sent.text for sent in api.sent(AMINA)] == ["Lucía:\nel jueves"]
    api.sent(AMINA)[0].is_old = True
    (third,) = await send_all(channel, to, to_amina(text="el viernes", edits=True), second)
    assert third != second
    assert [sent.text for sent in api.sent(AMINA)] == ["Lucía:\nel jueves", "Lucía:\nel viernes"]


async def test_a_correction_of_what_was_never_sent_is_sent(api: BotApi, channel: TelegramChannel) -> None:
    (got,) = await sent(api, channel, to_amina(text="el martes", edits=True))
    assert got.text == "Lucía:\nel martes"


@pytest.mark.parametrize("fault", ["bad_gateway", "throttle", "drop_after"])
async def test_a_correction_that_fails_is_tried_again(fault: str, api: BotApi, channel: TelegramChannel) -> None:
    to = ContactRef("telegram", str(AMINA))
    (first,) = await send_all(channel, to, to_amina(text="el lunes"))
    api.faults.next("editMessageText", fault, retry_after=0.05)
    with pytest.raises(ChannelError) as caught:
        await send_all(channel, to, to_amina(text="el martes", edits=True), first)
    assert caught.value.retryable
    await asyncio.sleep(0.1)
    await send_all(channel, to, to_amina(text="el martes", edits=True), first)
    assert [sent.text for sent in api.sent(AMINA)] == ["Lucía:\nel martes"]


# ---------------------------------------------------------------- taking back


async def test_what_is_taken_back_is_gone_with_all_its_pieces(api: BotApi, channel: TelegramChannel) -> None:
    to, file = ContactRef("telegram", str(AMINA)), api.keep_file("photo", PNG)
    kept = await send_all(channel, to, to_amina(text="se queda"))
    ids = await send_all(channel, to, to_amina(Attachment("photo", f"telegram:{file.file_id}"), LONG))
    assert len(ids) == 2
    gone = Message("es", author="person", line=5, withdraws=True)
    assert await send_all(channel, to, gone, *ids) == [None]
    assert [str(sent.message_id) for sent in api.sent(AMINA)] == kept
    assert await send_all(channel, to, gone, *ids) == [None]  # already gone is fine
    assert await send_all(channel, to, gone) == [None]
    assert len(api.sent(AMINA)) == 1


async def test_what_can_only_be_changed_is_emptied(api: BotApi, channel: TelegramChannel, caplog: pytest.LogCaptureFixture) -> None:
    to, file = ContactRef("telegram", str(AMINA)), api.keep_file("photo", PNG)
    ids = [
        *await send_all(channel, to, to_amina(text="secreto", options=(Option("a", "Sí"),))),
        *await send_all(channel, to, to_amina(Attachment("photo", f"telegram:{file.file_id}"), "secreto")),
        *await send_all(channel, to, to_amina(text="demasiado viejo")),
    ]
    text, photo, old = api.sent(AMINA)
    text.is_kept, photo.is_kept, old.is_old = True, True, True
    await send_all(channel, to, Message("es", line=5, withdraws=True), *ids)
    assert [(sent.text, sent.labels) for sent in (text, photo)] == [(WITHDRAWN, []), (WITHDRAWN, [])]
    assert old.text == "Lucía:\ndemasiado viejo"
    assert caplog.text.count("could not be taken back") == 1


@pytest.mark.parametrize("fault", ["bad_gateway", "throttle"])
async def test_taking_back_is_not_given_up(fault: str, api: BotApi, channel: TelegramChannel) -> None:
    to = ContactRef("telegram", str(AMINA))
    ids = await send_all(channel, to, to_amina(text="secreto"))
    api.faults.next("deleteMessage", fault, retry_after=0.05)
    with pytest.raises(ChannelError) as caught:
        await send_all(channel, to, Message("es", line=5, withdraws=True), *ids)
    assert caught.value.retryable
    await asyncio.sleep(0.1)
    await send_all(channel, to, Message("es", line=5, withdraws=True), *ids)
    assert not api.sent(AMINA)
