"""What people type or press, read alike on every platform. Pure."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from bot.model import COMMANDS, MAX_TEXT

BUTTON: Final = re.compile(r"([A-Za-z0-9_-]{1,60}):([0-9]{1,3})", re.ASCII)  # "<token>:<index>" of a button of ours
_COMMAND: Final = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@[A-Za-z0-9_]+)?(?:\s+(.*))?", re.DOTALL)


def command_in(text: str) -> tuple[str, str] | None:
    """Return name and argument of a command of ours; None for any other text."""
    found = _COMMAND.fullmatch(text.strip())
    if found is None or found[1].lower() not in COMMANDS:
        return None
    return found[1].lower(), (found[2] or "").strip()[:MAX_TEXT]


def without_slash(text: str) -> str:
    """Turn a command we do not have into the words it is made of."""
    return text.strip()[1:] if _COMMAND.fullmatch(text.strip()) else text


def on_map(latitude: Any, longitude: Any) -> tuple[float, float] | None:
    """Return a place in degrees; None where it lies off the map. Raises TypeError or ValueError for what is no number."""
    place = float(latitude), float(longitude)
    is_there = all(map(math.isfinite, place)) and abs(place[0]) <= 90 and abs(place[1]) <= 180
    return place if is_there else None
