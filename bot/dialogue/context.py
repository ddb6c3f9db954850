"""What a step may look at besides the conversation and the event: knowledge, words, the time, and what the channel can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from bot.knowledge.sure import Confirmations
from bot.model import Conversation, Event, Knowledge, Turn, Understanding


class Translator(Protocol):
    """The sentences of one language; a missing one comes back in English."""

    @property
    def locale(self) -> str:
        """Return the language of the sentences."""

    def gettext(self, message: str, /) -> str:
        """Return a sentence in this language."""

    def ngettext(self, one: str, many: str, n: int, /) -> str:
        """Return the form of a sentence that goes with `n` things."""


class Matcher(Protocol):
    """Pure and quick (about a millisecond): what a text means."""

    def understand(self, text: str, city: str | None, locale: str | None) -> Understanding:
        """Tell crisis, small talk and questions apart and rank the entries of the city."""

    def resolve_city(self, text: str) -> tuple[str, str | None] | None:
        """Return the city, and the area if one was named, that a text names."""

    def resolve_language(self, text: str) -> str | None:
        """Return the locale whose name a text is."""


Flag = Literal["warning", "hidden"]


@dataclass(frozen=True, slots=True)
class Context:
    """Everything is a plain value or a pure function, so that a step can be repeated and gives the same turn.

    `locales`: the languages the bot speaks, in the order they are offered. `channel`: the name of the channel; it decides what the
    notice says about who can read along. `max_options`: buttons under one message (None: no limit). `require_checked`: answer only
    from entries that somebody of the city has confirmed. `negotiate(hint, locales)` finds ours among a platform's tag ("es-419").
    `retention_days`: a case is erased so many days after it was closed. `desk_url`: address of the web desk, without a stroke at the end.
    `public_url`: root of our pages where people can reach them, `bot_name`: of the bot on Telegram, without @, `whatsapp_number`: that
    people write to there, digits alone; empty where there is none.
    `flags`: by (city, entry id), answers somebody of the desk called wrong: shown with a warning, or not at all, until it is looked at;
    where only the wording of one language is wrong, the id ends in it ("egov.nie:ar").
    `confirmations`: what people of the city have confirmed in their chat; see bot.knowledge.sure."""

    now: datetime
    knowledge: Knowledge
    matcher: Matcher
    translator: Callable[[str], Translator]
    language_name: Callable[[str], str]
    negotiate: Callable[[str | None, Sequence[str]], str | None]
    locales: tuple[str, ...]
    channel: str
    shared_device: bool = False
    location: bool = False
    max_options: int | None = None
    history_hours: int = 24
    require_checked: bool = False
    retention_days: int = 30
    desk_url: str = ""
    public_url: str = ""
    bot_name: str = ""
    whatsapp_number: str = ""
    flags: Mapping[tuple[str, str], Flag] = field(default_factory=dict)
    confirmations: Confirmations = field(default_factory=dict)


Handler = Callable[[Conversation, Event, Context], Turn]  # one per state, and one per kind of event no state expects
Choice = Callable[[Conversation, str, Context], Turn]  # a command or an option, with its argument
