"""Links that open one answer, for posters and leaflets, and their QR codes."""

from __future__ import annotations

import io
from typing import Final

import segno

ENTRY: Final = "e"  # so the payload of a link begins that opens an entry: "e_madrid_egov_nie"
CORRECTION: Final = "q"  # a quarter of the squares may be dirty or torn off (ISO/IEC 18004, level Q)
SVG_SCALE: Final = 8  # units of a square; a drawing is enlarged without loss
PNG_SCALE: Final = 12  # pixels of a square: about 4 cm at 300 dots per inch


def payload_of(city: str, entry_id: str) -> str:
    """Return what a link hands to the bot to open an entry."""
    return "_".join((ENTRY, city, *entry_id.split(".")))


def web_link(public_url: str, payload: str) -> str:
    """Return the link to the chat page; empty where nobody has said what its address is."""
    return f"{public_url}/?start={payload}" if public_url else ""


def telegram_link(bot_name: str, payload: str) -> str:
    """Return the deep link to the bot; empty without Telegram."""
    return f"https://t.me/{bot_name}?start={payload}" if bot_name else ""


def whatsapp_link(number: str, payload: str) -> str:
    """Return the link that opens a chat with a number and the command to send; empty without WhatsApp."""
    return f"https://wa.me/{number}?text=%2Fstart%20{payload}" if number else ""


def poster_link(public_url: str, city: str, entry_id: str, locale: str) -> str:
    """Return the page to print."""
    topic, _dot, slug = entry_id.partition(".")
    return f"{public_url}/poster/{city}/{topic}/{slug}?lang={locale}" if public_url else ""


def shown(url: str) -> str:
    """Return a link as people read and type it, without the scheme."""
    return url.partition("://")[2] or url


def svg_inline(url: str) -> str:
    """Draw the QR code of a link for a page: an <svg> without size, style or script."""
    return segno.make(url, error=CORRECTION, micro=False).svg_inline(omitsize=True, border=4, svgclass=None, lineclass=None)


def svg_file(url: str) -> bytes:
    """Draw the QR code of a link as a file of its own."""
    return _saved(url, "svg", SVG_SCALE)


def png_file(url: str) -> bytes:
    """Draw the QR code of a link as a picture."""
    return _saved(url, "png", PNG_SCALE)


def _saved(url: str, kind: str, scale: int) -> bytes:
    out = io.BytesIO()
    segno.make(url, error=CORRECTION, micro=False).save(out, kind=kind, border=4, scale=scale)
    return out.getvalue()
