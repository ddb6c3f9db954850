"""Files through our own pages: told by their content, named safely, never run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.files import headers_of, safe_name, type_of

KNOWN = {
    b"%PDF-1.7\n": "application/pdf",
    b"\x89PNG\r\n\x1a\n0000": "image/png",
    b"\xff\xd8\xff\xe0": "image/jpeg",
    b"GIF89a": "image/gif",
    b"RIFF\x00\x00\x00\x00WEBPVP8 ": "image/webp",
    b"OggS\x00": "audio/ogg",
    b"ID3\x04": "audio/mpeg",
    b"\x00\x00\x00\x20ftypM4A ": "audio/mp4",
    b"\x00\x00\x00\x20ftypisom": "video/mp4",
}
REFUSED = (b"", b"<svg xmlns='http://www.w3.org/2000/svg'>", b"<html>", b"MZ\x90\x00", b"PK\x03\x04", b"#!/bin/sh\n", b"\x7fELF")


@pytest.mark.parametrize(("content", "media_type"), KNOWN.items())
def test_what_people_send_is_known_by_its_first_bytes(content: bytes, media_type: str) -> None:
    found = type_of(content)
    assert found is not None
    assert found.media_type == media_type


@pytest.mark.parametrize("content", REFUSED)
def test_pages_programs_and_archives_are_not_passed_on(content: bytes) -> None:
    assert type_of(content) is None


@given(st.text(max_size=300))
def test_a_name_is_a_name_and_nothing_else(name: str) -> None:
    found = type_of(b"%PDF-1")
    assert found is not None
    safe = safe_name(name, found)
    assert safe.endswith(".pdf")
    assert len(safe) > len(".pdf")
    assert not set(safe) & set('/\\:*?"<>|\n\r\x00\u202e\u2066')


def test_the_extension_is_that_of_the_content() -> None:
    found = type_of(b"%PDF-1")
    assert found is not None
    assert safe_name("letter.pdf", found) == "letter.pdf"
    assert safe_name("photo\u202egnp.exe", found) == "photognp.exe.pdf"


@pytest.mark.parametrize("media_type", ["application/pdf", "text/html", "image/svg+xml", "video/mp4", ""])
def test_what_could_run_is_saved_and_not_shown(media_type: str) -> None:
    headers = headers_of(media_type, "x")
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"].startswith("attachment")


def test_a_picture_is_shown_and_its_name_cannot_break_the_header() -> None:
    headers = headers_of("image/png", 'a"\r\nSet-Cookie: x=1;é.png')
    assert headers["Content-Disposition"] == "inline; filename*=UTF-8''a%22%0D%0ASet-Cookie%3A%20x%3D1%3B%C3%A9.png"
