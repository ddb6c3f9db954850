"""Checks of what an update holds: the library reads any JSON and does not look at types. Each raises TypeError or ValueError."""

from __future__ import annotations

from datetime import datetime

from telegram import Location

from bot.channels.layout import unbroken as whole_letters
from bot.channels.typed import on_map


def whole(number: object) -> int:
    """Pass an integer through."""
    if not isinstance(number, int) or isinstance(number, bool):
        raise TypeError("not a whole number")
    return number


def moment(value: object) -> datetime:
    """Pass a date through."""
    if not isinstance(value, datetime):
        raise TypeError("not a date")
    return value


def unbroken(text: object) -> str:
    """Pass a string through, halves of surrogate pairs replaced: they can be written in JSON but in no encoding."""
    if not isinstance(text, str):
        raise TypeError("not a string")
    return whole_letters(text)


def place_of(location: Location) -> tuple[float, float] | None:
    """Return a place in degrees; None where it lies off the map."""
    return on_map(location.latitude, location.longitude)
