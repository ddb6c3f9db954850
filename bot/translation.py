"""Translates between advisor and contact by a server with the LibreTranslate API; where it does not help, the original goes alone."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Final

import aiohttp

from bot.discretion import Word

log = logging.getLogger(__name__)

TIMEOUT_S: Final = 2.5  # for one text; whoever reads waits 3 s at most
PAUSE_S: Final = 30.0  # after a failure nobody is kept waiting for a server that is down
MAX_PARALLEL: Final = 4  # the usual server translates on its processor, one text after the other
MAX_ANSWER: Final = 256 * 1024  # bytes; a text has at most 4000 characters
_PASSING: Final = frozenset({403, 408, 429}) | frozenset(range(500, 600))  # not about this text: the key, too much asked, or the server


# ---------------------------------------------------------------- what must come through unchanged

DOCUMENT_NAMES: Final = (
    "certificado de empadronamiento", "empadronamiento", "padrón municipal", "certificado digital", "cl@ve", "tarjeta sanitaria",
    "tarjeta roja", "hoja blanca", "libro de familia", "vida laboral", "cita previa", "arraigo social", "ingreso mínimo vital",
)  # fmt: skip
SHORT_NAMES: Final = ("NIE", "TIE", "SIP", "DNI", "NIF", "CIE", "NUSS", "SEPE", "INSS", "IMV")  # only so: "nie" is a Polish word


def _any_of(names: Sequence[str]) -> str:
    return rf"(?<!\w)(?:{'|'.join(re.escape(name) for name in names)})(?!\w)"


_PROTECTED = re.compile(
    "|".join(
        (
            r"\{[A-Za-z_][A-Za-z0-9_]*\}",  # placeholders
            r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",  # e-mail
            r"(?:https?://|www\.)[^\s<>\"']*[^\s<>\"'.,;:!?()\[\]،؛؟]",
            r"(?<![\w@.])(?:[a-z0-9-]+\.)+(?:cat|com|de|es|eu|fr|gob|gov|gr|info|int|it|net|org|pt|ro|ua)\b(?:/[^\s<>\"']*[^\s<>\"'.,;:!?()\[\]])?",
            r"\+?\(?\d[\d\s().-]{5,}\d",  # telephone
            _any_of(DOCUMENT_NAMES),
            rf"(?-i:{_any_of(SHORT_NAMES)})",
            r"(?<!\w)(?=[\w-]*\d)(?=[\w-]*[^\W\d_])[\w-]+",  # numbers with letters: X1234567L, EX-15
            r"\d+(?:[.,:/\u066b\u066c-]\d+)*(?:\s?[%€$£ºª])?",  # numbers, amounts, dates, times
        )
    ),
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_TOKEN = re.compile(r"\[\s*\[\s*(\d+)\s*\]\s*\]")  # translators like to move spaces
_SHOUTED: Final = 0.5  # above this share of words in capitals they are a way of writing, and no abbreviations


def protect(text: str) -> tuple[str, tuple[str, ...]]:
    """Put tokens ("[[0]]") where a translation must change nothing: addresses, numbers, names of documents, abbreviations, placeholders.

    Returns the text with tokens, and what they stand for."""
    parts: list[str] = []
    kept: list[str] = []
    end = 0
    for start, stop in _spans(text):
        parts += [text[end:start], f"[[{len(kept)}]]"]
        kept.append(text[start:stop])
        end = stop
    return "".join((*parts, text[end:])), tuple(kept)


def _spans(text: str) -> list[tuple[int, int]]:
    """Return where something is to be kept, in order, without overlaps."""
    sure = [found.span() for found in _PROTECTED.finditer(text)]
    extra = [] if _is_shouted(text) else [found.span() for found in _WORD.finditer(text) if found[0].isupper()]
    free = [span for span in extra if not any(span[0] < stop and start < span[1] for start, stop in sure)]
    return sorted((*sure, *free))


def _is_shouted(text: str) -> bool:
    """Say whether most words that could be small are in capitals."""
    words: list[str] = [word for word in _WORD.findall(text) if word.lower() != word.upper()]
    return sum(word.isupper() for word in words) > _SHOUTED * len(words)


def restore(text: str, kept: Sequence[str]) -> str | None:
    """Put back what the tokens stand for; None when one is missing, doubled or unknown."""
    if sorted(int(number) for number in _TOKEN.findall(text)) != list(range(len(kept))):
        return None
    return _TOKEN.sub(lambda found: kept[int(found[1])], text)


# ---------------------------------------------------------------- the server


class Unavailable(Exception):
    """The server does not help just now."""


class LibreTranslate:
    """A translator behind an address. It never raises: without a translation the original is read."""

    def __init__(self, url: str, key: str | None = None) -> None:
        self._url, self._key = url.rstrip("/"), key
        self._session: aiohttp.ClientSession | None = None
        self._pairs: Mapping[str, frozenset[str]] | None = None
        self._asking = asyncio.Semaphore(MAX_PARALLEL)
        self._paused_until = 0.0

    async def translate(self, text: str, source: str, target: str) -> str | None:
        """Return a text in another language (locales); None where that is not to be had, at once while the server is down."""
        masked, kept = protect(text)
        if not _WORD.search(_TOKEN.sub("", masked)):
            return None
        async with self._asking:
            if self._is_paused():
                return None
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    answer = await self._ask(masked, source, target)
            except (Unavailable, TimeoutError, aiohttp.ClientError, ValueError) as error:
                self._pause(error)
                return None
        translated = restore(answer, kept) if answer else None
        return None if translated is None or translated.strip() == text.strip() else translated

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _is_paused(self) -> bool:
        return asyncio.get_running_loop().time() < self._paused_until

    def _pause(self, error: Exception) -> None:
        self._paused_until = asyncio.get_running_loop().time() + PAUSE_S
        log.warning("translating pauses for %d s: %s", PAUSE_S, Word(type(error).__name__))

    async def _ask(self, text: str, source: str, target: str) -> str | None:
        """Ask for one text; None where the server refuses it or does not know the languages. Raises Unavailable and what aiohttp does."""
        pairs = await self._languages()
        known = _code(source, pairs)
        wanted = _code(target, pairs[known]) if known else None
        if known is None or wanted is None or known == wanted:
            return None
        question = {"q": text, "source": known, "target": wanted, "format": "text"} | ({"api_key": self._key} if self._key else {})
        async with self._http().post(f"{self._url}/translate", json=question, allow_redirects=False) as answer:
            found = await _json(answer)
        translated = found.get("translatedText") if isinstance(found, dict) else None
        return translated if isinstance(translated, str) else None

    async def _languages(self) -> Mapping[str, frozenset[str]]:
        """Return what can be translated into what; asked once."""
        if self._pairs is None:
            async with self._http().get(f"{self._url}/languages", allow_redirects=False) as answer:
                found = await _json(answer)
            if not isinstance(found, list):
                raise Unavailable
            self._pairs = {item["code"]: _targets(item) for item in found if isinstance(item, dict) and isinstance(item.get("code"), str)}
        return self._pairs

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._session


async def _json(answer: aiohttp.ClientResponse) -> object:
    """Read an answer; None where the server refuses the question. Raises Unavailable, and ValueError for what is no JSON."""
    if answer.status in _PASSING:
        raise Unavailable
    raw = await answer.content.read(MAX_ANSWER + 1)
    while chunk := await answer.content.read(MAX_ANSWER + 1 - len(raw)) if len(raw) <= MAX_ANSWER else b"":
        raw += chunk
    if len(raw) > MAX_ANSWER:
        raise Unavailable
    return json.loads(raw) if answer.status == 200 else None


def _targets(language: Mapping[str, object]) -> frozenset[str]:
    targets = language.get("targets")
    return frozenset(str(target) for target in targets) if isinstance(targets, list) else frozenset()


def _code(locale: str, known: Mapping[str, object] | frozenset[str]) -> str | None:
    """Find the server's name of a language: as it is, else without its region, else with any script ("zh" for "zh-Hans")."""
    base = locale.partition("-")[0]
    by_base = (code for code in sorted(known) if code.partition("-")[0] == base)
    return locale if locale in known else base if base in known else next(by_base, None)
