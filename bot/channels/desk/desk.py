"""What every page of the desk shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import HTTPConnection

from bot.channels.desk.frames import Json, Reader, Rows, me_json
from bot.channels.desk.host import DeskHost
from bot.channels.desk.session import Doors, Logins, Visit
from bot.channels.desk.texts import DeskTexts
from bot.channels.web.origin import languages


@dataclass(frozen=True, slots=True)
class Desk:
    """The host, and what is kept of logins, open pages and texts."""

    host: DeskHost
    texts: DeskTexts
    clock: Callable[[], datetime]
    logins: Logins
    doors: Doors
    rows: Rows
    service_name: str

    def locale_of(self, connection: HTTPConnection) -> str:
        """Return the language a page is to speak: the one it asks for, else what its browser reads."""
        wanted = connection.query_params.get("lang", "")
        return wanted if wanted in self.texts.locales else self.texts.choose(languages(connection))

    def reader(self, visit: Visit, locale: str) -> Reader:
        """Return who is told, and in which language."""
        return Reader(self.host, visit.staff, locale, self.service_name)

    def me(self, reader: Reader) -> Json:
        """Tell somebody what we hold about them."""
        return me_json(reader, self.texts.locales)
