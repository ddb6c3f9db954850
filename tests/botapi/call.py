"""One call of the Bot API as it came in, and how it is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tests.botapi.world import Json


class Refused(Exception):
    """An answer that is not ok."""

    def __init__(self, status: int, description: str, **parameters: float) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


class Call:
    """One call's parameters. Values may be JSON or text that holds JSON, as the real server takes both."""

    def __init__(self, values: Mapping[str, object], files: Mapping[str, tuple[str, bytes]]) -> None:
        self.values, self.files = values, files

    def text(self, name: str) -> str:
        value = self.values.get(name, "")
        if not isinstance(value, str):
            raise Refused(400, f"Bad Request: {name} must be a string")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Refused(400, "Bad Request: strings must be encoded in UTF-8") from None
        return value

    def number(self, name: str, default: int | None = None) -> int:
        try:
            return int(str(self.values.get(name, default)))
        except ValueError:
            raise Refused(400, f"Bad Request: {name} must be a number") from None

    def degrees(self, name: str, limit: float) -> float:
        try:
            value = float(str(self.values.get(name)))
        except ValueError:
            value = float("nan")
        if not abs(value) <= limit:
            raise Refused(400, f"Bad Request: {name} is invalid")
        return value

    def json(self, name: str) -> object:
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise Refused(400, f"Bad Request: can't parse {name} JSON object") from None

    def objects(self, name: str) -> list[Json]:
        value = self.json(name)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise Refused(400, f"Bad Request: {name} must be an array of objects")
        return value
