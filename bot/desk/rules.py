"""What the desk is set to, and the links it gives out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.cases import Role

JOIN_PATH = "/desk/join"
MAX_START = 64  # characters of a start payload on Telegram (core.telegram.org/api/links, read November 2025)


@dataclass(frozen=True, slots=True)
class DeskRules:
    """All times in seconds.

    `wake_after_s`: an ordinary case waits so long before somebody is woken; `lead_after_s`: then the leads are told;
    `answer_within_s`: a contact waits so long for who has the case, before it goes back to the queue; `not_found_after_s`: then somebody
    who asked for a helper is told that none is free. `public_url`: root of our pages, without a stroke at the end."""

    public_url: str = "http://127.0.0.1:8080"
    wake_after_s: float = 300
    lead_after_s: float = 900
    answer_within_s: float = 1800
    not_found_after_s: float = 600
    require_checked: bool = False


def web_link(public_url: str, code: str) -> str:
    """Return the page that uses a code up. What stands after the # is sent to no server by following the link."""
    return f"{public_url}{JOIN_PATH}#{code}"


def telegram_link(bot_name: str, code: str) -> str:
    """Return the deep link that gives a code to the bot; empty without Telegram."""
    return f"https://t.me/{bot_name}?start=i_{code}" if bot_name and len(code) + 2 <= MAX_START else ""


def chat_link(public_url: str, code: str) -> str:
    """Return the chat page that uses a code up, for who reviews there."""
    return f"{public_url}/?start=i_{code}"


def invitation(public_url: str, bot_name: str, code: str, role: Role) -> Mapping[str, str]:
    """Return all ways in that a code opens: to the desk, or for who only reviews to the chat."""
    web = (chat_link if role == "reviewer" else web_link)(public_url, code)
    return {"web": web, "telegram": telegram_link(bot_name, code), "code": code}
