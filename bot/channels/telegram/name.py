"""The name of the bot, for links that open a chat with it."""

from __future__ import annotations

import json
import re
from typing import Final

import aiohttp

ASK_S: Final = 4.0
_NAME = re.compile(r"[A-Za-z0-9_]{4,32}", re.ASCII)


async def bot_name(token: str, api_url: str) -> str:
    """Ask a Bot API server what the bot of a token is called, without @; empty where it does not say."""
    try:
        timeout, url = aiohttp.ClientTimeout(total=ASK_S), f"{api_url.rstrip('/')}/bot{token}/getMe"
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as answer:
            found = json.loads(await answer.read())
        name = found["result"]["username"]
    except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError):
        return ""
    return name if isinstance(name, str) and _NAME.fullmatch(name) else ""
