"""The translator against a server of its API: what must survive does, and where it fails the original is read at once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import translation
from bot.translation import LibreTranslate, protect, restore
from tests.libretranslate import LibreTranslateServer, translating


@contextlib.asynccontextmanager
async def translator(server: LibreTranslateServer, key: str | None = None) -> AsyncIterator[LibreTranslate]:
    client = LibreTranslate(server.url, key)
    try:
        yield client
    finally:
        await client.close()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Llame al +34 916 648 100 antes del 12/03/2026 a las 10:30.", ("+34 916 648 100", "12/03/2026", "10:30")),
        ("Escriba a ayuda.madrid@ssf.org.es, o en ssf.org.es/citas!", ("ayuda.madrid@ssf.org.es", "ssf.org.es/citas")),
        ("mire https://sede.madrid.es/x?y=1&z=2.", ("https://sede.madrid.es/x?y=1&z=2",)),
        ("Necesita el NIE y el empadronamiento", ("NIE", "empadronamiento")),
        ("¿Tiene la Tarjeta Sanitaria (SIP)?", ("Tarjeta Sanitaria", "SIP")),
        ("su número es X1234567L, modelo EX-15", ("X1234567L", "EX-15")),
        ("cuesta 12,50 € o el 3 %", ("12,50 €", "3 %")),
        ("Hola {name}", ("{name}",)),
        ("pide el SEPE o la UNED", ("SEPE", "UNED")),
        ("عندي موعد يوم ٣٠ في SIP", ("٣٠", "SIP")),
        ("AYUDA POR FAVOR NO TENGO CASA", ()),
        ("nie mam domu", ()),
        ("مرحبا كيف حالك", ()),
    ],
)
def test_what_must_not_change_is_taken_out_and_put_back(text: str, kept: tuple[str, ...]) -> None:
    masked, found = protect(text)
    assert found == kept
    assert not any(part in masked for part in kept)
    assert restore(masked, found) == text


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_any_text_comes_back_whole(text: str) -> None:
    masked, kept = protect(text)
    assert restore(masked, kept) == text


@pytest.mark.parametrize("answer", ["no token", "[[0]] [[0]] [[1]]", "[[0]]", "[[0]] [[1]] [[2]]", "[[1]] [[7]]"])
def test_a_token_lost_doubled_or_invented_spoils_a_translation(answer: str) -> None:
    assert restore(answer, ("NIE", "12")) is None


def test_tokens_may_move_and_gain_spaces() -> None:
    assert restore("on [ [1] ] your [[ 0 ]]", ("NIE", "12")) == "on 12 your NIE"


async def test_a_text_is_translated_and_the_languages_are_read_once() -> None:
    async with translating("secret") as server, translator(server, "secret") as client:
        first = await client.translate("Traiga el NIE el 12/03/2026", "es", "ar")
        second = await client.translate("مرحبا", "ar-MA", "es")
    assert (first, second) == ("ar(Traiga el NIE el 12/03/2026)", "es(مرحبا)")
    assert server.listed == 1
    assert server.asked[0] == {"q": "Traiga el [[0]] el [[1]]", "source": "es", "target": "ar", "format": "text", "api_key": "secret"}
    assert "12/03/2026" not in str(server.asked)


async def test_a_language_is_found_by_its_script_and_an_unknown_one_is_not_asked_for() -> None:
    async with translating() as server, translator(server) as client:
        assert await client.translate("hola amigo", "es", "zh") == "zh-Hans(hola amigo)"
        assert await client.translate("hola amigo", "es", "uk") is None
        assert await client.translate("привіт", "uk", "es") is None
        assert await client.translate("hola amigo", "es", "es") is None
    assert len(server.asked) == 1


@pytest.mark.parametrize("text", ["", "12/03/2026", "https://example.org/x", "👍"])
async def test_nothing_to_translate_asks_nobody(text: str) -> None:
    async with translating() as server, translator(server) as client:
        assert await client.translate(text, "es", "ar") is None
    assert not server.asked


async def test_mangled_tokens_leave_the_original_alone() -> None:
    async with translating() as server, translator(server) as client:
        server.mode = "mangling"
        assert await client.translate("Traiga el NIE", "es", "ar") is None
        assert await client.translate("sin nada", "es", "ar") == "ar(sin nada)"  # it was this text, not the server


@pytest.mark.parametrize("mode", ["500", "429", "nonsense"])
async def test_a_failing_server_is_left_alone_for_a_while(mode: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    async with translating() as server, translator(server) as client:
        server.mode = mode  # type: ignore[assignment]  # one of its modes
        assert await client.translate("canario secreto", "es", "ar") is None
        server.mode = "ok"
        before = len(server.asked)
        assert await client.translate("canario secreto", "es", "ar") is None
        assert len(server.asked) == before
    assert "pauses" in caplog.text
    assert "canario" not in caplog.text


async def test_a_pause_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation, "PAUSE_S", 0.05)
    async with translating() as server, translator(server) as client:
        server.mode = "500"
        assert await client.translate("hola amigo", "es", "ar") is None
        server.mode = "ok"
        await asyncio.sleep(0.1)
        assert await client.translate("hola amigo", "es", "ar") == "ar(hola amigo)"


async def test_a_slow_server_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation, "TIMEOUT_S", 0.2)
    async with translating() as server, translator(server) as client:
        await client.translate("hola amigo", "es", "ar")
        server.mode = "slow"
        begin = time.monotonic()
        assert await client.translate("hola amigo", "es", "ar") is None
        assert await client.translate("hola amigo", "es", "ar") is None
        assert time.monotonic() - begin < 1.0


async def test_a_server_that_is_down_costs_no_time() -> None:
    async with translating() as server, translator(server) as client:
        await server.stop()
        begin = time.monotonic()
        assert await client.translate("hola amigo", "es", "ar") is None
        assert await client.translate("hola amigo", "es", "ar") is None
        assert time.monotonic() - begin < 1.0


async def test_a_wrong_key_is_no_translation() -> None:
    async with translating("secret") as server, translator(server, "wrong") as client:
        assert await client.translate("hola amigo", "es", "ar") is None
