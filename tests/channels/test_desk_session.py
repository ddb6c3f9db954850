"""Cookies of logins, what proves that a request is our page's own, names of uploads, and open pages."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cases import Attachment, Profile, Staff
from bot.channels.desk.guard import Wrong
from bot.channels.desk.host import Login
from bot.channels.desk.session import CLOSE_NO_LOGIN, CLOSE_REPLACED, PAGES_PER_LOGIN, Doors, Visit, device_of
from bot.channels.desk.uploads import kind_sent, type_sent
from bot.channels.files import type_of
from bot.records import OpenSession

NOW = datetime(2030, 5, 1, tzinfo=UTC)
PHOTO = Attachment("photo", "store:ab", "letter.png", "image/png", 7)
PNG, MP4, OGG, PDF = b"\x89PNG\r\n\x1a\n0000", b"\0\0\0 ftypisom0000", b"OggS0000", b"%PDF-1.7"


def visit(token: str = "t" * 43, staff: str = "a", session: str = "s") -> Visit:
    return Visit(Login(Staff(staff, Profile("Ana", "advisor", "madrid")), OpenSession(session, staff, "", NOW, NOW)), token)


def test_what_a_page_must_send_is_of_one_login_alone() -> None:
    assert visit().is_ours(visit().csrf)
    assert not visit().is_ours(visit("u" * 43).csrf)
    assert not visit().is_ours("")
    assert not visit().is_ours("señal")
    assert visit().token not in visit().csrf


def test_an_upload_is_good_in_its_case_and_login_alone() -> None:
    name = visit().seal(3, PHOTO)
    assert visit().unseal(3, name) == PHOTO
    assert visit().unseal(4, name) is None
    assert visit("u" * 43).unseal(3, name) is None


@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda raw: base64.urlsafe_b64encode(raw).decode() + "." + "0" * 64))
def test_a_forged_upload_is_nothing(name: str) -> None:
    assert visit().unseal(3, name) is None


@given(st.integers(0, 10_000), st.characters(codec="ascii"))
def test_a_changed_upload_is_nothing(place: int, letter: str) -> None:
    name = visit().seal(3, PHOTO)
    place %= len(name)
    changed = name[:place] + letter + name[place + 1 :]
    assert visit().unseal(3, changed) == (PHOTO if changed == name else None)


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0", "Firefox · Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0 Safari/537.36 Edg/128.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605 Version/17.5 Mobile Safari/604.1", "Safari · iPhone"),
        ("curl/8", ""),
        ("<script>" * 500, ""),
    ],
)
def test_devices_are_named_in_two_words(agent: str, device: str) -> None:
    assert device_of(agent) == device


async def test_pages_of_a_login_end_together_and_nobody_elses() -> None:
    doors = Doors()
    with doors.door(visit()) as mine, doors.door(visit(session="other")) as second, doors.door(visit(staff="b")) as foreign:
        doors.shut_login("a", "s")
        assert await mine.wait() == CLOSE_NO_LOGIN
        doors.shut_staff("b")
        assert await foreign.wait() == CLOSE_NO_LOGIN
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(second.wait(), 0.01)


async def test_too_many_pages_close_the_oldest() -> None:
    doors = Doors()
    with doors.door(visit()) as oldest:
        rest = [doors.door(visit()) for _ in range(PAGES_PER_LOGIN)]
        for manager in rest:
            manager.__enter__()
        assert await oldest.wait() == CLOSE_REPLACED


@pytest.mark.parametrize(
    ("content", "declared", "media_type"),
    [
        (PNG, "image/png", "image/png"),
        (PNG, "", "image/png"),
        (PNG, "application/octet-stream", "image/png"),
        (b"\xff\xd8\xff0", "image/jpg", "image/jpeg"),
        (OGG, "audio/ogg; codecs=opus", "audio/ogg"),
        (MP4, "video/mp4", "video/mp4"),
        (MP4, "audio/mp4", "audio/mp4"),
        (PDF, "Application/PDF", "application/pdf"),
    ],
)
def test_a_file_is_what_its_content_says(content: bytes, declared: str, media_type: str) -> None:
    assert type_sent(content, declared).media_type == media_type


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (b"<html>", "text/html"),
        (b"<html>", "image/png"),
        (PNG, "text/html"),
        (PNG, "image/svg+xml"),
        (PDF, "image/png"),
        (b"", ""),
        (b"MZ", "application/pdf"),
    ],
)
def test_what_contradicts_itself_is_refused(content: bytes, declared: str) -> None:
    with pytest.raises(Wrong) as refused:
        type_sent(content, declared)
    assert refused.value.status == 415


@pytest.mark.parametrize(
    ("content", "wanted", "kind"),
    [
        (OGG, "audio", "audio"),
        (OGG, "voice", "voice"),
        (OGG, "", "voice"),
        (PNG, "voice", "photo"),
        (PNG, "document", "document"),
        (PNG, "sticker", "photo"),
        (PDF, "audio", "document"),
    ],
)
def test_what_a_file_is_sent_as(content: bytes, wanted: str, kind: str) -> None:
    found = type_of(content)
    assert found is not None
    assert kind_sent(wanted, found) == kind
